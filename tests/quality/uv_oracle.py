"""Areas of overlapping triangles in rational arithmetic, and layouts to try them on."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.media.appearance import Appearance
from gencheck.media.types import Mesh
from gencheck.mesh.scale import scale_to_unit
from gencheck.mesh.survey import Survey, survey
from gencheck.mesh.uv_layout import Layout, lay_out

Point = tuple[Fraction, Fraction]
Triangle = tuple[Point, Point, Point]
Made = tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.float32]]
"""Vertices, faces, and texture coordinates of the vertices."""


def surveyed(mesh: Mesh) -> Survey:
    """The state of a mesh without vertices in the same place."""
    return survey(scale_to_unit(mesh.vertices, mesh.faces), mesh.faces, Deadline())


def separate(triangles: object) -> Mesh:
    """Triangles of UV, each on a face of its own somewhere in space."""
    uv = np.asarray(triangles, np.float32).reshape(-1, 2)
    places = np.random.default_rng(1).normal(size=(len(uv), 3))
    faces = np.arange(len(uv), dtype=np.int32).reshape(-1, 3)
    return Mesh(places, faces, "GLB", appearance=Appearance(uv=uv))


def sheet(cells: int, lower: tuple[float, float], size: float) -> Made:
    """A square island of ``2 * cells**2`` faces, as large in space."""
    u, v = np.meshgrid(np.linspace(0.0, 1.0, cells + 1), np.linspace(0.0, 1.0, cells + 1))
    flat = np.column_stack([u.ravel(), v.ravel()]) * size
    a = (np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)).ravel()
    b, c, d = a + 1, a + cells + 1, a + cells + 2
    faces = np.vstack([np.column_stack([a, d, b]), np.column_stack([a, c, d])])
    vertices = np.column_stack([flat, np.zeros(len(flat))])
    return vertices, faces.astype(np.int32), (flat + lower).astype(np.float32)


def joined(*parts: Made) -> Mesh:
    """Some islands side by side in space."""
    starts = np.cumsum([0, *(len(v) for v, _, _ in parts)])
    faces = np.vstack([f + at for (_, f, _), at in zip(parts, starts, strict=False)])
    vertices = np.vstack([v + np.array([0.0, 0.0, 10.0 * i]) for i, (v, _, _) in enumerate(parts)])
    uv = np.vstack([u for _, _, u in parts])
    return Mesh(vertices, faces.astype(np.int32), "GLB", appearance=Appearance(uv=uv))


def laid_out(mesh: Mesh) -> Layout:
    """The layout of a mesh that has one."""
    found = lay_out(mesh, surveyed(mesh))
    assert found is not None
    return found


def exactly(triangles: object) -> list[Triangle]:
    """Single precision as fractions."""
    rows = np.asarray(triangles, np.float32).reshape(-1, 3, 2).tolist()
    return [tuple((Fraction(u), Fraction(v)) for u, v in row) for row in rows]  # type: ignore[misc]


def crossings(triangles: list[Triangle]) -> list[Fraction]:
    """All u where a triangle has a corner or two sides cross, ascending."""
    sides = [s for t in triangles for s in itertools.combinations(t, 2)]
    found = {p[0] for t in triangles for p in t}
    for ((a, b), (c, d)), ((e, f), (g, h)) in itertools.combinations(sides, 2):
        turn = (c - a) * (h - f) - (d - b) * (g - e)
        if turn:
            s = ((e - a) * (h - f) - (f - b) * (g - e)) / turn
            t = ((e - a) * (d - b) - (f - b) * (c - a)) / turn
            if 0 <= s <= 1 and 0 <= t <= 1:
                found.add(a + s * (c - a))
    return sorted(found)


def height(triangle: Triangle, u: Fraction) -> tuple[Fraction, Fraction] | None:
    """Where a vertical line meets a triangle."""
    met = []
    for (a, b), (c, d) in itertools.combinations(triangle, 2):
        if a != c and min(a, c) <= u <= max(a, c):
            met.append(b + (u - a) / (c - a) * (d - b))
    return (min(met), max(met)) if met and min(met) < max(met) else None


def areas(triangles: list[Triangle]) -> dict[int, Fraction]:
    """The area that at least k triangles cover, by k: cut at all crossings into trapezoids."""
    cuts = crossings(triangles)
    sums: dict[int, Fraction] = {1: Fraction(0), 2: Fraction(0)}
    for left, right in itertools.pairwise(cuts):
        lines = [h for t in triangles if (h := height(t, (left + right) / 2))]
        ends = sorted([(low, 1) for low, _ in lines] + [(high, -1) for _, high in lines])
        depth = 0
        for (at, step), (following, _) in itertools.pairwise(ends):
            depth += step
            for k in sums:
                sums[k] += (right - left) * (following - at) * (depth >= k)
    return sums


def in_common(triangles: object) -> dict[tuple[int, int], Fraction]:
    """The area that the triangles of each pair share."""
    exact = exactly(triangles)
    pairs = itertools.combinations(range(len(exact)), 2)
    return {(i, j): areas([exact[i], exact[j]])[2] for i, j in pairs}


def exact_overlaps(triangles: object) -> tuple[set[int], int, Fraction, Fraction, Fraction]:
    """Faces, pairs, the sum over pairs, covered once and covered twice."""
    exact = exactly(triangles)
    common = in_common(triangles)
    pairs = [pair for pair, area in common.items() if area]
    whole = areas(exact)
    total = sum(common.values(), Fraction(0))
    return {i for pair in pairs for i in pair}, len(pairs), total, whole[1], whole[2]
