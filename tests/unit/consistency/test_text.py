import numpy as np
import pytest

from gencheck.consistency.claims import ClaimStatus
from gencheck.consistency.verify.text import (
    judge_no_text,
    judge_readings,
    judge_text,
    unrequested,
)
from gencheck.findings import Box
from gencheck.vision.roles import TextLine

S, C, U = ClaimStatus.SUPPORTED, ClaimStatus.CONTRADICTED, ClaimStatus.UNVERIFIED


def lines(*texts: str, score: float = 0.95) -> list[TextLine]:
    return [
        TextLine(text, Box(0, 20 * i, 90, 18), score, np.zeros((4, 2), np.float32))
        for i, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    ("wanted", "read", "status"),
    [
        ("OPEN", ["open"], S),
        ("Open!", ["OPEN"], S),
        ("GRAND HOTEL", ["Grand", "Hotel"], S),
        ("GRAND HOTEL", ["The GRANDHOTEL"], S),
        ("STOP AHEAD", ["STOPAHEAD"], S),
        ("Don't Panic", ["DON’T PANIC!"], S),
        ("café", ["CAFÉ"], S),
        ("OPEN", ["OPFN"], C),
        ("OPEN", ["OPE"], C),
        ("OPEN", ["CLOSED"], C),
        ("GRAND HOTEL", ["GRAND MOTEL"], C),
        ("OPEN", [], C),
        ("OPEN", ["0PEN"], U),
        ("OPEN", ["OPENING HOURS"], U),
        ("GRAND HOTEL", ["Hotel", "Grand"], U),
        ("привет", ["npnBeT"], U),
        ("!!!", ["OPEN"], U),
    ],
)
def test_words(wanted: str, read: list[str], status: ClaimStatus) -> None:
    assert judge_text(wanted, lines(*read)).status is status


def test_evidence_is_where_the_words_are() -> None:
    answer = judge_text("HOTEL", lines("GRAND", "HOTEL"))
    assert answer.evidence == (Box(0, 20, 90, 18),)


def test_a_contradiction_says_what_was_read() -> None:
    assert "“OPFN” instead of “OPEN”" in judge_text("OPEN", lines("OPFN")).explanation


@pytest.mark.parametrize("read", ["OPEN", "OPFN", "CLOSED"])
def test_an_unclear_line_decides_nothing(read: str) -> None:
    assert judge_text("OPEN", lines(read, score=0.5)).status is U


def test_no_text() -> None:
    assert judge_no_text([]).status is S
    assert judge_no_text(lines("SALE")).status is C
    assert judge_no_text(lines("SALE", score=0.4)).status is U
    assert judge_no_text(lines("O", score=0.95)).status is U
    assert judge_no_text(lines("O", score=0.7)).status is S  # a ball, read as a letter


def test_unrequested_lines_are_those_unlike_any_asked_for() -> None:
    read = lines("GRAND", "HOTEL", "shutterstock", "x")
    assert [line.text for line in unrequested(read, ["GRAND HOTEL"])] == ["shutterstock"]
    assert unrequested(lines("OPFN"), ["OPEN"]) == []  # misspelt, not unasked


@pytest.mark.parametrize(
    ("first", "second", "score", "status"),
    [
        ([], ["OPEN"], 0.8, S),
        (["OPEN"], [], 0.8, S),
        (["OPFN"], ["OPFN"], 0.95, C),
        (["CLOSED"], ["CLOSED", "HOTEL"], 0.95, C),
        ([], [], 0.95, C),
        (["OPFN"], [], 0.95, C),
        (["OPFN"], ["OPRN"], 0.8, C),
        (["OPFN"], ["OPRN"], 0.95, U),
        ([], ["OPRN"], 0.8, U),
        (["0PEN"], ["OPRN"], 0.8, U),
    ],
)
def test_no_is_left_open_where_a_second_reading_is_as_sure_of_other_letters(
    first: list[str], second: list[str], score: float, status: ClaimStatus
) -> None:
    again = lines(*second, score=score)
    assert judge_readings("OPEN", lines(*first), again).status is status


def test_words_that_were_not_found_are_denied_with_less_confidence_than_misspelt_ones() -> None:
    answers = [judge_text("OPEN", lines(*read)) for read in (["OPEN"], ["OPFN"], [])]
    assert [answer.decided(0.8).status for answer in answers] == [S, C, C]
    assert [answer.decided(0.9).status for answer in answers] == [S, C, U]
    assert judge_text("OPEN", lines("0PEN")).probability is None
