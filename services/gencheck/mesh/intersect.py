"""Self-intersection: every pair of faces that touch beyond a shared vertex or edge."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.lanes import LANES, each
from gencheck.mesh.bvh import (
    STACK,
    Tree,
    find_candidates,
    split_search,
    tree_of_faces,
)
from gencheck.mesh.contact import touching
from gencheck.mesh.faces import SOUND

MAX_WORK = 150_000_000
"""Work at most, beside that for each face: in pairs of nodes of the hierarchy looked at, to which a
pair of leaves and a test of two faces count for as many as take that time (some nanoseconds)."""

FACE_WORK = 400
"""Further work for each face: ordinary meshes need 70, those full of faces in one plane 350."""

_ROOM = 1 << 16
"""Pairs of faces that are found before they are tested: they stay in the cache of a core."""
_PARTS = 256
_SMALL = 500
"""Fewer faces are searched by one thread."""

_Ints = NDArray[np.int32]
_NONE = np.empty((0, 2), np.int32)


@dataclass(frozen=True, slots=True)
class Intersections:
    """What was found.

    Attributes:
        faces: ``intp [n]`` faces that touch another, ascending.
        pairs: pairs of such faces.
        listed: ``int32 [k, 2]``: the pairs, or as many as were wanted, in no order.
        complete: whether all pairs were tested; else the numbers are lower bounds.
        tests: pairs that were tested exactly, their boxes overlapping.
        work: what it cost, in the units of ``MAX_WORK``.
    """

    faces: NDArray[np.intp] = field(repr=False)
    pairs: int
    listed: _Ints = field(repr=False)
    complete: bool
    tests: int
    work: int


@dataclass(slots=True)
class _Lane:
    """A share of the search: pairs of nodes to look below, and what was found there."""

    stack: _Ints
    top: int
    listed: _Ints
    pairs: int = 0
    tests: int = 0
    work: int = 0


def find_intersections(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int32],
    kinds: NDArray[np.uint8],
    *,
    deadline: Deadline,
    tree: Tree | None = None,
    max_work: int | None = None,
    max_listed: int = 0,
) -> Intersections:
    """Find faces that touch another face beyond the vertex or edge they share.

    Degenerate faces and those with a vertex that is not finite are left out. Faces with the same
    three vertices count as touching.

    Args:
        vertices: ``float64 [V, 3]``, welded and scaled (``scale.py``).
        faces: ``int32 [F, 3]``.
        kinds: ``uint8 [F]`` from ``classify_faces``.
        tree: from ``tree_of_faces``, where it is there already.
        deadline: checked every 60 thousand pairs of faces, some milliseconds.
        max_work: when to give up, as near as the room for pairs lets it; by default ``MAX_WORK``
            and ``FACE_WORK`` for each face.
        max_listed: pairs to list at most.
    """
    able = int((kinds == SOUND).sum())
    touched = np.zeros(len(faces), np.bool_)
    lanes: list[_Lane] = []
    if max_work is None:
        max_work = MAX_WORK + FACE_WORK * len(faces)
    if able > 1:
        over = tree or tree_of_faces(vertices, faces, kinds)
        deadline.check()
        lanes = _lanes(split_search(over.nodes, _PARTS), max_listed)

        def search(lane: _Lane) -> None:
            _search(
                vertices,
                faces,
                kinds,
                over,
                lane,
                touched=touched,
                max_work=max_work // LANES,
                deadline=deadline,
            )

        each(search, lanes, short=able < _SMALL)
    return Intersections(
        faces=np.flatnonzero(touched),
        pairs=sum(lane.pairs for lane in lanes),
        listed=np.concatenate([lane.listed[: lane.pairs] for lane in lanes] or [_NONE]),
        complete=not any(lane.top for lane in lanes),
        tests=sum(lane.tests for lane in lanes),
        work=sum(lane.work for lane in lanes),
    )


def _lanes(parts: _Ints, max_listed: int) -> list[_Lane]:
    """Every so many parts to a lane; a small part costs no more than its turn."""
    lanes = []
    for first in range(LANES):
        own = parts[first::LANES]
        stack = np.concatenate([own, np.empty((STACK, 2), np.int32)])
        lanes.append(_Lane(stack, len(own), np.empty((max_listed // LANES, 2), np.int32)))
    return lanes


def _search(
    vertices: NDArray[np.float64],
    faces: _Ints,
    kinds: NDArray[np.uint8],
    tree: Tree,
    lane: _Lane,
    *,
    touched: NDArray[np.bool_],
    max_work: int,
    deadline: Deadline,
) -> None:
    """Look below the pairs of a lane until all is done, or ``max_work``."""
    room = np.empty((_ROOM, 2), np.int32)
    while lane.top and lane.work < max_work:
        deadline.check()
        lane.top, looked, count = find_candidates(
            tree.order, tree.boxes, tree.nodes, lane.stack, lane.top, room
        )
        listed = lane.listed[lane.pairs :]
        pairs, work = touching(vertices, faces, kinds, room[:count], touched, listed)
        lane.pairs += pairs
        lane.tests += count
        lane.work += looked + work
