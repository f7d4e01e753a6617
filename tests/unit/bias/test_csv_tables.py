from __future__ import annotations

import pytest

from gencheck.bias.counts import CountTable
from gencheck.bias.csv_tables import parse_counts, parse_pairs, parse_references
from gencheck.errors import InvalidArgument, LimitExceeded


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


def test_pairs() -> None:
    found = parse_pairs(b'first,second\n"a doctor, old",a nurse\na,b\n', name="p.csv")
    assert found == [("a doctor, old", "a nurse"), ("a", "b")]


@pytest.mark.parametrize("row", [b"a,a", b"a,", b"x,y\nx,y"])
def test_what_is_no_pair(row: bytes) -> None:
    with pytest.raises(InvalidArgument, match=r"p\.csv, line"):
        parse_pairs(b"first,second\n" + row + b"\n", name="p.csv")
