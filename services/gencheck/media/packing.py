"""Media across a process boundary: arrays in anonymous shared memory, the rest pickled.

The memory has no name (``memfd_create``): when the last process that knows it is gone, so is it;
a worker that was killed leaves nothing behind.
"""

from __future__ import annotations

import mmap
import os
import pickle
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import GencheckError
from gencheck.media.clip import ClipPart
from gencheck.media.types import Limits, Media

_ALIGNMENT = 64
MAX_MESSAGE = 1 << 16


@dataclass(frozen=True, slots=True)
class Task:
    """What to decode.

    Attributes:
        stream: whether to answer with the parts of a clip, one by one, and not with a medium.
    """

    name: str
    limits: Limits
    stream: bool = False


AHEAD = 2
"""Parts of a clip that a worker sends before it waits until one is taken: its memory is bounded."""

TAKEN = b"taken"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of it: the head of a medium or of a part of one, an error, or nothing more."""

    head: bytes = b""
    error: GencheckError | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where an array lies in the shared memory."""

    offset: int
    dtype: str
    shape: tuple[int, ...]


def pack(media: Media | ClipPart) -> tuple[bytes, int]:
    """A medium as pickled head and a file descriptor with its arrays; the caller closes it."""
    arrays: list[tuple[_Slot, NDArray[np.generic]]] = []
    head, size = _without_arrays(media, arrays, 0)
    handle = memory(size)
    try:
        for slot, array in arrays:
            if array.size:
                write(handle, np.ascontiguousarray(array).data.cast("B"), slot.offset)
        return pickle.dumps(head), handle
    except BaseException:
        os.close(handle)
        raise


def unpack(head: bytes, handle: int) -> Any:
    """The medium again; its arrays lie in the memory, private and writable.

    The handle may be closed afterwards: the mapping holds one of its own while an array lives.
    """
    size = os.fstat(handle).st_size
    shared = mmap.mmap(handle, size, access=mmap.ACCESS_COPY) if size else b""
    return _with_arrays(pickle.loads(head), shared)  # noqa: S301 - from our own worker


def memory(size: int) -> int:
    """A descriptor of anonymous memory of so many bytes."""
    handle = os.memfd_create("gencheck")
    os.ftruncate(handle, size)
    return handle


def write(handle: int, data: bytes | memoryview, offset: int = 0) -> None:
    """Put bytes into the memory: half the time of a mapping, which faults on every page."""
    view = memoryview(data)
    while view:
        done = os.pwrite(handle, view, offset)
        view, offset = view[done:], offset + done


def _without_arrays(
    value: Any, arrays: list[tuple[_Slot, NDArray[np.generic]]], offset: int
) -> tuple[Any, int]:
    """A dataclass with slots in place of arrays, and the bytes that these need."""
    changes: dict[str, Any] = {}
    for item in fields(value):
        inner = getattr(value, item.name)
        if isinstance(inner, np.ndarray):
            slot = _Slot(offset, inner.dtype.str, inner.shape)
            arrays.append((slot, inner))
            changes[item.name] = slot
            offset += -(-inner.nbytes // _ALIGNMENT) * _ALIGNMENT
        elif is_dataclass(inner):
            changes[item.name], offset = _without_arrays(inner, arrays, offset)
    return replace(value, **changes), offset


def _with_arrays(value: Any, shared: mmap.mmap | bytes) -> Any:
    changes: dict[str, Any] = {}
    for item in fields(value):
        inner = getattr(value, item.name)
        if isinstance(inner, _Slot):
            if 0 in inner.shape:
                changes[item.name] = np.zeros(inner.shape, inner.dtype)
            else:
                # The array keeps the mapping alive, and the mapping the memory.
                changes[item.name] = np.ndarray(inner.shape, inner.dtype, shared, inner.offset)
        elif is_dataclass(inner):
            changes[item.name] = _with_arrays(inner, shared)
    return replace(value, **changes)
