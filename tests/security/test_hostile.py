"""Callers without manners, against a real server: it lives, and serves the others."""

import resource
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import fuzz_rpc
import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from rude import Rude

from gencheck.v1 import consistency_pb2

PARSE = "/gencheck.v1.ConsistencyService/ParsePrompt"
IMAGES = "/gencheck.v1.BiasService/AuditImages"
RAW = consistency_pb2.ParsePromptRequest(prompt="a red cat").SerializeToString()
MIB = 1 << 20

pytestmark = pytest.mark.timeout(300)


@dataclass
class Served:
    """A server in a process of its own, and a polite caller."""

    pid: int
    port: int
    channel: grpc.Channel

    def answers(self) -> bool:
        """Whether the polite caller gets an answer."""
        raw = self.channel.unary_unary(PARSE)(RAW, timeout=30)
        return bool(consistency_pb2.ParsePromptResponse.FromString(raw).claims)

    def files(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def memory(self) -> int:
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with (
        fuzz_rpc.server() as (process, port),
        grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        health = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest()
        for _ in range(600):
            if health.Check(request, wait_for_ready=True, timeout=60).status == 1:
                break
            time.sleep(0.2)
        yield Served(process.pid, port, channel)
        assert process.poll() is None
        assert health.Check(request, timeout=60).status == 1, "every service is still well"


@pytest.mark.parametrize(
    ("size", "count"), [(20_000, 1), (8_000, 125), (1, 5_000)], ids=["20 KB", "1 MB", "5,000"]
)
def test_huge_metadata_is_refused(served: Served, size: int, count: int) -> None:
    with Rude(served.port) as rude:
        number = rude.open(PARSE, [(f"x-{n}", "y" * size) for n in range(count)])
        assert rude.status(number) in ("8", "reset", "closed")
    assert served.answers()


def test_metadata_of_a_usual_size_is_taken(served: Served) -> None:
    with Rude(served.port) as rude:
        number = rude.open(PARSE, [("x-trace", "y" * 4_000)])
        rude.message(number, RAW)
        assert rude.status(number) == "0"


def test_a_call_without_a_whole_message_is_malformed(served: Served) -> None:
    with Rude(served.port) as rude:
        assert rude.status(rude.open(PARSE, end=True)) == "3"
        number = rude.open(PARSE)
        rude.send(number, struct.pack(">BI", 0, 100) + b"x", end=True)
        assert rude.status(number) == "3"


def test_compression_is_refused_before_anything_is_inflated(served: Served) -> None:
    with Rude(served.port) as rude:
        number = rude.open(PARSE, [("grpc-encoding", "gzip")])
        rude.message(number, b"x" * 100, flag=1)
        assert rude.status(number) == "12"
    assert served.answers()


def test_thousands_of_streams_opened_and_reset(served: Served) -> None:
    with Rude(served.port) as rude:
        for _ in range(3_000):
            rude.reset(rude.open(PARSE))
        assert served.answers()
    assert served.answers()


def test_those_who_say_little_and_slowly_keep_nobody_out(served: Served) -> None:
    before = served.files()
    with ExitStack() as stack:
        for _ in range(200):
            rude = stack.enter_context(Rude(served.port))
            rude.send(rude.open(PARSE), struct.pack(">BI", 0, 100) + b"x")
        for _ in range(150):
            rude = stack.enter_context(Rude(served.port))
            rude.send(rude.open(IMAGES), b"\0")
        assert all(served.answers() for _ in range(20))
        assert served.files() >= before + 350
    for _ in range(100):
        if served.files() <= before + 5:
            break
        time.sleep(0.2)
    assert served.files() <= before + 5


def test_a_message_without_end_is_given_up_before_it_fills_the_memory(served: Served) -> None:
    before = served.memory()
    with Rude(served.port) as rude:
        number = rude.open(PARSE)
        rude.send(number, struct.pack(">BI", 0, 0xFFFFFFFF))
        sent = rude.flood(number, 6_000 * MIB)
        assert sent < 6_000 * MIB, "the server ended the stream"
    assert served.answers()
    assert served.memory() < before + 1_500 * MIB


def test_answers_that_nobody_reads_hold_nobody_up(served: Served) -> None:
    with Rude(served.port, window=0) as rude:
        for _ in range(2):  # together more than may run and wait, but never at once
            for _ in range(50):
                rude.message(rude.open(PARSE), RAW)
            assert all(served.answers() for _ in range(20))
