from __future__ import annotations

import math

import pytest

from gencheck.findings import (
    Box,
    Finding,
    JsonPointer,
    Judgement,
    Mask,
    MeshElements,
    Method,
    PrimPath,
    Region,
    Severity,
    TextSpan,
    TimeSpan,
    Verdict,
)
from gencheck.report.layout import clock, data_uri, lines, mark, segments
from gencheck.report.model import ClaimRow, Entry, Preview, Timeline, Track


def _entry(*regions: Region | None, preview: bool = True) -> Entry:
    method = Method("m", "1", "r")
    return Entry(
        "x",
        "image",
        Judgement(Verdict.FAIL, (), "p", "1", ""),
        findings=tuple(
            Finding(f"C{i}", Severity.MAJOR, f"s.c{i}", "m", 1, 1, "u", method, "r", region)
            for i, region in enumerate(regions)
        ),
        preview=Preview(b"", 100, 100) if preview else None,
    )


def test_segments_join_to_the_prompt_and_carry_the_worst_status() -> None:
    prompt = "two red cats in a garden"
    claims = [
        ClaimRow("SUPPORTED", "object", "cat", start=4, end=12),
        ClaimRow("CONTRADICTED", "count", "2 cats", start=0, end=12),
        ClaimRow("UNVERIFIED", "scene", "garden", start=18, end=24),
        ClaimRow("UNVERIFIED", "scene", "beyond", start=20, end=900),
    ]
    found = segments(prompt, claims, [(13, 15)])
    assert "".join(piece.text for piece in found) == prompt
    assert [(p.text, p.status) for p in found if p.text.strip()] == [
        ("two red cats", "CONTRADICTED"),
        ("in", "UNCOVERED"),
        (" a ", ""),
        ("garden", "UNVERIFIED"),
    ]


def test_segments_count_code_points() -> None:
    found = segments("🐈 on 🛋", [ClaimRow("SUPPORTED", "object", "cat", start=0, end=1)], [])
    assert found[0].text == "🐈"


@pytest.mark.parametrize(
    ("region", "words"),
    [
        (Box(1, 2, 30, 40), "30 × 40 px at 1, 2"),
        (Mask(b"", Box(1, 2, 3, 4)), "3 × 4 px at 1, 2"),
        (TimeSpan(1.25, 62), "0:01.2 to 1:02.0"),
        (MeshElements("vertex", (7,), 1), "vertex 7"),
        (MeshElements("vertex", (1, 2), 2_000), "vertices 1, 2"),
        (MeshElements("edge", (1, 2), 1, (5,), (0.12345, 2, -3)), "face 5 at (0.1235, 2, -3)"),
        (
            MeshElements("loop", (1,), 1, (5, 6, 7, 8), (0, 2, 3)),
            "faces 5, 6, 7, …, the first at (0, 2, 3)",
        ),
        (MeshElements("face", (), 1), ""),
        (TextSpan(0, 3, "cat"), "“cat”"),
        (JsonPointer("/meshes/0"), "/meshes/0"),
        (PrimPath("/World/Chair"), "/World/Chair"),
        (None, ""),
    ],
)
def test_where(region: Region | None, words: str) -> None:
    assert mark(_entry(region))[0].where == words


def test_boxes_need_a_picture_and_finite_sides() -> None:
    assert mark(_entry(Box(1, 2, 3, 4)))[0].box == Box(1, 2, 3, 4)
    assert mark(_entry(Box(1, 2, 3, 4), preview=False))[0].box is None
    assert mark(_entry(Box(1, 2, math.inf, 4)))[0].box is None


def test_spans_lie_on_their_tracks() -> None:
    marked = mark(_entry(TimeSpan(1, 2), TimeSpan(9, 99), TimeSpan(3, 3)))
    timeline = Timeline(10, (Track("picture", ("s.c0", "C2")), Track("all", levels=(0, 2.0))))
    first, second = lines(timeline, marked)
    assert [(s.number, s.left, s.width) for s in first.spans] == [(1, 10, 10), (3, 30, 0.6)]
    assert [s.number for s in second.spans] == [1, 2, 3]
    assert second.spans[1].left + second.spans[1].width == pytest.approx(100)
    assert second.curve == "0,100 0.0,100.0 1000.0,0.0 1000,100"


def test_clock_and_data_uri() -> None:
    assert clock(59.96) == "1:00.0"
    assert clock(math.nan) == "?"
    assert data_uri(b"\xff\xd8\xff\xe0") == "data:image/jpeg;base64,/9j/4A=="
    assert data_uri(b"<svg>") == ""
