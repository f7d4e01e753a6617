"""What the commands of catalogues say before they begin."""

import sys

import pytest

from gencheck.cli import batch, main


def test_a_missing_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(batch, "find_spec", lambda name: None if name == "duckdb" else name)
    monkeypatch.setattr(sys, "argv", ["gencheck", "batch", "merge", "somewhere"])
    with pytest.raises(SystemExit) as leaving:
        main()
    assert leaving.value.code == 64
    err = capsys.readouterr().err
    assert "not installed: duckdb" in err
    assert "gencheck[batch]" in err
