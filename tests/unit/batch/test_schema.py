"""An answer as a row: everything that depends on the asset, rounded, and nothing else."""

import json

import pyarrow as pa
import pytest

from gencheck.batch.manifest import Row
from gencheck.batch.schema import failed_row, judged_row, region_text, results_schema, rounded
from gencheck.errors import DecodeFailed
from gencheck.findings import Box, JsonPointer, Mask, MeshElements, PrimPath, TextSpan, TimeSpan
from gencheck.wire import region_to

from .fakes import response

ROW = Row(3, "a1", "a.png", prompt="a dog", group="g")


def _through_parquet_types(row: dict[str, object]) -> dict[str, object]:
    return dict(pa.Table.from_pylist([row], schema=results_schema()).to_pylist()[0])


def test_a_judged_row() -> None:
    row = _through_parquet_types(judged_row(ROW, response("a.png", "fail", "strict")))
    assert row["id"] == "a1"
    assert (row["verdict"], row["policy"], row["policy_sha256"]) == ("FAIL", "strict", "ab" * 32)
    (finding,) = row["findings"]  # type: ignore[misc]
    assert finding["measured"] == 0.1235
    assert json.loads(finding["region"])["box"]["x"] == 1.0
    assert row["measurements"] == [{"code": "BLUR", "value": 0.1235}]
    assert row["judged"] == ["artifact"]
    gaps = row["gaps"]
    assert [gap["check"] for gap in gaps] == ["consistency"]  # type: ignore[attr-defined]
    assert row["models"] == ["TextReader=ppocr@6"]
    assert row["coverage"] is None
    assert "seconds" not in row


def test_a_failed_row_says_why_and_judges_nothing() -> None:
    error = DecodeFailed("nothing", where="a.png")
    row = _through_parquet_types(failed_row(ROW, error, "default"))
    assert (row["verdict"], row["error_reason"]) == ("FAILED", "DECODE_FAILED")
    assert row["error_message"] == "a.png: nothing"
    assert row["findings"] == row["reasons"] == []


@pytest.mark.parametrize(
    ("region", "fields"),
    [
        (Box(1.23456789, 2, 3, 4), {"box": {"x": 1.2346, "y": 2, "width": 3, "height": 4}}),
        (
            Mask(b"png", Box(1, 2, 3, 4)),
            {"mask": {"box": {"x": 1, "y": 2, "width": 3, "height": 4}}},
        ),
        (TimeSpan(0.5, 1.0), {"time_span": {"start": 0.5, "end": 1}}),
        (
            MeshElements("face", tuple(range(1000)), 5000),
            {"mesh_elements": {"kind": "MESH_ELEMENT_KIND_FACE", "total": 5000}},
        ),
        (TextSpan(0, 3, "dog"), {"text_span": {"end": 3, "text": "dog"}}),
        (JsonPointer("/a"), {"json_pointer": "/a"}),
        (PrimPath("/A/m"), {"prim_path": "/A/m"}),
    ],
)
def test_a_region_is_kept_without_pixels_and_long_lists(region: object, fields: object) -> None:
    message = region_to(region)  # type: ignore[arg-type]
    assert message is not None
    text = region_text(message)
    assert text is not None
    assert json.loads(text) == fields


def test_rounding_has_no_negative_zero() -> None:
    assert str(rounded(-0.00001)) == "0.0"
