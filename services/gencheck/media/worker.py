"""A decoding process: ``python -m gencheck.media.worker FD``. It ends when its parent does.

It speaks over a socket that keeps message boundaries: in comes a pickled ``Task`` with a descriptor
of the encoded bytes, out goes a pickled ``Answer``, with a descriptor of the arrays where it has a
medium. A task for a stream has an answer for each part of the clip; each that the parent takes it
says so, and the worker never is more than ``AHEAD`` ahead of it.
"""

from __future__ import annotations

import errno
import math
import os
import pickle
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from functools import partial
from io import FileIO
from typing import TypeAlias

from gencheck.errors import GencheckError
from gencheck.media.clip import ClipPart
from gencheck.media.decode import decode, decode_parts, out_of_memory
from gencheck.media.packing import AHEAD, MAX_MESSAGE, TAKEN, Answer, Task, pack
from gencheck.media.types import Limits

Result: TypeAlias = tuple[Answer, list[int]]
"""An answer, and the descriptor of its arrays where it has some."""


def main(descriptor: int) -> None:
    """Decode until the parent hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to handle
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a killed decode leaves no core on the disk
    connection = socket.socket(fileno=descriptor)
    connection.send(b"ready")
    while True:
        try:
            message, handles, _, _ = socket.recv_fds(connection, MAX_MESSAGE, 1)
        except ConnectionError:  # the parent was killed
            return
        if not message:
            return
        task: Task = pickle.loads(message)  # noqa: S301 - from our own parent
        with os.fdopen(handles[0], "rb", buffering=0) as file:
            if task.stream:
                _stream(connection, task, file)
            else:
                _limit(task.limits)
                _answer(connection, _attempt(task, partial(_decode, task, file)))


def _attempt(task: Task, work: Callable[[], Result]) -> Result:
    """The result of some decoding, or its error as an answer."""
    try:
        return work()
    except GencheckError as error:
        return Answer(error=error), []
    except (MemoryError, OSError) as error:
        # The copy out of shared memory counts too; the system says it by its number.
        if isinstance(error, OSError) and error.errno != errno.ENOMEM:
            raise
        return Answer(error=out_of_memory(task.name, task.limits)), []


def _decode(task: Task, file: FileIO) -> Result:
    head, arrays = pack(decode(_all_of(file), task.limits, name=task.name))
    return Answer(head=head), [arrays]


def _stream(connection: socket.socket, task: Task, file: FileIO) -> None:
    """Send one part after the other; each has the CPU time of a task."""
    parts: Iterator[ClipPart] | None = None

    def next_part() -> Result:
        nonlocal parts
        if parts is None:
            parts = decode_parts(_all_of(file), task.limits, name=task.name)
        part = next(parts, None)
        if part is None:
            return Answer(ended=True), []
        head, arrays = pack(part)
        return Answer(head=head), [arrays]

    untaken = 0
    while True:
        _limit(task.limits)
        answer, handles = _attempt(task, next_part)
        is_last = answer.ended or answer.error is not None
        # Before the last word all is taken: what comes then is the next task.
        while untaken > (0 if is_last else AHEAD - 1):
            if connection.recv(len(TAKEN)) != TAKEN:
                return  # the parent has gone, as the next look at the socket will say
            untaken -= 1
        _answer(connection, (answer, handles))
        if is_last:
            return
        untaken += 1


def _all_of(file: FileIO) -> bytes:
    file.seek(0)
    return file.readall()


def _answer(connection: socket.socket, result: Result) -> None:
    answer, handles = result
    message = pickle.dumps(answer)
    if len(message) > MAX_MESSAGE and answer.error is not None:  # it quotes a whole file
        short = type(answer.error)(answer.error.what[:1_000], fix=answer.error.fix)
        message = pickle.dumps(Answer(error=short))
    try:
        socket.send_fds(connection, [message], handles)
    except ConnectionError:
        pass  # nobody waits any more; the next message says so
    finally:
        for handle in handles:
            os.close(handle)


def _limit(limits: Limits) -> None:
    """Address space for the whole process, CPU time for this task: it adds up over tasks."""
    _lower(resource.RLIMIT_AS, limits.memory_bytes)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    spent = math.ceil(usage.ru_utime + usage.ru_stime)
    _lower(resource.RLIMIT_CPU, spent + limits.cpu_seconds)


def _lower(kind: int, soft: int) -> None:
    """Set a soft limit; the host may have set a hard one that is lower still."""
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


if __name__ == "__main__":
    main(int(sys.argv[1]))
