"""A closed loop over gRPC: prints seconds of every call as one JSON object.

``grpc_load.py TARGET METHOD BYTES CONCURRENCY SECONDS``
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

import grpc

from gencheck.transport import open_channel
from gencheck.v1 import router_pb2
from gencheck.v1.common_pb2 import Asset
from loadtests.requests import with_id


async def _run(
    target: str, method: str, size: int, concurrency: int, seconds: float
) -> tuple[list[float], int]:
    """Seconds of every call that was answered, and how many failed."""
    taken: list[float] = []
    failed = 0
    # The signature of a PNG, which is all that a router looks at.
    asset = Asset(inline=b"\x89PNG\r\n\x1a\n" + os.urandom(max(0, size - 8)), name="a.png")
    raw = router_pb2.CheckRequest(asset=asset, prompt="a red cat").SerializeToString()
    async with open_channel(target) as channel:
        check: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)
        for _ in range(100):
            await check(with_id(raw), timeout=30, wait_for_ready=True)
        end = time.perf_counter() + seconds

        async def caller() -> None:
            nonlocal failed
            while (start := time.perf_counter()) < end:
                try:
                    await check(with_id(raw), timeout=30)
                    taken.append(time.perf_counter() - start)
                except grpc.aio.AioRpcError:
                    failed += 1

        await asyncio.gather(*(caller() for _ in range(concurrency)))
    return taken, failed


def main() -> None:
    """Run and print."""
    target, method, size, concurrency, seconds = sys.argv[1:]
    taken, failed = asyncio.run(_run(target, method, int(size), int(concurrency), float(seconds)))
    sys.stdout.write(json.dumps({"seconds": taken, "failed": failed}) + "\n")


if __name__ == "__main__":
    main()
