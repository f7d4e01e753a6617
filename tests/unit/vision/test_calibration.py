import tomllib

import pytest

from gencheck.inference.store import shipped_models
from gencheck.vision.calibration import (
    CALIBRATION_FILE,
    LEAST_SCORE,
    MOST,
    OTHER,
    calibration_of,
    falling_shares,
    log_odds,
    more_row,
)

_ENTRIES = tomllib.loads((shipped_models() / CALIBRATION_FILE).read_text())
_DETECTORS = {"yolox_nano", "yolov8n", "yolov8n_int8_320"}


def test_the_measured_detectors_have_entries_and_any_other_has_one_in_common() -> None:
    assert set(_ENTRIES) == _DETECTORS | {OTHER}
    assert calibration_of("yolo11n") == calibration_of(OTHER)
    assert calibration_of("yolox_nano") != calibration_of(OTHER)


@pytest.mark.parametrize("name", sorted(_ENTRIES))
def test_a_better_score_never_makes_a_thing_less_likely(name: str) -> None:
    calibration = calibration_of(name)
    scores = (0.0, 0.05, 0.2, 0.5, 0.9, 1.0)
    for rising in (
        [calibration.presence(score, None) for score in scores],
        [calibration.presence(score, 0.3) for score in scores],
        [calibration.presence(0.3, score) for score in scores],
        [calibration.right(score) for score in scores],
        [calibration.found(score) for score in scores],
    ):
        assert rising == sorted(rising)
        assert all(0.0 < value < 1.0 for value in rising)


@pytest.mark.parametrize("name", sorted(_ENTRIES))
def test_nothing_seen_even_closer_is_rather_not_there_and_a_clear_thing_is(name: str) -> None:
    calibration = calibration_of(name)
    assert calibration.presence(0.0, 0.0) < 0.2
    assert calibration.presence(0.9, 0.9) > 0.95


def test_clear_boxes_are_counted() -> None:
    calibration = calibration_of(OTHER)
    for n in (1, 2, 3, 5):
        likelihoods = calibration.counts([0.9] * n, 0.05)
        assert len(likelihoods) == MOST
        assert likelihoods.index(max(likelihoods)) == n - 1


def test_log_odds_stay_within_the_least_score_and_its_mirror_image() -> None:
    assert log_odds(0.5) == pytest.approx(0.0)
    assert log_odds(0.0) == log_odds(LEAST_SCORE) == pytest.approx(-log_odds(1.0))


def test_shares_fall_and_make_one() -> None:
    shares = falling_shares(1.7)
    assert sum(shares) == pytest.approx(1.0)
    assert shares == sorted(shares, reverse=True)


def test_the_row_of_one_more_takes_boxes_by_rank() -> None:
    next_one, _, so_far, _ = more_row(2, [0.2, 0.9, 0.6], 0.1)
    assert (next_one, so_far) == (log_odds(0.2), log_odds(0.6))
    assert more_row(3, [0.9], 0.1)[0] == log_odds(0.0)
