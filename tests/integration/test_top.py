"""`gencheck top` on real hosts: once, in a pipe, and on a terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from gencheck.serving.metrics import SYSTEM, Metrics
from gencheck.v1 import common_pb2, router_pb2

CHECK = "gencheck.v1.RouterService/Check"
COMMAND = [sys.executable, "-m", "gencheck", "top"]


@dataclass
class Busy:
    """The metrics of a host, over HTTP as a host offers them, which a thread counts up."""

    address: str
    metrics: Metrics


@pytest.fixture
def busy() -> Iterator[Busy]:
    metrics, over = Metrics(), threading.Event()
    port = metrics.listen("127.0.0.1", 0)

    def work() -> None:
        while not over.wait(0.01):
            metrics.server_seconds.labels(SYSTEM, CHECK, "OK").observe(0.02)
            answer = router_pb2.CheckResponse(verdict=common_pb2.VERDICT_PASS)
            metrics.answers.count("gencheck.v1.RouterService", answer)

    metrics.serving.labels("gencheck.v1.RouterService").set(1)
    worker = threading.Thread(target=work)
    worker.start()
    yield Busy(f"127.0.0.1:{port}", metrics)
    over.set()
    worker.join()
    metrics.close()


def test_once_as_json(gencheck: Callable[..., Any], busy: Busy) -> None:
    ran = gencheck("top", busy.address, "--once", "--json", "--interval", "0.3")
    assert ran.status == 0
    [load] = ran.lines
    [method] = load["methods"]
    assert method["name"] == CHECK
    assert method["rate"] > 0
    assert 0.01 < method["p99"] <= 0.025
    assert load["verdicts"] == {
        "gencheck.v1.RouterService": {"PASS": pytest.approx(method["rate"], rel=0.5)}
    }
    assert load["serving"] == {"gencheck.v1.RouterService": [1, 1]}


def test_once_for_a_person(gencheck: Callable[..., Any], busy: Busy) -> None:
    ran = gencheck("top", busy.address, "--once", "--interval", "0.3")
    assert ran.status == 0
    assert "RouterService/Check" in ran.out
    assert "PASS 100%" in ran.out
    assert "\x1b" not in ran.out


def test_nobody_there_is_said_with_what_to_do(gencheck: Callable[..., Any]) -> None:
    ran = gencheck("top", "127.0.0.1:1", "--once")
    assert ran.status == 69
    assert "--metrics-port" in ran.err


def test_one_of_two_is_enough(gencheck: Callable[..., Any], busy: Busy) -> None:
    ran = gencheck("top", busy.address, "127.0.0.1:1", "--once", "--json", "--interval", "0.3")
    assert ran.status == 0
    assert [bool(server["trouble"]) for server in ran.lines[0]["servers"]] == [False, True]


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\xff\xfe", b"other_metric 1\n", b"gencheck_x{a=1} nonsense\n"]
)
def test_a_page_that_is_none_of_ours_is_no_server(
    gencheck: Callable[..., Any], body: bytes
) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        ran = gencheck("top", f"127.0.0.1:{server.server_port}", "--once")
        server.shutdown()
        thread.join()
    assert ran.status == 69
    assert "Traceback" not in ran.err


def test_a_wrong_address_is_a_usage_error(gencheck: Callable[..., Any]) -> None:
    assert gencheck("top", "file:///etc/passwd", "--once").status == 64


def test_in_a_pipe_a_table_a_reading_until_it_is_interrupted(busy: Busy) -> None:
    command = [*COMMAND, busy.address, "--json", "--interval", "0.2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [json.loads(process.stdout.readline()) for _ in range(3)]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert all(load["methods"][0]["name"] == CHECK for load in lines)


class Terminal:
    """The command on a terminal of its own."""

    def __init__(self, *words: str) -> None:
        self.main, inner = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
        self.process = subprocess.Popen(
            [*COMMAND, *words],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=environment,
            start_new_session=True,
        )
        os.close(inner)
        self.seen = ""

    def wait_for(self, text: str) -> None:
        """Read until the text was written since the last call."""
        while text not in self.seen:
            assert select.select([self.main], [], [], 30)[0], self.seen[-2_000:]
            self.seen += os.read(self.main, 65_536).decode(errors="replace")
        self.seen = self.seen.partition(text)[2]

    def leave(self) -> int:
        """Read what still comes until it ends; its exit status."""
        try:
            while select.select([self.main], [], [], 30)[0] and os.read(self.main, 65_536):
                pass
        except OSError:  # nobody is at the other side any more
            pass
        os.close(self.main)
        return self.process.wait(30)


def test_on_a_terminal_q_leaves(busy: Busy) -> None:
    terminal = Terminal(busy.address, "--interval", "0.3")
    terminal.wait_for("gencheck top")
    terminal.wait_for("q leaves")
    terminal.wait_for("RouterService/Check")
    os.write(terminal.main, b"xq")
    assert terminal.leave() == 0


def test_on_a_terminal_an_interrupt_leaves_with_130(busy: Busy) -> None:
    terminal = Terminal(busy.address, "--interval", "0.3")
    terminal.wait_for("RouterService/Check")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.leave() == 130


def test_on_a_terminal_a_server_goes_away_and_comes_back() -> None:
    metrics = Metrics()
    port = metrics.listen("127.0.0.1", 0)
    terminal = Terminal(f"127.0.0.1:{port}", "--interval", "0.3")
    terminal.wait_for("1 of 1 servers")
    metrics.close()
    terminal.wait_for("0 of 1 servers")
    terminal.wait_for("refused")
    assert metrics.listen("127.0.0.1", port) == port
    terminal.wait_for("1 of 1 servers")
    os.write(terminal.main, b"q")
    assert terminal.leave() == 0
    metrics.close()
