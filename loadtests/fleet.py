"""The servers of a run: started on loopback, waited for, measured, stopped."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gencheck.errors import Unavailable
from gencheck.transport import open_channel

CHECKS = ("artifact", "consistency", "bias", "mesh")
_START_SECONDS = 180.0
_STOP_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server process that this run started."""

    name: str
    process: asyncio.subprocess.Process
    address: str


@dataclass(frozen=True, slots=True)
class Fleet:
    """What is asked, and what of it runs here.

    Attributes:
        target: the router.
        servers: processes that may be measured; none for a target elsewhere.
    """

    target: str
    servers: tuple[Server, ...] = ()


@asynccontextmanager
async def started_fleet(
    logs: Path, *, stubs: Sequence[str] | None = None, cores: int = 1
) -> AsyncIterator[Fleet]:
    """Four services and a router in processes of their own, SERVING; stopped at the end.

    Args:
        stubs: options of the made-up services (``loadtests.stubs``); ``None`` runs the real ones.
        cores: that each real service is given.

    Raises:
        Unavailable: a server did not start, with the end of its log.
    """
    async with AsyncExitStack() as stack:
        servers = []
        for name in CHECKS:
            if stubs is None:
                words = ["-m", "gencheck", "serve", name, "--port", "0", "--cores", str(cores)]
            else:
                words = ["-m", "loadtests.stubs", "host", "--checks", name, *stubs]
            servers.append(await _start(stack, name, words, logs))
        endpoints = [word for s in servers for word in (f"--{s.name}", s.address)]
        words = ["-m", "gencheck", "serve", "router", "--port", "0", *endpoints]
        servers.append(await _start(stack, "router", words, logs))
        await asyncio.gather(*(wait_until_serving(server.address) for server in servers))
        yield Fleet(servers[-1].address, tuple(servers))


async def _start(stack: AsyncExitStack, name: str, words: Sequence[str], logs: Path) -> Server:
    log = logs / f"{name}.log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *words,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,  # Ctrl-C at the terminal is for the run, which ends them
        )
    stack.push_async_callback(_stop, process)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_START_SECONDS):
            line = (await process.stdout.readline()).decode()
    except TimeoutError:
        line = ""
    if not line.startswith("listening on "):
        said = log.read_text(errors="replace")[-1_000:]
        raise Unavailable(f"the {name} server did not start: {said}", where=name)
    return Server(name, process, line.removeprefix("listening on ").strip())


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def wait_until_serving(address: str, *, seconds: float = _START_SECONDS) -> None:
    """Return when the whole server is SERVING. Raises ``Unavailable``."""
    end = time.monotonic() + seconds
    async with open_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        while (left := end - time.monotonic()) > 0:
            try:
                answer = await stub.Check(
                    health_pb2.HealthCheckRequest(), wait_for_ready=True, timeout=left
                )
            except grpc.aio.AioRpcError as error:
                said = error.details() or error.code().name
                raise Unavailable(f"no health: {said}", where=address) from None
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                return
            await asyncio.sleep(0.1)
    raise Unavailable(f"not SERVING after {seconds:.0f} s", where=address, fix="See its log.")
