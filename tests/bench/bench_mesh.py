"""Speed of the mesh check beside peers, in one run: medians of five, and ratios.

The peers (MeshLib, libigl, PyMeshLab, Open3D, PyVista, trimesh) live in a virtual environment of
their own; ``make mesh-peers`` installs it. Without it, only gencheck's own times are printed.
"""

from __future__ import annotations

import ctypes
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import mesh_samples as samples
import numpy as np
import trimesh

from gencheck.deadline import Deadline
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh
from gencheck.mesh.check import check_mesh, warm_up
from gencheck.mesh.faces import classify_faces
from gencheck.mesh.halfedges import find_half_edges
from gencheck.mesh.intersect import find_intersections
from gencheck.mesh.scale import scale_to_unit
from gencheck.mesh.topology import label_components, non_manifold_vertices
from gencheck.mesh.weld import weld

_RUNS = 5
_ROOT = Path(__file__).resolve().parents[2]
_PEER_PYTHON = _ROOT / ".venv-mesh-peers" / "bin" / "python"
_PEER_SECONDS = 300.0


def median(work: Callable[[], object]) -> float:
    """Median wall clock of five runs after one, in milliseconds."""
    work()
    taken = []
    for _ in range(_RUNS):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1e3


def say_whether_peers_are_here() -> None:
    """Print what to do where they are not; their rows have no answer then."""
    if not _PEER_PYTHON.exists():
        print("no peers here: make mesh-peers installs them")


def ask_peer(work: str, peer: str, file: Path) -> tuple[float, str] | None:
    """The peer's median in milliseconds and what it counted; ``None`` where it is not there."""
    if not _PEER_PYTHON.exists():
        return None
    command = [str(_PEER_PYTHON), str(Path(__file__).with_name("mesh_peers.py"))]
    try:
        done = subprocess.run(
            [*command, work, peer, str(file), str(_RUNS)],
            capture_output=True,
            text=True,
            check=False,
            timeout=_PEER_SECONDS,
        )
        taken, counted = done.stdout.rstrip().splitlines()[-1].split("\t")
        return float(taken), counted
    except (subprocess.TimeoutExpired, IndexError, ValueError):
        return None


def row(name: str, ours: Callable[[], object], counted: object = "") -> float:
    """Print one line of the table; the time in milliseconds."""
    mine = median(ours)
    print(f"  {name:44} {mine:9.1f}  {counted}", flush=True)
    return mine


def beside(mine: float, work: str, peers: Sequence[str], file: Path) -> None:
    """Print what peers take for the same, and the share that gencheck takes of it."""
    for peer in peers:
        theirs = ask_peer(work, peer, file)
        if theirs is None:
            print(f"    {peer:42} no answer", flush=True)
        else:
            share = mine / theirs[0]
            print(f"    {peer:42} {theirs[0]:9.1f}  {share:6.3f} of it  {theirs[1]}", flush=True)


def saved(folder: Path, name: str, sample: samples.Sample) -> Path:
    """The mesh in a file that peers read."""
    path = folder / f"{name}.npz"
    np.savez(path, vertices=sample[0], faces=sample[1])
    return path


def bench_topology(folder: Path) -> None:
    """Edges, winding, boundary, components and vertex fans on 1.3 million faces."""
    sample = samples.sphere(8)
    for title, (vertices, faces) in (("", sample), (", shuffled", samples.shuffled(sample))):
        use = np.ones(len(faces), np.bool_)
        edges = find_half_edges(faces, use, len(vertices))

        def bundle() -> object:
            found = find_half_edges(faces, use, len(vertices))  # noqa: B023 - called at once
            return found.boundary, np.flatnonzero(found.clash), label_components(found, use)  # noqa: B023

        print(f"\n{len(faces)} faces{title} (ms, medians of {_RUNS})")
        file = saved(folder, f"topology{len(title)}", (vertices, faces))
        taken = row("edges, winding, boundary, components", bundle)
        beside(taken, "topology", ("meshlib", "pymeshlab", "trimesh"), file)
        taken = row(
            "non-manifold vertices",
            lambda: non_manifold_vertices(faces, use, edges, len(vertices)),  # noqa: B023
        )
        beside(taken, "fans", ("open3d", "igl"), file)


def bench_weld(folder: Path) -> None:
    """Weld what shares no vertex at all, and what shares all."""
    ball = samples.sphere(8)
    vertices, faces = samples.soup(ball)
    loose = np.ones(len(vertices), np.bool_)
    print(f"\nWeld, {len(faces)} faces")
    taken = row("weld unwelded triangles", lambda: weld(vertices, faces, loose))
    beside(taken, "weld", ("igl", "trimesh"), saved(folder, "soup", (vertices, faces)))
    row("weld, nothing to merge", lambda: weld(*ball, loose[: len(ball[0])]))


def bench_readers(folder: Path) -> None:
    """Read files of 1.3 million faces."""
    ball = trimesh.Trimesh(*samples.sphere(8), process=False, validate=False)
    print(f"\nRead a file of {len(ball.faces)} faces, from the disk's cache")
    peers = {
        "glb": ("pyvista", "trimesh", "meshlib"),
        "obj": ("pyvista", "trimesh", "meshlib"),
        "stl": ("pyvista", "open3d", "meshlib"),
        "ply": ("pyvista", "open3d", "meshlib"),
    }
    for kind, names in peers.items():
        path = folder / f"ball.{kind}"
        ball.export(path)
        taken = row(
            kind.upper(),
            lambda: decode(path.read_bytes(), Limits(), name=path.name),  # noqa: B023
        )
        beside(taken, "load", names, path)


def intersections(sample: samples.Sample) -> Callable[[], int]:
    """The exact search as a call that counts the pairs."""
    vertices, faces = sample
    scaled = scale_to_unit(vertices, faces)
    kinds = classify_faces(scaled.vertices, scaled.finite, faces)

    def work() -> int:
        return find_intersections(scaled.vertices, faces, kinds, deadline=Deadline()).pairs

    return work


def bench_self_intersection(folder: Path) -> None:
    """Two spheres that cut each other, then faces that lie in one plane."""
    print("\nSelf-intersection: tree, query and exact stage; MeshLib's is the query alone")
    peers = ("meshlib", "pymeshlab", "igl", "cgal")
    for subdivisions in (6, 7):
        sample = samples.two_spheres(subdivisions)
        work = intersections(sample)
        taken = row(f"two spheres, {len(sample[1])} faces", work, f"{work()} pairs")
        beside(taken, "intersections", peers, saved(folder, f"spheres{subdivisions}", sample))
    for name, sample in samples.cad():
        work = intersections(sample)
        taken = row(f"{name}, {len(sample[1])} faces", work, f"{work()} pairs")
        beside(taken, "intersections", peers, saved(folder, "cad", sample))


def peak_bytes(mesh: Mesh) -> int:
    """Memory that one check needs at most, beside the mesh itself."""
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
    before = _status("VmRSS")
    check_mesh(mesh, deadline=Deadline())
    return _status("VmHWM") - before


def _status(key: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))


def bench_whole() -> None:
    """The whole report, and its memory."""
    print("\nThe whole report")
    named = (
        ("closed sphere", samples.sphere(8)),
        ("closed sphere, unwelded", samples.soup(samples.sphere(8))),
        ("two spheres", samples.two_spheres(6)),
    )
    for name, (vertices, faces) in named:
        mesh = Mesh(vertices, faces, "PLY")
        peak = peak_bytes(mesh) / len(faces)
        report = check_mesh(mesh, deadline=Deadline())
        stages = ", ".join(f"{t.stage} {t.seconds * 1e3:.0f}" for t in report.timings)
        taken = row(f"{name}, {len(faces)} faces", lambda: check_mesh(mesh, deadline=Deadline()))  # noqa: B023
        print(
            f"    {taken / len(faces) * 1e3:.2f} s per million faces, peak {peak:.0f} bytes a face"
        )
        print(f"    one run: {stages} ms")


BENCHES: dict[str, Callable[[Path], None]] = {
    "topology": bench_topology,
    "weld": bench_weld,
    "readers": bench_readers,
    "intersections": bench_self_intersection,
    "whole": lambda _: bench_whole(),
}


def main(names: Sequence[str]) -> None:
    """Run all, or those named."""
    start = time.perf_counter()
    warm_up()
    print(f"kernels ready after {time.perf_counter() - start:.1f} s")
    say_whether_peers_are_here()
    with tempfile.TemporaryDirectory() as folder:
        for name in names or BENCHES:
            BENCHES[name](Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
