from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import DeadlineExceeded, LimitExceeded, ModelNotReady
from gencheck.findings import Box
from gencheck.inference.backend import ModelSpec, Tensors, TensorSpec
from gencheck.inference.fake import FakeBackend
from gencheck.inference.store import ModelStore, shipped_models
from gencheck.vision import build
from gencheck.vision.build import build_roles
from gencheck.vision.geometry import Placement
from gencheck.vision.roles import Segmenter
from gencheck.vision.segment import MOST_BOXES, mask_iou
from gencheck.vision.segment_sam import SamSegmenter, placed, prepare

F32, U8 = np.dtype(np.float32), np.dtype(np.uint8)
SIDE = 256
SECONDS = 10


def encoder_spec(**parameters: str) -> ModelSpec:
    return ModelSpec(
        "mobile_sam_encoder",
        "1",
        (TensorSpec("picture", U8, (1, 3, -1, -1)),),
        (TensorSpec("embedding", F32, (1, 256, 16, 16)),),
        parameters={"side": str(SIDE), "source": "ab"} | parameters,
    )


def decoder_spec(**parameters: str) -> ModelSpec:
    return ModelSpec(
        "mobile_sam_decoder",
        "1",
        (TensorSpec("embedding", F32, (1, 256, 16, 16)), TensorSpec("boxes", F32, (-1, 4))),
        (TensorSpec("masks", F32, (-1, 1, 64, 64)), TensorSpec("scores", F32, (-1, 1))),
        parameters={"source": "ab"} | parameters,
    )


def ellipses(inputs: Tensors) -> Tensors:
    """The ellipse in each box; of a box without an area nothing."""
    boxes = np.asarray(inputs["boxes"], np.float32)
    y, x = (np.mgrid[0:64, 0:64] + 0.5) * 4
    centre, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2
    scaled = [
        np.hypot((x - cx) / max(w, 1e-3), (y - cy) / max(h, 1e-3))
        for (cx, cy), (w, h) in zip(centre, half, strict=True)
    ]
    masks = np.stack([1 - one for one in scaled]).astype(np.float32)[:, None]
    return {"masks": masks, "scores": np.ones((len(boxes), 1), np.float32)}


def backend_of(encoder: ModelSpec, decoder: ModelSpec) -> FakeBackend:
    embedding = np.zeros((1, 256, 16, 16), np.float32)
    return FakeBackend(
        {
            encoder.name: (encoder, lambda inputs: {"embedding": embedding}),
            decoder.name: (decoder, ellipses),
        }
    )


@pytest.fixture
async def backend() -> AsyncIterator[FakeBackend]:
    made = backend_of(encoder_spec(), decoder_spec())
    yield made
    await made.aclose()


async def segmenter_on(backend: FakeBackend) -> Segmenter:
    roles = await build_roles(backend, {"segmenter": "mobile_sam_encoder"})
    assert isinstance(roles.segments, SamSegmenter)
    return roles.segments


def ellipse(shape: tuple[int, int], box: Box) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]] + 0.5
    x = (columns - box.x - box.width / 2) / (box.width / 2)
    y = (rows - box.y - box.height / 2) / (box.height / 2)
    return np.asarray(np.hypot(x, y) < 1)


@pytest.mark.parametrize("shape", [(256, 256), (100, 200), (900, 400)])
async def test_a_box_gets_its_mask_at_the_pictures_size(
    backend: FakeBackend, shape: tuple[int, int]
) -> None:
    segmenter = await segmenter_on(backend)
    picture = np.zeros((*shape, 3), np.uint8)
    boxes = [
        Box(0.1 * shape[1], 0.2 * shape[0], 0.6 * shape[1], 0.5 * shape[0]),
        Box(0.5 * shape[1], 0.5 * shape[0], 0, 0),
        Box(0, 0, shape[1], shape[0]),
    ]
    masks = await segmenter.segment(picture, boxes, deadline=Deadline.after(SECONDS))
    assert masks[1] is None
    for box, mask in zip(boxes, masks, strict=True):
        if mask is not None:
            assert mask.shape == shape
            assert mask_iou(mask, ellipse(shape, box)) > 0.95
    assert backend.calls == ["mobile_sam_encoder", "mobile_sam_decoder"]


def test_prepares_the_longer_side_as_bytes() -> None:
    blob, place = prepare(np.full((50, 200, 3), (255, 128, 0), np.uint8), SIDE)
    assert blob.shape == (1, 3, 64, 256)
    assert blob.dtype == np.uint8
    assert blob[0, :, 10, 10].tolist() == [255, 128, 0]
    assert place == Placement(1.28, 1.28, 0, 0)
    np.testing.assert_allclose(placed([Box(100, 25, 50, 10)], place), [[128, 32, 192, 44.8]])
    for shape in ((1, 3000), (3000, 1), (1, 1)):
        assert prepare(np.zeros((*shape, 3), np.uint8), SIDE)[0].shape[2:] == (
            max(1, 256 * shape[0] // max(shape)),
            max(1, 256 * shape[1] // max(shape)),
        )


async def test_its_bounds_are_kept(backend: FakeBackend) -> None:
    segmenter = await segmenter_on(backend)
    picture = np.zeros((10, 10, 3), np.uint8)
    assert await segmenter.segment(picture, [], deadline=Deadline.after(SECONDS)) == []
    assert backend.calls == []
    many = [Box(0, 0, 9, 9)] * (MOST_BOXES + 1)
    with pytest.raises(LimitExceeded, match="65 boxes"):
        await segmenter.segment(picture, many, deadline=Deadline.after(SECONDS))
    with pytest.raises(DeadlineExceeded):
        await segmenter.segment(picture, many[1:], deadline=Deadline.after(0))


@pytest.mark.parametrize(
    ("encoder", "decoder", "words"),
    [
        ({"source": "other"}, {}, "not made with mobile_sam_encoder"),
        ({"side": "many"}, {}, "side"),
        ({"side": "0"}, {}, "its side is 0"),
    ],
)
async def test_halves_that_do_not_go_together_are_refused(
    encoder: dict[str, str], decoder: dict[str, str], words: str
) -> None:
    backend = backend_of(encoder_spec(**encoder), decoder_spec(**decoder))
    with pytest.raises(ModelNotReady, match=words):
        await segmenter_on(backend)
    await backend.aclose()


async def test_half_a_pair_cuts_out_nothing() -> None:
    backend = FakeBackend({"mobile_sam_encoder": (encoder_spec(), lambda inputs: {})})
    assert (await build_roles(backend, {"segmenter": "mobile_sam_encoder"})).segments is None
    await backend.aclose()


def test_every_segmenter_and_detector_of_the_catalog_can_be_played() -> None:
    catalog = ModelStore(shipped_models(), shipped_models()).catalog
    named = {
        role: {e.name for e in catalog if e.role == role} for role in {e.role for e in catalog}
    }
    assert named["segmenter"] == {*build._SEGMENTS, *build._SAM}
    assert named["mask_decoder"] == set(build._SAM.values())
    assert named["object_detector"] == set(build._OBJECTS)
