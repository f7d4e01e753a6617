"""WATERMARK: a faint mark on a lattice; layouts, tilings, bricks and photos have none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.artifact.image.watermark import NOTICE, measure_watermark
from tests.unit.artifact.image.pictures import bricks, jpeg, photo, picture, to_bytes, worst


def marked(opacity: float, step: tuple[int, int] = (80, 110)) -> NDArray[np.float64]:
    """The photo under a white word that stands on it every so many pixels (down, across)."""
    stamp = np.zeros(step, np.uint8)
    cv2.putText(stamp, "SAMPLE", (6, 50), cv2.FONT_HERSHEY_SIMPLEX, 0.75, 255, 2, cv2.LINE_AA)
    mask = np.tile(stamp, (8, 6))[:512, :512, None] / 255 * opacity
    return photo() * (1 - mask) + 255 * mask


@pytest.mark.parametrize("opacity", [0.15, 0.3])
def test_a_faint_mark_is_found(opacity: float) -> None:
    reading = measure_watermark(picture(marked(opacity)))
    assert worst(reading) > NOTICE
    assert reading.level is not None
    assert reading.level.max() > 1


def test_a_mark_survives_compression() -> None:
    assert worst(measure_watermark(picture(jpeg(to_bytes(marked(0.25)), 80)))) > NOTICE


def test_photos_and_bricks_have_no_mark() -> None:
    for pixels in (photo(), bricks(2), np.full((300, 300), 90.0)):
        assert worst(measure_watermark(picture(pixels))) < NOTICE


def test_what_repeats_as_a_whole_is_no_mark() -> None:
    tile = cv2.resize(photo(), (170, 128), interpolation=cv2.INTER_AREA)
    assert worst(measure_watermark(picture(np.tile(tile, (4, 3, 1))))) < NOTICE


def test_lines_of_text_are_no_marks() -> None:
    page = np.full((640, 640), 252, np.uint8)
    for row in range(30, 630, 22):
        text = "The quick brown fox jumps over the lazy dog and runs"
        cv2.putText(page, text, (20, row), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 25, 1, cv2.LINE_AA)
    assert worst(measure_watermark(picture(page))) < NOTICE
