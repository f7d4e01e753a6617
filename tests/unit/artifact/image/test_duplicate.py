"""DUPLICATED_REGION: copies, turned ones too; windows, edges and letters are none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.artifact.image.duplicate import measure_duplicate
from gencheck.artifact.image.keypoints import _alike
from gencheck.findings import Box
from tests.unit.artifact.image.pictures import Pixels, iou, jpeg, photo, picture, texture, worst


def pasted(turn: float = 0.0) -> Pixels:
    part = photo()[60:180, 170:310]
    if turn:
        matrix = cv2.getRotationMatrix2D((70, 60), turn, 1.0)
        part = cv2.warpAffine(part, matrix, (140, 120), borderMode=cv2.BORDER_REFLECT)
    out = photo().copy()
    out[380:500, 20:160] = part
    return out


@pytest.mark.parametrize("quality", [None, 85])
def test_a_copy_and_its_source_are_found(quality: int | None) -> None:
    pixels = pasted() if quality is None else jpeg(pasted(), quality)
    regions = [m.region for m in measure_duplicate(picture(pixels)).measurements]
    assert max(iou(region, Box(20, 380, 140, 120)) for region in regions) > 0.4
    assert max(iou(region, Box(170, 60, 140, 120)) for region in regions) > 0.4


def test_a_turned_copy_is_found_by_its_keypoints() -> None:
    assert worst(measure_duplicate(picture(pasted(turn=25)))) > 0.006


def test_photos_have_no_copies() -> None:
    assert worst(measure_duplicate(picture(photo()))) == 0
    assert worst(measure_duplicate(picture(texture()))) == 0


def test_windows_of_a_facade_are_a_pattern() -> None:
    window = texture()[:64, :64].copy()
    window[8:56, 8:56] -= 60
    facade = np.tile(window, (8, 8)) + np.random.default_rng(8).normal(0, 2, (512, 512))
    assert worst(measure_duplicate(picture(facade))) < 0.006


def test_tiles_behind_a_thing_are_a_pattern() -> None:
    wall: NDArray[np.float64] = np.full((512, 512), 200.0)
    wall[::64], wall[1::64], wall[:, ::64], wall[:, 1::64] = 120, 120, 120, 120
    wall = wall + cv2.GaussianBlur(np.random.default_rng(5).normal(0, 3, wall.shape), (0, 0), 0.7)
    cv2.circle(wall, (250, 240), 110, (60.0,), -1)
    assert worst(measure_duplicate(picture(wall))) == 0


def test_a_straight_edge_is_no_copy_of_itself() -> None:
    edge: NDArray[np.float64] = np.full((512, 512), 60.0)
    edge[:, 200:] = 180
    edge += cv2.GaussianBlur(np.random.default_rng(4).normal(0, 2, edge.shape), (0, 0), 1)
    assert worst(measure_duplicate(picture(edge))) == 0


def test_descriptors_are_compared_as_popcount_would() -> None:
    rng = np.random.default_rng(0)
    descriptors = rng.integers(0, 256, (60, 32), dtype=np.uint8)
    descriptors[30:] = descriptors[:30] ^ (rng.random((30, 32)) < 0.05).astype(np.uint8)
    first, second = _alike(descriptors)
    bits = np.unpackbits(descriptors[:, None] ^ descriptors[None], axis=2).sum(axis=2)
    expected = {(i, j) for i in range(60) for j in range(i + 1, 60) if bits[i, j] <= 26}
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == expected
