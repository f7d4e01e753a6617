"""What is done to whom: every fault as a context that is left when it is over."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass

from chaos.fleet import SERVICES, Fleet, Process
from chaos.liar import Liar, Lie
from chaos.proxy import PASS, Fault, FaultProxy, Mode

BROKEN_CONNECTIONS = {
    "slow: 1.5 s an answer": Fault(Mode.DELAY, seconds=1.5),
    "slow: 200 B/s": Fault(Mode.THROTTLE, rate=200),
    "black hole": Fault(Mode.BLACK_HOLE),
    "refuse": Fault(Mode.REFUSE),
    "reset in mid-answer": Fault(Mode.RESET, after=300),
    "half-close": Fault(Mode.HALF_CLOSE, after=300),
    "cut after 300 B": Fault(Mode.CUT, after=300),
    "garbage bytes": Fault(Mode.GARBAGE),
    "garbage messages": Fault(Mode.SCRAMBLE),
}
SOME_LIES = (Lie.GARBAGE, Lie.EMPTY, Lie.NO_OUTCOMES, Lie.NO_MESSAGE, Lie.STATUS)


@dataclass(frozen=True, slots=True)
class Trial:
    """A fault of one process, or of the way to it."""

    target: str
    fault: str
    hurt: Callable[[], AbstractAsyncContextManager[None]]

    @property
    def name(self) -> str:
        """As it is chosen on the command line."""
        return f"{self.target}: {self.fault}"


@asynccontextmanager
async def killed(process: Process) -> AsyncIterator[None]:
    """SIGKILL; over when the process that follows it is SERVING."""
    await process.kill()
    yield
    await process.aclose()
    await process.start()
    if process.name != "triton":
        await process.serving()


@asynccontextmanager
async def stopped(process: Process) -> AsyncIterator[None]:
    """SIGSTOP: the kernel still accepts and acknowledges, and nobody answers."""
    process.signal(signal.SIGSTOP)
    yield
    process.signal(signal.SIGCONT)


@asynccontextmanager
async def broken(proxy: FaultProxy, fault: Fault) -> AsyncIterator[None]:
    """Connections are hurt, those that are open and new ones."""
    await proxy.set(fault)
    yield
    await proxy.set(PASS)


@asynccontextmanager
async def replaced(proxy: FaultProxy, liar: Liar, lie: Lie) -> AsyncIterator[None]:
    """A liar answers in place of the service."""
    honest, proxy.upstream, liar.lie = proxy.upstream, liar.address, lie
    await proxy.drop()
    yield
    proxy.upstream = honest
    await proxy.drop()


def trials(fleet: Fleet, liar: Liar) -> Iterator[Trial]:
    """Everything, in turn, after nothing at all: of each service the first replica is hurt."""
    yield Trial("nobody", "nothing", nullcontext)
    for name in SERVICES:
        yield from _process(fleet.services[name][0])
        proxy = fleet.proxies[name][0]
        yield from _connection(name, proxy)
        lies = Lie if name == "artifact" else SOME_LIES
        yield from (_lie(name, proxy, liar, lie) for lie in lies)
    if fleet.triton is not None:
        proxy = fleet.proxies["triton"][0]
        yield from _process(fleet.triton)
        yield from _connection("triton", proxy)
        yield from (_lie("triton", proxy, liar, lie) for lie in SOME_LIES)
    yield from _process(fleet.routers[0])


def _process(process: Process) -> Iterator[Trial]:
    yield Trial(process.name, "killed", lambda: killed(process))
    yield Trial(process.name, "stopped", lambda: stopped(process))


def _connection(name: str, proxy: FaultProxy) -> Iterator[Trial]:
    for what, fault in BROKEN_CONNECTIONS.items():
        yield Trial(name, what, lambda fault=fault: broken(proxy, fault))  # type: ignore[misc]


def _lie(name: str, proxy: FaultProxy, liar: Liar, lie: Lie) -> Trial:
    return Trial(name, f"lie: {lie}", lambda: replaced(proxy, liar, lie))
