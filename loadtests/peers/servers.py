"""Starts ours and the peers, each in processes of its own, on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from gencheck.errors import Unavailable
from loadtests.usage import read_process

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PEERS = ROOT / ".venv-peers" / "bin"
_START_SECONDS = 120.0

# No telemetry of theirs leaves the machine; access logs are off, as ours are.
QUIET = {
    "BENTOML_DO_NOT_TRACK": "True",
    "DO_NOT_TRACK": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",
}
RAY_FAST = {"RAY_SERVE_THROUGHPUT_OPTIMIZED": "1", "RAY_SERVE_ENABLE_HA_PROXY": "1"}


@dataclass(frozen=True, slots=True)
class Peer:
    """Something that answers.

    Attributes:
        load: the command that offers a closed loop, without size, concurrency and seconds.
        processes: what it started; their children count as well.
    """

    name: str
    load: tuple[str, ...]
    processes: tuple[int, ...]

    def cpu_seconds(self) -> float:
        """CPU time so far; unlike a rate it bears a busy machine."""
        read = (read_process(pid) for pid in self.processes)
        return sum(sample.cpu for sample in read if sample)


def _grpc(target: str, method: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "loadtests.peers.grpc_load", target, method)


def _http(port: int) -> tuple[str, ...]:
    return (str(PEERS / "python"), str(HERE / "http_load.py"), f"http://127.0.0.1:{port}/check")


CHECK = "/gencheck.v1.RouterService/Check"
ARTIFACT = "/gencheck.v1.ArtifactService/CheckArtifact"


@contextmanager
def ours(logs: Path) -> Iterator[Peer]:
    """Four stubs on our host, and the router before them."""
    yield from _composed("gencheck", "host", logs)


@contextmanager
def before_bare(logs: Path) -> Iterator[Peer]:
    """The router before four stubs that are plain grpc.aio."""
    yield from _composed("gencheck, bare stubs", "bare", logs)


def _composed(name: str, kind: str, logs: Path) -> Iterator[Peer]:
    with _Started() as stack:
        stubs = [_listening(stack, _stub(kind), logs / f"stub{i}.log") for i in range(4)]
        words = [sys.executable, "-m", "loadtests.peers.composed", *stubs]
        yield stack.peer(name, _grpc(_listening(stack, words, logs / "composed.log"), CHECK))


@contextmanager
def in_one_process(logs: Path) -> Iterator[Peer]:
    """The same with the stubs in the process that composes them."""
    with _Started() as stack:
        words = [sys.executable, "-m", "loadtests.peers.composed"]
        target = _listening(stack, words, logs / "one.log")
        yield stack.peer("gencheck, 1 process", _grpc(target, CHECK))


@contextmanager
def bentoml(logs: Path) -> Iterator[Peer]:
    """BentoML; ready when it has answered, so when all five services run."""
    port = free_port()
    words = [str(PEERS / "bentoml"), "serve", "bento_app:Composed", "--host", "127.0.0.1"]
    with _Started() as stack:
        _start(stack, [*words, "--port", str(port)], logs / "bentoml.log")
        _wait_for_http(f"http://127.0.0.1:{port}/check")
        yield stack.peer("BentoML", _http(port))


@contextmanager
def ray_serve(logs: Path) -> Iterator[Peer]:
    """Ray Serve with what its performance guide advises."""
    port = free_port()
    words = [str(PEERS / "python"), "ray_serve.py", str(port)]
    with _Started() as stack:
        folder = tempfile.mkdtemp(prefix="ray-")  # its sockets need a short path
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        _listening(stack, words, logs / "ray.log", RAY_FAST | {"GENCHECK_RAY_DIR": folder})
        _wait_for_http(f"http://127.0.0.1:{port}/check")
        yield stack.peer("Ray Serve", _http(port))


@contextmanager
def bare(logs: Path) -> Iterator[Peer]:
    """One bare grpc.aio stub, asked directly."""
    with _Started() as stack:
        yield stack.peer(
            "direct", _grpc(_listening(stack, _stub("bare"), logs / "bare.log"), ARTIFACT)
        )


@contextmanager
def envoy(logs: Path) -> Iterator[Peer]:
    """The same stub behind Envoy."""
    with _Started() as stack:
        stub = _listening(stack, _stub("bare"), logs / "behind.log")
        port = free_port()
        text = (HERE / "envoy.yaml.in").read_text()
        config = logs / "envoy.yaml"
        config.write_text(
            text.replace("@PORT@", str(port)).replace("@STUB@", stub.rpartition(":")[2])
        )
        words = [str(PEERS / "envoy"), "-c", str(config), "--concurrency", "1", "-l", "warning"]
        _start(stack, words, logs / "envoy.log")
        yield stack.peer("Envoy", _grpc(f"127.0.0.1:{port}", ARTIFACT))


def _stub(kind: str) -> list[str]:
    checks = ("--checks", "artifact")
    return [sys.executable, "-m", "loadtests.stubs", kind, *checks, "--log-level", "WARNING"]


class _Started(ExitStack):
    """What is running for one peer."""

    def __init__(self) -> None:
        super().__init__()
        self.pids: list[int] = []

    def peer(self, name: str, load: tuple[str, ...]) -> Peer:
        """The peer that all of this is."""
        return Peer(name, load, tuple(self.pids))


def _start(
    stack: _Started, words: Sequence[str], log: Path, environment: dict[str, str] | None = None
) -> subprocess.Popen[str]:
    with log.open("w") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            words,
            cwd=ROOT if words[0] == sys.executable else HERE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, **QUIET, **(environment or {})},
            start_new_session=True,
        )
    stack.pids.append(process.pid)
    stack.callback(_stop, process)
    return process


def _stop(process: subprocess.Popen[str]) -> None:
    """End the process, and then what it started: peers leave children behind."""
    if process.poll() is None:
        process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # its own session: nobody else is in it
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def _listening(
    stack: _Started, words: Sequence[str], log: Path, environment: dict[str, str] | None = None
) -> str:
    """Start a server, and read its address from the line that it writes."""
    process = _start(stack, words, log, environment)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("listening on "):
            return line.split()[-1]
    said = log.read_text(errors="replace")[-800:]
    raise Unavailable(f"it did not start: {said}", where=" ".join(words[:4]))


def _wait_for_http(url: str) -> None:
    end = time.monotonic() + _START_SECONDS
    request = urllib.request.Request(  # noqa: S310 - loopback
        url, b"x" * 1000, {"Content-Type": "application/octet-stream"}
    )
    while time.monotonic() < end:
        with (
            suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(  # noqa: S310
                request, timeout=5
            ) as answer,
        ):
            if answer.status == 200:
                return
        time.sleep(0.5)
    raise Unavailable("no answer", where=url)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
