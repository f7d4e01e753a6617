from __future__ import annotations

import cv2
import numpy as np
import pytest

from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.errors import DeadlineExceeded
from gencheck.vision.text_regions import clockwise, cut_out, find_regions, prepare, reading_order


def quad(x: float, y: float, width: float, height: float) -> np.ndarray:
    return np.asarray(
        [[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32
    )


def test_a_region_grows_by_the_rule_and_is_scaled_to_the_picture() -> None:
    probability = np.zeros((100, 200), np.float32)
    probability[40:60, 50:150] = 0.9
    (region,) = find_regions(probability, height=200, width=400, deadline=NO_DEADLINE)
    # The rectangle is 100 by 20 (its dilation included); it grows by 100·20·1.6 / 240 each side.
    grow = 100 * 20 * 1.6 / 240
    expected = quad(50 - grow, 40 - grow, 100 + 2 * grow, 20 + 2 * grow) * 2
    np.testing.assert_allclose(region.quad, expected, atol=3)
    assert region.score == pytest.approx(0.9, abs=0.06)  # the dilated rim counts


def test_specks_and_doubtful_regions_are_dropped() -> None:
    probability = np.zeros((100, 200), np.float32)
    probability[10:12, 10:12] = 1.0
    probability[40:60, 50:150] = 0.4
    assert find_regions(probability, height=100, width=200, deadline=NO_DEADLINE) == []


def test_regions_stay_in_the_picture() -> None:
    probability = np.ones((64, 64), np.float32)
    (region,) = find_regions(probability, height=64, width=64, deadline=NO_DEADLINE)
    assert region.quad.min() >= 0
    assert region.quad.max() <= 63


def test_many_regions_stop_at_the_deadline() -> None:
    probability = np.zeros((320, 320), np.float32)
    probability[::8, :] = 1.0
    with pytest.raises(DeadlineExceeded):
        find_regions(probability, height=320, width=320, deadline=Deadline.after(0))


@pytest.mark.parametrize("angle", [-40, -20, 0, 20, 40])
def test_corners_come_clockwise_from_top_left(angle: float) -> None:
    corners = cv2.boxPoints(((100.0, 100.0), (80.0, 20.0), angle))
    result = clockwise(corners[np.random.default_rng(0).permutation(4)])
    assert {tuple(p) for p in result.tolist()} == {tuple(p) for p in corners.tolist()}
    assert np.linalg.norm(result[0] - result[1]) == pytest.approx(80, abs=0.1)
    assert result[0, 0] < result[1, 0]
    assert result[0, 1] < result[3, 1]


def test_a_slanted_line_is_cut_out_level() -> None:
    picture = np.zeros((200, 200, 3), np.uint8)
    corners = cv2.boxPoints(((100.0, 100.0), (120.0, 30.0), 25.0))
    cv2.fillConvexPoly(picture, corners.astype(np.int32), (200, 100, 50))
    line = cut_out(picture, clockwise(corners))
    assert line.shape[0] == pytest.approx(30, abs=1)
    assert line.shape[1] == pytest.approx(120, abs=1)
    assert np.median(line, axis=(0, 1)).tolist() == [200, 100, 50]


def test_a_line_that_runs_upwards_is_turned() -> None:
    picture = np.zeros((200, 100, 3), np.uint8)
    picture[:100] = 255
    line = cut_out(picture, quad(20, 20, 40, 160))
    assert line.shape[:2] == (40, 160)
    assert line[:, :70].mean() > 250 or line[:, -70:].mean() > 250


@pytest.mark.parametrize(
    ("size", "least", "most", "seen"),
    [
        ((480, 640), 320, 960, (480, 640)),
        ((3000, 4000), 320, 960, (704, 960)),
        ((100, 200), 320, 960, (320, 640)),
        ((10, 2000), 320, 960, (32, 960)),
        ((1, 1), 320, 960, (320, 320)),
    ],
)
def test_the_side_is_bounded_both_ways(
    size: tuple[int, int], least: int, most: int, seen: tuple[int, int]
) -> None:
    blob = prepare(np.full((*size, 3), (255, 0, 0), np.uint8), least=least, most=most)
    assert blob.shape == (1, 3, *seen)
    assert blob[0, :, 0, 0].tolist() == [-1, -1, 1]  # BGR


def test_reading_order_goes_by_rows() -> None:
    quads = [
        quad(300, 12, 100, 20),  # first row, right, a little lower
        quad(10, 60, 100, 20),
        quad(10, 8, 100, 24),
        quad(150, 5, 100, 30),
        quad(10, 100, 300, 80),  # a headline across two small rows beside it
        quad(320, 105, 50, 20),
    ]
    assert reading_order(quads) == [2, 3, 0, 1, 5, 4]
    assert reading_order([]) == []
