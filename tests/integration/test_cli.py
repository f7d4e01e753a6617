"""The command line as a whole: usage, signals, exit statuses; most in this process."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["frobnicate"],
        ["check"],
        ["check", "x.png", "--frobnicate"],
        ["check", "x.png", "--policy", "strictest"],
        ["check", "x.png", "--policy", "none.toml"],
        ["check", "x.png", "--cores", "0"],
        ["check", "x.png", "--timeout", "nan"],
        ["check", "-", "--audit"],
        ["artifact"],
        ["mesh"],
        ["consistency", "--prompt", "two cats"],
        ["consistency", "x.png"],
        ["audit"],
        ["prompt"],
        ["prompt", "\udcff"],
        ["serve"],
        ["serve", "everything"],
        ["serve", "router"],
        ["serve", "mesh", "--artifact", "localhost:1"],
        ["models"],
        ["policy", "check"],
        ["models", "install", "no-such-profile"],
    ],
    ids=" ".join,
)
def test_wrong_words_are_a_usage_error(gencheck: Run, words: list[str]) -> None:
    ran = gencheck(*words)
    assert ran.status == 64
    assert ran.err or "Usage" in ran.out


def test_a_service_that_is_down_is_unreachable(gencheck: Run, samples: Path) -> None:
    coffee = samples / "coffee.jpg"
    for words in (
        ["check", coffee, "--router", "127.0.0.1:1"],
        ["artifact", coffee, "--server", "127.0.0.1:1"],
        ["mesh", coffee, "--server", "127.0.0.1:1"],
        ["consistency", coffee, "--prompt", "a cup", "--server", "127.0.0.1:1"],
        ["audit", samples / "portraits", "--server", "127.0.0.1:1"],
        ["audit", samples / "counts_skewed.csv", "--server", "127.0.0.1:1"],
    ):
        ran = gencheck(*words)
        assert ran.status == 69, words
        assert "127.0.0.1:1: the service cannot be reached" in ran.out


def test_control_c_is_130() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = f"127.0.0.1:{silent.getsockname()[1]}"
        # A shell that runs the tests in the background has Control-C ignored, and so would we.
        code = "import signal as s; s.signal(s.SIGINT, s.default_int_handler)"
        code += "; from gencheck.cli import main; main()"
        command = [sys.executable, "-c", code, "check", __file__, "--router", target]
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            silent.settimeout(30)
            with silent.accept()[0]:  # closed, the call would fail before the signal comes
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in out + err


def test_a_reader_that_stops_reading_is_no_error(samples: Path) -> None:
    command = f"{sys.executable} -m gencheck policy codes | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout
    assert "Traceback" not in done.stderr
    assert done.returncode == 0


def test_a_name_need_not_be_utf_8(gencheck: Run, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.png"
    Path(os.fsdecode(path)).write_bytes(b"words")
    for words in (["check", "--json"], ["check"], ["artifact"]):
        ran = gencheck(*words, os.fsdecode(path))
        assert ran.status == 65
        assert "caf\ufffd.png" in ran.out or "caf\\udce9.png" in ran.out


def test_prompts_of_every_kind_are_parsed_or_refused(gencheck: Run) -> None:
    assert "count: 2" in gencheck("prompt", "two red apples").out
    for text in ("", "   ", "a cat " * 1_700):
        ran = gencheck("prompt", text)
        assert ran.status == 65
        assert "prompt" in ran.out
    for text in ("два красных яблока", "两个红苹果", "تفاحتان"):
        ran = gencheck("prompt", text)
        assert ran.status == 0
        assert "in no claim" in ran.out
    ran = gencheck("prompt", "-", "--json", stdin=b"two cats\n\nthree dogs\n\xff\n")
    assert ran.status == 0
    assert [("claims" in line, "error" in line) for line in ran.lines] == [
        (True, False),
        (False, True),
        (True, False),
        (True, False),
    ]


def test_policies_are_checked_with_line_numbers(gencheck: Run, tmp_path: Path) -> None:
    good, wrong = tmp_path / "good.toml", tmp_path / "wrong.toml"
    good.write_text('name = "good"\nversion = "1"\n')
    wrong.write_text('name = "w"\nversion = "1"\n\n[thresholds.BLURR]\nmajor = 1\n')
    ran = gencheck("policy", "check", wrong, good)
    assert ran.status == 65
    assert re.search(r"wrong\.toml:4: .*BLURR", ran.err)
    assert "policy good 1" in ran.out
    assert gencheck("policy", "check", good).status == 0
    assert {"default", "default/thumbnail"} <= set(gencheck("policy", "list").out.split())
    assert "BLOCKING" in gencheck("policy", "codes").out


def test_completion_is_printed(gencheck: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.completion._get_shell_name", lambda: "bash")  # whoever started this
    ran = gencheck("--show-completion")
    assert ran.status == 0
    assert "_gencheck_completion" in ran.out


def test_version_and_help(gencheck: Run) -> None:
    assert re.fullmatch(r"gencheck \d+\.\d+\S*\n", gencheck("--version").out)
    ran = gencheck("check", "--help")
    assert ran.status == 0
    assert "--prompts" in ran.out
