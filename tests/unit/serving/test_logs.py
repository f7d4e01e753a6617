"""Log lines that machines parse and people read, and that nobody can forge."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from gencheck.serving import logs


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    logger = logging.getLogger(logs.LOGGER)
    before = (list(logger.handlers), logger.level, logger.propagate)
    yield
    logger.handlers[:], logger.level, logger.propagate = before


def _write(stream: io.StringIO, **fields: logs.Value) -> str:
    logs.configure(stream=stream)
    logs.log(logging.getLogger("gencheck.serving.test"), logging.INFO, "rpc", fields)
    return stream.getvalue()


def test_a_pipe_gets_json() -> None:
    text = _write(io.StringIO(), code="OK", seconds=0.0125, bytes_in=7)
    line = json.loads(text)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "INFO",
        "event": "rpc",
        "code": "OK",
        "seconds": 0.0125,
        "bytes_in": 7,
    }


def test_a_terminal_gets_words() -> None:
    text = _write(Terminal(), code="OK", seconds=0.0125, message="two words")
    assert text.rstrip().endswith('INFO    rpc code=OK seconds=0.0125 message="two words"')


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_no_value_can_forge_a_line_or_move_the_cursor(stream: type[io.StringIO]) -> None:
    text = _write(stream(), caller='x"\n{"level":"INFO"}\x1b[2J')
    assert text.count("\n") == 1
    assert "\x1b" not in text


def test_a_value_without_end_is_cut() -> None:
    line = json.loads(_write(io.StringIO(), message="x" * 100_000))
    assert len(line["message"]) < 2_100


def test_a_traceback_stays_inside_its_line() -> None:
    stream = io.StringIO()
    logs.configure(stream=stream)
    try:
        raise ZeroDivisionError("secret")
    except ZeroDivisionError as error:
        logger = logging.getLogger("gencheck.serving.test")
        logs.log(logger, logging.ERROR, "rpc", {}, error=error)
    (line,) = stream.getvalue().splitlines()
    assert "ZeroDivisionError" in json.loads(line)["traceback"]


def test_configuring_twice_writes_once() -> None:
    logs.configure(stream=io.StringIO())
    assert _write(io.StringIO()).count("\n") == 1
