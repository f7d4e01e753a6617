from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import ModelNotReady
from gencheck.findings import ModelUsed
from gencheck.inference.backend import ModelSpec, Tensors, TensorSpec
from gencheck.inference.fake import FakeBackend
from gencheck.vision.faces import CenterFaceDetector, decode, prepare

F32 = np.dtype(np.float32)


def maps(rows: int, columns: int) -> dict[str, NDArray[np.float32]]:
    return {
        name: np.zeros((1, channels, rows, columns), np.float32)
        for name, channels in (("537", 1), ("538", 2), ("539", 2), ("540", 10))
    }


def place(
    outputs: dict[str, NDArray[np.float32]],
    *,
    centre: tuple[float, float],
    size: tuple[float, float],
    score: float,
) -> None:
    """Write one face as the network would: sizes as logarithms in cells, landmarks in boxes."""
    column, row = int(centre[0] // 4), int(centre[1] // 4)
    outputs["537"][0, 0, row, column] = score
    outputs["538"][0, :, row, column] = math.log(size[1] / 4), math.log(size[0] / 4)
    outputs["539"][0, :, row, column] = centre[1] / 4 - row - 0.5, centre[0] / 4 - column - 0.5
    outputs["540"][0, :, row, column] = [0.4, 0.3, 0.4, 0.7, 0.6, 0.5, 0.8, 0.35, 0.8, 0.65]


def test_decodes_a_face_that_was_encoded() -> None:
    outputs = maps(40, 80)
    place(outputs, centre=(161, 70), size=(40, 60), score=0.9)
    # The network saw 320 by 160; the picture is twice as wide and three times as high.
    (face,) = decode(outputs, height=480, width=640, score=0.5)
    assert face.score == pytest.approx(0.9)
    box = face.box
    assert (box.x, box.y) == pytest.approx((282, 120), abs=1e-3)
    assert (box.width, box.height) == pytest.approx((80, 180), abs=1e-3)
    expected = [[306, 192], [338, 192], [322, 228], [310, 264], [334, 264]]
    np.testing.assert_allclose(face.landmarks, expected, atol=1e-3)
    assert face.landmarks.dtype == np.float32


def test_two_centres_of_one_face_are_one_and_the_best_comes_first() -> None:
    outputs = maps(40, 80)
    place(outputs, centre=(60, 60), size=(40, 60), score=0.6)
    place(outputs, centre=(64, 60), size=(40, 60), score=0.7)
    place(outputs, centre=(220, 60), size=(40, 60), score=0.8)
    place(outputs, centre=(140, 60), size=(40, 60), score=0.4)
    faces = decode(outputs, height=160, width=320, score=0.5)
    assert [round(face.score, 2) for face in faces] == [0.8, 0.7]


def test_boxes_stay_in_the_picture_and_absurd_sizes_do_no_harm() -> None:
    outputs = maps(8, 8)
    outputs["537"][:] = 1
    outputs["538"][:] = 1e6
    faces = decode(outputs, height=32, width=32, score=0.5)
    assert all(f.box.x >= 0 and f.box.x + f.box.width <= 32 for f in faces)


@pytest.mark.parametrize(
    ("size", "seen"),
    [
        ((1, 1), (32, 32)),
        ((100, 200), (128, 224)),
        ((2000, 4000), (480, 960)),
        ((1, 5000), (32, 960)),
    ],
)
def test_pictures_come_in_sizes_that_the_network_takes(
    size: tuple[int, int], seen: tuple[int, int]
) -> None:
    blob = prepare(np.full((*size, 3), 7, np.uint8), 960)
    assert blob.shape == (1, 3, *seen)
    assert blob.dtype == np.float32
    assert np.all(blob == 7)


SPEC = ModelSpec(
    "centerface",
    "1",
    (TensorSpec("input.1", F32, (-1, 3, -1, -1)),),
    tuple(
        TensorSpec(name, F32, (-1, channels, -1, -1))
        for name, channels in (("537", 1), ("538", 2), ("539", 2), ("540", 10))
    ),
    max_batch=8,
)


def detector_of(see: Callable[[Tensors], Tensors]) -> tuple[FakeBackend, CenterFaceDetector]:
    backend = FakeBackend({"centerface": (SPEC, see)})
    used = ModelUsed("face_detector", "centerface", "1")
    return backend, CenterFaceDetector(backend, used)


async def test_fainter_faces_are_told_to_who_asks_for_them() -> None:
    def see(_: Tensors) -> Tensors:
        outputs = maps(40, 80)
        place(outputs, centre=(60, 60), size=(40, 60), score=0.3)
        place(outputs, centre=(220, 60), size=(40, 60), score=0.8)
        return outputs

    backend, detector = detector_of(see)
    picture = np.zeros((160, 320, 3), np.uint8)
    clear = await detector.detect(picture, deadline=Deadline.after(10))
    every = await detector.detect(picture, least=0.2, deadline=Deadline.after(10))
    assert [round(face.score, 2) for face in clear] == [0.8]
    assert [round(face.score, 2) for face in every] == [0.8, 0.3]
    await backend.aclose()


async def test_a_model_that_sees_no_face_fails_the_self_check() -> None:
    def blind(inputs: Tensors) -> Tensors:
        _, _, height, width = inputs["input.1"].shape
        return maps(height // 4, width // 4)

    backend, detector = detector_of(blind)
    with pytest.raises(ModelNotReady, match="golden") as caught:
        await detector.self_check(deadline=Deadline.after(10))
    assert caught.value.metadata == {"model": "centerface", "role": "face_detector"}
    await backend.aclose()
