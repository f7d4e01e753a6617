"""SEAM: steps that the texture crosses and displaced parts; edges, frames and collages are none."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from gencheck.artifact.image.seam import NOTICE, measure_seam, seams
from tests.unit.artifact.image.pictures import bricks, photo, picture, texture, to_bytes, worst


@pytest.mark.parametrize("levels", [4, -7])
@pytest.mark.parametrize("across", [False, True])
def test_a_step_is_measured_and_located(levels: int, across: bool) -> None:
    damaged = cv2.GaussianBlur(texture(), (0, 0), 1.5)  # as a lens would
    damaged[:, 300:] += levels
    reading = measure_seam(picture(damaged.T if across else damaged))
    assert worst(reading) == pytest.approx(abs(levels), abs=1)
    box = reading.measurements[0].region
    assert box is not None
    start = box.y if across else box.x  # type: ignore[union-attr]
    assert start < 300 < start + 16


@pytest.mark.parametrize("shift", [3, -5, 8])
def test_a_displacement_is_told_in_pixels(shift: int) -> None:
    damaged = to_bytes(texture())
    damaged[:, 200:] = np.roll(damaged, shift, axis=0)[:, 200:]
    lines = [line for line in seams(damaged) if line.shift]
    assert [line.place for line in lines] == [199] * len(lines)
    assert {line.shift for line in lines} == {shift}


def test_a_moved_part_of_a_photo_is_found() -> None:
    damaged = photo().copy()
    damaged[:, 209:] = np.roll(photo(), 4, axis=0)[:, 209:]
    reading = measure_seam(picture(damaged))
    assert worst(reading) > NOTICE
    assert "displaced by 4 pixels" in reading.measurements[0].detail


def test_a_horizon_a_frame_and_a_collage_are_no_seams() -> None:
    horizon = texture()
    horizon[:256] = 220 + np.random.default_rng(1).normal(0, 2, (256, 512))
    frame = np.full((512, 512), 60.0) + np.random.default_rng(2).normal(0, 1.5, (512, 512))
    frame[60:450, 60:450] = texture()[60:450, 60:450]
    collage = np.hstack([texture(1)[:, :256], texture(2)[:, 256:]])
    for pixels in (horizon, frame, collage, photo(), bricks(0), bricks(2)):
        assert worst(measure_seam(picture(pixels))) == 0


def test_drawn_fields_may_meet_at_any_step() -> None:
    fields = np.full((400, 400), 200.0)
    fields[:, 200:] -= 6
    assert worst(measure_seam(picture(fields))) == 0


def test_the_edges_of_things_in_a_row_are_no_seam() -> None:
    keys = np.full((512, 512), 60.0)
    for top, left in itertools.product(range(20, 450, 70), range(10, 450, 76)):
        keys[top : top + 64, left : left + 64] = 25
        keys[top + 2 : top + 54, left + 4 : left + 60] = 45
    noise = cv2.GaussianBlur(np.random.default_rng(4).normal(0, 4, keys.shape), (0, 0), 0.7)
    assert worst(measure_seam(picture(keys + noise))) == 0


def test_a_line_from_border_to_border_needs_less_proof() -> None:
    darker = photo().astype(np.int16)
    darker[:, 180:] -= 4
    assert worst(measure_seam(picture(darker))) == pytest.approx(4, abs=1.5)


def test_a_seam_through_a_print_is_not_invented() -> None:
    y, x = np.mgrid[:512, :512] * (2 * np.pi / 5.3)
    ink = np.where(texture(5) > 128 + 60 * (np.cos(x) + np.cos(y)), 230.0, 40.0)
    assert worst(measure_seam(picture(cv2.GaussianBlur(ink, (0, 0), 0.7)))) == 0
