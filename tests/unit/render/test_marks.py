"""Marks on bad faces: what must be seen of them, however many, small or hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_materials import white

from gencheck.media.appearance import Appearance
from tests.unit.render.scenes import Faces, Floats, draw, parts, square, stacked


def red(picture: np.ndarray) -> np.ndarray:
    values = picture.astype(int)
    return (values[..., 0] > 1.4 * values[..., 1]) & (values[..., 0] > 1.4 * values[..., 2])


def crumbs(count: int, depth: float = 0.5, size: float = 1e-4) -> tuple[Floats, Faces]:
    """Triangles too small for a sample, in a row from left to right."""
    corners = square()[0][:3] * size
    places = np.linspace(-0.8, 0.8, count)
    moved = [corners + np.array([x, 0.3, depth]) for x in places.tolist()]
    return np.vstack(moved), np.arange(3 * count, dtype=np.int32).reshape(-1, 3)


@pytest.mark.parametrize("count", [3, 60, 3_000])
@pytest.mark.parametrize("depth", [0.5, -0.5])
def test_faces_too_small_for_a_sample_are_pointed_out(count: int, depth: float) -> None:
    vertices, faces = stacked(square(), crumbs(count, depth))
    marked = red(draw(vertices, faces, tuple(range(2, 2 + count))))
    row = 64 - round(0.3 * 0.86 * 64)
    columns = np.flatnonzero(marked[row - 8 : row + 9].any(axis=0))
    assert columns.min() == pytest.approx(64 - 0.8 * 0.86 * 64, abs=9)
    assert columns.max() == pytest.approx(64 + 0.8 * 0.86 * 64, abs=9)
    assert not marked[row + 12 :].any()


def test_a_face_without_area_is_pointed_out() -> None:
    vertices, faces = stacked(square(), square())
    faces[3] = (4, 4, 6)  # a line across
    assert red(draw(vertices, faces, (3,)))[64, 60:68].any()


def test_the_largest_faces_are_outlined_and_not_the_first() -> None:
    many = crumbs(4_000, size=0.03)
    behind = square(-0.5)
    vertices, faces = stacked(square(), many, behind)
    last = len(faces) - 1
    picture = draw(vertices, faces, tuple(range(2, last + 1)))
    corner = picture[8:12, 8:12].astype(int)  # of the square behind, whose outline ends there
    assert (corner[..., 0] - corner[..., 1]).max() > 80


def test_colours_are_muted_where_faces_are_marked_and_only_then() -> None:
    vertices, faces = square()
    green = replace(white(), base_colour=np.array([[0, 0.6, 0, 1]], np.float32))
    looks = Appearance(parts=parts(0), materials=green)

    def chroma(marked: tuple[int, ...] | None) -> int:
        pixel = draw(vertices, faces, marked, looks=looks)[40, 30].astype(int)
        return int(np.ptp(pixel))

    assert chroma(()) == chroma(None) > 2 * chroma((0,))


def test_plain_pictures_have_no_edges() -> None:
    vertices, faces = square()
    shown, plain = draw(vertices, faces), draw(vertices, faces, None)
    assert len(np.unique(plain[20:108, 64, 0])) == 1
    assert len(np.unique(shown[20:108, 64, 0])) > 1  # the diagonal
