"""Calls every method of a real server with what nobody should send, and judges what comes back.

    python tests/security/fuzz_rpc.py [--messages 50000] [--seconds 1200] [--seed 1]

The server is `gencheck serve all` in a process of its own. Hypothesis makes the messages from the
descriptors of the API, so that a new method or field is included by itself; some are then damaged
byte by byte, and streams come in the wrong order, cut short or without an end. What no answer may
be is in rpc_rules.py; what breaks a rule is printed with its call, and the exit status is 1. What
the server itself answered is read from its metrics: a client may hear of a cut stream as INTERNAL.
"""

import argparse
import asyncio
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

sys.path.insert(0, str(Path(__file__).parent))

from media_seeds import media_seeds
from rpc_messages import Method, Requests, damaged_or_not, methods
from rpc_rules import CUT_SHORT, wrong_answer, wrong_error

from gencheck.policy_file import Policies

AT_ONCE = 10
DEADLINES = [20.0] * 18 + [0.001, 0.05]
HANG_SECONDS = 30.0
ROUND = settings(
    max_examples=20,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # time and load are part of it: nothing to shrink
    suppress_health_check=list(HealthCheck),
)
RARE = ("Check", "CheckArtifact", "CheckConsistency", "CheckSet", "AuditImages", "StreamArtifact")
"""Methods that decode: one in so many calls is to one of them, so that a run ends."""


@dataclass(frozen=True)
class Shot:
    """One call: messages as bytes, what the first says, and how it is sent."""

    method: Method
    messages: tuple[bytes, ...]
    request: Message | None
    deadline: float
    ending: str
    """Of a stream: ``whole``, ``cut`` (the caller leaves) or ``open`` (it never ends)."""

    def __repr__(self) -> str:
        shown = [raw[:200] for raw in self.messages[:4]]
        return f"{self.method.path} {self.ending} {self.deadline} s {shown} {self.request!s:.800}"


@dataclass
class Tally:
    """What came back."""

    messages: int = 0
    codes: dict[str, Counter[str]] = field(default_factory=dict)
    slowest: float = 0.0
    mistakes: float = 0.0
    """Calls that the server says it ended with INTERNAL or UNKNOWN."""
    wrong: list[tuple[str, Shot]] = field(default_factory=list)

    def add(self, shot: Shot, code: str, seconds: float) -> None:
        self.messages += max(1, len(shot.messages))
        self.codes.setdefault(shot.method.path, Counter())[code] += 1
        self.slowest = max(self.slowest, seconds)


def shots(every: list[Method], assets: list[bytes]) -> st.SearchStrategy[Shot]:
    """Calls of all methods; those that decode more rarely."""
    requests = Requests(assets)
    cheap = [method for method in every if method.path.rpartition("/")[2] not in RARE]
    chosen = st.one_of(*[st.sampled_from(cheap)] * 3, st.sampled_from(every))

    @st.composite
    def shot(draw: Any) -> Shot:
        method: Method = draw(chosen)
        most = 6 if method.streams_requests else 1
        messages = draw(st.lists(requests.of(method.request), min_size=1, max_size=most))
        raws = [message.SerializeToString() for message in messages]
        how = draw(st.integers(0, 99))
        whole = how < 60
        if not whole:
            raws = [damaged_or_not(raw, how * 7 + n) for n, raw in enumerate(raws)]
        if method.streams_requests and how % 10 == 0:
            raws = raws[1:] + raws[:1] * 3
        request = messages[0] if whole and not method.streams_requests else None
        ending = draw(st.sampled_from(["whole"] * 8 + ["cut", "open"]))
        deadline = draw(st.sampled_from(DEADLINES))
        if ending == "open" and method.streams_requests:
            deadline = 0.5
        return Shot(method, tuple(raws), request, deadline, ending)

    return shot()


class Attacker:
    """Fires at one server and keeps count."""

    def __init__(self, port: int) -> None:
        self.tally = Tally()
        self._policies = Policies.load()
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")

    async def fire(self, shot: Shot) -> None:
        """Call, and keep what was wrong with the answer."""
        start = time.monotonic()
        try:
            async with asyncio.timeout(HANG_SECONDS):
                wrong, code = await self._call(shot), "OK"
        except grpc.aio.AioRpcError as error:
            wrong = wrong_error(error)
            code = "ENDED EARLY" if error.details() == CUT_SHORT else error.code().name
        except TimeoutError:
            wrong, code = f"no answer within {HANG_SECONDS:g} s", "HANG"
        except asyncio.CancelledError:
            wrong, code = "", "CUT"
        self.tally.add(shot, code, time.monotonic() - start)
        if wrong:
            self.tally.wrong.append((wrong, shot))

    async def _call(self, shot: Shot) -> str:
        method = shot.method
        make = getattr(
            self._channel,
            ("stream" if method.streams_requests else "unary")
            + ("_stream" if method.streams_responses else "_unary"),
        )
        sent = self._stream(shot) if method.streams_requests else shot.messages[0]
        call = make(method.path)(sent, timeout=shot.deadline)
        if shot.ending == "cut":
            asyncio.get_running_loop().call_later(0.005, call.cancel)
        answers = [raw async for raw in call] if method.streams_responses else [await call]
        for raw in answers:
            answer = method.response.FromString(raw)
            if wrong := wrong_answer(shot.request, answer, self._policies):
                return wrong
        return ""

    async def _stream(self, shot: Shot) -> AsyncIterator[bytes]:
        for raw in shot.messages:
            yield raw
        if shot.ending == "open":
            await asyncio.sleep(HANG_SECONDS)

    async def healthy(self) -> bool:
        """Whether the server still says that all its services are well."""
        stub = health_pb2_grpc.HealthStub(self._channel)
        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=HANG_SECONDS)
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def aclose(self) -> None:
        await self._channel.close()


def mistakes(metrics_port: int) -> float:
    """How many calls the server has ended with what only a bug should give."""
    with urlopen(f"http://127.0.0.1:{metrics_port}/metrics", timeout=HANG_SECONDS) as page:
        families = list(text_string_to_metric_families(page.read().decode()))
    counts = [s for family in families for s in family.samples if s.name.endswith("seconds_count")]
    key = "rpc_response_status_code"
    assert any(s.labels.get(key) == "OK" for s in counts), "the metric has another name by now"
    return sum(s.value for s in counts if s.labels.get(key) in ("INTERNAL", "UNKNOWN"))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def server(metrics_port: int = 0) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A ready `gencheck serve all` on a free port."""
    command = [sys.executable, "-m", "gencheck", "serve", "all", "--port", "0"]
    command += ["--metrics-port", str(metrics_port)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, int(process.stdout.readline().rpartition(":")[2])
        finally:
            process.terminate()
            process.wait(60)


async def _until_healthy(attacker: Attacker) -> None:
    async with asyncio.timeout(180):
        while True:
            try:
                if await attacker.healthy():
                    return
            except grpc.aio.AioRpcError:
                pass
            await asyncio.sleep(0.2)


def fuzz(messages: int, seconds: float, number: int) -> Tally:
    """Fire until so many messages are sent or the time is up; raises where the server ends."""
    every, end = methods(), time.monotonic() + seconds
    assets = [*media_seeds(), b"", b"nothing", random.Random(number).randbytes(300)]
    metrics_port = free_port()
    with server(metrics_port) as (process, port), asyncio.Runner() as runner:
        attacker = runner.run(_make(port))
        runner.run(_until_healthy(attacker))
        volleys = st.lists(shots(every, assets), min_size=AT_ONCE, max_size=AT_ONCE)

        def volley(shots: list[Shot]) -> None:
            runner.run(_fire(attacker, shots))
            assert process.poll() is None, f"the server ended with {process.returncode}"

        try:
            while attacker.tally.messages < messages and time.monotonic() < end:
                number += 1
                seed(number)(ROUND(given(volleys)(volley)))()
            assert runner.run(attacker.healthy()), "a service is no longer well"
            attacker.tally.mistakes = mistakes(metrics_port)
        finally:
            runner.run(attacker.aclose())
    return attacker.tally


async def _make(port: int) -> Attacker:
    return Attacker(port)


async def _fire(attacker: Attacker, shots: list[Shot]) -> None:
    await asyncio.gather(*(attacker.fire(shot) for shot in shots))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=1_200, help="at most")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start = time.monotonic()
    tally = fuzz(options.messages, options.seconds, options.seed)
    took = time.monotonic() - start
    for path, codes in sorted(tally.codes.items()):
        print(f"{path.removeprefix('/gencheck.v1.')}: {dict(codes.most_common())}")
    for wrong, shot in tally.wrong[:20]:
        print(f"WRONG: {wrong}\n  {shot}")
    calls = sum(codes.total() for codes in tally.codes.values())
    print(
        f"{tally.messages} messages in {calls} calls, {calls / took:.0f} calls/s, "
        f"slowest {tally.slowest:.1f} s, {len(tally.wrong)} wrong, "
        f"{tally.mistakes:.0f} that the server calls INTERNAL or UNKNOWN"
    )
    sys.exit(1 if tally.wrong or tally.mistakes or tally.messages < options.messages else 0)


if __name__ == "__main__":
    main()
