"""Pairs of touching faces against exact rational arithmetic: how many missed, how many invented.

On real meshes of ``GENCHECK_DATA`` (of those with many faces a slab of neighbours), and on made
ones where contact is the rule: coplanar grids, faces that stand twice, T-junctions, fans on one
edge, points some last places off a plane. ``-v`` prints each real mesh.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from contact_oracle import contacts, is_flat
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import GencheckError
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh
from gencheck.mesh.check import warm_up
from gencheck.mesh.faces import SOUND, classify_faces
from gencheck.mesh.golden import cube
from gencheck.mesh.intersect import find_intersections
from gencheck.mesh.scale import scale_to_unit
from gencheck.mesh.weld import weld

_FACES = 2_500
_SEEDS = 40
Floats = NDArray[np.float64]
Faces = NDArray[np.int32]
Sample = tuple[Floats, Faces]


def welded(vertices: Floats, faces: Faces) -> Sample:
    """The mesh as the search gets it, without the faces that are left out of it."""
    finite = scale_to_unit(vertices, faces).finite
    state = weld(vertices, faces, finite)
    scaled = scale_to_unit(state.vertices, state.faces)
    kinds = classify_faces(scaled.vertices, scaled.finite, state.faces)
    sound = state.faces[kinds == SOUND]
    return scaled.vertices, sound


def slab(sample: Sample) -> Sample:
    """Neighbours along the longest side, from the middle: what the oracle can do in seconds."""
    vertices, faces = sample
    if len(faces) <= _FACES:
        return sample
    middles = vertices[faces].mean(axis=1)
    order = np.argsort(middles[:, np.argmax(np.ptp(middles, axis=0))], kind="stable")
    start = (len(faces) - _FACES) // 2
    return vertices, faces[np.sort(order[start : start + _FACES])]


def real_meshes(root: Path) -> Iterator[tuple[str, Sample]]:
    """All meshes of the data that can be read."""
    files = [p for name in ("mesh_trimesh", "mesh_manifold") for p in (root / name).rglob("*")]
    for path in sorted(p for p in files if p.is_file()):
        try:
            mesh = decode(path.read_bytes(), Limits(), name=path.name)
        except GencheckError:
            continue
        if isinstance(mesh, Mesh) and len(mesh.faces):
            yield path.name, slab(welded(mesh.vertices, mesh.faces))


def _grid(n: int, z: Floats | float = 0.0) -> Sample:
    """A square of ``2 n²`` faces."""
    x, y = np.meshgrid(np.arange(n + 1.0), np.arange(n + 1.0), indexing="ij")
    vertices = np.column_stack([x.ravel(), y.ravel(), np.zeros(x.size) + z])
    a = (np.arange(n)[:, None] * (n + 1) + np.arange(n)).ravel()
    faces = np.vstack(
        [np.column_stack([a, a + n + 1, a + n + 2]), np.column_stack([a, a + n + 2, a + 1])]
    )
    return vertices, faces.astype(np.int32)


def _both(first: Sample, second: Sample) -> Sample:
    return np.vstack([first[0], second[0]]), np.vstack([first[1], second[1] + len(first[0])])


def _tilted(sample: Sample, rng: np.random.Generator) -> Sample:
    """Turned in space by small integers, so that planes stay planes exactly."""
    turn = rng.integers(-3, 4, (3, 3)).astype(np.float64)
    while abs(np.linalg.det(turn)) < 1.0:
        turn = rng.integers(-3, 4, (3, 3)).astype(np.float64)
    return sample[0] @ turn, sample[1]


def coplanar(rng: np.random.Generator) -> Sample:
    """Two grids in one plane, of unlike pitch."""
    first, second = _grid(5), _grid(4)
    shift = np.append(rng.integers(-8, 24, 2) / 4.0, 0.0)
    return _tilted(_both(first, (second[0] * rng.choice([0.5, 0.75, 1.0]) + shift, second[1])), rng)


def duplicate(rng: np.random.Generator) -> Sample:
    """Faces that stand twice, some the other way round, some with vertices of their own."""
    vertices, faces = _tilted(_grid(4), rng)
    again = faces[rng.integers(0, len(faces), 10)]
    return vertices, np.vstack([faces, again[:5], again[5:, ::-1]])


def t_junction(rng: np.random.Generator) -> Sample:
    """A coarse grid beside a fine one: vertices in the middle of edges."""
    coarse, fine = _grid(2), _grid(4)
    return _tilted(_both((coarse[0] * 2.0, coarse[1]), (fine[0] + [4.0, 0.0, 0.0], fine[1])), rng)


def non_manifold(rng: np.random.Generator) -> Sample:
    """Boxes on a coarse lattice: they share vertices, edges, sides, or cut each other."""
    sample = cube()
    for _ in range(7):
        sample = _both(sample, cube(tuple((rng.integers(-4, 5, 3) / 2.0).tolist())))
    return sample


def nearly_coplanar(rng: np.random.Generator) -> Sample:
    """Two grids in a plane that no double holds, a few last places apart."""
    vertices, faces = _both(_grid(3), (_grid(3)[0] + [0.4, 0.3, 0.0], _grid(3)[1]))
    vertices = vertices / 7.0
    vertices[:, 2] = vertices[:, 0] / 3.0 + vertices[:, 1] / 11.0
    vertices[:, 2] += rng.integers(-2, 3, len(vertices)) * 2.0**-54
    return vertices, faces


def lattice_soup(rng: np.random.Generator) -> Sample:
    """Triangles on a lattice of few points: every way to touch."""
    return rng.integers(0, 4, (40, 3)).astype(np.float64), rng.integers(0, 40, (60, 3)).astype(
        np.int32
    )


MADE = (coplanar, duplicate, t_junction, non_manifold, nearly_coplanar, lattice_soup)


def made_meshes() -> Iterator[tuple[str, Sample]]:
    """Meshes of every kind, from seeds."""
    for make in MADE:
        for seed in range(_SEEDS):
            yield make.__name__, welded(*make(np.random.default_rng(seed)))


def compare(samples: Iterator[tuple[str, Sample]], *, each: bool) -> None:
    """Print how many pairs were missed and how many invented."""
    meshes = pairs = missed = invented = 0
    for name, (vertices, faces) in samples:
        whole = faces[[not is_flat(vertices, face) for face in faces]]
        expected = contacts(vertices, whole)
        kinds = np.full(len(whole), SOUND, np.uint8)
        limit = 2 * len(expected) + 1_000
        found = find_intersections(vertices, whole, kinds, deadline=Deadline(), max_listed=limit)
        listed = {(min(p), max(p)) for p in found.listed.tolist()}
        meshes, pairs = meshes + 1, pairs + len(expected)
        missed, invented = missed + len(expected - listed), invented + len(listed - expected)
        if each or listed != expected or found.pairs != len(expected):
            wrong = f"{len(expected - listed)} missed, {len(listed - expected)} invented"
            print(f"  {name:36} {len(whole):6} faces {len(expected):7} pairs, {wrong}")
    print(f"{meshes} meshes, {pairs} pairs: {missed} missed, {invented} invented")


def main() -> int:
    """Compare both kinds."""
    warm_up()
    start = time.perf_counter()
    print("made meshes: " + ", ".join(make.__name__ for make in MADE))
    compare(made_meshes(), each=False)
    root = os.environ.get("GENCHECK_DATA")
    if root:
        print("real meshes")
        compare(real_meshes(Path(root)), each="-v" in sys.argv)
    else:
        print("GENCHECK_DATA is not set: no real meshes")
    print(f"{time.perf_counter() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
