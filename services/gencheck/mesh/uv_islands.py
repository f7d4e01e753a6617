"""Islands of texture space: faces that hang together there, and those that are folded over."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.mesh.faces import COLLAPSED
from gencheck.mesh.halfedges import HalfEdges, find_half_edges
from gencheck.mesh.survey import Survey
from gencheck.mesh.topology import label_components
from gencheck.mesh.uv_layout import AGAIN, MISSING, Layout

_Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Islands:
    """Sets of faces that share edges at the same position and texture coordinates.

    Attributes:
        labels: ``int32 [F]`` island of each face, -1 for faces without.
        mapped: ``int64 [I]`` mapped faces of each.
        mirrored: ``bool [I]``: the larger part of its area is mirrored, as text read in a mirror.
        folded: ``intp [n]`` faces turned against the larger part of their island, ascending.
        edges: over the rows of the layout.
    """

    labels: _Ints = field(repr=False)
    mapped: NDArray[np.int64] = field(repr=False)
    mirrored: NDArray[np.bool_] = field(repr=False)
    folded: NDArray[np.intp] = field(repr=False)
    edges: HalfEdges = field(repr=False)

    @property
    def count(self) -> int:
        """Islands with a face that has area in UV."""
        return int((self.mapped > 0).sum())


def find_islands(layout: Layout, state: Survey) -> Islands:
    """Number the islands of a layout; a face folded over belongs to the island all the same."""
    use = (state.kinds != COLLAPSED) & (layout.kinds != MISSING) & (layout.kinds != AGAIN)
    edges = find_half_edges(layout.corners, use, len(layout.uv))
    labels, count = label_components(edges, use)
    mapped = layout.mapped
    home = labels[mapped]
    turns = layout.turns[mapped]
    mirrored = np.bincount(home, turns, count) > 0.0
    folded = (turns > 0.0) != mirrored[home]
    return Islands(
        labels=labels,
        mapped=np.bincount(home, minlength=count),
        mirrored=mirrored,
        folded=mapped[folded].astype(np.intp),
        edges=edges,
    )
