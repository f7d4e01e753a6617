"""What every metric asks of its features before it counts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gencheck.errors import InvalidArgument

Real = NDArray[np.floating]
_BLOCK_ROWS = 4096


def rows_of(values: ArrayLike, where: str, *, least: int = 1) -> Real:
    """A matrix of features, ``float32`` or ``float64 [n, d]``, as it is where it is one of these.

    Args:
        where: what the caller calls it, for the message.
        least: rows that the metric needs.

    Raises:
        InvalidArgument: not a matrix of real numbers, no columns, too few rows, NaN or infinity.
    """
    matrix = np.asarray(values)
    if matrix.ndim != 2 or matrix.dtype.kind not in "fiub" or matrix.shape[1] == 0:
        raise InvalidArgument(
            f"not a matrix of real numbers: shape {matrix.shape}, dtype {matrix.dtype}",
            where=where,
            fix="Give one row of features a picture.",
        )
    if len(matrix) < least:
        raise InvalidArgument(f"{len(matrix)} rows, at least {least} are needed", where=where)
    if matrix.dtype not in (np.float32, np.float64):
        matrix = matrix.astype(np.float64)
    broken = ~np.isfinite(matrix).all(axis=1)
    if broken.any():
        raise InvalidArgument(
            f"NaN or infinity in {broken.sum()} rows, the first is row {broken.argmax()}",
            where=where,
        )
    return matrix


def pair_of(real: ArrayLike, generated: ArrayLike, *, least: int = 1) -> tuple[Real, Real]:
    """Two sets of features of one width. Raises ``InvalidArgument``, also where widths differ."""
    one = rows_of(real, "real", least=least)
    other = rows_of(generated, "generated", least=least)
    if one.shape[1] != other.shape[1]:
        raise InvalidArgument(
            f"{other.shape[1]} features a row, the real ones have {one.shape[1]}",
            where="generated",
            fix="Take both from the same layer of the same model.",
        )
    return one, other


def blocks(matrix: Real, rows: int = _BLOCK_ROWS) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """The matrix a few rows at a time in ``float64``, so that no second whole copy is held."""
    for start in range(0, len(matrix), rows):
        part = slice(start, min(start + rows, len(matrix)))
        yield part, matrix[part].astype(np.float64)
