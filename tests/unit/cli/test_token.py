"""The command that makes tokens."""

import sys
from pathlib import Path

import pytest

from gencheck.cli import main
from gencheck.serving.callers import Callers, bearer


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["gencheck", "token", *words])
    with pytest.raises(SystemExit) as leaving:
        main()
    assert isinstance(leaving.value.code, int)
    return leaving.value.code


def test_the_token_and_its_line_come_apart(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "new", "pipeline") == 0
    told = capsys.readouterr()
    token = told.err.removesuffix("\n")
    assert token not in told.out
    (tmp_path / "tokens").write_text(told.out)
    assert Callers(tmp_path / "tokens").name_of(bearer(token)) == "pipeline"


def test_a_name_that_cannot_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "new", "two words") == 64
    assert "CALLER" in capsys.readouterr().err
