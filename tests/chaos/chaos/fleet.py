"""Real processes on loopback: services, routers and a Triton, which can be hurt and come back."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chaos.proxy import FaultProxy

ROOT = Path(__file__).resolve().parents[3]
TRITON_PYTHON = ROOT / ".venv-triton" / "bin" / "python"
SERVICES = ("artifact", "consistency", "bias", "mesh")
START_SECONDS = 180.0

T = TypeVar("T")


class Process:
    """A server process that is started again on the port it had."""

    def __init__(self, name: str, command: Sequence[str | Path], log: Path) -> None:
        """Args: command: without the port, which comes last; log: temporary files lie beside it."""
        self.name = name
        self.log = log
        self.address = ""
        self._command = [str(word) for word in command]
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The process that was started."""
        assert self._process is not None
        return self._process.pid

    @property
    def server_pid(self) -> int:
        """The process that serves: of a launcher, its child."""
        if self.name != "triton":
            return self.pid
        return int(Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()[0])

    async def start(self) -> None:
        """Return when it listens."""
        port = self.address.rpartition(":")[2] or "0"
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                port,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(self.log.parent / "tmp")},
            )
        assert self._process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            line = (await self._process.stdout.readline()).decode()
        if not line.startswith("listening on "):
            raise RuntimeError(f"{self.name} did not start:\n{self.log.read_text()[-2000:]}")
        self.address = line.removeprefix("listening on ").strip()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process that serves."""
        os.kill(self.server_pid, number)

    async def kill(self) -> None:
        """SIGKILL to the process that serves, and see it gone."""
        self.signal(signal.SIGKILL)
        await self.wait()

    async def wait(self) -> int:
        """The exit status, once there is one."""
        assert self._process is not None
        async with asyncio.timeout(60):
            return await self._process.wait()

    async def stop(self) -> int:
        """SIGTERM as an operator sends it; the exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return await self.wait()

    async def aclose(self) -> None:
        """Leave nothing behind."""
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), 10)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    async def serving(self) -> None:
        """Return when its health is SERVING, as told to whoever connects straight to it."""
        async with grpc.aio.insecure_channel(self.address) as channel:
            async with asyncio.timeout(START_SECONDS):
                while not await _is_serving(channel):  # noqa: ASYNC110 - asked over the wire
                    await asyncio.sleep(0.05)


async def _is_serving(channel: grpc.aio.Channel) -> bool:
    try:
        answer = await health_pb2_grpc.HealthStub(channel).Check(
            health_pb2.HealthCheckRequest(), timeout=5, wait_for_ready=True
        )
    except grpc.aio.AioRpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


@dataclass
class Fleet:
    """What runs, by name; services and their proxies in the order of their replicas."""

    folder: Path
    services: dict[str, list[Process]] = field(default_factory=dict)
    proxies: dict[str, list[FaultProxy]] = field(default_factory=dict)
    routers: list[Process] = field(default_factory=list)
    triton: Process | None = None

    @property
    def target(self) -> str:
        """What a client connects to: every router."""
        return target_of([router.address for router in self.routers])

    @property
    def everybody(self) -> list[Process]:
        """All processes."""
        services = [process for replicas in self.services.values() for process in replicas]
        return [*services, *self.routers, *([self.triton] if self.triton else [])]

    def keep_logs(self, out: Path) -> None:
        """Copy the logs of all processes to a folder."""
        out.mkdir(parents=True, exist_ok=True)
        for process in self.everybody:
            (out / process.log.name).write_bytes(process.log.read_bytes())


def target_of(addresses: Sequence[str]) -> str:
    """One gRPC target of many addresses; round_robin goes over all of them."""
    return f"ipv4:{','.join(addresses)}" if len(addresses) > 1 else addresses[0]


def gencheck(folder: Path, name: str, number: int, *options: str) -> Process:
    """``gencheck serve NAME``, one core, models of the embedded profile only."""
    serve = [sys.executable, "-m", "gencheck", "serve", name, "--cores", "1"]
    command = [*serve, "--profile", "embedded", *options, "--port"]
    return Process(name, command, folder / f"{name}-{number}.log")


def triton(folder: Path) -> Process | None:
    """A real Triton on the default store; ``None`` where it is not installed."""
    if not TRITON_PYTHON.exists():
        return None
    launcher = ROOT / "deploy" / "triton" / "launch.py"
    command = [TRITON_PYTHON, launcher, "--threads", "1", "--port"]
    return Process("triton", command, folder / "triton.log")


@asynccontextmanager
async def running(
    *, replicas: int = 1, routers: int = 1, proxied: bool = True, with_triton: bool = True
) -> AsyncIterator[Fleet]:
    """A fleet, SERVING; stopped at the end, whatever happens.

    Args:
        proxied: whether a fault proxy stands before every service and before Triton.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gencheck-chaos-")))
        (folder / "tmp").mkdir()
        fleet = Fleet(folder)
        models: list[str] = []
        fleet.triton = triton(folder) if with_triton else None
        if fleet.triton is not None:
            await _start(stack, fleet.triton)
            models = ["--triton", await _front(stack, fleet, fleet.triton, proxied)]
        for name in SERVICES:
            fleet.services[name] = [gencheck(folder, name, n, *models) for n in range(replicas)]
        services = [process for some in fleet.services.values() for process in some]
        await asyncio.gather(*(_start(stack, process) for process in services))
        endpoints: list[str] = []
        for name, some in fleet.services.items():
            addresses = [await _front(stack, fleet, process, proxied) for process in some]
            endpoints += [f"--{name}", target_of(addresses)]
        fleet.routers = [gencheck(folder, "router", n, *endpoints) for n in range(routers)]
        await asyncio.gather(*(_start(stack, process) for process in fleet.routers))
        await asyncio.gather(*(process.serving() for process in (*services, *fleet.routers)))
        yield fleet


async def _start(stack: AsyncExitStack, process: Process) -> None:
    stack.push_async_callback(process.aclose)
    await process.start()


async def _front(stack: AsyncExitStack, fleet: Fleet, process: Process, proxied: bool) -> str:
    if not proxied:
        return process.address
    proxy = FaultProxy(process.address)
    stack.push_async_callback(proxy.aclose)
    fleet.proxies.setdefault(process.name, []).append(proxy)
    return await proxy.start()


def run_to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Run, and stop what was started also where a signal breaks it off, in the background too."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    return asyncio.run(work)
