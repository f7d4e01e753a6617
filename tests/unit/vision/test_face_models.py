"""Attributes, landmarks and swapped faces: what goes into the models and what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import ModelNotReady
from gencheck.findings import Box, ModelUsed
from gencheck.inference.backend import ModelSpec, Tensors, TensorSpec
from gencheck.inference.fake import FakeBackend
from gencheck.vision import landmarks106
from gencheck.vision.genderage import PACK, V1, GenderAge, decode_pack, decode_v1
from gencheck.vision.golden import drawn_face, golden_face
from gencheck.vision.landmarks106 import Landmarks106
from gencheck.vision.mesonet import MesoNet
from gencheck.vision.roles import Face

USED = ModelUsed("role", "model", "1")
V1_SHAPES = ((1, 3, 112, 112), (1, 202))
PICTURE, (FACE,) = golden_face()


def backend(
    run: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    shape: tuple[int, ...],
    out: tuple[int, ...],
    names: tuple[str, str] = ("data", "fc1"),
    batch: int = 0,
) -> FakeBackend:
    kind = np.dtype(np.float32)
    given, back = TensorSpec(names[0], kind, shape), TensorSpec(names[1], kind, out)
    spec = ModelSpec("model", "1", (given,), (back,), batch)

    def answer(inputs: Tensors) -> Tensors:
        return {names[1]: run(np.asarray(inputs[names[0]], np.float32)).astype(np.float32)}

    return FakeBackend({"model": (spec, answer)})


def v1_output(female: float, male: float, age: int) -> NDArray[np.float32]:
    years = [[0.1, 0.9]] * age + [[0.8, 0.2]] * (100 - age)
    return np.asarray([female, male, *np.ravel(years)], np.float32)


@pytest.mark.parametrize("age", [0, 1, 37, 100])
def test_v1_counts_the_years_that_were_reached(age: int) -> None:
    found = decode_v1(v1_output(2.0, -1.0, age))
    assert found.age == age
    assert found.feminine == pytest.approx(np.exp(2) / (np.exp(2) + np.exp(-1)))


@pytest.mark.parametrize(("raw", "age"), [(0.31, 31), (-0.2, 0), (1.7, 100)])
def test_the_packs_give_a_share_of_a_century(raw: float, age: float) -> None:
    found = decode_pack(np.asarray([0, 0, raw], np.float32))
    assert found.age == pytest.approx(age)
    assert found.feminine == pytest.approx(0.5)


def test_extreme_numbers_stay_between_0_and_1() -> None:
    assert decode_pack(np.asarray([-1e9, 1e9, 0], np.float32)).feminine == pytest.approx(
        0, abs=1e-9
    )


async def test_v1_sees_the_aligned_face_in_rgb() -> None:
    seen: list[NDArray[np.float32]] = []

    def watch(blob: NDArray[np.float32]) -> NDArray[np.float32]:
        seen.append(blob)
        return v1_output(0, 1, 30)[None]

    role = GenderAge(backend(watch, (1, 3, 112, 112), (1, 202)), USED, V1)
    (found,) = await role.perceive(PICTURE, [FACE], deadline=Deadline.after(5))
    assert found is not None
    assert found.age == 30
    red, _, blue = seen[0][0, :, 75, 30]  # a cheek
    assert red > 190
    assert blue < red - 40


async def test_a_face_without_landmarks_is_not_guessed_at() -> None:
    role = GenderAge(
        backend(lambda blob: v1_output(0, 1, 30)[None], (1, 3, 112, 112), (1, 202)), USED, V1
    )
    faces = [replace(FACE, landmarks=None), FACE]
    found = await role.perceive(PICTURE, faces, deadline=Deadline.after(5))
    assert found[0] is None
    assert found[1] is not None


async def test_the_packs_need_a_box_only() -> None:
    role = GenderAge(
        backend(lambda blob: np.asarray([[1, 0, 0.5]]), (1, 3, 96, 96), (1, 3)), USED, PACK
    )
    (found,) = await role.perceive(
        PICTURE, [replace(FACE, landmarks=None)], deadline=Deadline.after(5)
    )
    assert found is not None
    assert found.age == 50


async def test_another_model_in_its_place_is_found_out() -> None:
    role = GenderAge(
        backend(lambda blob: v1_output(0, 9, 80)[None], (1, 3, 112, 112), (1, 202)), USED, V1
    )
    with pytest.raises(ModelNotReady, match="age=80"):
        await role.self_check(deadline=Deadline.after(5))


async def test_swapped_faces_are_judged_in_batches_and_in_order() -> None:
    sizes: list[int] = []

    def mean(blob: NDArray[np.float32]) -> NDArray[np.float32]:
        sizes.append(len(blob))
        assert blob.min() >= 0
        assert blob.max() <= 1
        return blob[:, 0, 128, 128][:, None]

    names = ("image", "p_real")
    role = MesoNet(backend(mean, (-1, 3, 256, 256), (-1, 1), names, 8), USED, golden=0)
    picture = np.zeros((10, 110, 3), np.uint8)
    picture[:, :, 0] = np.arange(110)
    faces = [Face(Box(10 * i, 0, 10, 10), 1, None) for i in range(11)]
    found = await role.judge(picture, faces, deadline=Deadline.after(5))
    np.testing.assert_allclose(found, [(10 * i + 5) / 255 for i in range(11)], atol=0.004)
    assert sizes == [8, 3]
    assert await role.judge(picture, [], deadline=Deadline.after(5)) == []


async def test_mesonet_with_other_weights_is_found_out() -> None:
    names = ("image", "p_real")
    role = MesoNet(
        backend(lambda blob: np.ones((1, 1)), (-1, 3, 256, 256), (-1, 1), names, 8),
        USED,
        golden=0.5,
    )
    with pytest.raises(ModelNotReady, match="drawn face"):
        await role.self_check(deadline=Deadline.after(5))


async def test_106_points_come_back_to_the_picture() -> None:
    corners = np.tile(np.asarray([(-1, -1), (1, 1)]), (53, 1)).reshape(1, 212)
    role = Landmarks106(backend(lambda blob: corners, (1, 3, 192, 192), (1, 212)), USED)
    face = Face(Box(100, 50, 40, 60), 1, None)
    (points,) = await role.locate(drawn_face(), [face], deadline=Deadline.after(5))
    assert points.shape == (106, 2)
    np.testing.assert_allclose(points[0], [120 - 45, 80 - 45], atol=1e-3)
    np.testing.assert_allclose(points[1], [120 + 45, 80 + 45], atol=1e-3)
    assert landmarks106.decode(np.zeros(212, np.float32), face)[7] == pytest.approx([120, 80])
