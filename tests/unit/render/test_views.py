"""Pictures of meshes: what must be seen where."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import Cancelled, DeadlineExceeded
from gencheck.media.types import Mesh
from gencheck.render import raster
from gencheck.render.camera import VIEWS, view_rotation
from gencheck.render.develop import Picture
from gencheck.render.views import prepare, render_views
from tests.unit.render.scenes import draw, square


def red(picture: Picture) -> NDArray[np.bool_]:
    values = picture.astype(int)
    return (values[..., 0] > 1.4 * values[..., 1]) & (values[..., 0] > 1.4 * values[..., 2])


def darker_than_background(picture: Picture) -> NDArray[np.bool_]:
    return picture.min(axis=2) < 222


def test_every_view_is_a_picture_of_the_size_asked_for() -> None:
    mesh = Mesh(*square(), "GLB")
    views = render_views(prepare(mesh), marked_faces=[], size=96, deadline=Deadline())
    assert tuple(views) == VIEWS
    for picture in views.values():
        assert picture.shape == (96, 96, 3)
        assert picture.dtype == np.uint8


def test_a_view_is_the_same_alone_and_among_others() -> None:
    ball = trimesh.creation.icosphere(subdivisions=5)  # enough faces for threads
    model = prepare(Mesh(np.array(ball.vertices), np.array(ball.faces, np.int32), "GLB"))
    together = render_views(model, marked_faces=[3, 4], size=64, deadline=Deadline())
    for view in VIEWS:
        alone = render_views(
            model, marked_faces=[3, 4], size=64, views=(view,), deadline=Deadline()
        )
        np.testing.assert_array_equal(alone[view], together[view])


def test_a_square_fills_the_middle_and_leaves_a_margin() -> None:
    inside = darker_than_background(draw(*square()))
    assert inside[20:108, 20:108].all()
    assert not inside[:6].any() and not inside[:, :6].any() and not inside[122:].any()


def test_marked_faces_are_red_and_others_are_not() -> None:
    vertices, faces = square()
    assert not red(draw(vertices, faces)).any()
    picture = red(draw(vertices, faces, (0,)))
    # Face 0 is the half right of and below the diagonal; row 0 of the picture is the top.
    assert picture[90, 100] and not picture[40, 30]
    assert red(draw(vertices, faces, (7, -1))).sum() == 0


def test_the_nearer_face_hides_the_farther_one() -> None:
    near, faces = square(1.0)
    far, _ = square(-1.0, 0.5)
    both = np.vstack([near, far])
    corners = np.vstack([faces, faces + 4])
    front = draw(both, corners, (0, 1))
    assert red(front)[64, 80]
    shine = draw(both, corners, (2, 3))  # hidden, so it shines through, weaker
    assert red(shine)[64, 80]
    assert shine[64, 80, 1] > front[64, 80, 1]


def test_a_face_from_behind_is_bluish() -> None:
    vertices, faces = square()
    front = draw(vertices, faces)[50, 70].astype(int)
    behind = draw(vertices, faces[:, ::-1])[50, 70].astype(int)
    assert behind[2] - behind[0] > front[2] - front[0] + 10


def test_a_face_too_small_for_a_pixel_is_still_pointed_out() -> None:
    vertices, faces = square()
    crumb = vertices[:3] * 1e-4
    picture = draw(np.vstack([vertices, crumb]), np.vstack([faces, [[4, 5, 6]]]), (2,))
    assert red(picture).any()


def test_the_sides_are_told_apart() -> None:
    # A slab: wide in x, high in y, thin in z.
    box = np.array([[x, y, z] for x in (-1, 1) for y in (-0.5, 0.5) for z in (-0.1, 0.1)], float)
    hull = np.array(
        [
            [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
            [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3],
        ],
        np.int32,
    )  # fmt: skip

    def shape(view: str, mesh_format: str = "GLB") -> float:
        ys, xs = np.nonzero(
            darker_than_background(draw(box, hull, (), view=view, mesh_format=mesh_format))
        )
        return float(np.ptp(xs) / np.ptp(ys))

    assert shape("front") == pytest.approx(2.0, rel=0.1)
    assert shape("side") == pytest.approx(0.2, rel=0.2)
    assert shape("top") == pytest.approx(10.0, rel=0.3)
    assert shape("front", "STL") == pytest.approx(10.0, rel=0.3)  # z is up there


def test_an_unknown_view_is_an_error() -> None:
    with pytest.raises(KeyError):
        draw(*square(), view="below")


def test_nothing_to_draw_gives_empty_pictures() -> None:
    empty = draw(np.empty((0, 3)), np.empty((0, 3), np.int32))
    nan = draw(np.full((3, 3), np.nan), np.array([[0, 1, 2]], np.int32), (0,))
    np.testing.assert_array_equal(empty, nan)
    assert not darker_than_background(empty).any()


@pytest.mark.parametrize("scale", [1e-300, 1e300, 1.7e308])
def test_size_does_not_matter(scale: float) -> None:
    vertices, faces = square()
    np.testing.assert_array_equal(draw(vertices * scale, faces), draw(vertices, faces))


def test_a_stray_vertex_does_not_change_the_picture() -> None:
    vertices, faces = square()
    for far in (1e307, np.inf):
        stray = np.vstack([vertices, [[far, 0.0, 0.0]]])
        np.testing.assert_array_equal(draw(stray, faces), draw(vertices, faces))


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(np.float64, (6, 3), elements=st.floats(allow_nan=True, allow_infinity=True)),
    hnp.arrays(np.int32, (5, 3), elements=st.integers(0, 5)),
)
def test_no_geometry_is_an_accident(
    vertices: NDArray[np.float64], faces: NDArray[np.int32]
) -> None:
    assert draw(vertices, faces, (0, 3), view="three-quarter").shape == (128, 128, 3)


@pytest.mark.timeout(60)
def test_the_work_is_bounded_and_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    vertices, faces = square()
    many = np.tile(faces, (20_000, 1))
    monkeypatch.setattr(raster, "MAX_SAMPLES", 30_000_000)
    draw(vertices, many)
    model = prepare(Mesh(vertices, many, "GLB"))
    with pytest.raises(DeadlineExceeded):
        render_views(model, marked_faces=[], deadline=Deadline.after(0.0))
    gone = Deadline()
    gone.cancel()
    with pytest.raises(Cancelled):
        render_views(model, marked_faces=[], deadline=gone)


def test_a_mesh_that_says_that_z_is_up_stands_as_one_whose_format_does() -> None:
    lying, said = view_rotation("front", "USDZ"), view_rotation("front", "USDZ", z_up=True)
    assert np.array_equal(said, view_rotation("front", "STL"))
    assert not np.array_equal(lying, said)
