"""All that the checks ask about one state of a mesh, worked out once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.mesh.faces import COLLAPSED, NON_FINITE, classify_faces
from gencheck.mesh.halfedges import HalfEdges, find_half_edges
from gencheck.mesh.scale import Scaled
from gencheck.mesh.shells import Components, measure_components
from gencheck.mesh.topology import label_components, non_manifold_vertices


@dataclass(frozen=True, slots=True)
class Survey:
    """One state of a mesh with its topology. Collapsed faces take no part in it.

    Attributes:
        scaled: the vertices, scaled.
        faces: ``int32 [F, 3]``.
        kinds: ``uint8 [F]`` from ``classify_faces``.
        edges: over the faces that are not collapsed.
        labels: ``int32 [F]`` component of each face, -1 for collapsed ones.
        components: what is known of each.
        pinched: ``bool [V]``: vertices whose faces do not form one fan.
        used: ``bool [V]``: vertices that have a face.
    """

    scaled: Scaled
    faces: NDArray[np.int32] = field(repr=False)
    kinds: NDArray[np.uint8] = field(repr=False)
    edges: HalfEdges
    labels: NDArray[np.int32] = field(repr=False)
    components: Components
    pinched: NDArray[np.bool_] = field(repr=False)
    used: NDArray[np.bool_] = field(repr=False)

    @property
    def has_surface(self) -> bool:
        """Whether any face has three distinct vertices that are finite."""
        return bool(((self.kinds != COLLAPSED) & (self.kinds != NON_FINITE)).any())


def survey(scaled: Scaled, faces: NDArray[np.int32], deadline: Deadline) -> Survey:
    """Work out the topology of one state of a mesh; the deadline is checked between the stages."""
    n_vertices = len(scaled.vertices)
    kinds = classify_faces(scaled.vertices, scaled.finite, faces)
    use = kinds != COLLAPSED
    deadline.check()
    edges = find_half_edges(faces, use, n_vertices)
    deadline.check()
    labels, count = label_components(edges, use)
    deadline.check()
    components = measure_components(scaled.vertices, faces, labels, count, kinds, edges)
    deadline.check()
    pinched, used = non_manifold_vertices(faces, use, edges, n_vertices)
    return Survey(scaled, faces, kinds, edges, labels, components, pinched, used)
