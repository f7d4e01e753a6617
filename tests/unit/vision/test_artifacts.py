from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import ModelNotReady
from gencheck.findings import ModelUsed
from gencheck.inference.backend import ModelSpec, Tensors, TensorSpec
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.fake import FakeBackend
from gencheck.inference.store import shipped_models
from gencheck.vision.artifacts import DamageSegmenter, clean_waves, golden, prepare

F32, U8 = np.dtype(np.float32), np.dtype(np.uint8)
SPEC = ModelSpec(
    "artifact_segmenter",
    "1",
    (TensorSpec("pictures", U8, (-1, -1, -1, 3)),),
    (TensorSpec("probabilities", F32, (-1, 2, -1, -1)),),
    max_batch=4,
    labels=("warp", "hole"),
    parameters={"side": "640"},
)
USED = ModelUsed("artifact_segmenter", "artifact_segmenter", "1")


def detail(inputs: Tensors) -> Tensors:
    """Two classes: how bright the cell is, and how far its pixels are from those next to them."""
    grey = np.asarray(inputs["pictures"], np.float32).mean(axis=3)
    cells = grey.reshape(len(grey), grey.shape[1] // 4, 4, -1, 4).mean(axis=(2, 4)) / 510
    return {"probabilities": np.stack([cells, np.zeros_like(cells)], axis=1)}


def segmenter(spec: ModelSpec = SPEC) -> DamageSegmenter:
    return DamageSegmenter(FakeBackend({spec.name: (spec, detail)}), USED, spec)


def half_bright(height: int, width: int) -> NDArray[np.uint8]:
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, width // 2 :] = 255
    return picture


@pytest.mark.parametrize("size", [(480, 640), (200, 330), (1300, 900), (65, 2000)])
async def test_the_map_covers_the_picture_and_nothing_else(size: tuple[int, int]) -> None:
    found = await segmenter().locate(half_bright(*size), deadline=Deadline.after(5))
    assert found.classes == ("warp", "hole")
    rows, columns = found.probabilities.shape[1:]
    scale = min(1, 640 / max(size))
    assert rows == pytest.approx(size[0] * scale / 4, abs=1)
    assert columns == pytest.approx(size[1] * scale / 4, abs=1)
    bright = found.probabilities[0] > 0.25
    assert bright[:, columns // 2 + 1 :].all()
    assert not bright[:, : columns // 2 - 1].any()


def test_what_fits_is_not_resampled_and_the_rest_repeats_the_edge() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (100, 70, 3), dtype=np.uint8)
    blob, cells = prepare(picture, 640)
    assert blob.shape == (1, 128, 96, 3)
    assert cells == (25, 18)
    np.testing.assert_array_equal(blob[0, :100, :70], picture)
    np.testing.assert_array_equal(blob[0, 110, :70], picture[-1])


@pytest.mark.parametrize("size", [(1, 1), (1, 9000), (7000, 2)])
def test_any_size_fits(size: tuple[int, int]) -> None:
    blob, (rows, columns) = prepare(np.zeros((*size, 3), np.uint8), 640)
    assert max(blob.shape[1:3]) <= 640
    assert blob.shape[1] % 32 == blob.shape[2] % 32 == 0
    assert min(rows, columns) >= 1


@pytest.mark.parametrize(
    "spec",
    [
        replace(SPEC, parameters={}),
        replace(SPEC, parameters={"side": "100"}),
        replace(SPEC, parameters={"side": "1000000"}),
        replace(SPEC, labels=("warp",)),
    ],
)
def test_a_configuration_of_another_model_is_refused(spec: ModelSpec) -> None:
    with pytest.raises(ModelNotReady):
        segmenter(spec)


def test_the_golden_picture_differs_from_the_clean_one_in_its_part_only() -> None:
    picture, part = golden()
    changed = (picture != clean_waves()).any(axis=2)
    assert not changed[~part].any()
    assert changed[part].mean() > 0.5


async def test_a_model_that_sees_damage_where_there_is_none_is_not_ready() -> None:
    with pytest.raises(ModelNotReady, match="golden"):
        await segmenter().self_check(deadline=Deadline.after(5))


async def test_a_model_that_knows_the_golden_picture_is_ready() -> None:
    def knows(inputs: Tensors) -> Tensors:
        shown = np.asarray(inputs["pictures"])[0]
        differs = (shown != clean_waves()).any(axis=2).astype(np.float32)
        cells = cv2.resize(differs, (80, 80), interpolation=cv2.INTER_AREA) > 0.2
        return {"probabilities": np.stack([cells, ~cells & False])[None].astype(np.float32)}

    backend = FakeBackend({SPEC.name: (SPEC, knows)})
    await DamageSegmenter(backend, USED, SPEC).self_check(deadline=Deadline.after(5))


async def test_the_shipped_model_knows_the_golden_picture_and_is_what_its_record_says() -> None:
    models = shipped_models()
    backend = EmbeddedBackend(models / "repository", threads=1)
    spec = await backend.describe(SPEC.name)
    shipped = DamageSegmenter(backend, USED, spec)
    try:
        await shipped.self_check(deadline=Deadline.after(60))
        picture, _ = golden()
        found = await shipped.locate(picture, deadline=Deadline.after(60))
    finally:
        await backend.aclose()
    record = json.loads((models / "training" / "record.json").read_text())
    assert list(shipped.classes) == record["families"]
    kinds = found.probabilities.mean(axis=(1, 2))
    assert found.classes[int(kinds.argmax())] == "degrade"
    assert all(name.split("/")[0] != "val2017" for name in record["photos"])
    assert not set(record["photos"]) & set(record["photos_held_back"])
