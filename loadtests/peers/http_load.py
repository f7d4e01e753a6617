"""A closed loop over HTTP (runs in .venv-peers): prints seconds of every call as one JSON object.

``http_load.py URL BYTES CONCURRENCY SECONDS``
"""

import asyncio
import json
import os
import sys
import time

import aiohttp


async def _run(
    url: str, payload: bytes, concurrency: int, seconds: float
) -> tuple[list[float], int]:
    """Seconds of every call that was answered, and how many failed."""
    taken: list[float] = []
    failed = 0
    headers = {"Content-Type": "application/octet-stream"}
    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(
        connector=connector, headers=headers, timeout=aiohttp.ClientTimeout(total=30)
    ) as session:

        async def call() -> bool:
            try:
                async with session.post(url, data=payload) as answer:
                    return answer.status == 200 and len(await answer.read()) >= 800
            except (aiohttp.ClientError, TimeoutError):
                return False

        for _ in range(100):
            await call()
        end = time.perf_counter() + seconds

        async def caller() -> None:
            nonlocal failed
            while (start := time.perf_counter()) < end:
                if await call():
                    taken.append(time.perf_counter() - start)
                else:
                    failed += 1

        await asyncio.gather(*(caller() for _ in range(concurrency)))
    return taken, failed


def main() -> None:
    """Run and print."""
    url, size, concurrency, seconds = sys.argv[1:]
    payload = os.urandom(int(size))
    taken, failed = asyncio.run(_run(url, payload, int(concurrency), float(seconds)))
    sys.stdout.write(json.dumps({"seconds": taken, "failed": failed}) + "\n")


if __name__ == "__main__":
    main()
