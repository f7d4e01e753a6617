"""``gencheck artifact`` on real files, with models, with broken ones and without."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gencheck.inference.store import default_store

Run = Callable[..., Any]


def test_standard_input_is_a_file(gencheck: Run, samples: Path) -> None:
    data = (samples / "blurred.png").read_bytes()
    ran = gencheck("artifact", "-", "--json", stdin=data)
    assert ran.status == 1
    assert [line["asset"] for line in ran.lines] == ["-"]
    ran = gencheck("check", "-", stdin=b"")
    assert ran.status == 65
    assert "-: this is empty" in ran.out


def test_artifacts_are_drawn_and_models_have_a_say(
    gencheck: Run, samples: Path, tmp_path: Path
) -> None:
    words = ["artifact", str(samples / "heavy_jpeg.jpg"), str(samples / "poster.png")]
    drawn = ["--report", str(tmp_path / "report"), "--heat-map", str(tmp_path / "maps")]
    ran = gencheck(*words, *drawn, "--json", "--profile", "embedded")
    assert ran.status == 1
    readers = [{m["role"] for m in line["models"]} for line in ran.lines]
    assert all("text_recognizer" in roles for roles in readers)
    assert "heavy_jpeg.jpg" in (tmp_path / "report" / "index.html").read_text()
    assert len(list((tmp_path / "maps").glob("*.png"))) == 2
    without = gencheck(*words[:2], "--json", "--profile", "none-of-these")
    assert without.status == 64


def test_a_model_that_fails_costs_its_check_and_not_the_answer(
    gencheck: Run, samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "models"
    shutil.copytree(default_store(), store)
    with (store / "ppocrv6_det_small" / "1" / "model.onnx").open("r+b") as weights:
        weights.write(b"none")
    monkeypatch.setenv("GENCHECK_MODELS", str(store))
    ran = gencheck("artifact", samples / "coffee.jpg", "--json")
    (line,) = ran.lines
    outcomes = {outcome["check"]: outcome for outcome in line["outcomes"]}
    assert outcomes["artifact.garbled_text"]["error"]["details"][0]["reason"] == "MODEL_NOT_READY"
    assert "judged" in outcomes["artifact.blocking"]
    assert line["verdict"] == "VERDICT_INCONCLUSIVE"
    assert ran.status == 3


def test_models_that_are_not_installed_do_not_block(
    gencheck: Run, samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENCHECK_MODELS", str(tmp_path))
    ran = gencheck("artifact", samples / "coffee.jpg", "--json")
    (line,) = ran.lines
    outcomes = {outcome["check"]: outcome for outcome in line["outcomes"]}
    assert outcomes["artifact.garbled_text"]["skipped"]["reason"] == "MODEL_MISSING"
    assert "judged" in outcomes["artifact"]
    assert line["models"] == []
    assert ran.status == 0
