"""How long UV maps take: made layouts, clean ones and such as were made to hurt, beside shapely.

Wall clock and CPU time are printed, as the check has two threads. The whole mesh check of the same
mesh is timed too, so that a ratio within one run can be compared.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely

from gencheck.deadline import Deadline
from gencheck.media.appearance import REPEAT, Slot, Textures
from gencheck.media.types import Mesh
from gencheck.mesh.check import check_mesh, warm_up
from gencheck.mesh.looks import look_at
from gencheck.mesh.uv import look_at_uv

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "quality"))

from made_materials import white
from uv_oracle import Made, joined, separate, sheet, surveyed

_ROUNDS = 3


def atlas(across: int, cells: int) -> Mesh:
    """Square islands with gutters, of ``2 * (across * cells)**2`` faces."""
    size = 0.9 / across
    places = [(i / across, j / across) for i in range(across) for j in range(across)]
    return joined(*[sheet(cells, place, size) for place in places])


def mirrored(part: Made) -> Made:
    """A copy in the same place of the texture, turned round by single precision."""
    vertices, faces, uv = part
    u = np.float32(1.0) - uv[:, 0]
    return vertices, faces, np.column_stack([u, uv[:, 1]])


def with_normals(mesh: Mesh) -> Mesh:
    """With normals and tangents too, as a file for a game has them."""
    assert mesh.appearance is not None
    n = len(mesh.vertices)
    normals = np.tile(np.array([0, 0, -1], np.float32), (n, 1))
    tangents = np.tile(np.array([1, 0, 0, 1], np.float32), (n, 1))
    return replace(mesh, appearance=replace(mesh.appearance, normals=normals, tangents=tangents))


def repeating(mesh: Mesh) -> Mesh:
    """All of it with one texture that repeats; its first set of UV is its second one too."""
    assert mesh.appearance is not None
    made = white(1)
    made.texture[:, [Slot.BASE_COLOUR, Slot.OCCLUSION]] = 0
    made.uv_set[:, Slot.OCCLUSION] = 1
    textures = Textures(
        wrap=np.full((1, 2), REPEAT, np.int32),
        shape=np.zeros((1, 2), np.int32),
        start=np.zeros(1, np.int64),
        texels=np.zeros((0, 4), np.uint8),
    )
    parts = np.zeros((1, 5), np.int32)
    looks = replace(mesh.appearance, parts=parts, materials=made, textures=textures)
    return replace(mesh, appearance=replace(looks, second_uv=looks.uv))


def samples() -> Iterator[tuple[str, Mesh]]:
    """Name and mesh."""
    yield "82k faces, 4 islands", atlas(2, 101)
    part = sheet(143, (0.0, 0.0), 1.0)
    yield "82k faces, half of them a mirrored copy on the other", joined(part, mirrored(part))
    yield (
        "82k faces, half of them a copy in the next tile",
        repeating(joined(part, sheet(143, (1.0, 0.0), 1.0))),
    )
    yield "82k faces, all of them islands", separate(sheet_of_triangles(202))
    yield "1M faces, 4 islands", atlas(2, 353)
    yield "1M faces, 10,000 islands", atlas(100, 7)
    part = sheet(500, (0.0, 0.0), 1.0)
    yield "1M faces, half of them a mirrored copy on the other", joined(part, mirrored(part))
    stack = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], np.float32)
    yield "200k faces in one place", separate(np.broadcast_to(stack, (200_000, 3, 2)))
    rng = np.random.default_rng(1)
    slivers = rng.random((200_000, 1, 2)) + rng.normal(size=(200_000, 3, 2)) * [0.3, 1e-4]
    yield "200k slivers across each other", separate(slivers)


def sheet_of_triangles(cells: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Triangles of UV, each a little smaller than its place."""
    _, faces, uv = sheet(cells, (0.0, 0.0), 1.0)
    corners = uv[faces]
    middles = corners.mean(axis=1, keepdims=True)
    return (middles + (corners - middles) * 0.9).astype(np.float32)


def timed(work: Callable[[], object], rounds: int = _ROUNDS) -> str:
    """Medians of wall clock and CPU time."""
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    wall, cpu = statistics.median(walls) * 1e3, statistics.median(cpus) * 1e3
    return f"{wall:.0f} ms ({cpu:.0f} ms of CPU)"


def by_shapely(mesh: Mesh) -> tuple[int, float]:
    """Overlapping pairs and the sum of their areas, in double precision."""
    assert mesh.appearance is not None and mesh.appearance.uv is not None
    rings = mesh.appearance.uv.astype(np.float64)[mesh.faces]
    triangles = shapely.polygons(rings)
    first, second = shapely.STRtree(triangles).query(triangles, predicate="intersects")
    below = first < second
    areas = shapely.area(shapely.intersection(triangles[first[below]], triangles[second[below]]))
    return int((areas > 0.0).sum()), float(areas.sum())


def show(name: str, mesh: Mesh) -> None:
    """Print a row, and for large meshes one of all that is looked at."""
    state = surveyed(mesh)
    found = look_at_uv(mesh, state, Deadline())
    assert found is not None
    told = found.overlaps
    bound = "" if told.complete else "at least "
    taken = timed(lambda: look_at_uv(mesh, state, Deadline()))
    print(f"{name}: UV {taken}; {bound}{told.pairs} pairs, share {told.share:.4g}")
    if found.tiles:
        taken = timed(lambda: look_at(mesh, state, Deadline()))
        print(f"  {found.tiles.overlaps.pairs} pairs across tiles; with the second set {taken}")
    if name.startswith("1M"):
        shaded = with_normals(mesh)
        taken = timed(lambda: look_at(shaded, state, Deadline()))
        print(f"  with normals and tangents {taken}")


def main() -> int:
    """Print the table."""
    warm_up()
    for name, mesh in samples():
        show(name, mesh)
    large = atlas(2, 353)
    taken = timed(lambda: check_mesh(large, deadline=Deadline()), 1)
    print(f"the whole check of 1M faces, 4 islands: {taken}")
    part = sheet(50, (0.0, 0.0), 1.0)
    small = joined(part, mirrored(part))
    show("10k faces, half of them a mirrored copy on the other", small)
    pairs, area = by_shapely(small)
    print(f"  shapely {timed(lambda: by_shapely(small), 1)}; {pairs} pairs, {area:.9f} in common")
    return 0


if __name__ == "__main__":
    sys.exit(main())
