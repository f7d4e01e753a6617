"""Merging vertices at exactly the same place, and finding faces that stand twice."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel
from gencheck.lanes import LANES, each, is_short


@dataclass(frozen=True, slots=True)
class Welded:
    """A mesh with equal positions merged and nothing else changed.

    Attributes:
        vertices: ``float64 [W, 3]`` in the order of their first appearance.
        faces: ``int32 [F, 3]``: as many and in the same order as before.
        source: ``intp [W]``: the first of the vertices that were merged into each.
    """

    vertices: NDArray[np.float64] = field(repr=False)
    faces: NDArray[np.int32] = field(repr=False)
    source: NDArray[np.intp] = field(repr=False)


@kernel
def _first_of_equal(
    keys: NDArray[np.int64], seed: np.uint64, lane: int, lanes: int, first: NDArray[np.int32]
) -> None:
    """For each row of a lane the first row with the same three numbers, by a hash table.

    The lane of a row is told by its hash. The seed keeps a hostile file from choosing rows that all
    fall into one slot.
    """
    size = 16
    while size * lanes < 2 * len(keys):
        size *= 2
    mask = np.uint64(size - 1)
    slots = np.full(size, -1, np.int32)
    for i in range(len(keys)):
        h = seed
        for k in range(3):
            h ^= np.uint64(keys[i, k])
            h *= np.uint64(0x9E3779B97F4A7C15)
            h ^= h >> np.uint64(29)
            h *= np.uint64(0xBF58476D1CE4E5B9)
            h ^= h >> np.uint64(32)
        if (h >> np.uint64(40)) % np.uint64(lanes) != lane:
            continue
        slot = h & mask
        while True:
            j = slots[slot]
            if j < 0:
                slots[slot] = i
                first[i] = i
                break
            if keys[j, 0] == keys[i, 0] and keys[j, 1] == keys[i, 1] and keys[j, 2] == keys[i, 2]:
                first[i] = j
                break
            slot = (slot + np.uint64(1)) & mask


@kernel
def _compact(first: NDArray[np.int32]) -> tuple[NDArray[np.int32], int]:
    """Consecutive numbers for the rows that are their own first, in order; and how many."""
    index = np.empty(len(first), np.int32)
    count = 0
    for i in range(len(first)):
        if first[i] == i:
            index[i] = count
            count += 1
        else:
            index[i] = index[first[i]]
    return index, count


def first_of_equal(keys: NDArray[np.int64]) -> NDArray[np.int32]:
    """For each row of ``int64 [n, 3]`` the index of the first row equal to it, ``int32 [n]``."""
    seed = np.uint64(secrets.randbits(64))
    keys = np.ascontiguousarray(keys)
    first = np.empty(len(keys), np.int32)
    lanes = 1 if is_short(len(keys)) else LANES
    each(
        lambda lane: _first_of_equal(keys, seed, lane, lanes, first), range(lanes), short=lanes == 1
    )
    return first


def weld(
    vertices: NDArray[np.float64], faces: NDArray[np.int32], finite: NDArray[np.bool_]
) -> Welded:
    """Merge vertices whose three coordinates are equal; -0.0 equals 0.0.

    Args:
        vertices: ``float64 [V, 3]``.
        faces: ``int32 [F, 3]``.
        finite: ``bool [V]``; vertices that are not finite equal nothing, not even themselves.
    """
    keys = np.ascontiguousarray(vertices + 0.0).view(np.int64)  # + 0.0 turns -0.0 into 0.0
    first = first_of_equal(keys)
    odd = np.flatnonzero(~finite)
    first[odd] = odd
    index, count = _compact(first)
    if count == len(vertices):
        return Welded(vertices, faces, np.arange(count))
    source = np.flatnonzero(first == np.arange(len(first)))
    return Welded(vertices[source], index[faces], source)
