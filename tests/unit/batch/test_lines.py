"""Where the rows of a text file begin, against the readers of the standard library."""

import csv
import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gencheck.batch import lines
from gencheck.batch.lines import index_rows

FIELD = st.text(st.sampled_from('ab",\n\r é'), max_size=8)


def _written(rows: list[list[str]], ending: str, quoting: int) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator=ending, quoting=quoting).writerows(rows)
    return file.getvalue().encode()


@given(
    rows=st.lists(st.lists(FIELD, min_size=2, max_size=3), max_size=40),
    ending=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    stride=st.integers(1, 7),
    chunk=st.integers(1, 50),
)
def test_each_offset_is_where_the_csv_reader_finds_that_row(
    rows: list[list[str]], ending: str, quoting: int, stride: int, chunk: int
) -> None:
    if quoting == csv.QUOTE_MINIMAL:  # the writer leaves a bare "\r" unquoted, which is no CSV
        rows = [[field.replace("\r", "") for field in row] for row in rows]
    data = _written(rows, ending, quoting)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "STRIDE", stride)
        patch.setattr(lines, "_CHUNK", chunk)
        found = index_rows(io.BytesIO(data), quotes=True)
    assert found.rows == len(rows)
    assert found.size == len(data)
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert len(found.offsets) == -(-len(rows) // stride)
    for number, offset in enumerate(found.offsets):
        text = data[offset:].decode()
        assert next(csv.reader(io.StringIO(text, newline=""))) == rows[number * stride]


@pytest.mark.parametrize("chunk", [1, 2, 3, 1 << 20])
@pytest.mark.parametrize(
    ("data", "offsets"),
    [
        (b"", []),
        (b"a", [0]),
        (b"a\nb", [0, 2]),
        (b"a\n\n\r\nb\r\n\n", [0, 5]),
        (b"\r\n\na\n", [3]),
        (b"\n\n", []),
    ],
)
def test_blank_lines_are_no_rows(
    data: bytes, offsets: list[int], chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "STRIDE", 1)
    monkeypatch.setattr(lines, "_CHUNK", chunk)
    assert index_rows(io.BytesIO(data), quotes=False).offsets == offsets
