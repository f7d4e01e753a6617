"""What is said of a mesh: findings with their places, counts, components, notes, pictures."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import cast

import pytest

from gencheck.cli import checks, exits, main
from gencheck.cli.ask import Ask
from gencheck.cli.run import Done
from gencheck.cli.show import Printer
from gencheck.cli.show_findings import MOST_INFO, finding_lines
from gencheck.cli.show_mesh import how_counted, mesh_lines, read_as
from gencheck.cli.views import write_views
from gencheck.client import AsyncClient
from gencheck.errors import InvalidArgument
from gencheck.v1 import artifact_pb2, common_pb2
from gencheck.v1 import mesh_pb2 as pb

MINOR, INFO = common_pb2.SEVERITY_MINOR, common_pb2.SEVERITY_INFO


def finding(
    code: str,
    message: str,
    pointer: str = "",
    severity: common_pb2.Severity = MINOR,
    value: int = 2,
) -> common_pb2.Finding:
    return common_pb2.Finding(
        code=code,
        severity=severity,
        message=message,
        measured=value,
        threshold=1,
        unit="things",
        remedy=f"mend {code}",
        region=common_pb2.Region(json_pointer=pointer) if pointer else None,
    )


def words(*findings: common_pb2.Finding, reasons: tuple[str, ...] = ()) -> list[str]:
    answer = pb.CheckMeshResponse(findings=findings, reasons=reasons)
    return [line.plain for line in finding_lines(answer)]


def test_places_of_one_code_are_told_together() -> None:
    same = [finding("A", "bad: 4 things, threshold 1", f"/nodes/{i}", value=4) for i in range(4)]
    assert words(*same) == [
        "MINOR     A  bad",
        "          /nodes/0, /nodes/1, /nodes/2, … · 4 things",
        "          mend A",
    ]


def test_a_place_is_named_once() -> None:
    same = [finding("A", "bad: 4 things, threshold 1", "/accessors/0", value=4) for _ in range(4)]
    assert words(*same)[1] == "          /accessors/0 · 4 things"


def test_rules_of_usd_are_told_apart() -> None:
    rules = [("One", "/a"), ("One", "/b"), ("Two", "/c")]
    found = [
        common_pb2.Finding(
            code="USD_ERROR",
            severity=MINOR,
            message=f"errors: {rule}: at {path} (3 issues, threshold 1)",
            measured=3,
            threshold=1,
            region=common_pb2.Region(prim_path=path),
        )
        for rule, path in rules
    ]
    told = words(*found)
    assert told[1] == "          /a, /b · One: at /a"
    assert told[4] == "          Two: at /c"


def test_a_detail_says_out_of_how_many() -> None:
    assert words(finding("A", "bad: 2 of 9 things (threshold 1)"))[1] == "          2 of 9 things"
    detail = finding("A", "bad: at x, y (2 things, threshold 1)")
    assert words(detail)[1] == "          2 things · at x, y"


def test_a_place_among_the_figures_is_not_said_twice() -> None:
    found = finding("A", "bad: 1 of 3: /nodes/7 (odd) (threshold 1)", "/nodes/7", value=1)
    assert words(found)[1] == "          1 of 3: /nodes/7 (odd)"


def test_what_is_for_information_is_brief() -> None:
    codes = [finding(f"I{i}", "idle: 1 thing", f"/n/{i}", INFO, 1) for i in range(MOST_INFO + 2)]
    assert words(*codes, reasons=("nothing over a threshold",)) == [
        *(f"INFO      I{i}  idle · /n/{i} · 1 thing" for i in range(MOST_INFO)),
        "and 2 more for information; see --json",
        "nothing over a threshold",
    ]


def statistics(parts: int, **more: float) -> pb.MeshStatistics:
    counts = pb.MeshCounts(
        vertices=1_234, components=parts, genus=0, bounds_min=[0, 0, 0], bounds_max=[2, 0.5, 0.25]
    )
    component = pb.MeshComponent(
        index=3, first_face=40, faces=12, area=6, volume=1, euler=2, genus=0
    )
    return pb.MeshStatistics(
        format="GLB",
        raw=counts,
        welded=counts,
        notes={"lines_or_points": 1_000, "polygons": 2},
        largest_components=[component, *[pb.MeshComponent(index=9, faces=1)] * (parts - 1)],
        method=common_pb2.Method(name="all is one", reference="a paper"),
        **more,  # type: ignore[arg-type]
    )


def test_counts_components_and_notes_are_told() -> None:
    lines = [" ".join(line.plain.split()) for line in mesh_lines(statistics(9))]
    assert "vertices 1,234 1,234" in lines
    assert "self-intersecting faces – –" in lines
    assert "the largest 5 of 9 components, by area; solid: closed and wound one way" in lines
    assert "3 40 12 6 1 0 2 yes" in lines
    assert lines.count("9 0 1 0 – – 0 no") == 4
    assert lines[-1] == "on reading: lines or points: 1,000; polygons split into triangles: 2"
    assert "raw: as the file has it. welded: all is one (a paper)." in how_counted(statistics(1))


def test_one_component_needs_no_table() -> None:
    assert not [line for line in mesh_lines(statistics(1)) if "first face" in line.plain]


def test_a_size_has_the_unit_that_the_file_says() -> None:
    sides, unknown = "GLB, 2 × 0.5 × 0.25", "units, of a length that the file does not say"
    assert read_as(statistics(1, metres_per_unit=1)) == f"{sides} m"
    assert read_as(statistics(1, metres_per_unit=0.001)) == f"{sides} mm"
    assert read_as(statistics(1)) == f"{sides} {unknown}"
    assert read_as(pb.MeshStatistics(format="OFF")) == "OFF"


def test_how_things_are_counted_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    printer = Printer()
    for asset in ("a.glb", "b.glb"):
        printer(Done(asset, answer=pb.CheckMeshResponse(asset=asset, statistics=statistics(2))))
    told = capsys.readouterr().out
    assert told.count("all is one") == 1
    assert told.count("2 components") == 2


def test_views_are_written_for_each_mesh(tmp_path: Path) -> None:
    front, plain = common_pb2.View(name="front", png=b"png"), common_pb2.View(name="side")
    done = [
        Done("gone.glb"),
        Done("in/a.glb", answer=pb.CheckMeshResponse(views=[front, plain])),
        Done("b.png", answer=artifact_pb2.CheckArtifactResponse()),
    ]
    folder = tmp_path / "deep" / "views"
    assert write_views(folder, done) == [folder / "2-a-front.png"]
    assert (folder / "2-a-front.png").read_bytes() == b"png"
    assert write_views(tmp_path / "none", done[:1]) == []
    (tmp_path / "file").touch()
    with pytest.raises(InvalidArgument, match=r"cannot be written"):
        write_views(tmp_path / "file" / "folder", done)


@pytest.mark.parametrize("option", ["--views", "--report"])
def test_a_folder_that_is_a_file_is_told_before_anything_is_judged(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = Asked()
    (tmp_path / "file").touch()
    monkeypatch.setattr(checks, "judge_files", asked.judge)
    monkeypatch.setattr(sys, "argv", ["gencheck", "mesh", "a.glb", option, str(tmp_path / "file")])
    with pytest.raises(SystemExit) as leaving:
        main()
    assert leaving.value.code == exits.USAGE
    assert "is a file" in capsys.readouterr().err
    assert not asked.views


class Asked:
    """In place of the services: remembers whether views were wanted, and answers."""

    def __init__(self) -> None:
        self.views: list[bool] = []

    async def check_mesh(self, asset: str, *, policy: object, views: bool) -> pb.CheckMeshResponse:
        self.views.append(views)
        front = common_pb2.View(name="front", png=b"png")
        return pb.CheckMeshResponse(asset=asset, views=[front] if views else [])

    def judge(self, files: list[str], ask: Ask, *_: object, **__: object) -> list[Done]:
        client = cast("AsyncClient", self)
        return [Done(name, answer=asyncio.run(ask(client, name))) for name in files]


@pytest.mark.parametrize("option", ["--views", "--report", ""])
def test_pictures_are_asked_for_where_they_are_wanted(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked()
    monkeypatch.setattr(checks, "judge_files", asked.judge)
    words = ["gencheck", "mesh", "a.glb", *([option, str(tmp_path)] if option else [])]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit):
        main()
    assert asked.views == [bool(option)]
    expected = {"--views": ["1-a-front.png"], "--report": ["index.html"], "": []}
    assert [path.name for path in tmp_path.iterdir()] == expected[option]
