"""Sets of indexes as Kubernetes writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gencheck.batch import indexes


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", []), ("7", [7]), ("0-2", [0, 1, 2]), ("1,3-5,7", [1, 3, 4, 5, 7])],
)
def test_parse(text: str, expected: list[int]) -> None:
    assert [i for run in indexes.parse(text) for i in run] == expected
    assert indexes.count(text) == len(expected)
    assert [i for i in range(10) if indexes.holds(text, i)] == expected


@given(st.sets(st.integers(0, 200)))
def test_what_is_written_is_read(chosen: set[int]) -> None:
    text = indexes.write(chosen)
    assert {i for run in indexes.parse(text) for i in run} == chosen


def test_neighbours_are_written_as_kubernetes_does() -> None:
    assert indexes.write([4, 1, 2, 7, 8, 9]) == "1,2,4,7-9"
