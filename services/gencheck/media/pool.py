"""Decodes in a few persistent processes that can be killed: hostile bytes never run in ours."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, TypeVar

from gencheck.deadline import Deadline
from gencheck.errors import (
    DeadlineExceeded,
    GencheckError,
    LimitExceeded,
    Unavailable,
    WorkerLost,
)
from gencheck.media.clip import ClipPart
from gencheck.media.fetch.types import checked_size
from gencheck.media.packing import MAX_MESSAGE, TAKEN, Answer, Task, memory, unpack, write
from gencheck.media.types import Limits, Media
from gencheck.slots import Slots

_MAX_NAME = 1_000
_MAX_BYTES = 1 << 30
# How often a running decode looks whether its caller has gone: a deadline has no callback.
_LOOK_SECONDS = 0.05

T = TypeVar("T")


class DecodePool:
    """A bounded number of decoding processes with a bounded queue in front.

    A worker serves one asset at a time. It is killed when the caller leaves or the time is up in
    mid-decode, and replaced when it is next needed. Streams, which last as long as whoever looks at
    them, have as many workers of their own, started when first needed.
    """

    def __init__(
        self,
        workers: int,
        limits: Limits,
        *,
        max_queued: int = 128,
        max_bytes: int = _MAX_BYTES,
    ) -> None:
        """Args: max_queued: assets that may wait for a worker; one more is ``Overloaded``.

        max_bytes: of all assets that are decoded or wait for it.
        """
        self._limits = limits
        self._slots = Slots(workers, max_queued=max_queued, max_bytes=max_bytes, what="decodes")
        self._workers = [_Worker() for _ in range(workers)]
        self._idle: list[_Worker] = []
        self._stream_slots = Slots(
            workers, max_queued=max_queued, max_bytes=max_bytes, what="streams"
        )
        self._streamers = [_Worker() for _ in range(workers)]
        self._idle_streamers = list(self._streamers)
        self._running: set[asyncio.Task[Any]] = set()
        self._closed = False

    async def start(self) -> None:
        """Start every worker, so that the first caller need not wait."""
        try:
            # All are waited for, also when one fails: none may be starting while it is stopped.
            starting = (worker.start() for worker in self._workers)
            for error in await asyncio.gather(*starting, return_exceptions=True):
                if error is not None:
                    raise error
        except BaseException:
            await self.aclose()
            raise
        self._idle = list(self._workers)

    def pids(self) -> list[int]:
        """The process ids of the workers that run."""
        return [worker.pid for worker in (*self._workers, *self._streamers) if worker.pid]

    async def decode(self, data: bytes, *, name: str = "", deadline: Deadline) -> Media:
        """The decoded medium.

        Raises:
            InvalidInput: what ``gencheck.media.decode.decode`` raises.
            Overloaded: too many assets wait already.
            WorkerLost: the process died over this asset.
            Unavailable: the pool is closed, or closes meanwhile.
            DeadlineExceeded, Cancelled: the time is up, or the caller has gone.
        """
        deadline.check()
        checked_size(len(data), self._limits, name)
        task = Task(name[:_MAX_NAME], self._limits)
        work = self._decode(data, task, yields=deadline.yields)
        return await self._watched(work, name, deadline)

    async def stream(
        self, data: bytes, *, name: str = "", deadline: Deadline, long: bool = False
    ) -> AsyncGenerator[ClipPart, None]:
        """Video or sound as it goes by: a head, chunks, an end; close it to leave early.

        The worker decodes ahead by no more than ``packing.AHEAD`` parts.

        Args:
            long: whether it may last as long as a stream may, else as long as a medium.

        Raises:
            UnsupportedMedia: neither video nor sound.
            As :meth:`decode`; all also in the midst.
        """
        deadline.check()
        checked_size(len(data), self._limits, name)
        limits = self._limits.of_streams if long else self._limits
        task = Task(name[:_MAX_NAME], limits, stream=True)
        slot = self._stream_slots.acquire(yields=deadline.yields, size=len(data))
        await self._watched(slot, name, deadline)
        worker = self._idle_streamers.pop()
        try:
            await self._watched(worker.begin(data, task), name, deadline)
            while (part := await self._watched(worker.part(task), name, deadline)) is not None:
                yield part
                deadline.check()  # a worker that is ahead would hide that time is up
                await self._watched(worker.taken(), name, deadline)
        except BaseException:
            await worker.kill_unless_free()
            raise
        finally:
            self._idle_streamers.append(worker)
            self._stream_slots.release(size=len(data))

    async def _watched(self, work: Coroutine[Any, Any, T], name: str, deadline: Deadline) -> T:
        """The result of some work for as long as its caller waits and the pool is open."""
        if self._closed:
            work.close()
            raise _closing(name)
        running = asyncio.create_task(work)
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        try:
            await _finish(running, name, deadline)
        finally:
            running.cancel()  # nothing happens to it when it is done
            await asyncio.wait({running})
        if running.cancelled():
            raise _closing(name)
        return running.result()

    async def _decode(self, data: bytes, task: Task, *, yields: bool) -> Media:
        await self._slots.acquire(yields=yields, size=len(data))
        worker = self._idle.pop()
        try:
            return await worker.decode(data, task)
        finally:
            self._idle.append(worker)
            self._slots.release(size=len(data))

    async def aclose(self) -> None:
        """Stop every worker; who still waits for one is told so."""
        self._closed = True
        running = set(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
        await asyncio.gather(*(worker.kill() for worker in (*self._workers, *self._streamers)))


async def _finish(running: asyncio.Task[Any], name: str, deadline: Deadline) -> None:
    """Wait for a decode as long as its caller does."""
    while not running.done():
        left = deadline.remaining()
        pause = _LOOK_SECONDS if left is None else min(_LOOK_SECONDS, left)
        await asyncio.wait({running}, timeout=pause)
        if not running.done():
            try:
                deadline.check()
            except GencheckError as error:
                raise _while_decoding(error, name) from None


def _while_decoding(error: GencheckError, name: str) -> GencheckError:
    if not isinstance(error, DeadlineExceeded):
        return error
    return DeadlineExceeded(
        "the time given for this call is up while decoding",
        where=name,
        fix="Give the call a longer deadline.",
    )


def _closing(name: str) -> Unavailable:
    return Unavailable("the decoders are shut down", where=name, fix="Send it to another server.")


class _Worker:
    """One decoding process and the socket to it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._is_free = True  # of a clip that is still to be read

    @property
    def pid(self) -> int:
        """The process id; 0 where none runs."""
        return self._process.pid if self._process else 0

    async def start(self) -> None:
        """Spawn (never fork: threads and gRPC do not survive it) and wait until it is ready."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        self._socket = ours
        try:
            with theirs:
                # Not in a thread: a caller who leaves in the middle would lose the process.
                self._process = _spawn(theirs.fileno())
            message, _ = await self._receive()
            if message != b"ready":
                raise WorkerLost("the decoding process did not start", fix="See the server's log.")
        except BaseException:
            await self.kill()
            raise

    async def decode(self, data: bytes, task: Task) -> Media:
        """One asset. Whatever interrupts it ends the process."""
        try:
            await self._send(data, task)
            answer, arrays = await self._answer(task)
        except GencheckError:
            raise
        except BaseException:
            await self.kill()
            raise
        if answer.error is not None:
            raise answer.error
        media: Media = arrays
        return media

    async def begin(self, data: bytes, task: Task) -> None:
        """Give it a clip whose parts are wanted."""
        self._is_free = False
        await self._send(data, task)

    async def part(self, task: Task) -> ClipPart | None:
        """The next part of the clip; ``None`` after the last."""
        answer, part = await self._answer(task)
        self._is_free = answer.ended or answer.error is not None
        if answer.error is not None:
            raise answer.error
        found: ClipPart | None = part
        return found

    async def taken(self) -> None:
        """Tell it that a part was taken; a process that is gone says so where the next is read."""
        if self._socket is not None:
            with contextlib.suppress(ConnectionError):
                self._socket.send(TAKEN)

    async def kill_unless_free(self) -> None:
        """End the process where it is in the midst of a clip."""
        if not self._is_free:
            await self.kill()

    async def _answer(self, task: Task) -> tuple[Answer, Any]:
        """The next answer, with what it carries. Raises ``WorkerLost`` or ``LimitExceeded``."""
        message, handles = await self._receive()
        if not message:
            raise await self._post_mortem(task)
        try:
            answer: Answer = pickle.loads(message)  # noqa: S301 - from our own worker
            return answer, unpack(answer.head, handles[0]) if handles else None
        finally:
            for handle in handles:
                os.close(handle)

    async def _send(self, data: bytes, task: Task) -> None:
        if self._socket is not None:
            with contextlib.suppress(ConnectionError):
                await asyncio.to_thread(_send, self._socket, data, task)
                return
            await self.kill()  # it died while it was idle: not over this asset
        await self.start()
        assert self._socket is not None
        await asyncio.to_thread(_send, self._socket, data, task)

    async def _receive(self) -> tuple[bytes, list[int]]:
        """The next message with its descriptors; empty when the process has hung up."""
        connection = self._socket
        assert connection is not None
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        loop.add_reader(connection, readable.set)
        try:
            await readable.wait()
            message, handles, _, _ = socket.recv_fds(
                connection, MAX_MESSAGE, 1, socket.MSG_CMSG_CLOEXEC
            )
        except ConnectionError:
            return b"", []
        finally:
            loop.remove_reader(connection)
        return message, handles

    async def _post_mortem(self, task: Task) -> Exception:
        """Why the process died over a task."""
        process = self._process
        await self.kill()
        status = process.returncode if process else None
        if status == -signal.SIGXCPU:
            return LimitExceeded(
                f"decoding took more than {task.limits.cpu_seconds} s of CPU time",
                where=task.name,
                fix="Send a smaller file.",
                metadata={"limit": str(task.limits.cpu_seconds)},
            )
        return WorkerLost(
            "the decoding process died over this asset",
            where=task.name,
            fix="Try again; if it happens again, the file is at fault.",
            metadata={"exit_status": str(status)},
        )

    async def kill(self) -> None:
        """End the process and close the socket; the next task starts another."""
        self._is_free = True
        process, self._process = self._process, None
        connection, self._socket = self._socket, None
        if connection is not None:
            connection.close()
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await asyncio.shield(asyncio.to_thread(process.wait))


def _spawn(descriptor: int) -> subprocess.Popen[bytes]:
    # -P: modules are not looked for in the working folder, which may hold anything.
    command = [sys.executable, "-P", "-m", "gencheck.media.worker", str(descriptor)]
    # Each worker decodes one asset at a time: threads of its libraries would only get in the way
    # of the other workers.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1"}
    return subprocess.Popen(  # noqa: S603 - our own command
        command, pass_fds=[descriptor], env=environment, stdin=subprocess.DEVNULL
    )


def _send(connection: socket.socket, data: bytes, task: Task) -> None:
    handle = memory(0)
    try:
        write(handle, data)
        socket.send_fds(connection, [pickle.dumps(task)], [handle])
    finally:
        os.close(handle)
