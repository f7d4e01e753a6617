"""Clients that misbehave: what does the router keep of them? ``python -m chaos.clients``

Clients that vanish in the middle of an upload, that cancel 10,000 calls, that never read their
answers. After each sort: memory, descriptors and threads of the router, and whether a good client
was answered all the while. Exit status 1 where a good client was not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import grpc
from rich.console import Console
from rich.table import Table

from chaos.assets import Ask, make_asks, with_id
from chaos.fleet import Fleet, run_to_the_end, running
from chaos.load import CHECK, CHECK_SET, Caller, Golden, Kind, Load, golden_of
from chaos.memory import Held, held_by
from chaos.proxy import FaultProxy
from gencheck.serving.call import new_id
from gencheck.transport import open_channel
from gencheck.v1 import router_pb2 as pb

AT_ONCE = 50
UNREAD_STREAMS = 50
UNREAD_SECONDS = 10.0
GOOD_DEADLINE = 10.0

_GONE = (grpc.aio.AioRpcError, grpc.aio.UsageError, asyncio.CancelledError)
_OPTIONS = pb.CheckSetRequest(options=pb.CheckSetOptions()).SerializeToString()

Misbehave = Callable[[str, Sequence[Ask], int], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Row:
    """One sort of bad client.

    Attributes:
        times: how often it misbehaved.
        before, after: what the router held; ``after`` once it has come to rest.
        good: answers to a good client meanwhile, by kind.
    """

    client: str
    times: int
    before: Held
    after: Held
    good: dict[str, int]


async def vanish(target: str, asks: Sequence[Ask], times: int) -> int:
    """Upload to the router, and be gone in the middle: the connection is reset."""
    proxy = FaultProxy(target)
    await proxy.start()
    big = pb.CheckSetRequest()
    big.check.asset.inline = bytes(4 << 20)
    small = pb.CheckSetRequest(check=_request(asks[0]))
    for _ in range(times):
        async with grpc.aio.insecure_channel(proxy.address) as channel:
            call: grpc.aio.StreamStreamCall[bytes, bytes] = channel.stream_stream(CHECK_SET)()
            with suppress(*_GONE):
                await call.write(_OPTIONS)
                await call.write(small.SerializeToString())
                writing = asyncio.create_task(call.write(big.SerializeToString()))
                await asyncio.sleep(0.005)
                await proxy.drop()
                await writing
                await call.read()
    await proxy.aclose()
    return times


async def cancel(target: str, asks: Sequence[Ask], times: int) -> int:
    """Ask, and leave before the answer."""
    channel = open_channel(target)
    check: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(CHECK)
    chance = random.Random(0)
    left = 0

    async def leave() -> None:
        nonlocal left
        while left < times:
            left += 1
            call = check(with_id(_request(chance.choice(asks)), new_id()), timeout=30)
            await asyncio.sleep(chance.random() * 0.02)
            call.cancel()
            with suppress(*_GONE):
                await call

    await asyncio.gather(*(leave() for _ in range(AT_ONCE)))
    await channel.close()
    return left


async def never_read(target: str, asks: Sequence[Ask], times: int) -> int:
    """Streams that send one asset after the other and read no answer, for a while, then vanish."""
    channel = open_channel(target)

    async def stand(number: int) -> None:
        call: grpc.aio.StreamStreamCall[bytes, bytes] = channel.stream_stream(CHECK_SET)()
        request = pb.CheckSetRequest(check=_request(asks[number % len(asks)])).SerializeToString()
        with suppress(TimeoutError, *_GONE):
            async with asyncio.timeout(UNREAD_SECONDS):
                await call.write(_OPTIONS)
                while True:
                    await call.write(request)
        call.cancel()

    await asyncio.gather(*(stand(number) for number in range(times)))
    await channel.close()
    return times


def _request(ask: Ask) -> pb.CheckRequest:
    (request,) = ask.requests
    assert isinstance(request, pb.CheckRequest)
    return request


async def misbehave(
    fleet: Fleet, sort: tuple[str, Misbehave, int], asks: Sequence[Ask], golden: Golden
) -> Row:
    """One sort of client, beside a good one."""
    name, act, times = sort
    router = fleet.routers[0]
    before = held_by(router.pid)
    caller = Caller(fleet.target)
    load = Load(caller, asks, 2.0, GOOD_DEADLINE)
    load.start()
    done = await act(router.address, asks, times)
    await load.stop()
    await caller.aclose()
    await asyncio.sleep(3.0)
    kinds = Counter(
        answer.code if golden.kind(answer) is Kind.ERROR else str(golden.kind(answer))
        for answer in load.answers
    )
    return Row(name, done, before, held_by(router.pid), dict(kinds))


async def run(times: int) -> list[Row]:
    """All sorts, one after another, on one fleet; meshes and a small picture are quick to judge."""
    quick = ("vase", "broken vase", "blocky photo")
    asks = [ask for ask in make_asks() if ask.name in quick]
    sorts: list[tuple[str, Misbehave, int]] = [
        ("vanish in mid-upload", vanish, max(1, times // 50)),
        ("cancel", cancel, times),
        ("cancel, once more", cancel, times),
        ("never read", never_read, UNREAD_STREAMS),
    ]
    async with running(proxied=False, with_triton=False) as fleet:
        caller = Caller(fleet.target)
        golden = await golden_of(caller, asks)
        await caller.aclose()
        return [await misbehave(fleet, sort, asks, golden) for sort in sorts]


def table_of(rows: Sequence[Row]) -> Table:
    """For people."""
    table = Table(box=None, padding=(0, 1))
    table.add_column("client", no_wrap=True)
    for name in ("times", "router MB", "fds", "threads"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("a good client meanwhile")
    for row in rows:
        a, b = row.before, row.after
        table.add_row(
            row.client,
            str(row.times),
            f"{a.rss:.1f} → {b.rss:.1f}",
            f"{a.fds} → {b.fds}",
            f"{a.threads} → {b.threads}",
            ", ".join(f"{kind} {number}" for kind, number in row.good.items()),
        )
    return table


def main() -> None:
    """Parse the options, run, print."""
    parser = argparse.ArgumentParser(description="Clients that misbehave.")
    parser.add_argument("--times", type=int, default=10_000, help="calls that are cancelled")
    parser.add_argument("--out", type=Path, default=Path("out/chaos"))
    options = parser.parse_args()
    rows = run_to_the_end(run(options.times))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "clients.json").write_text(json.dumps([asdict(r) for r in rows], indent=1))
    Console(width=None if sys.stdout.isatty() else 120).print(table_of(rows))
    sys.exit(any(row.good.keys() - {"right", "inconclusive", "RESOURCE_EXHAUSTED"} for row in rows))


if __name__ == "__main__":
    main()
