"""What the options of the server become."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from gencheck.cli import main
from gencheck.compose import Settings


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings that a server was started with; none is started."""
    found: list[Settings] = []

    async def serve(names: tuple[str, ...], settings: Settings, options: Any) -> None:
        found.append(settings)

    monkeypatch.setattr("gencheck.cli.serve._serve", serve)
    monkeypatch.setattr("gencheck.cli.serve.configure", lambda: None)
    return found


def start(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["gencheck", "serve", "all", *words])
    with pytest.raises(SystemExit) as leaving:
        main()
    assert leaving.value.code == 0


def test_the_key_of_an_endpoint_comes_from_the_environment_alone(
    monkeypatch: pytest.MonkeyPatch, served: list[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GENCHECK_VQA_KEY", "sk-secret")
    start(monkeypatch, "--vqa", "http://127.0.0.1:8000/v1", "--vqa-model", "some/vlm")
    [settings] = served
    assert (settings.vqa, settings.vqa_model) == ("http://127.0.0.1:8000/v1", "some/vlm")
    assert settings.vqa_key == "sk-secret"
    told = capsys.readouterr()
    assert "sk-secret" not in told.out + told.err + repr(settings)


def test_without_an_endpoint_nobody_answers_questions(
    monkeypatch: pytest.MonkeyPatch, served: list[Settings]
) -> None:
    monkeypatch.delenv("GENCHECK_VQA_KEY", raising=False)
    start(monkeypatch)
    assert (served[0].vqa, served[0].vqa_key) == ("", "")
