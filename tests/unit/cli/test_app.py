"""What ends a command besides a verdict."""

import subprocess
import sys

import pytest

from gencheck.cli import checks, main
from gencheck.errors import InvalidArgument, NotFound, Unavailable


@pytest.mark.parametrize(
    ("raised", "status", "told"),
    [
        (
            NotFound("no such file", where="x.csv", fix="Look."),
            65,
            "error x.csv: no such file. Look",
        ),
        (Unavailable("it is down"), 69, "it is down"),
        (InvalidArgument("wrong", where="--policy"), 64, "error --policy: wrong"),
        (KeyboardInterrupt(), 130, ""),
        (ZeroDivisionError("a bug"), 70, "gencheck made a mistake"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_end_has_a_documented_status(
    raised: BaseException,
    status: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise raised

    monkeypatch.setattr(checks, "judge_files", broken)
    monkeypatch.setattr(sys, "argv", ["gencheck", "artifact", "x.png"])
    with pytest.raises(SystemExit) as leaving:
        main()
    assert leaving.value.code == status
    err = capsys.readouterr().err
    assert told in err
    assert ("Traceback" in err) is isinstance(raised, ZeroDivisionError)


@pytest.mark.parametrize("fix", ["[red]", "a [/] b"])
def test_brackets_in_a_message_are_words(
    fix: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise NotFound("no such file", where="[bold]x[/].png", fix=fix)

    monkeypatch.setattr(checks, "judge_files", broken)
    monkeypatch.setattr(sys, "argv", ["gencheck", "artifact", "x.png"])
    with pytest.raises(SystemExit):
        main()
    assert f"[bold]x[/].png: no such file. {fix}" in capsys.readouterr().err


def test_help_and_completion_wait_for_no_numerics() -> None:
    loaded = "import sys, gencheck.cli; print(*{'numpy', 'cv2', 'av', 'scipy'} & set(sys.modules))"
    told = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == []
