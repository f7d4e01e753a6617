"""What is said of many numbers, held against each number by itself."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.gltf.attributes import _look_at_indices, _look_at_normals
from gencheck.gltf.log import Issue
from gencheck.gltf.source import read_source
from gencheck.gltf.transforms import UNIT_TOLERANCE
from gencheck.gltf.validate import validate
from tests.unit.gltf.test_rules import uri

ROWS = 3_000
"""More than what is looked at as one block."""


def told(values: NDArray[np.float32], name: str, *, gap: int = 0, **members: object) -> list[Issue]:
    """The issues of one attribute in rows with so many floats between them."""
    rows = np.concatenate([values, np.full((len(values), gap), np.nan, "<f4")], axis=1)
    accessor = {"bufferView": 0, "componentType": 5126, "count": len(rows), "type": "VEC3"}
    view = {"buffer": 0, "byteLength": rows.nbytes}
    document = {
        "asset": {"version": "2.0"},
        "meshes": [{"primitives": [{"attributes": {name: 0}}]}],
        "accessors": [{**accessor, **members}],
        "bufferViews": [{**view, "byteStride": 4 * rows.shape[1]} if gap else view],
        "buffers": [{"byteLength": rows.nbytes, "uri": uri(rows)}],
    }
    return list(validate(read_source(json.dumps(document).encode(), packed=False)).issues)


def numbers(seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(ROWS, 3)).astype("<f4")


@pytest.mark.parametrize("gap", [0, 2])
def test_normals_are_judged_in_double_precision_at_the_tolerance(gap: int) -> None:
    exact = numbers().astype(float)
    exact /= np.linalg.norm(exact, axis=1)[:, None]
    near = np.random.default_rng(1).normal(scale=2e-7, size=ROWS)
    sides = np.random.default_rng(2).choice([-1, 0, 1], ROWS)
    values = (exact * (1 + sides * UNIT_TOLERANCE + near)[:, None]).astype("<f4")
    values[5], values[6, 1], values[7], values[8] = 0, np.inf, 1e30, np.nan
    with np.errstate(all="ignore"):
        lengths = np.sqrt((values.astype(float) ** 2).sum(1))
        expected = {
            f"element {i}: length {lengths[i]:.6g}"
            for i in np.flatnonzero(np.abs(lengths - 1) > UNIT_TOLERANCE)
        }
    issues = told(values, "NORMAL", gap=gap)
    found = [issue.detail for issue in issues if issue.code == "ACCESSOR_VECTOR3_NON_UNIT"]
    assert len(found) == len(expected) > 500
    assert set(found) == expected


@pytest.mark.parametrize("gap", [0, 2])
@pytest.mark.parametrize("at", [0, 1, 2_000, ROWS - 1])
def test_the_bounds_of_each_column_wherever_they_are(at: int, gap: int) -> None:
    values = numbers()
    values[at] = (-9, 9, 0)
    low, high = values.min(0).tolist(), values.max(0).tolist()
    codes = [i.code for i in told(values, "POSITION", gap=gap, min=low, max=high)]
    assert not [code for code in codes if code.startswith("ACCESSOR")]
    wrong = told(values, "POSITION", gap=gap, min=[-8, *low[1:]], max=[high[0], 8, high[2]])
    assert {(i.code, i.pointer, i.detail) for i in wrong if i.code.startswith("ACCESSOR")} == {
        ("ACCESSOR_MIN_MISMATCH", "/accessors/0/min/0", "-8 declared, -9.0 found"),
        ("ACCESSOR_ELEMENT_OUT_OF_MIN_BOUND", "/accessors/0/min/0", "1 elements"),
        ("ACCESSOR_MAX_MISMATCH", "/accessors/0/max/1", "8 declared, 9.0 found"),
        ("ACCESSOR_ELEMENT_OUT_OF_MAX_BOUND", "/accessors/0/max/1", "1 elements"),
    }


@pytest.mark.parametrize("row", [1, ROWS - 1])
def test_numbers_that_are_none_are_told_and_passed_over_by_bounds(row: int) -> None:
    values = numbers()
    low, high = values.min(0).tolist(), values.max(0).tolist()
    values[row] = np.nan
    issues = told(values, "POSITION", min=low, max=high)
    assert [i.detail for i in issues if i.code == "ACCESSOR_INVALID_FLOAT"] == [
        f"element {3 * row + i}: nan" for i in range(3)
    ]
    assert not [i for i in issues if "MISMATCH" in i.code]


def test_a_sum_beyond_single_precision_is_of_numbers_all_the_same() -> None:
    values = np.full((ROWS, 3), 3e38, "<f4")
    issues = told(values, "POSITION", min=values[0].tolist(), max=values[0].tolist())
    assert not [i for i in issues if i.code.startswith("ACCESSOR")]


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.uint32])
@pytest.mark.parametrize("count", [3, 4, 3_000, 600_001])
def test_triangles_that_name_a_vertex_twice_are_counted(kind: type, count: int) -> None:
    indices = np.random.default_rng(count).integers(0, 200, count).astype(kind)
    triangles = [indices[i : count // 3 * 3 : 3].tolist() for i in range(3)]
    expected = sum(len(set(corners)) < 3 for corners in zip(*triangles, strict=True))
    found = [f for f in _look_at_indices(indices, 200, True) if "DEGENERATE" in f.code]
    assert [f.text(0) for f in found] == [f"{expected} of {count // 3} triangles"] * bool(expected)
    clean = np.tile(np.array([0, 1, 2, 2, 1, 0], kind), count // 6)  # the same beside each other
    assert _look_at_indices(clean, 3, True) == []


@pytest.mark.parametrize("place", [0, 1, 400_000])
def test_a_normal_is_found_wherever_it_lies(place: int) -> None:
    normals = np.zeros((400_001, 3), np.float32)
    normals[:, 1] = 1
    for wrong in (0.0, 1.0 + 2 * UNIT_TOLERANCE, np.nan):
        normals[place, 1] = wrong
        (found,) = _look_at_normals(normals, False)
        assert found.elements.tolist() == [place] * (not np.isnan(wrong))
