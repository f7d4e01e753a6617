"""Which face is seen in each sample, against exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import Cancelled
from gencheck.render import raster
from gencheck.render.raster import Samples, draw
from tests.unit.render.scenes import scene

Points = NDArray[np.int32]
_SIZE = 16
_ALMOST = Fraction(1, 10**9)
Corner = tuple[Fraction, Fraction]


def seen(points: Points, faces: Points, size: int = _SIZE) -> Samples:
    return draw(scene(points, faces), np.arange(len(faces), dtype=np.int32), size, Deadline())


def faces_in(samples: Samples) -> NDArray[np.int64]:
    return np.where(samples == raster.NOTHING, -1, 0x7FFFFFFF - (samples & 0x7FFFFFFF))


def cross(a: Corner, b: Corner, c: Corner) -> Fraction:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def depth_at(corners: Points, x: int, y: int) -> Fraction | None:
    """The depth of a face in the middle of a sample, or ``None`` where it is not.

    The middle is moved to the right by next to nothing, and down by next to nothing of that: then
    it lies on no edge, and is inside what has it on a top or a left edge.
    """
    place = (Fraction(256 * x + 128) + _ALMOST, Fraction(256 * y + 128) + _ALMOST**2)
    a, b, c = [(Fraction(int(p[0])), Fraction(int(p[1]))) for p in corners]
    area = cross(a, b, c)
    if area == 0:
        return None
    shares = (cross(b, c, place) / area, cross(c, a, place) / area, cross(a, b, place) / area)
    if min(shares) < 0:
        return None
    return sum((s * int(p[2]) for s, p in zip(shares, corners, strict=True)), Fraction(0))


def expected(points: Points, faces: Points, x: int, y: int) -> tuple[int, bool]:
    """The face that is nearest, and whether it is so beyond doubt."""
    depths = [(depth_at(points[face], x, y), -f) for f, face in enumerate(faces)]
    found = sorted(((d, f) for d, f in depths if d is not None), reverse=True)
    if not found:
        return -1, True
    return -found[0][1], len(found) < 2 or found[0][0] - found[1][0] > 4


@pytest.mark.parametrize("seed", range(6))
def test_the_nearest_face_is_seen_in_each_sample(seed: int) -> None:
    rng = np.random.default_rng(seed)
    step = 128 if seed % 2 else 1  # of 128: vertices and edges in the middle of samples
    points = rng.integers(0, _SIZE * 256 // step + 1, (12, 3)) * step
    points[:, 2] = rng.integers(-(1 << 28), 1 << 28, 12)
    points = points.astype(np.int32)
    faces = rng.integers(0, 12, (10, 3)).astype(np.int32)
    found = faces_in(seen(points, faces))
    for y in range(_SIZE):
        for x in range(_SIZE):
            face, clear = expected(points, faces, x, y)
            assert found[y, x] == face or not clear, (x, y)


def test_faces_that_share_edges_leave_no_sample_out_and_draw_none_twice() -> None:
    rng = np.random.default_rng(3)
    side = 9
    rows, columns = np.mgrid[0:side, 0:side]
    points = np.stack([columns * 512, rows * 512, np.zeros_like(rows)], 2).reshape(-1, 3)
    inner = (rows.ravel() % (side - 1) > 0) & (columns.ravel() % (side - 1) > 0)
    points[inner, :2] += rng.integers(-1, 2, (inner.sum(), 2)) * 128
    cells = (rows[:-1, :-1] * side + columns[:-1, :-1]).reshape(-1, 1)
    halves = np.array([[0, 1, side], [1, side + 1, side]])
    faces = (cells[:, None] + halves).reshape(-1, 3).astype(np.int32)
    times = sum(
        (seen(points.astype(np.int32), face[None]) != raster.NOTHING).astype(int) for face in faces
    )
    np.testing.assert_array_equal(times, np.ones((_SIZE, _SIZE), int))


def test_threads_and_the_order_of_faces_do_not_change_what_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(5)
    points = rng.integers(0, 64 * 256, (300, 3)).astype(np.int32)
    faces = rng.integers(0, 300, (600, 3)).astype(np.int32)
    order = np.arange(600, dtype=np.int32)
    monkeypatch.setattr(raster, "is_short", lambda _: False)
    views = [
        draw(scene(points, faces), some, 64, Deadline(), alone=alone)
        for some in (order, rng.permutation(order))
        for alone in (True, False)
    ]
    for view in views[1:]:
        np.testing.assert_array_equal(view, views[0])


def test_of_faces_in_one_place_the_first_is_seen() -> None:
    points = np.array([[0, 0, 7], [4096, 0, 7], [0, 4096, 7]], np.int32)
    found = faces_in(seen(points, np.array([[0, 1, 2], [0, 1, 2], [2, 1, 0]], np.int32)))
    assert set(np.unique(found)) == {-1, 0}


def test_faces_that_leave_the_picture_are_cut_off() -> None:
    far = 1 << 20
    points = np.array([[-far, -far, 0], [far, -far, 0], [0, far, 0]], np.int32)
    assert (faces_in(seen(points, np.array([[0, 1, 2]], np.int32))) == 0).all()


@pytest.mark.timeout(60)
def test_the_work_is_bounded_and_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    points = np.array([[0, 0, 0], [1 << 18, 0, 0], [0, 1 << 18, 0]], np.int32)
    faces = np.tile(np.array([[0, 1, 2]], np.int32), (200_000, 1))
    behind = np.array([[0, 0, 9], [4096, 0, 9], [0, 4096, 9]], np.int32)
    monkeypatch.setattr(raster, "MAX_SAMPLES", 30_000_000)
    monkeypatch.setattr(raster, "_CHUNK", 1_000_000)
    many = np.vstack([faces, [[3, 4, 5]]]).astype(np.int32)
    found = faces_in(seen(np.vstack([points, behind]), many, 1024))
    assert set(np.unique(found)) == {-1, 0}  # the last one came too late, though nearer
    gone = Deadline()
    gone.cancel()
    with pytest.raises(Cancelled):
        draw(scene(points, faces), np.arange(2, dtype=np.int32), 64, gone)
