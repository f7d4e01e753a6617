"""A TCP proxy on loopback that breaks connections in the ways that networks and peers do."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from chaos.frames import Scrambler

_CHUNK = 1 << 16
_RST = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: closing sends RST and drops what is queued


class Mode(StrEnum):
    """What the proxy does with what the upstream answers; PASS is a faithful proxy."""

    PASS = "pass"
    DELAY = "delay"
    THROTTLE = "throttle"
    BLACK_HOLE = "black hole"
    REFUSE = "refuse"
    RESET = "reset"
    HALF_CLOSE = "half-close"
    CUT = "cut"
    GARBAGE = "garbage"
    SCRAMBLE = "scramble"


@dataclass(frozen=True, slots=True)
class Fault:
    """A mode with its figures.

    Attributes:
        seconds: DELAY: how long each piece of an answer is held.
        rate: THROTTLE: bytes of answers a second, for each connection.
        after: RESET, HALF_CLOSE, CUT: bytes of answers that a connection still passes on.
    """

    mode: Mode = Mode.PASS
    seconds: float = 0.0
    rate: int = 0
    after: int = 0


PASS = Fault()


class FaultProxy:
    """Passes connections on to an upstream, or hurts them, as :meth:`set` last said.

    A fault holds for connections that are open as well as for new ones. What a black hole has
    swallowed is not lost: as over TCP, it flows when the hole is gone.
    """

    def __init__(self, upstream: str, *, seed: int = 0) -> None:
        """Args: upstream: ``HOST:PORT``, which may be changed at any time; seed: of the garbage."""
        self.upstream = upstream
        self.accepted = 0
        self._random = random.Random(seed)
        self._fault = PASS
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._port = 0
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """Where it listens, or will again."""
        return f"127.0.0.1:{self._port}"

    @property
    def open_connections(self) -> int:
        """Connections of clients that it holds now."""
        return len(self._connections)

    async def start(self) -> str:
        """Listen; the address. The same port again after a refusal."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self.address

    async def set(self, fault: Fault) -> None:
        """From now on do this."""
        self._fault = fault
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        if fault.mode is Mode.REFUSE:
            await self._close_listener()
            await self.drop()
        elif self._server is None:
            await self.start()

    async def drop(self) -> None:
        """Reset every connection that is open."""
        connections = tuple(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def aclose(self) -> None:
        """Stop listening and drop everybody."""
        await self._close_listener()
        await self.drop()

    async def _close_listener(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        server: asyncio.StreamWriter | None = None
        try:
            await self._wait_for_light()
            host, _, port = self.upstream.rpartition(":")
            answers, server = await asyncio.open_connection(host, int(port))
            up = asyncio.create_task(self._upwards(reader, server))
            down = asyncio.create_task(self._downwards(answers, client))
            try:
                await asyncio.gather(up, down)
            finally:
                up.cancel()
                down.cancel()
                await asyncio.gather(up, down, return_exceptions=True)
        except (OSError, _Broken):
            pass
        finally:
            for writer in (client, server):
                if writer is not None:
                    _reset(writer)

    async def _wait_for_light(self) -> None:
        while self._fault.mode is Mode.BLACK_HOLE:
            await self._changed.wait()

    async def _upwards(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_CHUNK):
            await self._wait_for_light()
            writer.write(data)
            await writer.drain()
        writer.write_eof()

    async def _downwards(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        scrambler = Scrambler()
        fault, passed = self._fault, 0
        while data := await reader.read(_CHUNK):
            await self._wait_for_light()
            if self._fault is not fault:
                fault, passed = self._fault, 0
            data = scrambler.feed(data, scramble=fault.mode is Mode.SCRAMBLE)
            await self._pass_on(data, writer, fault, passed)
            passed += len(data)
        await _close(writer)  # a server that closes takes the connection with it

    async def _pass_on(
        self, data: bytes, writer: asyncio.StreamWriter, fault: Fault, passed: int
    ) -> None:
        match fault.mode:
            case Mode.DELAY:
                await self._pause(fault.seconds)
            case Mode.THROTTLE:
                await self._drip(data, writer, fault)
                return
            case Mode.GARBAGE:
                data = self._random.randbytes(len(data))
            case Mode.RESET | Mode.CUT | Mode.HALF_CLOSE if passed + len(data) > fault.after:
                writer.write(data[: fault.after - passed])
                await writer.drain()
                await self._break(writer, fault)
        writer.write(data)
        await writer.drain()

    async def _break(self, writer: asyncio.StreamWriter, fault: Fault) -> None:
        if fault.mode is Mode.RESET:
            raise _Broken
        if fault.mode is Mode.HALF_CLOSE:  # nothing more comes down; what is sent up still arrives
            writer.write_eof()
            await self._changed.wait()
            raise _Broken
        await _close(writer)

    async def _drip(self, data: bytes, writer: asyncio.StreamWriter, fault: Fault) -> None:
        step = max(1, fault.rate // 20)
        for start in range(0, len(data), step):
            if self._fault is fault:
                await self._pause(step / fault.rate)
            await self._wait_for_light()
            writer.write(data[start : start + step])
            await writer.drain()

    async def _pause(self, seconds: float) -> None:
        """That long, or until another fault is set."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()


class _Broken(Exception):
    """This connection is over."""


async def _close(writer: asyncio.StreamWriter) -> NoReturn:
    """End a connection in order: what was written before does arrive."""
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    raise _Broken


def _reset(writer: asyncio.StreamWriter) -> None:
    if writer.transport.is_closing():
        return
    peer: socket.socket = writer.get_extra_info("socket")
    with suppress(OSError):
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
    writer.transport.abort()
