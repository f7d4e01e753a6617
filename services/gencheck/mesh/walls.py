"""Faces that do not bound the volume of a mesh, and how thick its walls are, by one ray a face."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.lanes import LANES, each, halves
from gencheck.mesh.bvh import Tree, tree_of_faces
from gencheck.mesh.faces import COLLAPSED, SOUND
from gencheck.mesh.rays import INTERIOR, UNCLEAR, probe
from gencheck.mesh.shells import without_volume
from gencheck.mesh.survey import Survey

MAX_RAYS = 30_000
"""Faces that are asked at most; of more, as many are taken evenly, and one of each component."""

MAX_WORK = 20_000_000
"""Nodes of the hierarchy looked at, as ``MAX_VISITS`` counts them, all rays together."""

THIN_SHARE = 0.005
"""A wall is thin when it is thinner than this share of the diagonal of the bounding box."""

_Ints = NDArray[np.int32]

_CHUNK = 500
_ROUNDS = 8
_SHORT = 2_000


@dataclass(frozen=True, slots=True)
class Walls:
    """What the rays met.

    Attributes:
        interior: ``intp [n]`` faces with material on both sides of their middle, ascending.
        thin: ``intp [m]`` faces on thin walls, thinnest first.
        thinnest: shortest way through a wall, scaled; infinite where no wall was met.
        diagonal: of the bounding box, scaled.
        asked: faces that a ray was sent from.
        unclear: those of them where it told nothing: another face in the same place, or too much
            in the way.
        faces: those that could have been asked.
    """

    interior: NDArray[np.intp] = field(repr=False)
    thin: NDArray[np.intp] = field(repr=False)
    thinnest: float
    diagonal: float
    asked: int
    unclear: int
    faces: int


@dataclass(slots=True)
class _Lane:
    """A share of the rays, and what became of those that were sent."""

    chosen: _Ints
    kinds: NDArray[np.uint8]
    thickness: NDArray[np.float64]
    sent: int = 0
    work: int = 0


def find_walls(
    state: Survey,
    deadline: Deadline,
    *,
    tree: Tree | None = None,
    max_rays: int = MAX_RAYS,
    max_work: int = MAX_WORK,
) -> Walls | None:
    """Send a ray from the middle of each face with area, against its normal.

    Material is where the winding number of the solid components (closed, consistently wound, with
    a volume) is not zero. A face of any component is interior when there is material on both sides
    of its middle: all of it, where no other face touches it. The wall behind a face that bounds
    the material is as thick as the way to where that ends.

    Args:
        tree: from ``tree_of_faces``, where it is there already.

    Returns:
        ``None`` where no component is solid.
    """
    components = state.components
    solid_components = np.append(components.solid & ~without_volume(components), False)
    solid = solid_components[state.labels] & (state.kinds != COLLAPSED)
    if not solid.any():
        return None
    over = tree or tree_of_faces(state.scaled.vertices, state.faces, state.kinds)
    deadline.check()
    able = np.flatnonzero(state.kinds == SOUND).astype(np.int32)
    chosen = _spread(_sample(able, state.labels, max_rays), over.order, len(state.faces))

    def send(lane: _Lane) -> None:
        while lane.sent < len(lane.chosen) and lane.work < max_work // LANES:
            deadline.check()
            part = slice(lane.sent, lane.sent + _CHUNK)
            lane.work += probe(
                over.vertices,
                state.faces,
                solid,
                over.order,
                over.boxes,
                over.nodes,
                lane.chosen[part],
                lane.kinds[part],
                lane.thickness[part],
            )
            lane.sent += len(lane.chosen[part])

    lanes = [_lane(chosen[begin:end]) for begin, end in halves(len(chosen))]
    each(send, lanes, short=len(chosen) < _SHORT)
    return _gather(lanes, len(able), _diagonal(state))


def _lane(chosen: _Ints) -> _Lane:
    return _Lane(chosen, np.empty(len(chosen), np.uint8), np.empty(len(chosen)))


def _sample(able: _Ints, labels: _Ints, max_rays: int) -> _Ints:
    """All faces, or as many as are allowed."""
    if len(able) <= max_rays:
        return able
    own = labels[able]
    first = np.full(int(own.max()) + 1, -1)
    first[own[::-1]] = np.arange(len(able))[::-1]  # the last of what is put in one place stays
    first = first[first >= 0][: max_rays // 2]
    even = np.linspace(0, len(able) - 1, max_rays - len(first)).astype(np.intp)
    sample: _Ints = able[np.union1d(first, even)]
    return sample


def _spread(chosen: _Ints, order: _Ints, n_faces: int) -> _Ints:
    """In rounds that are each from everywhere, as is what was asked, then, where the work ends.

    In each round rays that follow one another are near each other: what one of them has looked at
    is in the cache for the next.
    """
    wanted = np.zeros(n_faces, np.bool_)
    wanted[chosen] = True
    along = order[wanted[order]]
    return np.concatenate([along[first::_ROUNDS] for first in range(_ROUNDS)])


def _diagonal(state: Survey) -> float:
    finite = state.used & state.scaled.finite
    columns = [state.scaled.vertices[finite, axis] for axis in range(3)]
    return math.hypot(*(float(column.max() - column.min()) for column in columns))


def _gather(lanes: list[_Lane], faces: int, diagonal: float) -> Walls:
    chosen = np.concatenate([lane.chosen[: lane.sent] for lane in lanes])
    kinds = np.concatenate([lane.kinds[: lane.sent] for lane in lanes])
    thickness = np.concatenate([lane.thickness[: lane.sent] for lane in lanes])
    thin = np.flatnonzero(thickness < THIN_SHARE * diagonal)
    thin = thin[np.lexsort((chosen[thin], thickness[thin]))]
    return Walls(
        interior=np.sort(chosen[kinds == INTERIOR]).astype(np.intp),
        thin=chosen[thin].astype(np.intp),
        thinnest=float(thickness.min(initial=np.inf)),
        diagonal=diagonal,
        asked=len(chosen),
        unclear=int((kinds == UNCLEAR).sum()),
        faces=faces,
    )
