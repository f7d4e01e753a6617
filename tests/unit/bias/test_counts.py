from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gencheck.bias.counts import (
    MAX_CATEGORIES,
    MAX_TABLES,
    AuditState,
    CountTable,
    Label,
    merge,
    state_of,
    tables_of_labels,
)
from gencheck.errors import InvalidArgument, LimitExceeded

_tables = st.builds(
    CountTable,
    prompt=st.sampled_from(["", "a nurse", "a judge"]),
    attribute=st.sampled_from(["skin_tone", "perceived_gender"]),
    counts=st.dictionaries(st.sampled_from("abcd"), st.integers(0, 1000).map(float)),
    unverified=st.integers(0, 50).map(float),
)
_states = st.builds(
    lambda tables, seen, none: state_of(tables, images=seen + none, images_without_face=none),
    st.lists(_tables, max_size=6),
    st.integers(0, 9),
    st.integers(0, 9),
)


@given(_states, _states, _states)
def test_merge_is_associative_and_commutative(a: AuditState, b: AuditState, c: AuditState) -> None:
    assert merge(merge(a, b), c) == merge(a, merge(b, c))
    assert merge(a, b) == merge(b, a)
    assert merge(a, AuditState()) == a


def test_merge_adds_up() -> None:
    a = state_of([CountTable("", "x", {"m": 1, "f": 2}, 1)], images=3, images_without_face=1)
    b = state_of([CountTable("", "x", {"f": 5, "n": 7})], images=2)
    assert merge(a, b) == AuditState((CountTable("", "x", {"f": 7, "m": 1, "n": 7}, 1),), 5, 1)


def test_labels_become_tables() -> None:
    labels = [Label("p", "g", "m"), Label("p", "g", "m"), Label("p", "g", ""), Label("q", "g", "f")]
    assert tables_of_labels(labels) == (
        CountTable("p", "g", {"m": 2}, 1),
        CountTable("q", "g", {"f": 1}),
    )


def test_bounds() -> None:
    with pytest.raises(LimitExceeded):
        CountTable("", "x", {str(i): 1.0 for i in range(MAX_CATEGORIES + 1)})
    with pytest.raises(LimitExceeded):
        state_of(CountTable(str(i), "x", {"a": 1.0}) for i in range(MAX_TABLES + 1))
    with pytest.raises(InvalidArgument):
        CountTable("", "", {"a": 1.0})
    with pytest.raises(InvalidArgument):
        CountTable("", "x", {"a": float("inf")})
    with pytest.raises(InvalidArgument):
        AuditState((), images=1, images_without_face=2)
