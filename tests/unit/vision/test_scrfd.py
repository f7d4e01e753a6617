from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.vision.scrfd import decode, prepare

CELLS = {8: 12800, 16: 3200, 32: 800}


def outputs() -> dict[str, NDArray[np.float32]]:
    sizes = (1, 4, 10)
    return {
        f"out{3 * kind + level}": np.zeros((1, cells, sizes[kind]), np.float32)
        for kind in range(3)
        for level, cells in enumerate(CELLS.values())
    }


@pytest.mark.parametrize(("level", "stride"), list(enumerate(CELLS)))
def test_decodes_a_face_that_was_encoded(level: int, stride: int) -> None:
    maps = outputs()
    column, row = 160 // stride, 320 // stride
    anchor = 2 * (row * (640 // stride) + column) + 1
    maps[f"out{level}"][0, anchor] = 0.8
    maps[f"out{level + 3}"][0, anchor] = np.asarray([20, 30, 40, 50]) / stride
    maps[f"out{level + 6}"][0, anchor] = np.arange(-5, 5) / stride
    # The picture is 1280 high: it was shrunk by 2 to fit.
    (face,) = decode(maps, height=1280, width=900, score=0.5)
    box = face.box
    assert (box.x, box.y, box.width, box.height) == pytest.approx((280, 580, 120, 160))
    assert face.score == pytest.approx(0.8)
    np.testing.assert_allclose(face.landmarks[0], [310, 632])
    np.testing.assert_allclose(face.landmarks[4], [326, 648])


def test_nothing_found_is_an_empty_list() -> None:
    assert decode(outputs(), height=10, width=10, score=0.5) == []


def test_a_small_picture_is_not_enlarged() -> None:
    blob = prepare(np.full((100, 200, 3), 255, np.uint8))
    assert np.all(blob[0, :, :100, :200] == pytest.approx(127.5 / 128))
    assert not blob[0, :, 100:].any()
    assert not blob[0, :, :, 200:].any()


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (4000, 3000)])
def test_any_size_fits(size: tuple[int, int]) -> None:
    assert prepare(np.zeros((*size, 3), np.uint8)).shape == (1, 3, 640, 640)
