"""A decoding process: ``python -m gencheck.media.worker FD``. It ends when its parent does.

It speaks over a socket that keeps message boundaries: in comes a pickled ``Task`` with a descriptor
of the encoded bytes, out goes a pickled ``Answer``, with a descriptor of the arrays where it has a
medium.
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

from gencheck.errors import GencheckError
from gencheck.media.decode import decode, out_of_memory
from gencheck.media.packing import MAX_MESSAGE, Answer, Task, pack
from gencheck.media.types import Limits


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
        _limit(task.limits)
        _answer(connection, _decode(task, handles[0]))


def _decode(task: Task, handle: int) -> tuple[Answer, list[int]]:
    try:
        with os.fdopen(handle, "rb", buffering=0, closefd=False) as file:
            file.seek(0)
            data = file.readall()
        media = decode(data, task.limits, name=task.name)
        head, arrays = pack(media)
    except GencheckError as error:
        return Answer(error=error), []
    except (MemoryError, OSError) as error:
        # The copy out of shared memory counts too; the system says it by its number.
        if isinstance(error, OSError) and error.errno != errno.ENOMEM:
            raise
        return Answer(error=out_of_memory(task.name, task.limits)), []
    finally:
        os.close(handle)
    return Answer(head=head), [arrays]


def _answer(connection: socket.socket, result: tuple[Answer, list[int]]) -> None:
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
