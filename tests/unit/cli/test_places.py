"""Findings in words: where, how bad, what to do."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from gencheck.cli.heat_maps import write_heat_maps
from gencheck.cli.places import place, size_of
from gencheck.cli.run import Done
from gencheck.cli.show_findings import MOST, finding_lines
from gencheck.errors import InvalidArgument
from gencheck.findings import (
    Box,
    JsonPointer,
    Mask,
    MeshElements,
    PrimPath,
    Region,
    TextSpan,
    TimeSpan,
)
from gencheck.v1 import artifact_pb2, common_pb2

SIZE = (900, 600)


@pytest.mark.parametrize(
    ("region", "words"),
    [
        (Box(10, 10, 120, 80), "upper left, 120×80 px"),
        (Box(400, 250, 100, 100), "centre, 100×100 px"),
        (Box(780, 260, 100, 80), "middle right, 100×80 px"),
        (Mask(b"", Box(400, 500, 90, 90)), "lower centre, 90×90 px"),
        (Box(0, 0, 900, 600), "all over, 900×600 px"),
        (TimeSpan(3.2, 3.2), "at 3.2 s"),
        (TimeSpan(1.04, 2.26), "1.0 to 2.3 s"),
        (MeshElements("face", (3,), 1, (3,), (1, 2, 3)), "face 3 at (1, 2, 3)"),
        (JsonPointer("/nodes/1"), "/nodes/1"),
        (PrimPath("/World"), "/World"),
        (TextSpan(0, 3, "cat"), "“cat”"),
        (None, ""),
    ],
)
def test_a_place_in_words(region: Region | None, words: str) -> None:
    assert place(region, SIZE) == words


def test_without_a_picture_a_place_is_figures() -> None:
    assert place(Box(10, 20, 120, 80), None) == "120×80 px at 10, 20"


def picture(folder: Path, name: str = "a.png") -> Path:
    path = folder / name
    cv2.imwrite(str(path), np.full((60, 90, 3), 120, np.uint8))
    return path


def test_only_pictures_have_a_size(tmp_path: Path) -> None:
    assert size_of(picture(tmp_path)) == (90, 60)
    (tmp_path / "b.png").write_bytes(b"none")
    assert size_of(tmp_path / "b.png") is None
    assert size_of(tmp_path / "none.png") is None


def answer(asset: str, *codes: str) -> artifact_pb2.CheckArtifactResponse:
    return artifact_pb2.CheckArtifactResponse(
        asset=asset,
        findings=[
            common_pb2.Finding(
                code=code,
                severity=common_pb2.SEVERITY_MAJOR,
                message=f"title of {code}: 3 of 4 tiles (4.5 levels, threshold 2)",
                measured=4.5,
                threshold=2,
                unit="levels",
                remedy=f"mend {code}",
                region=common_pb2.Region(box=common_pb2.Box(x=5, y=5, width=20, height=10)),
            )
            for code in codes
        ],
        reasons=["MAJOR A: title", "artifact is required but did not judge: too small"],
    )


def test_a_finding_says_where_how_bad_and_what_to_do(tmp_path: Path) -> None:
    found = answer(str(picture(tmp_path)), "NOISE", "NOISE", "BLUR")
    lines = [line.plain for line in finding_lines(found)]
    assert lines == [
        "MAJOR     NOISE  title of NOISE",
        "          upper left, 20×10 px · 4.5 against 2 levels · 3 of 4 tiles",
        "          mend NOISE",
        "MAJOR     NOISE  title of NOISE",
        "          upper left, 20×10 px · 4.5 against 2 levels · 3 of 4 tiles",
        "MAJOR     BLUR  title of BLUR",
        "          upper left, 20×10 px · 4.5 against 2 levels · 3 of 4 tiles",
        "          mend BLUR",
        "artifact is required but did not judge: too small",
    ]


def test_many_findings_are_cut_short() -> None:
    lines = [line.plain for line in finding_lines(answer("none", *["BLUR"] * (MOST + 3)))]
    assert "and 3 more; see --json" in lines
    assert sum("title" in line for line in lines) == MOST


def test_heat_maps_are_written_for_pictures(tmp_path: Path) -> None:
    heat = cv2.imencode(".png", np.full((60, 90), 255, np.uint8))[1].tobytes()
    paths = [picture(tmp_path), picture(tmp_path, "b.png")]
    done = [
        Done(str(p), answer=artifact_pb2.CheckArtifactResponse(heat_map=heat)) for p in paths
    ] + [Done("gone.png", answer=artifact_pb2.CheckArtifactResponse(heat_map=heat))]
    written = write_heat_maps(tmp_path / "maps", done)
    assert [path.name for path in written] == ["1-a.png", "2-b.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)
    one = tmp_path / "deep" / "one.png"
    assert write_heat_maps(one, done[:1]) == [one]
    with pytest.raises(InvalidArgument, match="folder"):
        write_heat_maps(one, done)
