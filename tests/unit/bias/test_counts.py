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
    parse_counts,
    parse_references,
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


def test_short_and_long_counts_files() -> None:
    short = parse_counts(b"\xef\xbb\xbfcategory,count\r\nmale,90\r\nfemale,10\r\n,3\r\n", name="c")
    assert short == (CountTable("", "category", {"female": 10, "male": 90}, 3),)
    long = parse_counts(
        b'prompt,attribute,category,count\n"a doctor, smiling",g,m,1.5\n\n"a nurse",g,f,2\n',
        name="c",
    )
    assert long == (
        CountTable("a doctor, smiling", "g", {"m": 1.5}),
        CountTable("a nurse", "g", {"f": 2}),
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "line 1"),
        (b"a,b\n1,2\n", "line 1: the first line is 'a,b'"),
        (b"category,count\n", "no rows"),
        (b"category,count\nm,1\nf,many\n", "c.csv, line 3: the count 'many' is no number"),
        (b"category,count\nm,-1\n", "c.csv, line 2: -1 is no count"),
        (b"category,count\nm,nan\n", "c.csv, line 2: nan is no count"),
        (b"category,count\nm,1e300\n", "over"),
        (b"category,count\nm,1,2\n", "c.csv, line 2: 3 cells, expected 2"),
        (b"category,count\nm,1\nm,2\n", "c.csv, line 3: 'category/m' stands already in line 2"),
        (b"category,count\n\xff\xfe,2\n", "not UTF-8"),
        (b'category,count\n"m,1\n', "not valid CSV"),
        (b"category,count\nm\x07,1\n", "no name"),
    ],
)
def test_wrong_files_are_refused_by_line(data: bytes, message: str) -> None:
    with pytest.raises((InvalidArgument, LimitExceeded)) as caught:
        parse_counts(data, name="c.csv")
    assert message in str(caught.value)


def test_references() -> None:
    found = parse_references(b"attribute,category,share\ng,m,1\ng,f,2\nh,x,0.5\n", name="r.csv")
    assert found == {"g": {"m": 1.0, "f": 2.0}, "h": {"x": 0.5}}
    with pytest.raises(InvalidArgument, match=r"r\.csv, line 3: 'g/m' stands already in line 2"):
        parse_references(b"attribute,category,share\ng,m,1\ng,m,2\n", name="r.csv")


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
