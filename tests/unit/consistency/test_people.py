import numpy as np
import pytest

from gencheck.consistency.claims import ClaimStatus, Comparator
from gencheck.consistency.verify import people
from gencheck.findings import Box
from gencheck.vision.roles import Face

S, C, U = ClaimStatus.SUPPORTED, ClaimStatus.CONTRADICTED, ClaimStatus.UNVERIFIED


def faces(*scores: float) -> list[Face]:
    return [
        Face(Box(50 * i, 0, 40, 50), score, np.zeros((5, 2), np.float32))
        for i, score in enumerate(scores)
    ]


def test_a_face_tells_a_person_and_nothing_more() -> None:
    answer = people.judge_person("woman", faces(0.9))
    assert answer.status is S
    assert "not judged" in answer.explanation


def test_no_face_is_no_proof_of_nobody() -> None:
    assert people.judge_person("person", []).status is U
    assert people.judge_nobody([]).status is U
    assert people.judge_nobody(faces(0.9)).status is C


def test_a_face_asked_for_must_be_there() -> None:
    assert people.judge_face(faces(0.9)).status is S
    assert people.judge_face(faces(0.55)).status is U
    assert people.judge_face([]).status is C
    assert people.judge_no_face([]).status is S
    assert people.judge_no_face(faces(0.9)).status is C


@pytest.mark.parametrize(
    ("n", "comparator", "scores", "others", "status"),
    [
        (2, Comparator.EQUAL, (0.9, 0.9), 0, S),
        (2, Comparator.EQUAL, (0.9, 0.9, 0.9), 0, C),
        (2, Comparator.EQUAL, (0.9,), 0, U),
        (2, Comparator.EQUAL, (0.9, 0.9, 0.55), 0, U),
        (2, Comparator.AT_LEAST, (0.9, 0.9, 0.9), 0, S),
        (2, Comparator.AT_MOST, (0.9, 0.9, 0.9), 0, C),
        (2, Comparator.EQUAL, (0.9, 0.9, 0.9), 1, U),  # two women and a man
        (2, Comparator.EQUAL, (0.9, 0.9, 0.9, 0.9), 1, C),
        (2, Comparator.EQUAL, (0.9, 0.9, 0.9), None, U),  # two women and children
    ],
)
def test_count(
    n: int,
    comparator: Comparator,
    scores: tuple[float, ...],
    others: int | None,
    status: ClaimStatus,
) -> None:
    answer = people.judge_faces_count(n, comparator, faces(*scores), others=others)
    assert answer.status is status
