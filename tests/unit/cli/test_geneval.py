"""``gencheck geneval``: folders, files of boxes, and how it ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from gencheck.cli import main
from gencheck.cli.geneval import find_samples
from gencheck.compose import Workshop
from gencheck.deadline import Deadline
from gencheck.findings import Box, ModelUsed
from gencheck.vision.roles import DetectedObject, Picture, Roles

ONE_CAR = {"tag": "single_object", "include": [{"class": "car", "count": 1}], "prompt": "a car"}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """What a command printed, what it said beside, and its status."""

    def call(*words: object) -> tuple[str, str, int]:
        monkeypatch.setattr(sys, "argv", ["gencheck", "geneval", *map(str, words)])
        with pytest.raises(SystemExit) as leaving:
            main()
        told = capsys.readouterr()
        return told.out, told.err, int(leaving.value.code or 0)

    return call


def boxes(filename: str, score: float, **fields: Any) -> str:
    return json.dumps({"filename": filename, "details": {"car": [[0, 0, 9, 9, score]]}, **fields})


def test_boxes_of_another_detector(tmp_path: Path, run: Any) -> None:
    file, prompts = tmp_path / "boxes.jsonl", tmp_path / "metadata.jsonl"
    prompts.write_text(json.dumps(ONE_CAR) + "\n")
    file.write_text(
        "\n".join(
            [
                boxes("a/00000/samples/0000.png", 0.5),
                boxes("a/00000/samples/0001.png", 0.2),
                boxes("loose.png", 0.5, metadata={**ONE_CAR, "tag": "two_object"}),
                boxes("a/00001/samples/0000.png", 0.5),
                "{",
            ]
        )
    )
    out, err, status = run(file, "--metadata", prompts, "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line.get("correct") for line in lines] == [True, False, True, None, None]
    assert "no metadata of prompt 1" in lines[3]["error"]["message"]
    assert lines[4]["asset"] == f"{file}:5"
    assert "overall, the mean over tasks: 0.75000" in err
    assert status == 3  # some could not be judged

    out, err, status = run(file, "--metadata", prompts)
    assert "wrong a/00000/samples/0001.png  a car: expected car>=1, found 0" in out
    assert "no JSON" in out
    assert "overall, the mean over tasks: 0.75000" in out


@pytest.mark.parametrize(("words", "right"), [((), False), (("--counting-score", "0.6"), True)])
def test_the_score_from_which_boxes_are_counted(
    words: tuple[str, ...], right: bool, tmp_path: Path, run: Any
) -> None:
    file = tmp_path / "boxes.jsonl"
    file.write_text(boxes("a.png", 0.7, metadata={**ONE_CAR, "tag": "counting"}))
    out, _, status = run(file, "--json", *words)
    assert json.loads(out)["correct"] is right
    assert status == 0


@pytest.mark.parametrize(
    ("content", "told", "status"),
    [
        (None, "no such file or folder", 65),
        (b"", "no boxes", 65),
        (b"\xff\xfe", "cannot be read as text", 65),
        (b"[" * (1 << 21), "a line over 1048576 characters", 65),
        (boxes("x.png", 0.5).encode(), "names no folder", 65),
    ],
)
def test_files_that_hold_none(
    content: bytes | None, told: str, status: int, tmp_path: Path, run: Any
) -> None:
    file = tmp_path / "boxes.jsonl"
    if content is not None:
        file.write_bytes(content)
    out, err, ended = run(file)
    assert told in out + err
    assert ended == status


def write_sample(folder: Path, name: str = "0000.png", colour: int = 90) -> None:
    (folder / "samples").mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / "samples" / name), np.full((40, 60, 3), colour, np.uint8))


def test_samples_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in ("00010", "00002", "notes"):
        write_sample(tmp_path / number)
    write_sample(tmp_path / "00002", "0001.jpg")
    write_sample(tmp_path / "00002", "grid.png")
    found = [str(sample.picture.relative_to(tmp_path)) for sample in find_samples(tmp_path)]
    assert found == ["00002/samples/0000.png", "00002/samples/0001.jpg", "00010/samples/0000.png"]


class Bright:
    """Takes every bright picture for a car: plays ``ObjectDetector``."""

    model = ModelUsed("object_detector", "bright", "1")
    labels = ("car",)

    async def detect(self, picture: Picture, *, deadline: Deadline) -> list[DetectedObject]:
        deadline.check()
        return [DetectedObject("car", Box(0, 0, 60, 40), 0.6)] * bool(picture.mean() > 127)


@pytest.mark.parametrize("tag", ["single_object", "counting"])
def test_pictures_in_the_layout_of_geneval(
    tag: str, tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def played(self: Workshop) -> Roles:
        return Roles(objects=Bright())

    monkeypatch.setattr(Workshop, "_played", played)
    write_sample(tmp_path / "00000", colour=200)
    write_sample(tmp_path / "00000", "0001.png", colour=20)
    (tmp_path / "00000" / "metadata.jsonl").write_text(json.dumps({**ONE_CAR, "tag": tag}))
    write_sample(tmp_path / "00001", colour=200)  # nobody says what was asked for
    (tmp_path / "00000" / "samples" / "0002.png").write_bytes(b"no picture")
    out, err, status = run(tmp_path, "--json", "--cores", "1")
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line.get("correct") for line in lines] == [True, False, None, None]
    assert json.loads(lines[0]["details"]) == {"car": [pytest.approx([0, 0, 60, 40, 0.6])]}
    assert [line["asset"] for line in lines[2:]] == [
        str(tmp_path / "00000/samples/0002.png"),
        str(tmp_path / "00001/samples/0000.png"),
    ]
    assert "right pictures 50.00%, prompts with one 100.00%" in err
    assert status == 3


def test_no_detector_and_no_pictures(
    tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, err, status = run(tmp_path)
    assert "GenEval's layout is" in err
    assert status == 65
    write_sample(tmp_path / "0")
    monkeypatch.setenv("GENCHECK_MODELS", str(tmp_path / "none"))
    _, err, status = run(tmp_path, "--cores", "1")
    assert "gencheck models install standard" in err
    assert status == 69
