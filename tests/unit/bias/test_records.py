from __future__ import annotations

import io
import itertools
from collections.abc import Sequence

import pytest

from gencheck.bias import records
from gencheck.bias.counts import CountTable
from gencheck.bias.records import read_tables
from gencheck.errors import InvalidArgument, LimitExceeded

HEAD = b"prompt,gender,age\n"


def _read(data: bytes, *crosses: Sequence[str]) -> dict[tuple[str, str], CountTable]:
    tables = read_tables(io.BytesIO(data), name="r.csv", crosses=crosses)
    return {(table.prompt, table.attribute): table for table in tables}


def test_records_are_counted_by_prompt_and_attribute() -> None:
    found = _read(HEAD + b"a doctor,man,20-39\na doctor,woman,20-39\n\na nurse,,60+\n")
    assert found.keys() == set(itertools.product(("a doctor", "a nurse"), ("gender", "age")))
    assert found["a doctor", "gender"].counts == {"man": 1, "woman": 1}
    assert found["a nurse", "gender"].counts == {"man": 0, "woman": 0}
    assert found["a nurse", "gender"].unverified == 1
    assert found["a nurse", "age"].counts == {"20-39": 0, "60+": 1}


def test_crossed_attributes_are_counted_together() -> None:
    rows = b",man,old\n,man,old\n,woman,young\n,woman,\n"
    found = _read(HEAD + rows, ["gender", "age"])
    table = found["", "gender × age"]
    assert table.counts == {
        "man × old": 2,
        "man × young": 0,
        "woman × old": 0,
        "woman × young": 1,
    }
    assert table.unverified == 1
    assert sum(table.counts.values()) + table.unverified == 4


def test_files_of_counts_are_read_as_ever() -> None:
    assert _read(b"category,count\nm,3\n")["", "category"].counts == {"m": 3}
    long = b"prompt,attribute,category,count\np,g,m,2\n"
    assert _read(long)["p", "g"].counts == {"m": 2}
    with pytest.raises(InvalidArgument, match="counts cannot be crossed"):
        _read(long, ["g", "h"])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"prompt\nx\n", "0 attributes"),
        (b"prompt,g,g\nx,a,b\n", "two columns are 'g'"),
        (b"prompt,\nx,a\n", "no name"),
        (HEAD, "no rows"),
        (HEAD + b"a,b\n", "record 1: 2 cells, expected 3"),
        (HEAD + b"p,m,old\n" * 3 + b"a,b,c,d\n", "record 4: 4 cells"),
        (HEAD + b"p,\x07,old\n", "the category"),
        (HEAD + b'p,"m,old\n', "not valid CSV"),
        (HEAD + b"p,\xff,old\n", "not UTF-8 text: the byte 0xff"),
        (b"person,gender\na,b\n", "It has to be"),
    ],
)
def test_wrong_files(data: bytes, message: str) -> None:
    with pytest.raises((InvalidArgument, LimitExceeded)) as caught:
        _read(data)
    assert message in str(caught.value)


def test_unknown_attribute_to_cross() -> None:
    with pytest.raises(InvalidArgument, match=r"no attribute 'tone' to cross.*gender, age"):
        _read(HEAD + b"p,m,old\n", ["gender", "tone"])


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = b"".join(
        f'"a, {i % 3}\n{i % 2}",m{i % 5},\N{LATIN SMALL LETTER E WITH ACUTE}{i % 4}\r\n'.encode()
        for i in range(500)
    )
    whole = _read(HEAD + rows)
    for size in (64, 97, 1000):
        monkeypatch.setattr(records, "_BLOCK", size)
        monkeypatch.setattr(records, "_ROWS_AT_A_TIME", 7)
        assert _read(HEAD + rows) == whole


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    many = b"".join(f"p,{i},x\n".encode() for i in range(200))
    with pytest.raises(LimitExceeded, match="200 categories"):
        _read(HEAD + many)
    monkeypatch.setattr(records, "MAX_KINDS", 100)
    with pytest.raises(LimitExceeded, match="more than 100 kinds"):
        _read(HEAD + many)
    monkeypatch.setattr(records, "_BLOCK", 100)
    with pytest.raises(LimitExceeded, match="line is longer than 100 bytes"):
        _read(HEAD + b"p" * 1000)
    monkeypatch.setattr(records, "MAX_BYTES", 20)
    with pytest.raises(LimitExceeded, match="counts of 20 bytes or more"):
        _read(b"category,count\nman,1\nwoman,2\nothers,3\n")
