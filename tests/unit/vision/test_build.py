from __future__ import annotations

import numpy as np
import pytest

from gencheck.deadline import Deadline
from gencheck.errors import ModelNotReady, NotFound
from gencheck.inference.backend import ModelSpec, TensorSpec
from gencheck.inference.fake import FakeBackend
from gencheck.vision.build import build_roles, check_roles
from gencheck.vision.encoders import TwoTowerEncoder
from gencheck.vision.faces import CenterFaceDetector
from gencheck.vision.objects import YoloxDetector
from gencheck.vision.text import OcrReader

F32 = np.dtype(np.float32)


def backend_with(*names: str) -> FakeBackend:
    out = (TensorSpec("out", F32, (-1, -1, 4)),)
    return FakeBackend(
        {
            name: (ModelSpec(name, "abc", (), out, labels=("a", "b")), lambda inputs: {})
            for name in names
        }
    )


async def test_who_is_there_plays_and_nobody_else() -> None:
    backend = backend_with("centerface", "yolox_nano", "det", "rec")
    roles = await build_roles(backend, {})
    assert (roles.faces, roles.objects, roles.text) == (None, None, None)
    await check_roles(roles, deadline=Deadline.after(1))

    roles = await build_roles(
        backend,
        {
            "face_detector": "centerface",
            "object_detector": "yolox_nano",
            "text_detector": "det",
            "text_recognizer": "rec",
        },
    )
    assert isinstance(roles.faces, CenterFaceDetector)
    assert isinstance(roles.objects, YoloxDetector)
    assert isinstance(roles.text, OcrReader)
    assert roles.objects.labels == ("a", "b")
    assert (roles.text.model.role, roles.text.model.version) == ("text_recognizer", "abc")


async def test_a_service_gets_the_roles_that_it_names() -> None:
    backend = backend_with("centerface", "yolox_nano")
    available = {"face_detector": "centerface", "object_detector": "yolox_nano"}
    roles = (await build_roles(backend, available)).only("faces", "text")
    assert (roles.objects, roles.text) == (None, None)
    assert isinstance(roles.faces, CenterFaceDetector)


async def test_half_a_reader_reads_nothing() -> None:
    assert (await build_roles(backend_with("rec"), {"text_recognizer": "rec"})).text is None


async def test_a_model_that_nobody_can_decode_is_said() -> None:
    with pytest.raises(ModelNotReady, match="cannot decode"):
        await build_roles(backend_with("other"), {"face_detector": "other"})


async def test_a_model_that_the_backend_lacks_is_not_found() -> None:
    with pytest.raises(NotFound):
        await build_roles(backend_with(), {"face_detector": "centerface"})


async def test_two_towers_play_one_role_and_half_a_pair_none() -> None:
    backend = backend_with("clip_image", "clip_text")
    names = {"image_encoder": "clip_image", "text_encoder": "clip_text"}
    roles = await build_roles(backend, names)  # nothing of their configurations is read yet
    assert isinstance(roles.encoder, TwoTowerEncoder)
    assert (roles.encoder.model.name, roles.encoder.text_model.name) == tuple(names.values())
    assert (await build_roles(backend, {"image_encoder": "clip_image"})).encoder is None
