"""Self-intersection: every pair of faces that touch beyond a shared vertex or edge."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.lanes import LANES
from gencheck.mesh.bvh import Tree, tree_of_faces
from gencheck.mesh.contact import touching
from gencheck.mesh.faces import COLLAPSED, SOUND
from gencheck.mesh.halfedges import HalfEdges, find_half_edges
from gencheck.mesh.pair_search import search
from gencheck.mesh.stars import plain_vertices, sift

MAX_WORK = 100_000_000
"""Work at most, beside that for each face: in pairs of nodes of the hierarchy looked at, to which a
pair of leaves and a test of two faces count for as many as take that time (some nanoseconds)."""

FACE_WORK = 300
"""Further work for each face: ordinary meshes need 35, those full of faces in one plane 250."""

_SIFT = 2
"""What a pair costs that needs no test."""

_Ints = NDArray[np.int32]


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
    """What a thread has found."""

    listed: _Ints
    pairs: int = 0
    tests: int = 0


def find_intersections(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int32],
    kinds: NDArray[np.uint8],
    *,
    deadline: Deadline,
    tree: Tree | None = None,
    edges: HalfEdges | None = None,
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
        edges: from ``find_half_edges`` over the faces that are not collapsed, where they are there.
        deadline: checked every 60 thousand pairs of faces, some milliseconds.
        max_work: when to give up, as near as the room for pairs lets it; by default ``MAX_WORK``
            and ``FACE_WORK`` for each face.
        max_listed: pairs to list at most.
    """
    use = kinds != COLLAPSED
    plain = plain_vertices(
        vertices, faces, kinds, edges or find_half_edges(faces, use, len(vertices))
    )
    touched = np.zeros(len(faces), np.bool_)
    lanes = [_Lane(np.empty((max_listed // LANES, 2), np.int32)) for _ in range(LANES)]

    def take(lane: int, candidates: _Ints) -> int:
        own = lanes[lane]
        listed = own.listed[own.pairs :]
        count = sift(faces, plain, candidates)
        pairs, work = touching(vertices, faces, kinds, candidates[:count], touched, listed)
        own.pairs += pairs
        own.tests += count
        return work + _SIFT * (len(candidates) - count)

    if max_work is None:
        max_work = MAX_WORK + FACE_WORK * len(faces)
    complete, work = True, 0
    if int((kinds == SOUND).sum()) > 1:
        over = tree or tree_of_faces(vertices, faces, kinds)
        deadline.check()
        complete, work = search(over, take, deadline=deadline, max_work=max_work)
    return Intersections(
        faces=np.flatnonzero(touched),
        pairs=sum(lane.pairs for lane in lanes),
        listed=np.concatenate([lane.listed[: lane.pairs] for lane in lanes]),
        complete=complete,
        tests=sum(lane.tests for lane in lanes),
        work=work,
    )
