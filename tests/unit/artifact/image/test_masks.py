from __future__ import annotations

import cv2
import numpy as np

from gencheck.artifact.image.masks import mask_of
from gencheck.findings import Box


def test_a_mask_has_the_size_of_the_picture_and_its_box() -> None:
    cells = np.zeros((30, 40), np.bool_)
    cells[10:20, 5:15] = True
    cells[15:25, 10:20] = True
    mask = mask_of(cells, (300, 400))
    assert mask.box == Box(50, 100, 150, 150)
    pixels = cv2.imdecode(np.frombuffer(mask.png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    assert pixels.shape == (300, 400)
    assert set(np.unique(pixels)) == {0, 255}
    assert pixels[100, 50] == 255
    assert pixels[240, 60] == 0


def test_a_mask_of_a_large_picture_stays_small() -> None:
    cells = np.zeros((60, 80), np.bool_)
    cells[20:40, 20:60] = True
    assert len(mask_of(cells, (6000, 8000)).png) < 200_000
