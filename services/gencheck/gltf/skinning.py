"""Joints and weights of vertices (glTF 2.0, 3.7.3.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gencheck.gltf.arrays import Array
from gencheck.gltf.transforms import as_shares

_STEP = 2e-7
"""How far weights may sum up to other than 1, for each that is not zero (3.7.3.3)."""
_NO_JOINT = 1 << 40


@dataclass(frozen=True, slots=True)
class Found:
    """An issue of some elements of an accessor.

    Attributes:
        place: the pointer from the use of the accessor on.
        elements: their numbers.
        text: the values concerned of one element, for a person.
    """

    code: str
    place: str
    elements: NDArray[np.intp]
    text: Callable[[int], str]


def look_at_influences(arrays: Sequence[Array], joints: int) -> list[Found]:
    """All sets of joints and weights of a primitive together.

    Args:
        arrays: the joints of all sets, then the weights of all, each ``[vertices, 4]``.
        joints: the fewest joints of a skin that moves it.
    """
    sets = len(arrays) // 2
    if any(array.shape[1] != 4 for array in arrays) or any(
        array.dtype.kind == "f" for array in arrays[:sets]
    ):
        return []
    # Column by column over all sets, as the sum is rounded after each.
    bones = _columns([array.astype(np.int64) for array in arrays[:sets]])
    shares = _columns([as_shares(array, normalized=True) for array in arrays[sets:]])
    inside = bones < joints
    used = inside & (shares != 0)
    again = _repeated(bones, used)
    negative = used & (shares < 0)
    counted = used & ~again & ~negative
    wrong = {
        "ACCESSOR_JOINTS_INDEX_OOB": ~inside,
        "ACCESSOR_JOINTS_USED_ZERO_WEIGHT": inside & ~used & (bones != 0),
        "ACCESSOR_JOINTS_INDEX_DUPLICATE": again,
        "ACCESSOR_WEIGHTS_NEGATIVE": negative,
    }
    found = [
        _found(
            code,
            number,
            cells[:, number::sets],
            (shares if "WEIGHTS" in code else bones)[:, number::sets],
        )
        for code, cells in wrong.items()
        for number in range(sets)
    ]
    return found + _sums(shares, counted, sets)


def _columns(arrays: Sequence[Array]) -> Array:
    """The first columns of all sets, then the second, and so on: ``[vertices, 4 · sets]``."""
    return np.stack(arrays, axis=2).reshape(len(arrays[0]), -1)


def _found(code: str, number: int, cells: NDArray[np.bool_], values: Array) -> Found:
    flat = values.reshape(-1)
    stem = "WEIGHTS" if "WEIGHTS" in code else "JOINTS"
    bad = np.flatnonzero(cells)
    return Found(code, f"/{stem}_{number}", bad, lambda i: f"{flat[i]:.6g}")


def _sums(shares: Array, counted: NDArray[np.bool_], sets: int) -> list[Found]:
    """Weights sum up to 1, in single precision as in a shader."""
    total = np.zeros(len(shares), np.float32)
    for column, which in zip(shares.T, counted.T, strict=True):
        total[which] = (total[which] + column[which]).astype(np.float32)
    off = np.abs(total.astype(np.float64) - 1) > _STEP * counted.sum(1)
    bad = np.flatnonzero(off)
    code = "ACCESSOR_WEIGHTS_NON_NORMALIZED"
    return [
        Found(code, f"/WEIGHTS_{number}", bad, lambda i: f"sum {total[i]:.6g}")
        for number in range(sets)
    ]


def _repeated(bones: Array, used: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Joints that moved the vertex already, by an earlier weight that is not zero."""
    columns = np.arange(bones.shape[1])
    keys = np.where(used, bones, _NO_JOINT + columns)  # what is not used is like nothing else
    order = np.argsort(keys, axis=1, kind="stable")
    ranked = np.take_along_axis(keys, order, axis=1)
    same = np.zeros(bones.shape, bool)
    same[:, 1:] = ranked[:, 1:] == ranked[:, :-1]
    again = np.zeros(bones.shape, bool)
    np.put_along_axis(again, order, same, axis=1)
    return again
