"""What checks by digest cost at a router, whatever the size; and uploads beside a raw stream.

The router is the real one, in a process of its own; the checks behind it answer at once, so that
nothing but the router is seen. The raw stream is grpc.aio as its tutorial has it: pieces of the
same size, received and dropped. python tests/bench/bench_assets.py [--calls 300] [--rounds 5]
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

import grpc

from gencheck.client import AsyncClient
from gencheck.compose import Settings, Workshop
from gencheck.router.remote import METHODS
from gencheck.serving.host import Host, HostOptions
from gencheck.serving.logs import configure
from gencheck.transfer import CHUNK_BYTES, chunk_of
from gencheck.v1 import asset_pb2, router_pb2
from gencheck.v1.common_pb2 import Asset

SIZES = {"10 KB": 10_000, "1 MB": 1_000_000, "50 MB": 50_000_000}
STORES = ("memory", "disk")
CHECKS = ("artifact", "consistency")
PROMPT = "a red cat"


def picture(size: int) -> bytes:
    """Bytes that begin as a PNG does, new ones each time."""
    return b"\x89PNG\r\n\x1a\n" + os.urandom(size - 8)


async def _bare(methods: dict[str, grpc.RpcMethodHandler], name: str) -> None:
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", -1)])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


async def serve_check(name: str) -> None:
    """A check that judges nothing, at once."""

    async def answer(request: bytes, _context: object) -> bytes:
        return b""

    service, method = METHODS[name].removeprefix("/").split("/")
    await _bare({method: grpc.unary_unary_rpc_method_handler(answer)}, service)


async def serve_raw() -> None:
    """Receives a stream and drops it."""

    async def take(requests: AsyncIterator[bytes], _context: object) -> bytes:
        async for _ in requests:
            pass
        return b""

    await _bare({"Take": grpc.stream_unary_rpc_method_handler(take)}, "Raw")


async def serve_router(store: str, *targets: str) -> None:
    """The router with its asset service."""
    configure()
    endpoints = dict(zip(CHECKS, targets, strict=True))
    settings = Settings(endpoints=endpoints, asset_store=store, asset_bytes=1 << 30)
    async with Workshop(settings) as workshop:
        services = await workshop.services(("router", "assets"))
        host = Host(services, options=HostOptions(), metrics=workshop.metrics)
        print(await host.start(), flush=True)
        await host.wait()


async def start(stack: AsyncExitStack, *words: str) -> str:
    """A server in a process of its own; its address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        __file__,
        "--serve",
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )

    async def stop() -> None:
        process.terminate()
        await process.wait()

    stack.push_async_callback(stop)
    assert process.stdout is not None
    return f"127.0.0.1:{(await process.stdout.readline()).decode().strip()}"


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Seconds."""
    begin = time.perf_counter()
    await work()
    return time.perf_counter() - begin


async def by_digest(
    client: AsyncClient, fan_out: Callable[[], Awaitable[object]], args: argparse.Namespace
) -> None:
    """Calls of all sizes in turns, with the bare fan-out of the same request among them."""
    assets = {name: await client.upload(picture(size), name=name) for name, size in SIZES.items()}
    works: dict[str, Callable[[], Awaitable[object]]] = {"bare": fan_out}
    for name, asset in assets.items():
        works[name] = lambda asset=asset: client.check(asset, prompt=PROMPT)
    for work in works.values():
        for _ in range(30):
            await work()
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(args.calls):
        for name, work in works.items():
            seconds[name].append(await timed(work))
    bare = statistics.median(seconds["bare"])
    smallest = statistics.median(seconds["10 KB"])
    print(f"  bare fan-out of two        {bare * 1e3:6.2f} ms p50")
    for name in SIZES:
        p50 = statistics.median(seconds[name])
        print(
            f"  check by digest, {name:>6}    {p50 * 1e3:6.2f} ms p50, "
            f"{p50 / bare:.2f}x the bare fan-out, {p50 / smallest:.2f}x 10 KB"
        )


async def uploads(
    client: AsyncClient, raw: Callable[[bytes], Awaitable[object]], rounds: int
) -> None:
    """The same bytes in turns: raw, and as an asset."""
    rates: dict[str, list[float]] = {"raw": [], "upload": [], "again": []}
    for _ in range(rounds + 1):
        data = picture(SIZES["50 MB"])
        for name, work in (("raw", raw), ("upload", client.upload), ("again", client.upload)):
            rates[name].append(len(data) / 1e6 / await timed(partial(work, data)))
    middle = {name: statistics.median(values[1:]) for name, values in rates.items()}
    print(f"  raw stream, 50 MB          {middle['raw']:6.0f} MB/s")
    ratio = middle["upload"] / middle["raw"]
    print(f"  upload                     {middle['upload']:6.0f} MB/s, {ratio:.2f}x raw")
    print(f"  the same again             {middle['again']:6.0f} MB/s")


async def main(args: argparse.Namespace) -> None:
    """Both measurements, for each store."""
    async with AsyncExitStack() as stack:
        targets = [await start(stack, "check", name) for name in CHECKS]
        raw_target = await start(stack, "raw")
        channels = [
            await stack.enter_async_context(grpc.aio.insecure_channel(target))
            for target in (*targets, raw_target)
        ]
        calls = [
            channel.unary_unary(METHODS[name])
            for channel, name in zip(channels, CHECKS, strict=False)
        ]
        take = channels[2].stream_unary("/Raw/Take")
        request = router_pb2.CheckRequest(
            asset=Asset(digest="sha256:" + "0" * 64), prompt=PROMPT
        ).SerializeToString()

        async def fan_out() -> object:
            return await asyncio.gather(*(call(request) for call in calls))

        async def raw(data: bytes) -> object:
            async def pieces() -> AsyncIterator[bytes]:
                for begin in range(0, len(data), CHUNK_BYTES):
                    chunk = chunk_of(data[begin : begin + CHUNK_BYTES])
                    yield asset_pb2.UploadAssetRequest(chunk=chunk).SerializeToString()

            return await take(pieces())

        for store in STORES:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            where = "memory" if store == "memory" else folder
            address = await start(stack, "router", where, *targets)
            client = await stack.enter_async_context(AsyncClient(address))
            print(f"store: {store}")
            await by_digest(client, fan_out, args)
            await uploads(client, raw, args.rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", nargs="+")
    given = parser.parse_args()
    if given.serve:
        kind, *rest = given.serve
        served = {"check": serve_check, "raw": serve_raw, "router": serve_router}[kind]
        asyncio.run(served(*rest))
    else:
        asyncio.run(main(given))
