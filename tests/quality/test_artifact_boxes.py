from __future__ import annotations

import pytest
from artifact_boxes import Scored, average_precision, hits, overlap

from gencheck.findings import Box

ONE, TWO, FAR = Box(0, 0, 10, 10), Box(20, 0, 10, 10), Box(60, 60, 5, 5)


def test_overlap_is_intersection_over_union() -> None:
    assert overlap(ONE, ONE) == 1
    assert overlap(ONE, Box(5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert overlap(ONE, FAR) == 0


def test_a_box_is_hit_once() -> None:
    assert hits([Scored(ONE, 0.9), Scored(ONE, 0.8), Scored(TWO, 0.7)], [ONE, TWO]) == [
        True,
        False,
        True,
    ]


def test_average_precision_of_a_case_worked_out_by_hand() -> None:
    # By score: right, wrong, right, of 3 boxes: precision 1, 1/2, 2/3; recall 1/3, 1/3, 2/3.
    pictures = [
        ([Scored(ONE, 0.9), Scored(FAR, 0.8)], [ONE]),
        ([Scored(TWO, 0.7)], [TWO]),
        ([], [ONE]),
    ]
    assert average_precision(pictures) == pytest.approx(1 / 3 * 1 + 1 / 3 * 2 / 3)


def test_what_is_found_where_nothing_was_made_costs_precision() -> None:
    clean = ([Scored(FAR, 0.95)], [])
    right = ([Scored(ONE, 0.9)], [ONE])
    assert average_precision([right]) == 1
    assert average_precision([right, clean]) == pytest.approx(0.5)
    assert average_precision([clean]) == 0
