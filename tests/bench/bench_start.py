"""From the start of a server to SERVING: ``python tests/bench/bench_start.py``.

Each service in a process of its own, its models in the process and on Triton (``make
triton-install``; its own start is counted apart, with all installed models). Medians of five starts
with warm file caches and compiled kernels.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time

import grpc
from bench_triton import PYTHON, triton
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gencheck.inference.store import default_store

STARTS = 5
SERVICES = ("artifact", "consistency", "bias", "mesh", "router")


async def serving(address: str) -> None:
    """Return when the server is SERVING."""
    async with grpc.aio.insecure_channel(address) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        async for change in watch:
            if change.status == health_pb2.HealthCheckResponse.SERVING:
                return


def seconds(service: str, *options: str) -> float:
    """Seconds from the start of the process to SERVING."""
    if service == "router":
        options = ("--mesh", "127.0.0.1:1")
    command = [sys.executable, "-m", "gencheck", "serve", service, "--port", "0", *options]
    start = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        asyncio.run(serving(line.removeprefix("listening on ").strip()))
        taken = time.perf_counter() - start
        process.terminate()
        process.wait()
    return taken


def main() -> None:
    """Print the table."""
    for service in SERVICES:
        times = [seconds(service) for _ in range(STARTS)]
        print(f"{service:12} models in the process  {statistics.median(times):5.2f} s to SERVING")
    if not PYTHON.exists():
        sys.exit("Triton: not installed, run make triton-install")
    with triton(default_store()) as target:
        for service in ("consistency", "bias"):
            times = [seconds(service, "--triton", target) for _ in range(STARTS)]
            print(
                f"{service:12} models on Triton       {statistics.median(times):5.2f} s to SERVING"
            )


if __name__ == "__main__":
    main()
