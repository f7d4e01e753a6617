"""Pictures of UV maps: what must be seen where."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import Cancelled
from gencheck.render import uv_layout
from gencheck.render.uv_layout import UvPanel, draw_uv

Colour = tuple[int, int, int]
RED, BLUE, GREEN = (222, 38, 32), (150, 172, 204), (150, 196, 178)
TEXTURE, PAPER = (250, 250, 250), (232, 234, 238)


def square(u: float, v: float, size: float) -> NDArray[np.float64]:
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * size + [u, v]
    return corners[[[0, 1, 2], [0, 2, 3]]]


def panel(*squares: NDArray[np.float64], mirrored: bool = False) -> UvPanel:
    triangles = np.concatenate(squares) if squares else np.empty((0, 3, 2))
    return UvPanel(triangles, np.full(len(triangles), mirrored), np.empty((0, 2, 2)))


def draw(*panels: UvPanel) -> NDArray[np.uint8]:
    return draw_uv(panels, size=400, deadline=Deadline())


def colour_at(picture: NDArray[np.uint8], u: float, v: float) -> Colour:
    """Where 0..1 fills a picture of 400 but for the margin."""
    x, y = (round(16 + 368 * at) for at in (u, v))
    red, green, blue = picture[y, x].tolist()
    return red, green, blue


def test_what_is_covered_twice_is_red() -> None:
    picture = draw(panel(square(0.0, 0.0, 0.6), square(0.4, 0.4, 0.5)))
    assert colour_at(picture, 0.2, 0.3) == BLUE
    assert colour_at(picture, 0.5, 0.55) == RED
    assert colour_at(picture, 0.8, 0.7) == BLUE
    assert colour_at(picture, 0.8, 0.1) == TEXTURE
    assert tuple(picture[3, 3].tolist()) == PAPER


def test_neighbours_are_not_red_and_v_grows_downwards() -> None:
    picture = draw(panel(square(0.0, 0.0, 0.5), square(0.5, 0.0, 0.5)))
    assert not (picture == RED).all(axis=2).any()
    assert colour_at(picture, 0.75, 0.25) == BLUE and colour_at(picture, 0.75, 0.75) == TEXTURE


def test_mirrored_islands_are_green() -> None:
    assert colour_at(draw(panel(square(0.0, 0.0, 1.0), mirrored=True)), 0.3, 0.2) == GREEN


def test_what_reaches_out_is_in_the_picture_and_what_is_far_away_is_not() -> None:
    picture = draw(panel(square(0.0, 0.0, 0.5), square(3.0, 0.0, 1.0)))
    assert (picture[:, 300:380] == BLUE).all(axis=2).any()
    far = draw(panel(square(0.0, 0.0, 0.5), square(1e30, -1e30, 1.0)))
    assert (far == BLUE).all(axis=2).sum() > 100


def test_each_texture_has_a_panel() -> None:
    picture = draw(panel(square(0.0, 0.0, 1.0)), panel(square(0.0, 0.0, 1.0)), panel())
    blue = (picture == BLUE).all(axis=2)
    assert [blue[:200, :200].any(), blue[:200, 200:].any(), blue[200:].any()] == [True, True, False]
    assert draw().shape == (400, 400, 3)


def test_drawing_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uv_layout, "_MAX_SAMPLES", 1_000)
    assert not (draw(panel(square(0.0, 0.0, 1.0))) == BLUE).all(axis=2)[100:].any()
    stopped = Deadline()
    stopped.cancel()
    with pytest.raises(Cancelled):
        draw_uv([panel()], deadline=stopped)
