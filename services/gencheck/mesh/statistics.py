"""Counts and measures of one state of a mesh; see docs/mesh.md for what each one means."""

from __future__ import annotations

from dataclasses import dataclass

from gencheck.mesh.faces import COLLAPSED
from gencheck.mesh.halfedges import BOUNDARY
from gencheck.mesh.intersect import Intersections
from gencheck.mesh.scale import unscale
from gencheck.mesh.survey import Survey


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
    non_manifold_vertices: int | None
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
