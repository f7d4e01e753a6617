from __future__ import annotations

import io

from rich.console import Console

from gencheck.cli.models import InstallLog


def log_of(*, terminal: bool) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=100, soft_wrap=True)
    with InstallLog(console) as log:
        for model in ("one", "two"):
            log.say(model, "getting https://models.example/[x]")
            log.received(400_000, 1_000_000)
            log.received(1_000_000, 1_000_000)
            log._bar.refresh()
            log.say(model, "installed")
    return out.getvalue()


def test_a_pipe_gets_plain_lines() -> None:
    assert log_of(terminal=False).splitlines() == [
        "one: getting https://models.example/[x]",
        "one: installed",
        "two: getting https://models.example/[x]",
        "two: installed",
    ]


def test_a_terminal_gets_a_bar_with_bytes_and_speed() -> None:
    text = log_of(terminal=True)
    assert "1.0/1.0 MB" in text
    assert "0:00:00" in text
    assert "two: installed" in text
