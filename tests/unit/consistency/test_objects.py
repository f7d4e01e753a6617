import numpy as np
import pytest

from gencheck.consistency.claims import ClaimStatus
from gencheck.consistency.verify import objects
from gencheck.consistency.verify.answer import Seen
from gencheck.consistency.verify.nouns import COCO_LABELS, label_of, people_before
from gencheck.findings import Box
from gencheck.vision.calibration import OTHER, calibration_of
from gencheck.vision.roles import DetectedObject

S, C, U = ClaimStatus.SUPPORTED, ClaimStatus.CONTRADICTED, ClaimStatus.UNVERIFIED
BLANK = np.zeros((400, 400, 3), np.uint8)
CALIBRATION = calibration_of(OTHER)


def thing(label: str, score: float, x: float = 10, y: float = 10) -> DetectedObject:
    return DetectedObject(label, Box(x, y, 60, 60), score)


def dogs(*scores: float, closer: float | None = None) -> Seen:
    found = tuple(thing("dog", score, 70 * i) for i, score in enumerate(scores))
    crops = None if closer is None else (thing("dog", closer),)
    return Seen(BLANK, objects=found, closer=crops)


@pytest.mark.parametrize(
    ("seen", "status"),
    [
        (dogs(0.9), S),
        (dogs(0.9, closer=0.9), S),
        (dogs(0.04), U),
        (dogs(0.04, closer=0.8), S),
        (dogs(0.04, closer=0.0), C),
        (dogs(closer=0.0), C),
    ],
)
def test_presence_and_absence_are_each_others_opposite(seen: Seen, status: ClaimStatus) -> None:
    there = objects.judge_presence("dog", seen, CALIBRATION, exact=True)
    not_there = objects.judge_absence("dog", seen, CALIBRATION, exact=True)
    assert there.decided(0.8).status is status
    assert not_there.decided(0.8).status is {S: C, C: S, U: U}[status]
    assert there.probability is not None
    assert not_there.probability == pytest.approx(1.0 - there.probability)


def test_a_higher_confidence_decides_less() -> None:
    answer = objects.judge_presence("dog", dogs(0.2, closer=0.2), CALIBRATION, exact=True)
    assert answer.probability is not None
    assert answer.decided(answer.probability).status is S
    assert answer.decided(answer.probability + 0.001).status is U


def test_a_dog_is_no_proof_of_a_corgi_but_no_dog_is_no_corgi() -> None:
    dog = objects.judge_presence("dog", dogs(0.9), CALIBRATION, exact=False)
    assert dog.decided(0.8).status is U
    assert dog.probability is None
    none = objects.judge_presence("dog", dogs(closer=0.0), CALIBRATION, exact=False)
    assert none.decided(0.8).status is C


def test_evidence_is_what_rather_holds_the_thing_than_not() -> None:
    answer = objects.judge_presence("dog", dogs(0.9, 0.8, 0.05), CALIBRATION, exact=True)
    assert answer.evidence == (Box(0, 10, 60, 60), Box(70, 10, 60, 60))
    only_closer = objects.judge_presence("dog", dogs(closer=0.9), CALIBRATION, exact=True)
    assert only_closer.evidence == (Box(10, 10, 60, 60),)


def test_colour_of_a_thing_is_read_inside_its_box() -> None:
    picture = np.full((200, 200, 3), (40, 60, 200), np.uint8)
    picture[10:70, 10:70] = (200, 30, 30)
    seen = Seen(picture, objects=(thing("dog", 0.9),))
    for colour, status in (("red", S), ("blue", C)):
        answer = objects.judge_colour("dog", colour, seen, CALIBRATION)
        assert answer is not None
        assert answer.status is status
    unclear = Seen(picture, objects=(thing("dog", 0.2),))
    faint = objects.judge_colour("dog", "red", unclear, CALIBRATION)
    assert faint is not None
    assert faint.status is U
    assert objects.judge_colour("dog", "plaid", seen, CALIBRATION) is None


def test_nouns() -> None:
    assert label_of("sofa", COCO_LABELS) == ("couch", True)
    assert label_of("woman", COCO_LABELS) == ("person", True)
    assert label_of("corgi", COCO_LABELS) == ("dog", False)
    assert label_of("mouse", COCO_LABELS) is None
    assert label_of("chicken", COCO_LABELS) is None  # an animal or a dish
    assert label_of("unicorn", COCO_LABELS) is None
    assert label_of("dog", frozenset()) is None


@pytest.mark.parametrize(
    ("noun", "nouns", "others"),
    [
        ("man", ("man", "woman"), 0),
        ("woman", ("man", "dog", "woman"), 1),
        ("girl", ("man", "woman", "girl"), 2),
        ("child", ("woman", "child"), 1),
        ("child", ("girl", "child"), 0),  # the girl may be the child
        ("person", ("man", "person"), 0),
        ("dog", ("man", "dog"), 0),
        ("boy", ("woman", "lady", "boy"), 1),
    ],
)
def test_people_who_cannot_be_the_same_come_on_top(
    noun: str, nouns: tuple[str, ...], others: int
) -> None:
    assert people_before(noun, nouns) == others


@pytest.mark.parametrize(
    ("noun", "label"),
    [
        ("birthday cake", ("cake", False)),
        ("kitchen table", ("dining table", False)),
        ("fighter plane", ("airplane", False)),
        ("mug", ("cup", False)),
        ("grandmother", ("person", False)),
        ("baseball player", ("person", False)),
        ("wine glass", ("wine glass", True)),
        ("space ship", None),
        ("toy car", None),
        ("cable car", None),
        ("field mouse", None),
        ("fruit bat", None),
    ],
)
def test_a_compound_is_a_kind_of_its_last_word(noun: str, label: tuple[str, bool] | None) -> None:
    assert label_of(noun, COCO_LABELS) == label


def test_a_colour_is_denied_only_where_no_thing_may_have_it() -> None:
    picture = np.full((200, 200, 3), (40, 60, 200), np.uint8)
    picture[10:70, 80:140] = (165, 42, 42)  # brown to CSS, red by its hue
    seen = Seen(picture, objects=(thing("dog", 0.9), thing("dog", 0.9, 80)))
    for colour, status in (("blue", S), ("brown", U), ("green", C)):
        answer = objects.judge_colour("dog", colour, seen, CALIBRATION)
        assert answer is not None
        assert answer.status is status
