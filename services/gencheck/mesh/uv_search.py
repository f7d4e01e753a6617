"""A bounded search for pairs of boxes that overlap, on two threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.lanes import LANES, each
from gencheck.mesh.bvh import STACK, Tree, find_candidates, split_search

MAX_WORK = 300_000_000
"""Work at most, in pairs of nodes of the hierarchy looked at; a pair of boxes counts for eight.

Ordinary layouts need about 60 for a face.
"""

_PAIR_WORK = 8
_ROOM = 1 << 16
_PARTS = 256
_SMALL = 500

_Ints = NDArray[np.int32]
Take = Callable[[int, _Ints], bool]


@dataclass(slots=True)
class _Lane:
    """A share of the search: pairs of nodes to look below."""

    number: int
    stack: _Ints = field(repr=False)
    top: int
    work: int = 0


def search(tree: Tree, take: Take, *, deadline: Deadline, max_work: int = MAX_WORK) -> bool:
    """Hand on all pairs of boxes of a hierarchy that overlap.

    Args:
        take: gets the number of the lane and ``int32 [n, 2]`` pairs, which it must not keep, and
            says whether to go on. Called by a thread for each lane.
        deadline: checked every 60 thousand pairs.
        max_work: when to give up.

    Returns:
        Whether all pairs were handed on.
    """
    parts = split_search(tree.nodes, _PARTS)
    lanes = []
    for number in range(LANES):
        own = parts[number::LANES]
        stack = np.concatenate([own, np.empty((STACK, 2), np.int32)])
        lanes.append(_Lane(number, stack, len(own)))

    def run(lane: _Lane) -> None:
        room = np.empty((_ROOM, 2), np.int32)
        wanted = True
        while wanted and lane.top and lane.work < max_work // LANES:
            deadline.check()
            lane.top, looked, count = find_candidates(
                tree.order, tree.boxes, tree.nodes, lane.stack, lane.top, room
            )
            wanted = take(lane.number, room[:count])
            lane.work += looked + _PAIR_WORK * count
        lane.top += not wanted

    each(run, lanes, short=len(tree.order) < _SMALL)
    return not any(lane.top for lane in lanes)
