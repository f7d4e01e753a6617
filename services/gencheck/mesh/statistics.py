"""Counts and measures of one state of a mesh; see docs/mesh.md for what each one means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gencheck.findings import Method
from gencheck.jit import kernel
from gencheck.mesh.faces import COLLAPSED
from gencheck.mesh.halfedges import BOUNDARY
from gencheck.mesh.intersect import Intersections
from gencheck.mesh.scale import unscale
from gencheck.mesh.survey import Survey

MAX_COMPONENTS = 100
"""Components that are told of one by one."""

METHOD = Method(
    "vertices at exactly the same position are one, and nothing else is changed; findings are "
    "about the welded mesh. Components are faces joined by edges; an edge of one face is a "
    "boundary edge, one of more than two is non-manifold; euler is vertices - edges + faces; "
    "volume and genus are given where all is closed and wound one way",
    "1",
    "docs/mesh.md",
)
"""How all that is told of a mesh is counted."""


@dataclass(frozen=True, slots=True)
class MeshCounts:
    """Counts and measures of one state of a mesh, raw or welded.

    Attributes:
        components: sets of faces connected over shared edges.
        boundary_edges: edges with exactly one face.
        non_manifold_edges: edges with more than two faces.
        non_manifold_vertices: vertices whose faces do not form one fan.
        self_intersecting_faces: faces that touch another beyond a shared vertex or edge; ``None``
            where that was not computed to the end, like the pairs.
        euler: vertices in use - edges + faces, over the faces with three distinct vertices.
        genus: ``None`` unless closed, manifold and consistently wound; summed over components.
        area: in square units of the file; infinite where a double cannot hold it.
        volume: signed, in cubic units of the file; ``None`` unless closed and consistently wound.
        bounds_min: smallest x, y, z of the finite vertices; empty where there are none.
    """

    vertices: int
    faces: int
    edges: int
    components: int
    boundary_edges: int
    non_manifold_edges: int
    non_manifold_vertices: int
    self_intersecting_faces: int | None
    self_intersection_pairs: int | None
    euler: int
    genus: int | None
    area: float
    volume: float | None
    bounds_min: tuple[float, ...]
    bounds_max: tuple[float, ...]


def count(state: Survey, intersections: Intersections | None = None) -> MeshCounts:
    """Sum up one state of a mesh.

    Args:
        intersections: where they were looked for; only complete ones are counted.
    """
    flat = int((state.kinds == COLLAPSED).sum())
    euler = int(state.used.sum()) - state.edges.count + len(state.faces) - flat
    components = len(state.components.faces)
    solid = components > 0 and bool(state.components.solid.all())
    pinched = int(state.pinched.sum())
    known = intersections if intersections is not None and intersections.complete else None
    exponent = state.scaled.exponent
    return MeshCounts(
        vertices=len(state.scaled.vertices),
        faces=len(state.faces),
        edges=state.edges.count,
        components=components,
        boundary_edges=int((state.edges.twin == BOUNDARY).sum()),
        non_manifold_edges=state.edges.crowded,
        non_manifold_vertices=pinched,
        self_intersecting_faces=len(known.faces) if known else None,
        self_intersection_pairs=known.pairs if known else None,
        euler=euler,
        genus=components - euler // 2 if solid and pinched == 0 else None,
        area=unscale(float(state.components.area.sum()), 2 * exponent),
        volume=unscale(float(state.components.volume.sum()), 3 * exponent) if solid else None,
        bounds_min=state.scaled.lower,
        bounds_max=state.scaled.upper,
    )


@dataclass(frozen=True, slots=True)
class MeshComponent:
    """One component, in the words of ``MeshCounts``.

    Attributes:
        index: its number in the order of first faces.
        first_face: the face it was first met in.
        faces: with three distinct vertices.
        euler: over its own vertices, edges and faces; a vertex where components touch counts in
            each of them.
        genus: ``None`` unless closed, consistently wound and without a non-manifold vertex.
        volume: signed; ``None`` unless closed and consistently wound.
        bounds_min: smallest x, y, z of the finite faces; empty where there are none.
    """

    index: int
    first_face: int
    faces: int
    area: float
    volume: float | None
    euler: int
    genus: int | None
    bounds_min: tuple[float, ...]
    bounds_max: tuple[float, ...]


@kernel
def _count_parts(
    faces: NDArray[np.int32],
    labels: NDArray[np.int32],
    twin: NDArray[np.int32],
    pinched: NDArray[np.bool_],
    count: int,
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.bool_]]:
    """First face of each component; V - E + F; and whether it has a non-manifold vertex.

    Left out are the vertices that are non-manifold, which may be in several components, and the
    edges of more than two faces.
    """
    first = np.full(count, -1, np.int32)
    euler = np.zeros(count, np.int64)
    odd = np.zeros(count, np.bool_)
    met = np.zeros(len(pinched), np.bool_)
    for f in range(len(faces)):
        c = labels[f]
        if c < 0:
            continue
        if first[c] < 0:
            first[c] = f
        euler[c] += 1
        for k in range(3):
            v, other = faces[f, k], twin[3 * f + k]
            euler[c] -= (other == BOUNDARY) | (other > 3 * f + k)
            odd[c] |= pinched[v]
            euler[c] += not (met[v] or pinched[v])
            met[v] = True
    return first, euler, odd


def _euler_of_parts(
    state: Survey,
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.bool_]]:
    """As ``_count_parts``, with nothing left out."""
    total = len(state.components.faces)
    first, euler, odd = _count_parts(
        state.faces, state.labels, state.edges.twin, state.pinched, total
    )
    if odd.any():
        face, corner = np.nonzero(state.pinched[state.faces])
        pairs = np.column_stack([state.labels[face], state.faces[face, corner]])
        owners = np.unique(pairs[pairs[:, 0] >= 0], axis=0)[:, 0]
        euler += np.bincount(owners, minlength=total)
        crowded = state.edges.crowd[state.edges.crowd_start[:-1]] // 3
        euler -= np.bincount(state.labels[crowded], minlength=total)
    return first, euler, odd


def largest_components(state: Survey) -> tuple[MeshComponent, ...]:
    """The components with the largest areas, ``MAX_COMPONENTS`` at most, the largest first."""
    parts, exponent = state.components, state.scaled.exponent
    if not len(parts.faces):
        return ()
    first, euler, odd = _euler_of_parts(state)

    def told(c: int) -> MeshComponent:
        solid = bool(parts.solid[c])
        bounded = bool(np.isfinite(parts.lower[c]).all())
        corners = [parts.lower[c].tolist(), parts.upper[c].tolist()] if bounded else [[], []]
        lower, upper = (tuple(unscale(x, exponent) for x in corner) for corner in corners)
        return MeshComponent(
            index=c,
            first_face=int(first[c]),
            faces=int(parts.faces[c]),
            area=unscale(float(parts.area[c]), 2 * exponent),
            volume=unscale(float(parts.volume[c]), 3 * exponent) if solid else None,
            euler=int(euler[c]),
            genus=1 - int(euler[c]) // 2 if solid and not odd[c] else None,
            bounds_min=lower,
            bounds_max=upper,
        )

    order = np.argsort(-parts.area, kind="stable")[:MAX_COMPONENTS]
    return tuple(told(c) for c in order.tolist())
