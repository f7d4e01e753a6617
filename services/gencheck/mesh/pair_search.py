"""A bounded search for pairs of boxes that overlap, on two threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.lanes import LANES, each
from gencheck.mesh.bvh import STACK, Tree, find_candidates, split_search

PAIR_WORK = 8
"""What a look at a pair that doubles suffice for costs: as much as so many pairs of nodes of the
hierarchy, some nanoseconds each."""

_ROOM = 1 << 16
"""Pairs that are found before they are handed on: they stay in the cache of a core."""
_PARTS = 256
_SMALL = 500
"""Fewer boxes are searched by one thread."""

_Ints = NDArray[np.int32]
Take = Callable[[int, _Ints], int | None]


@dataclass(slots=True)
class _Lane:
    """A share of the search: pairs of nodes to look below."""

    number: int
    stack: _Ints = field(repr=False)
    top: int
    work: int = 0


def search(tree: Tree, take: Take, *, deadline: Deadline, max_work: int) -> tuple[bool, int]:
    """Hand on all pairs of boxes of a hierarchy that overlap.

    Args:
        take: gets the number of the lane and ``int32 [n, 2]`` pairs, which it may change and must
            not keep, and says what they cost, or ``None`` to end the search. Called by a thread for
            each lane.
        deadline: checked every 60 thousand pairs, some milliseconds.
        max_work: when to give up, as near as the room for pairs lets it: in pairs of nodes of the
            hierarchy looked at, and what ``take`` says.

    Returns:
        Whether all pairs were handed on, and the work.
    """
    lanes = _lanes(split_search(tree.nodes, _PARTS))

    def run(lane: _Lane) -> None:
        room = np.empty((_ROOM, 2), np.int32)
        while lane.top and lane.work < max_work // LANES:
            deadline.check()
            lane.top, looked, count = find_candidates(
                tree.order, tree.boxes, tree.nodes, lane.stack, lane.top, room
            )
            cost = take(lane.number, room[:count])
            if cost is None:
                lane.top += 1  # what was found last is not done with
                return
            lane.work += looked + cost

    each(run, lanes, short=len(tree.order) < _SMALL)
    return not any(lane.top for lane in lanes), sum(lane.work for lane in lanes)


def _lanes(parts: _Ints) -> list[_Lane]:
    """Every so many parts to a lane; a small part costs no more than its turn."""
    lanes = []
    for number in range(LANES):
        own = parts[number::LANES]
        stack = np.concatenate([own, np.empty((STACK, 2), np.int32)])
        lanes.append(_Lane(number, stack, len(own)))
    return lanes
