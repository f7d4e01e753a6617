import numpy as np
import pytest

from gencheck.consistency.claims import ClaimStatus, Comparator
from gencheck.consistency.verify import objects
from gencheck.consistency.verify.answer import Seen
from gencheck.consistency.verify.nouns import COCO_LABELS, label_of
from gencheck.findings import Box
from gencheck.vision.roles import DetectedObject

S, C, U = ClaimStatus.SUPPORTED, ClaimStatus.CONTRADICTED, ClaimStatus.UNVERIFIED


def thing(label: str, score: float, x: float = 10, y: float = 10) -> DetectedObject:
    return DetectedObject(label, Box(x, y, 60, 60), score)


def dogs(*scores: float) -> list[DetectedObject]:
    return [thing("dog", score, 70 * i) for i, score in enumerate(scores)]


@pytest.mark.parametrize(
    ("scores", "status"), [((0.9,), S), ((0.3, 0.2), U), ((), C), ((0.05,), C)]
)
def test_presence(scores: tuple[float, ...], status: ClaimStatus) -> None:
    assert objects.judge_presence("dog", dogs(*scores), exact=True).status is status


def test_a_dog_is_no_proof_of_a_corgi_but_no_dog_is_no_corgi() -> None:
    assert objects.judge_presence("dog", dogs(0.9), exact=False).status is U
    assert objects.judge_presence("dog", [], exact=False).status is C


@pytest.mark.parametrize(("scores", "status"), [((0.9,), C), ((0.3,), U), ((), S)])
def test_absence(scores: tuple[float, ...], status: ClaimStatus) -> None:
    assert objects.judge_absence("dog", dogs(*scores), exact=True).status is status


@pytest.mark.parametrize(
    ("n", "comparator", "scores", "status"),
    [
        (2, Comparator.EQUAL, (0.9, 0.8), S),
        (2, Comparator.EQUAL, (0.9, 0.8, 0.7), C),
        (3, Comparator.EQUAL, (0.9, 0.8), U),  # one may be missed
        (5, Comparator.EQUAL, (0.9, 0.8), C),
        (3, Comparator.EQUAL, (0.9, 0.8, 0.2), U),  # a faint candidate
        (3, Comparator.EQUAL, (), U),  # the object's own claim says it is missing
        (9, Comparator.EQUAL, (0.9,) * 6, U),
        (0, Comparator.EQUAL, (), S),
        (2, Comparator.AT_LEAST, (0.9, 0.8, 0.7), S),
        (3, Comparator.AT_LEAST, (0.9, 0.8), U),
        (2, Comparator.AT_MOST, (0.9, 0.8), S),
        (2, Comparator.AT_MOST, (0.9, 0.8, 0.7), C),
    ],
)
def test_count(
    n: int, comparator: Comparator, scores: tuple[float, ...], status: ClaimStatus
) -> None:
    picture = np.zeros((400, 400, 3), np.uint8)
    seen = Seen(picture, objects=tuple(dogs(*scores)))
    assert objects.judge_count("dog", n, comparator, seen).status is status


def test_small_instances_are_not_counted() -> None:
    seen = Seen(np.zeros((4000, 4000, 3), np.uint8), objects=tuple(dogs(0.9, 0.9)))
    assert objects.judge_count("dog", 2, Comparator.EQUAL, seen).status is U


def test_colour_of_a_thing_is_read_inside_its_box() -> None:
    picture = np.full((200, 200, 3), (40, 60, 200), np.uint8)
    picture[10:70, 10:70] = (200, 30, 30)
    for colour, status in (("red", S), ("blue", C)):
        answer = objects.judge_colour("dog", colour, [thing("dog", 0.9)], picture)
        assert answer is not None
        assert answer.status is status
    faint = objects.judge_colour("dog", "red", [thing("dog", 0.2)], picture)
    assert faint is not None
    assert faint.status is U
    assert objects.judge_colour("dog", "plaid", [thing("dog", 0.9)], picture) is None


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
    found = [thing("cat", 0.9), thing("dog", 0.9, x, y)]
    answer = objects.judge_relation("cat", predicate, "dog", found)
    assert answer is not None
    assert answer.status is status


def test_a_relation_needs_both_and_a_predicate_of_boxes() -> None:
    only = objects.judge_relation("cat", "left of", "dog", [thing("cat", 0.9)])
    assert only is not None
    assert only.status is U
    assert objects.judge_relation("cat", "behind", "dog", [thing("cat", 0.9)]) is None


def test_nouns() -> None:
    assert label_of("sofa", COCO_LABELS) == ("couch", True)
    assert label_of("woman", COCO_LABELS) == ("person", True)
    assert label_of("corgi", COCO_LABELS) == ("dog", False)
    assert label_of("mouse", COCO_LABELS) is None
    assert label_of("unicorn", COCO_LABELS) is None
    assert label_of("dog", frozenset()) is None
