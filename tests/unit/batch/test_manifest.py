"""Manifests of every format: surveyed in one pass, read in ranges, refused with words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fsspec
import pytest

from gencheck.batch import lines, manifest
from gencheck.batch.duplicates import refuse_duplicates
from gencheck.batch.manifest import Manifest, Row
from gencheck.errors import InvalidInput, NotFound

from .conftest import Write

FORMATS = ["m.parquet", "m.csv", "m.jsonl"]


def rows_of(count: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"é{i}",
            "uri": f"a/{i}.png",
            "prompt": 'two "dogs",\nand a cat',
            "group": f"g{i % 3}",
        }
        for i in range(count)
    ]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("stride", [1, 4, 1 << 16])
def test_every_range_of_rows_can_be_read(
    name: str, stride: int, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "STRIDE", stride)
    monkeypatch.setattr(manifest, "STRIDE", stride)
    rows = rows_of(11)
    found = Manifest.survey(write(name, rows))
    expected = [Row(i, policy="", **row) for i, row in enumerate(rows)]
    assert found.rows == 11
    for first in range(11):
        for count in range(12 - first):
            assert found.read(first, count) == expected[first : first + count]


@pytest.mark.parametrize("name", FORMATS)
def test_a_manifest_is_read_from_any_store(name: str, write: Write) -> None:
    path = Path(write(name, rows_of(5)))
    with fsspec.open(f"memory://manifests/{name}", "wb") as file:
        file.write(path.read_bytes())
    here, there = Manifest.survey(str(path)), Manifest.survey(f"memory://manifests/{name}")
    refuse_duplicates(there)
    assert there.sha256 == here.sha256
    assert there.read(2, 3) == here.read(2, 3)


@pytest.mark.parametrize("name", FORMATS)
def test_a_change_is_seen_and_a_touch_is_none(name: str, write: Write) -> None:
    rows = rows_of(5)
    path = Path(write(name, rows))
    found = Manifest.survey(str(path))
    assert found.unchanged()
    path.write_bytes(path.read_bytes())
    assert found.unchanged()
    write(name, [{**rows[0], "uri": "a/X.png"}, *rows[1:]])
    assert not found.unchanged()


@pytest.mark.parametrize("name", FORMATS)
def test_a_whole_number_is_an_id(name: str, write: Write) -> None:
    found = Manifest.survey(write(name, [{"id": 7, "uri": "x"}, {"id": 8, "uri": "y"}]))
    assert [row.id for row in found.read(0, 2)] == ["7", "8"]


def test_an_absent_or_empty_optional_column_is_empty(write: Write) -> None:
    found = Manifest.survey(write("m.parquet", [{"id": "a", "uri": "x", "prompt": None}]))
    assert found.read(0, 1) == [Row(0, "a", "x")]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("m.csv", "id,url\n1,x\n", "no column uri"),
        ("m.csv", "id,uri,id\n1,x,2\n", "the column id is there twice"),
        ("m.csv", "id,uri\n", "no rows"),
        ("m.csv", "", "no column id and uri"),
        ("m.jsonl", "", "no rows"),
        ("m.parquet", "PAR1 or so", "no whole Parquet file"),
        ("m.txt", "id,uri\n1,x\n", "no manifest by its name"),
    ],
)
def test_what_is_no_manifest_is_refused(name: str, text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InvalidInput, match=told):
        Manifest.survey(str(path))


def test_a_manifest_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Manifest.survey(str(tmp_path / "m.csv"))


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("m.csv", "id,uri\n,x\n", "row 1: id is empty"),
        ("m.csv", "id,uri\n1,x\n2\n", "row 2: a row of 1 fields under a header of 2"),
        ("m.csv", "id,uri\n1,x,y,z\n", "row 1: a row of 4 fields under a header of 2"),
        ("m.csv", 'id,uri\n1,"x\n', "no CSV"),
        ("m.csv", "id,uri\n1,a\rb\n", "no CSV"),
        ("m.jsonl", '{"id": "1"}\n', "row 1: no column uri"),
        ("m.jsonl", '{"id": "1", "uri": ["x"]}\n', "uri must be a text, not list"),
        ("m.jsonl", '{"id": "1", "uri": "x"}\n[]\n', "row 2: this is no JSON object"),
        ("m.jsonl", '{"id": "1", "uri": "x"}\n{\n', "row 2: this is no JSON"),
        ("m.jsonl", '{"id": "\\ud800", "uri": "x"}\n', "id is not valid Unicode"),
        ("m.jsonl", '{"id": true, "uri": "x"}\n', "id must be a text, not bool"),
    ],
)
def test_a_broken_row_is_named(name: str, text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text, newline="")
    found = Manifest.survey(str(path))
    with pytest.raises(InvalidInput, match=told):
        found.read(0, found.rows)


def test_bytes_that_are_no_utf8(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(b"id,uri\n1,\xff\n")
    with pytest.raises(InvalidInput, match="not UTF-8"):
        Manifest.survey(str(path)).read(0, 1)


@pytest.mark.parametrize("name", FORMATS)
def test_an_id_that_is_there_twice_is_refused_whatever_the_distance(
    name: str, write: Write
) -> None:
    rows = rows_of(20)
    refuse_duplicates(Manifest.survey(write(name, rows)))
    rows[19] = {**rows[19], "id": rows[0]["id"]}
    with pytest.raises(InvalidInput, match="more than once: é0"):
        refuse_duplicates(Manifest.survey(write(name, rows)))


def test_a_stray_quote_is_refused_before_it_shifts_rows(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text('id,uri\n1,a"b\n2,c\n3,d"e\n4,f\n')
    with pytest.raises(InvalidInput, match=r"cannot be read|by their line ends"):
        refuse_duplicates(Manifest.survey(str(path)))
