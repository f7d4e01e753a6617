import numpy as np
import pytest

from gencheck.consistency.claims import ClaimStatus
from gencheck.consistency.verify.answer import Seen
from gencheck.consistency.verify.places import judge_position, judge_relation
from gencheck.findings import Box
from gencheck.vision.calibration import OTHER, calibration_of
from gencheck.vision.roles import DetectedObject

S, C, U = ClaimStatus.SUPPORTED, ClaimStatus.CONTRADICTED, ClaimStatus.UNVERIFIED
CALIBRATION = calibration_of(OTHER)


def thing(label: str, score: float, x: float = 10, y: float = 10) -> DetectedObject:
    return DetectedObject(label, Box(x, y, 60, 60), score)


def seen(*things: DetectedObject) -> Seen:
    return Seen(np.zeros((600, 600, 3), np.uint8), objects=things)


@pytest.mark.parametrize(
    ("predicate", "x", "y", "status"),
    [
        ("left of", 200, 10, S),
        ("right of", 200, 10, C),
        ("above", 10, 200, S),
        ("below", 10, 200, C),
        ("left of", 15, 200, U),
        ("next to", 90, 10, S),
        ("next to", 400, 10, C),
    ],
)
def test_relation_of_a_cat_to_a_dog_that_stands_at(
    predicate: str, x: float, y: float, status: ClaimStatus
) -> None:
    both = seen(thing("cat", 0.9), thing("dog", 0.9, x, y))
    answer = judge_relation("cat", predicate, "dog", both, CALIBRATION)
    assert answer is not None
    assert answer.decided(0.8).status is status


def test_a_faint_box_leaves_its_place_open() -> None:
    both = seen(thing("cat", 0.9), thing("dog", 0.03, 200))
    answer = judge_relation("cat", "left of", "dog", both, CALIBRATION)
    assert answer is not None
    assert answer.decided(0.8).status is U
    assert answer.probability is not None
    assert answer.probability > 0.5


def test_any_pair_that_stands_so_is_enough() -> None:
    some = seen(thing("cat", 0.9), thing("dog", 0.9, 200), thing("dog", 0.8, -200))
    for predicate in ("left of", "right of"):
        answer = judge_relation("cat", predicate, "dog", some, CALIBRATION)
        assert answer is not None
        assert answer.decided(0.8).status is S


def test_a_relation_needs_both_and_a_predicate_of_boxes() -> None:
    only = judge_relation("cat", "left of", "dog", seen(thing("cat", 0.9)), CALIBRATION)
    assert only is not None
    assert only.decided(0.8).status is U
    assert judge_relation("cat", "behind", "dog", seen(), CALIBRATION) is None


@pytest.mark.parametrize(
    ("value", "x", "y", "status"),
    [
        ("left", 20, 150, S),
        ("left", 340, 150, C),
        ("right", 340, 150, S),
        ("top left", 20, 20, S),
        ("top left", 20, 340, C),
        ("middle", 180, 180, S),
        ("middle", 10, 180, C),
        ("middle left", 10, 180, S),
        ("left", 180, 180, U),
    ],
)
def test_a_place_in_the_picture(value: str, x: float, y: float, status: ClaimStatus) -> None:
    seen = Seen(np.zeros((400, 400, 3), np.uint8), (DetectedObject("dog", Box(x, y, 40, 40), 0.9),))
    answer = judge_position("dog", value, seen, CALIBRATION)
    assert answer is not None
    assert answer.decided(0.8).status is status


def test_the_background_is_no_place_of_boxes() -> None:
    seen = Seen(np.zeros((400, 400, 3), np.uint8), ())
    assert judge_position("dog", "background", seen, calibration_of(OTHER)) is None
    missing = judge_position("dog", "left", seen, CALIBRATION)
    assert missing is not None
    assert missing.probability is None
