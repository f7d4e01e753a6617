"""Both clients against a real server: typed errors, threads, closing."""

import asyncio
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import gencheck
from gencheck.client import AsyncClient, Client, check_request
from gencheck.errors import (
    Cancelled,
    DeadlineExceeded,
    DecodeFailed,
    InvalidInput,
    NotFound,
    Unavailable,
)
from gencheck.v1 import bias_pb2, common_pb2

HALF_A_PNG = b"\x89PNG\r\n\x1a\n" + bytes(30)


@pytest.fixture
def client(server: Any) -> Iterator[Client]:
    with Client(server.address) as client:
        yield client


def test_every_call_of_the_blocking_client(client: Client, samples: Path) -> None:
    poster, vase = samples / "poster.png", samples / "vase.glb"
    table = bias_pb2.CountTable(
        attribute="a", counts=[bias_pb2.CategoryCount(category=c, count=50) for c in "xy"]
    )
    assert client.check(poster, prompt="a poster").claims
    assert client.check_artifact(str(poster)).outcomes
    assert client.check_consistency(poster.read_bytes(), "a poster").claims
    assert client.check_mesh(vase, views=True).views
    assert client.parse_prompt("two cats").claims
    assert client.audit(bias_pb2.AuditRequest(tables=[table])).audits
    assert client.audit_images([poster]).images
    names = [a.check.asset for a in client.check_set([check_request(poster), check_request(vase)])]
    assert names == [str(poster), str(vase)]


def test_the_clients_are_what_the_package_offers() -> None:
    assert gencheck.Client is Client
    assert gencheck.AsyncClient is AsyncClient


def test_errors_are_typed(client: Client, server: Any, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"none\.png"):
        client.check(tmp_path / "none.png")
    with pytest.raises(InvalidInput, match="folder"):
        client.check(tmp_path)
    with pytest.raises(DecodeFailed):
        client.check(HALF_A_PNG)
    with pytest.raises(NotFound, match="strictest"):
        client.check(HALF_A_PNG, policy="strictest")
    with Client("127.0.0.1:1") as nobody, pytest.raises(Unavailable, match=r"127\.0\.0\.1:1"):
        nobody.parse_prompt("two cats")
    with Client(server.address, timeout=0.001) as hasty, pytest.raises(DeadlineExceeded):
        hasty.check(common_pb2.Asset(inline=HALF_A_PNG))


async def test_the_asynchronous_client_raises_the_same(server: Any, tmp_path: Path) -> None:
    async with AsyncClient(server.address) as client:
        with pytest.raises(NotFound):
            await client.check(tmp_path / "none.png")
        with pytest.raises(DecodeFailed):
            await client.check(HALF_A_PNG)
    async with AsyncClient("127.0.0.1:1") as nobody:
        with pytest.raises(Unavailable):
            await nobody.parse_prompt("two cats")
        with pytest.raises(Unavailable):
            _ = [a async for a in nobody.check_set([])]
    async with AsyncClient(server.address, timeout=0.001) as hasty:
        with pytest.raises(DeadlineExceeded):
            await hasty.check(HALF_A_PNG)


def test_what_breaks_a_stream_of_requests_is_what_is_raised(
    client: Client, samples: Path, tmp_path: Path
) -> None:
    with pytest.raises(NotFound, match=r"none\.png"):
        client.audit_images([samples / "poster.png", tmp_path / "none.png"])

    def broken() -> Iterator[Any]:
        yield check_request(samples / "coffee.jpg")
        raise ZeroDivisionError("the caller's own")

    with pytest.raises(ZeroDivisionError, match="the caller's own"):
        list(client.check_set(broken()))
    assert client.parse_prompt("two cats").claims  # the client is as good as before


def test_threads_share_a_client(client: Client, samples: Path) -> None:
    files = [samples / name for name in ("coffee.jpg", "vase.glb", "melody.wav", "cat.png")]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(client.check, files * 4))
    assert [answer.asset for answer in answers] == [str(file) for file in files * 4]


def test_closing_twice_is_once_and_after_that_it_says_so(server: Any) -> None:
    client = Client(server.address)
    client.close()
    client.close()
    with pytest.raises(Unavailable, match="closed"):
        client.parse_prompt("two cats")
    with pytest.raises(Unavailable, match="closed"):
        list(client.check_set([]))


async def test_the_asynchronous_client_closes_likewise(server: Any) -> None:
    client = AsyncClient(server.address)
    await client.aclose()
    await client.aclose()
    with pytest.raises(Unavailable, match="closed"):
        await client.parse_prompt("two cats")
    with pytest.raises(Unavailable, match="closed"):
        await client.audit_images([])
    with pytest.raises(Unavailable, match="closed"):
        _ = [a async for a in client.check_set([])]


class Silent:
    """Listens, and never says a word: a call of it hangs."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.target = f"127.0.0.1:{self.socket.getsockname()[1]}"


@pytest.fixture
def silent() -> Iterator[Silent]:
    host = Silent()
    yield host
    host.socket.close()


def test_closing_ends_the_calls_of_other_threads(silent: Silent) -> None:
    client = Client(silent.target)
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(client.parse_prompt, "two cats")
        time.sleep(0.3)
        assert not hanging.done()
        client.close()
        with pytest.raises(Cancelled, match="closed"):
            hanging.result(10)


INTERRUPTED = """
import signal, sys
from gencheck import Client
signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored from outside
with Client(sys.argv[1], timeout=600) as client:
    print("asking", flush=True)
    client.parse_prompt("two cats")
"""


def test_an_interrupt_does_not_hang(silent: Silent) -> None:
    """Control-C in a call that hangs: it ends at once, and so does leaving the client."""
    command = [sys.executable, "-c", INTERRUPTED, silent.target]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "asking\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    assert told.splitlines()[-1] == "KeyboardInterrupt"


def test_a_set_that_is_left_early_leaves_nothing_behind(client: Client, samples: Path) -> None:
    answers = client.check_set([check_request(samples / "coffee.jpg")] * 6)
    assert next(answers).check.asset
    answers.close()
    calls = asyncio.run_coroutine_threadsafe(_tasks(), client._loop).result(10)
    assert not calls


async def _tasks() -> list[str]:
    """What still runs in the client's own loop, after a moment to end."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        _, left = await asyncio.wait(left, timeout=2)
    return [str(task) for task in left if "_consume_request_iterator" not in str(task)]
