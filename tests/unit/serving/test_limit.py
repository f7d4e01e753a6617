"""The limit by itself: calls of known length, in rounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gencheck.serving.limit import LOWEST, AdaptiveLimit


def feed(limit: AdaptiveLimit, seconds: float, *, at_once: int, calls: int = 200) -> int:
    for _ in range(calls):
        limit.observe("kind", seconds, at_once=at_once)
    return limit.value


def test_calls_that_do_not_get_slower_raise_the_limit_to_the_cap() -> None:
    limit = AdaptiveLimit(40)
    assert limit.value == LOWEST
    for _ in range(400):
        limit.observe("kind", 0.1, at_once=limit.value)
    assert limit.value == 40


def test_calls_that_leave_the_limit_unused_do_not_raise_it() -> None:
    limit = AdaptiveLimit(40)
    assert feed(limit, 0.1, at_once=1) == LOWEST


def test_calls_that_get_slower_lower_it_and_a_faster_time_raises_it_again() -> None:
    limit = AdaptiveLimit(40)
    for _ in range(400):
        limit.observe("kind", 0.1, at_once=limit.value)
    assert feed(limit, 1.0, at_once=40, calls=600) < 10
    for _ in range(1_000):
        limit.observe("kind", 0.1, at_once=limit.value)
    assert limit.value > 20


def test_a_new_kind_in_a_rush_is_not_taken_for_a_slow_one() -> None:
    limit = AdaptiveLimit(40)
    for _ in range(400):
        limit.observe("kind", 0.1, at_once=limit.value)
    before = limit.value
    for _ in range(200):
        limit.observe("another", 100.0, at_once=limit.value)
        limit.observe("kind", 0.1, at_once=limit.value)
    assert limit.value == before


def test_what_a_call_takes_alone_is_known_by_kind() -> None:
    limit = AdaptiveLimit(40)
    assert limit.typical("kind") is None
    feed(limit, 0.25, at_once=1)
    feed(limit, 9.0, at_once=30)
    assert limit.typical("kind") == pytest.approx(0.25, rel=0.01)


def test_a_call_that_was_given_up_counts_for_as_long_as_it_ran() -> None:
    limit = AdaptiveLimit(40)
    for _ in range(400):
        limit.observe("kind", 0.1, at_once=limit.value)
    for _ in range(200):
        limit.late("kind", 0.001, at_once=40)
    assert limit.value == 40, "a caller in a hurry says nothing"
    for _ in range(600):
        limit.late("kind", 2.0, at_once=40)
    assert limit.value < 10


def test_kinds_without_number_take_no_memory() -> None:
    limit = AdaptiveLimit(40)
    for kind in range(5_000):
        limit.observe(kind, 0.1, at_once=1)
    assert limit.typical(4_999) is None
    assert limit.typical(1) is not None


calls = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.floats(0, 1e9),
        st.integers(1, 1_000),
        st.booleans(),
    ),
    max_size=300,
)


@given(st.integers(1, 200), calls)
def test_it_stays_between_its_bounds(cap: int, given_calls: list) -> None:
    limit = AdaptiveLimit(cap)
    for kind, seconds, at_once, late in given_calls:
        learn = limit.late if late else limit.observe
        assert min(LOWEST, cap) <= learn(kind, seconds, at_once=at_once) <= cap
