"""Self-intersection: every pair of faces that touch beyond a shared vertex or edge."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.mesh.bvh import best_frame, build_tree, touching_pairs
from gencheck.mesh.faces import SOUND

MAX_WORK = 600_000_000
"""Work at most, in nodes of the hierarchy looked at; a test of two faces counts for eight.

Ordinary meshes need about 100 for a face.
"""

_CHUNK = 2_000_000


@dataclass(frozen=True, slots=True)
class Intersections:
    """What was found.

    Attributes:
        faces: ``intp [n]`` faces that touch another, ascending.
        pairs: pairs of such faces.
        complete: whether all pairs were tested; else the numbers are lower bounds.
        tests: pairs that were tested exactly, their boxes overlapping.
        work: what it cost, in the units of ``MAX_WORK``.
    """

    faces: NDArray[np.intp] = field(repr=False)
    pairs: int
    complete: bool
    tests: int
    work: int


def find_intersections(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int32],
    kinds: NDArray[np.uint8],
    *,
    deadline: Deadline,
    max_work: int = MAX_WORK,
) -> Intersections:
    """Find faces that touch another face beyond the vertex or edge they share.

    Degenerate faces and those with a vertex that is not finite are left out. Faces with the same
    three vertices count as touching.

    Args:
        vertices: ``float64 [V, 3]``, welded and scaled (``scale.py``).
        faces: ``int32 [F, 3]``.
        kinds: ``uint8 [F]`` from ``classify_faces``.
        deadline: checked every 2 million units of work, well below a second.
        max_work: when to give up.
    """
    chosen = np.flatnonzero(kinds == SOUND).astype(np.int32)
    touched = np.zeros(len(faces), np.bool_)
    if len(chosen) < 2:
        return Intersections(np.flatnonzero(touched), 0, True, 0, 0)
    tree = build_tree(best_frame(vertices, faces, chosen), faces, chosen)
    place = (0, 0)
    work = tests = pairs = 0
    while place[0] < len(chosen) and work < max_work:
        deadline.check()
        budget = min(_CHUNK, max_work - work)
        i, j, done, tested, found = touching_pairs(
            vertices, faces, tree.order, tree.boxes, tree.nodes, place, budget, touched
        )
        place = (int(i), int(j))
        work += int(done)
        tests += int(tested)
        pairs += int(found)
    return Intersections(np.flatnonzero(touched), pairs, place[0] >= len(chosen), tests, work)
