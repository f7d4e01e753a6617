"""The proxy does to a connection what it was told to, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from chaos.proxy import PASS, Fault, FaultProxy, Mode

LENGTH = 200_000
WORDS = bytes(range(256)) * (LENGTH // 256)


class Upstream:
    """Answers each line with so many bytes of ``WORDS`` as it names, and counts the lines."""

    def __init__(self) -> None:
        self.lines = 0
        self.heard = asyncio.Event()
        self.gone = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while line := await reader.readline():
                self.lines += 1
                self.heard.set()
                if line == b"bye\n":
                    writer.write(WORDS[:9])
                    break
                writer.write(WORDS[: int(line)])
                await writer.drain()
        self.gone.set()
        writer.close()


@pytest.fixture
async def upstream() -> AsyncIterator[tuple[Upstream, str]]:
    peer = Upstream()
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    yield peer, f"{host}:{port}"
    server.close()


@pytest.fixture
async def proxy(upstream: tuple[Upstream, str]) -> AsyncIterator[FaultProxy]:
    between = FaultProxy(upstream[1])
    await between.start()
    yield between
    await between.aclose()


@pytest.fixture(autouse=True)
async def hang_guard() -> AsyncIterator[None]:
    async with asyncio.timeout(20):
        yield


class Peer:
    """A client that asks for so many bytes."""

    def __init__(self, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        self.reader, self.writer = streams

    def ask(self, count: int) -> None:
        self.writer.write(b"%d\n" % count)

    async def get(self, count: int) -> bytes:
        self.ask(count)
        return await self.reader.readexactly(count)


async def connect(proxy: FaultProxy) -> Peer:
    host, _, port = proxy.address.rpartition(":")
    return Peer(await asyncio.open_connection(host, int(port)))


async def test_a_faithful_proxy_changes_nothing(proxy: FaultProxy) -> None:
    peer = await connect(proxy)
    assert await peer.get(len(WORDS)) == WORDS
    peer.writer.write(b"bye\n")
    assert await peer.reader.read() == WORDS[:9]  # and then the end, in order
    peer.writer.close()


async def test_delay_and_throttle_lose_nothing_and_end_when_lifted(proxy: FaultProxy) -> None:
    peer = await connect(proxy)
    await proxy.set(Fault(Mode.DELAY, seconds=0.02))
    assert await peer.get(5_000) == WORDS[:5_000]
    await proxy.set(Fault(Mode.THROTTLE, rate=1))  # three days for what follows
    peer.ask(len(WORDS))
    assert await peer.reader.readexactly(1) == WORDS[:1]
    await proxy.set(PASS)
    assert await peer.reader.readexactly(len(WORDS) - 1) == WORDS[1:]
    peer.writer.close()


async def test_a_black_hole_accepts_and_never_answers_and_gives_back_when_lifted(
    proxy: FaultProxy, upstream: tuple[Upstream, str]
) -> None:
    old = await connect(proxy)
    assert await old.get(3) == WORDS[:3]
    await proxy.set(Fault(Mode.BLACK_HOLE))
    new = await connect(proxy)
    old.ask(7)
    new.ask(8)
    for peer in (old, new):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(peer.reader.readexactly(1), 0.1)
    assert upstream[0].lines == 1
    await proxy.set(PASS)
    assert await old.reader.readexactly(7) == WORDS[:7]
    assert await new.reader.readexactly(8) == WORDS[:8]
    for peer in (old, new):
        peer.writer.close()


async def test_a_refusal_ends_open_connections_and_takes_no_new_ones(proxy: FaultProxy) -> None:
    peer = await connect(proxy)
    assert await peer.get(3) == WORDS[:3]
    await proxy.set(Fault(Mode.REFUSE))
    with pytest.raises(ConnectionResetError):
        await peer.reader.read()
    with pytest.raises(ConnectionRefusedError):
        await connect(proxy)
    assert proxy.open_connections == 0
    await proxy.set(PASS)
    again = await connect(proxy)
    assert await again.get(3) == WORDS[:3]
    for each in (peer, again):
        each.writer.close()


async def test_reset_breaks_in_the_middle_of_an_answer(proxy: FaultProxy) -> None:
    peer = await connect(proxy)
    await proxy.set(Fault(Mode.RESET, after=1_000))
    peer.ask(5_000)
    with pytest.raises(ConnectionResetError):
        while await peer.reader.read(64):
            pass
    peer.writer.close()


async def test_a_cut_passes_so_many_bytes_and_then_the_end(proxy: FaultProxy) -> None:
    peer = await connect(proxy)
    assert await peer.get(2_000) == WORDS[:2_000]
    await proxy.set(Fault(Mode.CUT, after=1_000))
    assert await peer.get(400) == WORDS[:400]
    peer.ask(len(WORDS))
    assert await peer.reader.read() == WORDS[:600]
    peer.writer.close()


async def test_a_half_closed_connection_still_sends(
    proxy: FaultProxy, upstream: tuple[Upstream, str]
) -> None:
    peer = await connect(proxy)
    await proxy.set(Fault(Mode.HALF_CLOSE, after=10))
    peer.ask(100)
    assert await peer.reader.read() == WORDS[:10]
    upstream[0].heard.clear()
    peer.ask(1)
    await upstream[0].heard.wait()
    assert not upstream[0].gone.is_set()
    peer.writer.close()


async def test_garbage_has_the_length_of_the_answer_and_is_the_same_each_time(
    proxy: FaultProxy, upstream: tuple[Upstream, str]
) -> None:
    await proxy.set(Fault(Mode.GARBAGE))
    peer = await connect(proxy)
    garbage = await peer.get(500)
    assert garbage != WORDS[:500]
    twin = FaultProxy(upstream[1])
    await twin.start()
    await twin.set(Fault(Mode.GARBAGE))
    other = await connect(twin)
    assert await other.get(500) == garbage
    await twin.aclose()
    for each in (peer, other):
        each.writer.close()


async def test_an_upstream_that_is_not_there_resets_and_another_may_take_over(
    proxy: FaultProxy, upstream: tuple[Upstream, str]
) -> None:
    silent = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    silent.close()
    proxy.upstream = f"127.0.0.1:{port}"
    peer = await connect(proxy)
    with pytest.raises(ConnectionResetError):
        await peer.reader.read()
    proxy.upstream = upstream[1]
    again = await connect(proxy)
    assert await again.get(3) == WORDS[:3]
    for each in (peer, again):
        each.writer.close()
