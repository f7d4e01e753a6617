import numpy as np
import pytest

from gencheck.consistency.claims import ClaimStatus, Comparator
from gencheck.consistency.verify.answer import Answer, Seen
from gencheck.consistency.verify.counting import chance, judge_count, number_likelihoods
from gencheck.findings import Box
from gencheck.vision.calibration import MOST, OTHER, calibration_of
from gencheck.vision.roles import DetectedObject

S, C, U = ClaimStatus.SUPPORTED, ClaimStatus.CONTRADICTED, ClaimStatus.UNVERIFIED
EQUAL, AT_LEAST, AT_MOST = Comparator.EQUAL, Comparator.AT_LEAST, Comparator.AT_MOST
CALIBRATION = calibration_of(OTHER)


def dogs(*scores: float) -> Seen:
    found = [DetectedObject("dog", Box(70 * i, 0, 60, 200), s) for i, s in enumerate(scores)]
    return Seen(np.zeros((400, 600, 3), np.uint8), objects=tuple(found), closer=tuple(found))


def judged(n: int, comparator: Comparator, *scores: float) -> Answer:
    return judge_count("dog", n, comparator, dogs(*scores), CALIBRATION).decided(0.8)


@pytest.mark.parametrize(
    ("n", "comparator", "scores", "status"),
    [
        (1, EQUAL, (0.9,), S),
        (2, EQUAL, (0.9, 0.9), S),
        (2, EQUAL, (0.9,), C),
        (1, EQUAL, (0.9, 0.9, 0.9), C),
        (4, EQUAL, (0.9,), C),
        (3, EQUAL, (0.9, 0.8, 0.1), U),  # a faint candidate
        (1, EQUAL, (), U),  # that there is any is another claim
        (0, EQUAL, (), S),
        (2, AT_LEAST, (0.9, 0.8, 0.7), S),
        (4, AT_LEAST, (0.9,), C),
        (2, AT_MOST, (0.9,), S),
        (2, AT_MOST, (0.9,) * 5, C),
        (40, EQUAL, (0.9,) * 40, U),  # so many are not told apart
        (40, AT_MOST, (0.9,), U),
    ],
)
def test_count(
    n: int, comparator: Comparator, scores: tuple[float, ...], status: ClaimStatus
) -> None:
    assert judged(n, comparator, *scores).status is status


def test_an_exact_number_of_small_things_is_left_open() -> None:
    far = [DetectedObject("dog", Box(70 * i, 0, 30, 40), 0.9) for i in range(2)]
    seen = Seen(np.zeros((400, 600, 3), np.uint8), objects=tuple(far), closer=tuple(far))
    for n in (1, 2, 5):
        assert judge_count("dog", n, EQUAL, seen, CALIBRATION).decided(0.8).status is U
    assert judge_count("dog", 2, AT_LEAST, seen, CALIBRATION).decided(0.8).status is S


def test_every_number_has_a_likelihood_and_shares_make_one() -> None:
    likelihoods = number_likelihoods("dog", dogs(0.9, 0.3), CALIBRATION)
    assert len(likelihoods) == MOST + 1
    assert min(likelihoods) > 0.0
    shares = [n**-CALIBRATION.falling for n in range(1, MOST + 1)]
    weighed = sum(a * b for a, b in zip(likelihoods[1:], shares, strict=True)) / sum(shares)
    assert weighed == pytest.approx(1.0)


def test_one_more_clear_box_makes_more_likelier() -> None:
    chances = [
        chance(number_likelihoods("dog", dogs(*scores), CALIBRATION), 3, AT_LEAST)
        for scores in ((0.9,), (0.9, 0.9), (0.9, 0.9, 0.9), (0.9, 0.9, 0.9, 0.9))
    ]
    assert max(chances[:2]) < 0.1
    assert min(chances[2:]) > 0.9


def test_what_is_not_known_is_as_likely_as_not() -> None:
    flat = [1.0] * (MOST + 1)
    for n in (1, 2, 5):
        for comparator in Comparator:
            assert chance(flat, n, comparator) == pytest.approx(0.5)
    assert chance(flat, 0, AT_LEAST) == 1.0
