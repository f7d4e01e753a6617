"""What peers do, timed in a process of its own: ``python mesh_peers.py WORK PEER FILE [RUNS]``.

It runs in ``.venv-mesh-peers`` (``make mesh-peers``), where gencheck is not installed, and prints
the median in milliseconds and what the peer counted. ``FILE`` is an ``.npz`` with ``vertices`` and
``faces``, or a mesh file for ``load``. Licences keep these libraries from serving: MeshLib is
commercial, PyMeshLab is GPL-3, a part of libigl is GPL.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

Work = tuple[Callable[[], object], Callable[[], object]]
"""What is timed, and the number that tells whether it did the same."""


def _topology_meshlib(vertices: Any, faces: Any) -> Work:
    from meshlib import mrmeshnumpy, mrmeshpy

    def work() -> Any:
        mesh = mrmeshnumpy.meshFromFacesVerts(faces, vertices)
        holes = len(mesh.topology.findHoleRepresentiveEdges())
        return mrmeshpy.MeshComponents.getNumComponents(mrmeshpy.MeshPart(mesh)), holes

    return work, work


def _topology_trimesh(vertices: Any, faces: Any) -> Work:
    import trimesh

    def work() -> Any:
        mesh = trimesh.Trimesh(vertices, faces, process=False, validate=False)
        return mesh.body_count, mesh.is_watertight, mesh.is_winding_consistent

    return work, work


def _topology_pymeshlab(vertices: Any, faces: Any) -> Work:
    import pymeshlab

    meshes = pymeshlab.MeshSet()
    meshes.add_mesh(pymeshlab.Mesh(vertices, faces))

    def work() -> Any:
        return meshes.get_topological_measures()["connected_components_number"]

    return work, work


def _fans_open3d(vertices: Any, faces: Any) -> Work:
    import open3d

    mesh = open3d.geometry.TriangleMesh(
        open3d.utility.Vector3dVector(vertices), open3d.utility.Vector3iVector(faces)
    )
    return mesh.get_non_manifold_vertices, lambda: len(mesh.get_non_manifold_vertices())


def _fans_igl(vertices: Any, faces: Any) -> Work:
    import igl

    wide = faces.astype(np.int64)
    return lambda: igl.is_vertex_manifold(wide), lambda: int(
        (~igl.is_vertex_manifold(wide)[1]).sum()
    )


def _weld_trimesh(vertices: Any, faces: Any) -> Work:
    import trimesh

    def work() -> Any:
        mesh = trimesh.Trimesh(vertices, faces, process=False, validate=False)
        mesh.merge_vertices()
        return len(mesh.vertices)

    return work, work


def _weld_igl(vertices: Any, faces: Any) -> Work:
    import igl

    wide = faces.astype(np.int64)
    return lambda: igl.remove_duplicate_vertices(vertices, wide, 0.0), lambda: len(
        igl.remove_duplicate_vertices(vertices, wide, 0.0)[0]
    )


def _intersections_meshlib(vertices: Any, faces: Any) -> Work:
    from meshlib import mrmeshnumpy, mrmeshpy

    # The query alone, its tree made before; contact counts where the peer knows it.
    part = mrmeshpy.MeshPart(mrmeshnumpy.meshFromFacesVerts(faces, vertices))

    def work() -> Any:
        return mrmeshpy.findSelfCollidingTriangles(part, touchIsIntersection=True)

    return work, lambda: work().size()


def _intersections_pymeshlab(vertices: Any, faces: Any) -> Work:
    import pymeshlab

    meshes = pymeshlab.MeshSet()
    meshes.add_mesh(pymeshlab.Mesh(vertices, faces))
    work = meshes.compute_selection_by_self_intersections_per_face

    def count() -> Any:
        work()
        return f"{meshes.current_mesh().selected_face_number()} faces"

    return work, count


def _intersections_igl(vertices: Any, faces: Any) -> Work:
    from igl.predicates import find_self_intersections

    wide = faces.astype(np.int64)
    return lambda: find_self_intersections(vertices, wide), lambda: len(
        find_self_intersections(vertices, wide)[1]
    )


def _intersections_cgal(vertices: Any, faces: Any) -> Work:
    from igl.copyleft import cgal

    wide = faces.astype(np.int64)

    def work() -> Any:
        return cgal.remesh_self_intersections(vertices, wide, detect_only=True)

    return work, lambda: len(work()[2])


def _picture_pyvista(vertices: Any, faces: Any) -> Work:
    import pyvista

    def work() -> Any:
        mesh = pyvista.PolyData.from_regular_faces(vertices, faces)
        plotter = pyvista.Plotter(off_screen=True, window_size=[512, 512])
        plotter.enable_anti_aliasing("ssaa", multi_samples=4)
        plotter.add_mesh(mesh, color="lightgrey")
        plotter.enable_parallel_projection()
        pixels = plotter.screenshot(return_img=True)
        plotter.close()
        return pixels

    return work, lambda: f"{work().shape}"


def _turned_pyvista(vertices: Any, faces: Any) -> Work:
    """One more picture of what the renderer holds already."""
    import pyvista

    plotter = pyvista.Plotter(off_screen=True, window_size=[512, 512])
    plotter.enable_anti_aliasing("ssaa", multi_samples=4)
    plotter.add_mesh(pyvista.PolyData.from_regular_faces(vertices, faces), color="lightgrey")
    plotter.enable_parallel_projection()
    plotter.show(auto_close=False)

    def work() -> Any:
        plotter.camera.azimuth += 10.0
        plotter.render()
        return plotter.screenshot(return_img=True)

    return work, lambda: f"{work().shape}"


def _load_pyvista(path: str) -> Work:
    import pyvista

    def work() -> Any:
        mesh = pyvista.read(path)
        while isinstance(mesh, pyvista.MultiBlock):
            mesh = mesh[0]
        return mesh.n_cells

    return work, work


def _load_trimesh(path: str) -> Work:
    import trimesh

    def work() -> Any:
        return len(trimesh.load_mesh(path, process=False).faces)

    return work, work


def _load_open3d(path: str) -> Work:
    import open3d

    def work() -> Any:
        return len(open3d.io.read_triangle_mesh(path).triangles)

    return work, work


def _load_meshlib(path: str) -> Work:
    from meshlib import mrmeshpy

    def work() -> Any:
        return mrmeshpy.loadMesh(path).topology.numValidFaces()

    return work, work


def main(work: str, peer: str, file: str, runs: str = "5") -> None:
    """Print the median, and what was counted."""
    make = globals()[f"_{work}_{peer}"]
    if work == "load":
        timed, count = make(file)
    else:
        arrays = np.load(file)
        timed, count = make(arrays["vertices"], arrays["faces"])
    counted = count()  # warms up too: trees are built, files are in the page cache
    taken = []
    for _ in range(int(runs)):
        start = time.perf_counter()
        timed()
        taken.append(time.perf_counter() - start)
    print(f"\n{statistics.median(taken) * 1e3:.3f}\t{counted}")


if __name__ == "__main__":
    main(*sys.argv[1:])
