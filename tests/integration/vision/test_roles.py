"""The real models of the embedded profile, on drawings and on a photograph."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import DeadlineExceeded, ModelNotReady
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.store import ModelStore
from gencheck.vision.build import build_roles, check_roles
from gencheck.vision.golden import GOLDEN_FACE, drawn_face, drawn_text, same_place
from gencheck.vision.roles import Roles

SECONDS = 60


def photo(path: Path) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB), np.uint8)


async def test_every_role_knows_its_golden_input(roles: Roles) -> None:
    assert roles.faces is not None
    assert roles.text is not None
    assert roles.objects is None, "the embedded profile has no object detector"
    await check_roles(roles, deadline=Deadline.after(SECONDS))
    assert roles.faces.model.version == "6cb54150ea13"


async def test_damaged_weights_fail_the_check(store: ModelStore, tmp_path: Path) -> None:
    """Weights of the right shape and a hash that fits, but not of this model: only use tells."""
    import onnx
    from onnx import numpy_helper

    root = tmp_path / "damaged"
    shutil.copytree(store.root, root)
    path = root / "centerface" / "1" / "model.onnx"
    model = onnx.load(str(path))
    largest = max(model.graph.initializer, key=lambda weight: int(np.prod(weight.dims)))
    noise = np.random.default_rng(0).normal(0, 0.01, tuple(largest.dims)).astype(np.float32)
    largest.CopyFrom(numpy_helper.from_array(noise, largest.name))
    onnx.save(model, str(path))
    assert await _check(root, store) == "corrupt"
    config = root / "centerface" / "config.pbtxt"
    config.write_text(config.read_text().replace('key: "sha256"', 'key: "was"'))
    assert await _check(root, store) == "golden"


async def _check(root: Path, store: ModelStore) -> str:
    backend = EmbeddedBackend(root, threads=2)
    roles = await build_roles(backend, {"face_detector": "centerface"})
    try:
        await check_roles(roles, deadline=Deadline.after(SECONDS))
    except ModelNotReady as error:
        return "corrupt" if "corrupt" in error.what else "golden" if "golden" in error.what else ""
    finally:
        await backend.aclose()
    return "passed"


@pytest.mark.parametrize("scale", [0.5, 1, 3, 8])
async def test_a_face_is_found_at_any_size(
    roles: Roles, photo_of_a_face: Path, scale: float
) -> None:
    portrait = photo(photo_of_a_face)[0:256, 96:352]
    picture = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    assert roles.faces is not None
    (face,) = await roles.faces.detect(picture, deadline=Deadline.after(SECONDS))
    assert face.score > 0.8
    left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks / scale
    # Where they are in the photograph, read off an enlargement.
    for found, expected in (
        (left_eye, (107, 101)),
        (right_eye, (150, 103)),
        (nose, (128, 126)),
        (left_mouth, (107, 140)),
        (right_mouth, (151, 140)),
    ):
        np.testing.assert_allclose(found, expected, atol=8)


async def test_no_face_where_there_is_none(roles: Roles) -> None:
    assert roles.faces is not None
    noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    for picture in (np.full((300, 400, 3), 128, np.uint8), noise, drawn_text()):
        assert await roles.faces.detect(picture, deadline=Deadline.after(SECONDS)) == []


async def test_the_drawn_face_is_where_it_was_drawn(roles: Roles) -> None:
    assert roles.faces is not None
    canvas = np.full((512, 1024, 3), 128, np.uint8)
    canvas[200:456, 700:956] = drawn_face()
    (face,) = await roles.faces.detect(canvas, deadline=Deadline.after(SECONDS))
    box = face.box
    moved = type(box)(box.x - 700, box.y - 200, box.width, box.height)
    assert same_place(moved, GOLDEN_FACE)


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
async def test_text_is_read_whichever_way_it_runs(roles: Roles, turn: int) -> None:
    canvas = np.full((480, 640, 3), 250, np.uint8)
    for text, y in (("Fresh bread", 160), ("every morning", 300)):
        cv2.putText(canvas, text, (60, y), cv2.FONT_HERSHEY_DUPLEX, 2, (30, 30, 30), 3, cv2.LINE_AA)
    assert roles.text is not None
    picture = np.ascontiguousarray(np.rot90(canvas, turn))
    lines = await roles.text.read(picture, deadline=Deadline.after(SECONDS))
    assert sorted(line.text for line in lines) == ["Fresh bread", "every morning"]
    assert all(line.score > 0.9 for line in lines)
    if turn == 0:
        assert [line.text for line in lines] == ["Fresh bread", "every morning"]
        assert lines[0].box.x == pytest.approx(60, abs=12)


async def test_a_short_deadline_stops_reading(roles: Roles) -> None:
    assert roles.text is not None
    await check_roles(roles, deadline=Deadline.after(SECONDS))
    picture = np.random.default_rng(0).integers(0, 255, (2000, 2000, 3), dtype=np.uint8)
    with pytest.raises(DeadlineExceeded):
        await roles.text.read(picture, deadline=Deadline.after(0.1))
