"""Speed of the mesh check beside trimesh, both in this run: medians of five, and the ratio."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import trimesh
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.media.types import Mesh
from gencheck.mesh.check import check_mesh, warm_up
from gencheck.mesh.edges import find_edges
from gencheck.mesh.faces import SOUND
from gencheck.mesh.intersect import find_intersections
from gencheck.mesh.scale import scale_to_unit
from gencheck.mesh.topology import label_components, non_manifold_vertices
from gencheck.mesh.weld import weld
from gencheck.render.views import render_views

_RUNS = 5
Floats = NDArray[np.float64]
Faces = NDArray[np.int32]


def median(work: Callable[[], object]) -> float:
    """Median wall clock of five runs, in milliseconds."""
    taken = []
    for _ in range(_RUNS):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1e3


def row(name: str, ours: Callable[[], object], theirs: Callable[[], object] | None = None) -> None:
    """Print one line of the table."""
    mine = median(ours)
    if theirs is None:
        print(f"  {name:38} {mine:9.1f}")
        return
    peer = median(theirs)
    print(f"  {name:38} {mine:9.1f} {peer:9.1f} {peer / mine:7.1f}×")


def sphere(subdivisions: int) -> tuple[Floats, Faces]:
    """A closed sphere of ``20 * 4 ** subdivisions`` faces."""
    ball = trimesh.creation.icosphere(subdivisions=subdivisions)
    return np.array(ball.vertices), np.array(ball.faces, np.int32)


def two_spheres(subdivisions: int) -> tuple[Floats, Faces]:
    """Two spheres that cut each other."""
    vertices, faces = sphere(subdivisions)
    other = vertices * 0.9 + [0.7, 0.1, 0.05]
    return np.vstack([vertices, other]), np.vstack([faces, faces + len(vertices)])


def fresh(vertices: Floats, faces: Faces) -> trimesh.Trimesh:
    """A mesh whose cache is empty, so that the peer works too."""
    return trimesh.Trimesh(vertices, faces, process=False, validate=False)


def bench_topology() -> None:
    """Weld, edges, components and vertex fans on 1.3 million faces."""
    vertices, faces = sphere(8)
    use = np.ones(len(faces), np.bool_)
    finite = np.ones(len(vertices), np.bool_)
    soup, corners = vertices[faces].reshape(-1, 3), np.arange(faces.size).reshape(-1, 3)
    loose = np.ones(len(soup), np.bool_)
    edges = find_edges(faces, use, len(vertices))
    print(f"\n{len(faces)} faces{'':28} gencheck   trimesh   ratio   (ms, medians of {_RUNS})")
    row(
        "weld unwelded triangles",
        lambda: weld(soup, corners.astype(np.int32), loose),
        lambda: fresh(soup, corners).merge_vertices(),
    )
    row("weld, nothing to merge", lambda: weld(vertices, faces, finite))
    row(
        "edges with their faces",
        lambda: find_edges(faces, use, len(vertices)),
        lambda: trimesh.grouping.group_rows(fresh(vertices, faces).edges_sorted, require_count=2),
    )
    adjacency = fresh(vertices, faces).face_adjacency
    row(
        "components, edges given",
        lambda: label_components(edges, use),
        lambda: trimesh.graph.connected_component_labels(adjacency, node_count=len(faces)),
    )
    row("vertex fans", lambda: non_manifold_vertices(faces, use, edges, len(vertices)))
    mesh = Mesh(vertices, faces, "PLY")
    row("whole check", lambda: check_mesh(mesh, deadline=Deadline()))
    row(
        "one picture, 512 × 512",
        lambda: render_views(mesh, marked_faces=[], views=("front",), deadline=Deadline()),
    )


def bench_self_intersection() -> None:
    """Self-intersection on 160 thousand faces; trimesh has no such check, nor a pair search."""
    vertices, faces = two_spheres(6)
    scaled = scale_to_unit(vertices, faces).vertices
    kinds = np.full(len(faces), SOUND, np.uint8)
    found = find_intersections(scaled, faces, kinds, deadline=Deadline())
    print(f"\n{len(faces)} faces, two spheres that cut each other: {found.pairs} pairs (ms)")
    row(
        "self-intersection, exact",
        lambda: find_intersections(scaled, faces, kinds, deadline=Deadline()),
    )
    mesh = fresh(vertices, faces)
    origins = mesh.triangles_center + 1e-4 * mesh.face_normals
    row(
        "other work, for scale: embree, a ray a face",
        lambda: fresh(vertices, faces).ray.intersects_any(origins, mesh.face_normals),
    )
    whole = Mesh(vertices, faces, "PLY")
    row("whole check", lambda: check_mesh(whole, deadline=Deadline()))


def main() -> None:
    """Run all."""
    start = time.perf_counter()
    warm_up()
    print(f"kernels ready after {time.perf_counter() - start:.1f} s")
    bench_topology()
    bench_self_intersection()


if __name__ == "__main__":
    main()
