"""Which faces touch, in exact rational arithmetic: what the checker is measured against.

It shares nothing with the checker. Instead of signs of orientation predicates it computes, in
fractions, the intersection of two triangles as a convex set, and asks whether that set holds a
point beyond the shared vertices or edge. Planes, in integers, only rule out what cannot touch.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Vector = tuple[Fraction, Fraction, Fraction]


def _sub(a: Vector, b: Vector) -> Vector:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def _dot(a: Vector, b: Vector) -> Fraction:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: Vector, b: Vector) -> Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def _clip(polygon: list[Vector], normal: Vector, origin: Vector) -> list[Vector]:
    """The part of a convex polygon (or segment, or point) where ``(p - origin) . normal >= 0``."""
    kept: list[Vector] = []
    for i, p in enumerate(polygon):
        q = polygon[(i + 1) % len(polygon)]
        at_p, at_q = _dot(_sub(p, origin), normal), _dot(_sub(q, origin), normal)
        if at_p >= 0:
            kept.append(p)
        if (at_p > 0 > at_q) or (at_p < 0 < at_q):
            t = at_p / (at_p - at_q)
            d = _sub(q, p)
            kept.append((p[0] + t * d[0], p[1] + t * d[1], p[2] + t * d[2]))
    return list(dict.fromkeys(kept))


def common_points(first: list[Vector], second: list[Vector]) -> list[Vector]:
    """Corners of the intersection of two triangles: clip one by the other's plane and sides."""
    a, b, c = second
    normal = _cross(_sub(b, a), _sub(c, a))
    inverse = (-normal[0], -normal[1], -normal[2])
    polygon = _clip(_clip(list(first), normal, a), inverse, a)
    for p, q in ((a, b), (b, c), (c, a)):
        if polygon:
            polygon = _clip(polygon, _cross(normal, _sub(q, p)), p)
    return polygon


def _on_segment(p: Vector, a: Vector, b: Vector) -> bool:
    return _cross(_sub(b, a), _sub(p, a)) == (0, 0, 0)


def touches(vertices: NDArray[np.float64], f: NDArray[np.int32], g: NDArray[np.int32]) -> bool:
    """Whether two faces touch beyond the vertex or edge that they share."""
    exact = {i: tuple(Fraction(float(x)) for x in vertices[i]) for i in (*f.tolist(), *g.tolist())}
    shared = sorted(set(f.tolist()) & set(g.tolist()))
    if len(shared) == 3:
        return True
    first = [exact[i] for i in f.tolist()]
    second = [exact[i] for i in g.tolist()]
    points = common_points(first, second)  # type: ignore[arg-type]
    if len(shared) == 2:
        a, b = exact[shared[0]], exact[shared[1]]
        return any(not _on_segment(p, a, b) for p in points)  # type: ignore[arg-type]
    if len(shared) == 1:
        return any(p != exact[shared[0]] for p in points)
    return bool(points)


def is_flat(vertices: NDArray[np.float64], face: NDArray[np.int32]) -> bool:
    """Whether the corners lie exactly on a line."""
    a, b, c = (tuple(Fraction(float(x)) for x in vertices[i]) for i in face.tolist())
    return _cross(_sub(b, a), _sub(c, a)) == (0, 0, 0)  # type: ignore[arg-type]


def count_contacts(vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> tuple[set[int], int]:
    """Faces in contact and pairs, over the faces that are not flat; every pair is tried."""
    whole = [i for i in range(len(faces)) if not is_flat(vertices, faces[i])]
    pairs = [(i, j) for i, j in combinations(whole, 2) if touches(vertices, faces[i], faces[j])]
    return {i for pair in pairs for i in pair}, len(pairs)


Whole = tuple[int, int, int]


def _whole(vertices: NDArray[np.float64]) -> list[Whole]:
    """The vertices times a power of two that makes all of them integers."""
    ratios = [[float(x).as_integer_ratio() for x in row] for row in vertices]
    top = max((d for row in ratios for _, d in row), default=1)
    return [(row[0][0] * (top // row[0][1]), row[1][0] * (top // row[1][1]),
             row[2][0] * (top // row[2][1])) for row in ratios]  # fmt: skip


def _one_side(first: list[Whole], second: list[Whole]) -> bool:
    """Whether the second triangle is wholly on one side of the plane of the first."""
    (ax, ay, az), b, c = first
    ux, uy, uz = b[0] - ax, b[1] - ay, b[2] - az
    vx, vy, vz = c[0] - ax, c[1] - ay, c[2] - az
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    above = [nx * (x - ax) + ny * (y - ay) + nz * (z - az) for x, y, z in second]
    free = [side for side in above if side != 0]
    # A shared vertex is on the plane, and counts for neither side.
    shared = len(set(first) & set(second))
    return 0 < len(free) == 3 - shared and (all(s > 0 for s in free) or all(s < 0 for s in free))


def _candidates(low: NDArray[np.float64], high: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """Pairs of boxes that overlap, by a sweep along x."""
    order = np.argsort(low[:, 0], kind="stable")
    first = low[order, 0]
    for place, i in enumerate(order.tolist()):
        end = int(np.searchsorted(first, high[i, 0], side="right"))
        others = order[place + 1 : end]
        inside = (low[others, 1:] <= high[i, 1:]).all(axis=1)
        inside &= (high[others, 1:] >= low[i, 1:]).all(axis=1)
        for j in others[inside].tolist():
            yield i, j


def contacts(vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> set[tuple[int, int]]:
    """All pairs of faces that touch; none of them may be flat."""
    whole = _whole(vertices)
    corners = [[whole[i] for i in face] for face in faces.tolist()]
    boxes = vertices[faces]
    found = set()
    for i, j in _candidates(boxes.min(axis=1), boxes.max(axis=1)):
        if _one_side(corners[i], corners[j]) or _one_side(corners[j], corners[i]):
            continue
        if touches(vertices, faces[i], faces[j]):
            found.add((min(i, j), max(i, j)))
    return found
