"""Where the rows of a text file begin, so that a shard can be read from its middle.

A CSV or JSONL file has no index. One pass over the bytes finds every row's end (in CSV a line feed
outside quotes) and keeps the offset of each ``STRIDE``-th row; a reader seeks to the nearest one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import IO

import numpy as np
from numpy.typing import NDArray

STRIDE = 1 << 16
"""Rows between two offsets: 100 million rows keep 1,526 of them."""
_CHUNK = 1 << 24
_LF, _CR, _QUOTE = 0x0A, 0x0D, 0x22


@dataclass(slots=True)
class RowIndex:
    """What one pass over a text file found; blank lines are no rows.

    Attributes:
        rows: rows, the header of a CSV file included.
        offsets: bytes before row 0, ``STRIDE``, 2 × ``STRIDE``, …
        sha256: of the whole file.
        size: bytes of the file.
        last: its last byte.
    """

    rows: int = 0
    offsets: list[int] = field(default_factory=list)
    sha256: str = ""
    size: int = 0
    last: int = -1


def index_rows(file: IO[bytes], *, quotes: bool) -> RowIndex:
    """One pass over a file, in bounded memory.

    Args:
        quotes: whether a line feed inside double quotes belongs to the row (CSV, RFC 4180).
    """
    found = RowIndex()
    digest = hashlib.sha256()
    inside = False  # quotes
    begin = 0  # of the current row
    while data := file.read(_CHUNK):
        digest.update(data)
        piece = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(piece == _LF)
        if quotes:
            ends, inside = _outside(piece, ends, inside)
        begin = _add(found, piece, ends + found.size, begin)
        found.size += len(data)
        found.last = data[-1]
    if begin < found.size:  # the last line has no line feed
        _keep(found, np.array([begin]))
    found.sha256 = digest.hexdigest()
    return found


def _outside(
    piece: NDArray[np.uint8], ends: NDArray[np.intp], inside: bool
) -> tuple[NDArray[np.intp], bool]:
    """The line feeds outside quotes, and whether the piece ends inside: by parity, as "" is two."""
    marks = np.flatnonzero(piece == _QUOTE)
    before = np.searchsorted(marks, ends) + inside
    return ends[before % 2 == 0], bool((len(marks) + inside) % 2)


def _add(found: RowIndex, piece: NDArray[np.uint8], ends: NDArray[np.intp], begin: int) -> int:
    """Count the rows that end in a piece; returns where the next one begins."""
    if not len(ends):
        return begin
    begins = np.concatenate(([begin], ends[:-1] + 1))
    lengths = ends - begins
    blank = lengths == 0
    alone = np.flatnonzero(lengths == 1)  # a line of "\r" alone is blank too
    local = begins[alone] - found.size
    blank[alone] = np.where(local < 0, found.last, piece[np.maximum(local, 0)]) == _CR
    _keep(found, begins[~blank])
    return int(ends[-1]) + 1


def _keep(found: RowIndex, begins: NDArray[np.intp]) -> None:
    first = -found.rows % STRIDE
    found.offsets += [int(begin) for begin in begins[first::STRIDE]]
    found.rows += len(begins)
