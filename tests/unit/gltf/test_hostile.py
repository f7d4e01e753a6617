"""Input made to hurt: an answer, no exception, bounded memory. (How long it takes is a bench's.)"""

from __future__ import annotations

import base64
import copy
import json
import random
import struct
from typing import Any

import pytest
from gltf_seeds import WHOLE

from gencheck.gltf.headers import MAX_STEPS
from gencheck.gltf.log import MAX_ISSUES, Report
from gencheck.gltf.source import read_source
from gencheck.gltf.text import MAX_VALUES
from gencheck.gltf.validate import validate

ASSET = '"asset":{"version":"2.0"}'


def counts(text: str) -> dict[str, int]:
    return dict(validate(read_source(text.encode(), packed=False)).counts)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "INVALID_JSON"),
        ("[]", "TYPE_MISMATCH"),
        ("null", "TYPE_MISMATCH"),
        ("\ufeff{}", "INVALID_JSON"),
        ('{"asset":NaN}', "INVALID_JSON"),
        (f'{{{ASSET},"scene":{"9" * 5000}}}', "TYPE_MISMATCH"),  # more digits than an int may have
        (f'{{{ASSET},"nodes":[{{"translation":[1e999,0,0]}}]}}', "VALUE_NOT_IN_RANGE"),
        (f'{{{ASSET},"nodes":[{{"translation":[{"9" * 400},0,0]}}]}}', "VALUE_NOT_IN_RANGE"),
        ('{"asset":{"version":"%s.0"}}' % ("9" * 100), "UNKNOWN_ASSET_MAJOR_VERSION"),
    ],
)
def test_json_that_is_none_or_odd(text: str, code: str) -> None:
    assert code in counts(text)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000])
def test_json_that_is_nested_too_deeply_to_be_read_is_said_to_be_unchecked(text: str) -> None:
    report = validate(read_source(text.encode(), packed=False))
    assert report.counts == {} and "nested" in report.unchecked[0]


def test_of_two_equal_keys_the_last_counts() -> None:
    assert counts(f'{{{ASSET},"scene":"x","scene":0,"scenes":[{{}}]}}') == {}


def test_a_chain_of_a_hundred_thousand_nodes() -> None:
    nodes: list[dict[str, Any]] = [{"children": [i + 1]} for i in range(100_000)]
    nodes.append({})
    document = {"asset": {"version": "2.0"}, "nodes": nodes}
    assert counts(json.dumps(document)) == {"NODE_EMPTY": 1, "UNUSED_OBJECT": 1}


def test_too_many_objects_are_said_to_be_unchecked() -> None:
    report = validate(
        read_source(f'{{{ASSET},"nodes":[{"{}," * MAX_VALUES}{{}}]}}'.encode(), packed=False)
    )
    assert report.issues == () and "at most" in report.unchecked[0]


def test_issues_are_counted_and_not_all_listed() -> None:
    document = {"asset": {"version": "2.0"}, "nodes": [{"mesh": 1}] * (MAX_ISSUES + 10)}
    report = validate(read_source(json.dumps(document).encode(), packed=False))
    assert len(report.issues) == MAX_ISSUES
    assert report.counts["UNRESOLVED_REFERENCE"] == MAX_ISSUES + 10


@pytest.mark.parametrize("count", [10**9, 2**53])
def test_huge_sparse_accessors_take_no_memory(count: int) -> None:
    accessor = {
        "componentType": 5126,
        "type": "MAT4",
        "count": count,
        "sparse": {
            "count": count,
            "indices": {"bufferView": 0, "componentType": 5125},
            "values": {"bufferView": 0},
        },
    }
    views = [{"buffer": 0, "byteLength": 4}]
    buffers = [{"byteLength": 4, "uri": "data:application/octet-stream;base64,AAAAAA=="}]
    document = {"asset": {"version": "2.0"}, "accessors": [accessor], "bufferViews": views}
    report = validate(
        read_source(json.dumps({**document, "buffers": buffers}).encode(), packed=False)
    )
    assert report.counts["ACCESSOR_TOO_LONG"] == 2
    assert report.unchecked


PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s2I5B4x", 13, b"IHDR", 4, 4, 8, 2, 0, 0, 0)
TEXT = struct.pack(">I4s4x", 0, b"tEXt")


def pictures(data: bytes, count: int) -> Report:
    """What is said of so many images of the same bytes."""
    uri = "data:application/octet-stream;base64," + base64.b64encode(data).decode()
    document = {
        "asset": {"version": "2.0"},
        "images": [{"bufferView": 0, "mimeType": "image/png"}] * count,
        "bufferViews": [{"buffer": 0, "byteLength": len(data)}],
        "buffers": [{"byteLength": len(data), "uri": uri}],
    }
    return validate(read_source(json.dumps(document).encode(), packed=False))


@pytest.mark.parametrize("data", [b"\xff\xd8" + b"\xff" * MAX_STEPS, PNG + TEXT * 10_000])
def test_headers_of_pictures_without_end_are_left_unchecked(data: bytes) -> None:
    report = pictures(data, 1_000)
    assert "headers of images" in report.unchecked[0]
    assert "IMAGE_DATA_INVALID" not in report.counts


def test_a_header_of_many_parts_is_read() -> None:
    report = pictures(PNG + TEXT * 10_000 + struct.pack(">I4s4x", 0, b"IDAT"), 1)
    assert not report.unchecked and set(report.counts) == {"UNUSED_OBJECT"}


VALUES: tuple[Any, ...] = (
    *(None, True, [], {}, "", "2.0", [None], [{}], [[]], {"a": {}}, "data:", "x.png"),
    *(0, 1, 2, -1, 1.5, 1e300, 2**40, 5120, 5126, "MAT3", "VEC4", [0], [0, 0], [3], [1.0, -1]),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found: list[tuple[Any, ...]] = []
    for key, entry in inner:
        found.append((*path, key))
        if isinstance(entry, dict | list):
            found += places(entry, (*path, key))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_no_change_of_any_value_makes_it_stumble(seed: int) -> None:
    chance = random.Random(seed)
    where = places(WHOLE)
    for _ in range(400):
        document = copy.deepcopy(WHOLE)
        for path in chance.sample(where, chance.randint(1, 3)):
            place: Any = document
            try:
                for key in path[:-1]:
                    place = place[key]
                if chance.random() < 0.2:
                    del place[path[-1]]
                else:
                    place[path[-1]] = copy.deepcopy(chance.choice(VALUES))
            except (KeyError, IndexError, TypeError):
                continue  # an earlier change took it away
        packed = chance.random() < 0.1
        validate(read_source(json.dumps(document).encode(), packed=packed))
