"""Skins and animations in columns, against each vertex moved by itself."""

from typing import Any

import numpy as np
import pytest
from made_gltf import MadeGltf
from numpy.typing import NDArray

from gencheck.media.decode import decode
from gencheck.media.gltf import animations as gltf_animations
from gencheck.media.gltf import skins as gltf_skins
from gencheck.media.motion import Motion
from gencheck.media.types import Limits, Mesh

RNG = np.random.default_rng(7)
SHORT = np.zeros((3, 4), np.uint8)
PATH = [[0.0, 0.0, 0.0], [0.0, 2.0, 0.0], [1.0, 0.0, 0.0]]


def read(made: MadeGltf) -> tuple[Motion, dict[str, int]]:
    mesh = decode(made.glb(), Limits(), name="made.glb")
    assert isinstance(mesh, Mesh)
    assert mesh.motion is not None
    notes = dict(mesh.notes)
    notes.pop("skins_not_applied", None)
    return mesh.motion, notes


def influences(sets: int = 1) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Weights that sum to 1, and joints 0..3."""
    weights = RNG.random((24, 4 * sets)).astype(np.float32)
    joints = RNG.integers(0, 4, weights.shape, dtype=np.uint8)
    joints[0] = np.arange(4 * sets) % 4
    return weights / weights.sum(axis=1, keepdims=True), joints


def test_a_mesh_without_skin_and_animation() -> None:
    motion, notes = read(MadeGltf())
    assert (len(motion.part), len(motion.seconds), notes) == (0, 0, {})


def test_vertices_are_posed_by_their_joints() -> None:
    made = MadeGltf()
    weights, joints = influences(2)
    made.skin(weights, joints)
    places = RNG.uniform(-5, 5, (4, 3))
    inverse = RNG.uniform(-1, 1, (4, 4, 4))
    inverse[:, 3] = (0, 0, 0, 1)
    for node, place in zip(made.document["nodes"][1:], places.tolist(), strict=True):
        node |= {"translation": place, "scale": [2, 1, 0.5]}
    columns = inverse.transpose(0, 2, 1).reshape(4, 16).astype(np.float32)
    made.document["skins"][0]["inverseBindMatrices"] = made.accessor(columns)
    motion, notes = read(made)

    moved = []
    for point, shares, bones in zip(made.points, weights, joints, strict=True):
        total = np.zeros(3)
        for share, bone in zip(shares, bones, strict=True):
            local = inverse[bone] @ [*point, 1]
            total += share * (local[:3] * [2, 1, 0.5] + places[bone])
        moved.append(total)
    expected = [*np.min(moved, axis=0), *np.max(moved, axis=0)]
    np.testing.assert_allclose(motion.posed, [expected], rtol=1e-5)
    assert not notes
    assert (motion.part.tolist(), motion.joints.tolist()) == ([0], [4])


def test_joints_that_move_all_alike() -> None:
    made = MadeGltf()
    made.skin(*influences(), scale=[3, 3, 3], translation=[1, 2, 4])
    expected = [-0.5, 0.5, 2.5, 2.5, 3.5, 5.5]
    np.testing.assert_allclose(read(made)[0].posed, [expected], rtol=1e-6)


def test_joints_are_counted_that_move_a_vertex() -> None:
    made = MadeGltf()
    weights, joints = influences(2)
    weights[:] = 0
    weights[:, 0] = 1
    weights[3, :6] = 1 / 6
    made.skin(weights, joints)
    assert read(made)[0].influences.tolist() == [6]


@pytest.mark.parametrize(("total", "astray"), [(1.009, 0), (0.98, 1), (0, 1), (np.nan, 1)])
def test_vertices_whose_weights_do_not_sum_to_one(total: float, astray: int) -> None:
    made = MadeGltf()
    weights, joints = influences()
    weights[5] *= np.float32(total)
    made.skin(weights, joints)
    motion, _ = read(made)
    assert motion.astray.tolist() == [astray]
    assert motion.first_astray.tolist() == [5 if astray else -1]


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made.document["nodes"][0].update(skin=1),
        lambda made: made.document["nodes"][0].update(skin=True),
        lambda made: made.document["skins"].__setitem__(0, None),
        lambda made: made.document["skins"][0].update(joints=5),
        lambda made: made.document["skins"][0].update(inverseBindMatrices=0),
        lambda made: made.primitive["attributes"].pop("JOINTS_0"),
        lambda made: made.primitive["attributes"].pop("WEIGHTS_0"),
        lambda made: made.primitive["attributes"].update(WEIGHTS_0=0),
        lambda made: made.primitive["attributes"].update(
            JOINTS_0=made.accessor(np.zeros((3, 4), "u1"))
        ),
        lambda made: made.primitive["attributes"].update(
            JOINTS_0=made.accessor(np.full((24, 4), -100, "i1"))
        ),
    ],
)
def test_a_skin_that_is_not_as_it_says_is_counted(change: Any) -> None:
    made = MadeGltf()
    made.skin(*influences())
    change(made)
    motion, notes = read(made)
    assert (len(motion.part), notes) == (0, {"skins_not_read": 1})


def test_where_a_joint_stands_may_be_unknown() -> None:
    made = MadeGltf()
    weights, joints = influences()
    made.skin(weights, joints)
    made.document["skins"][0]["joints"].pop()
    motion, notes = read(made)
    assert np.isnan(motion.posed).all()
    assert not notes


def test_matrices_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gltf_skins, "_MAX_MATRICES", 3)
    made = MadeGltf()
    made.skin(*influences())
    eye = np.tile(np.eye(4, dtype=np.float32).reshape(1, 16), (4, 1))
    made.document["skins"][0]["inverseBindMatrices"] = made.accessor(eye)
    assert read(made)[1] == {"skins_not_read": 1}


def test_animations_have_a_length_and_what_moves() -> None:
    made = MadeGltf()
    made.animation([0, 1, 2.5], PATH)
    made.animation([0, 4], [[1, 1, 1], [1, 1 + 1e-7, 1]])
    motion, notes = read(made)
    assert motion.seconds.tolist() == [2.5, 4]
    assert motion.channels.tolist() == [1, 1]
    assert motion.still.tolist() == [0, 1]
    assert not notes


@pytest.mark.parametrize(("tangent", "still"), [(0.0, 1), (0.5, 0)])
def test_tangents_move_too(tangent: float, still: int) -> None:
    made = MadeGltf()
    keyframe = [[tangent] * 3, [3.0] * 3, [0.0] * 3]
    made.animation([0, 1], keyframe * 2, interpolation="CUBICSPLINE")
    assert read(made)[0].still.tolist() == [still]


def test_weights_of_morph_targets_are_compared_target_by_target() -> None:
    made = MadeGltf()
    made.animation([0, 1], [[0.0], [1.0], [0.0], [1.0]])
    made.document["animations"][0]["channels"][0]["target"]["path"] = "weights"
    assert read(made)[0].still.tolist() == [1]


@pytest.mark.parametrize(
    "change",
    [
        lambda animation: animation["channels"][0].update(sampler=1),
        lambda animation: animation["channels"][0].update(sampler=True),
        lambda animation: animation["samplers"][0].update(input=99),
        lambda animation: animation["samplers"][0].update(output=0),
        lambda animation: animation["samplers"][0].pop("output"),
        lambda animation: animation["samplers"].__setitem__(0, None),
        lambda animation: (
            animation["channels"][0]["target"].update(path="weights"),
            animation["samplers"][0].update(output=4, interpolation="CUBICSPLINE"),
        ),
        lambda animation: animation["channels"].__setitem__(0, None),
    ],
)
def test_a_channel_that_is_not_as_it_says_is_counted(change: Any) -> None:
    made = MadeGltf()
    made.animation([0, 1, 2.5], PATH)
    change(made.document["animations"][0])
    motion, notes = read(made)
    assert motion.still.tolist() == [0]
    assert notes == {"animation_channels_not_read": 1}


@pytest.mark.parametrize("path", ["pointer", [], None, {"a": 1}])
def test_what_another_extension_moves_is_not_still(path: object) -> None:
    made = MadeGltf()
    made.animation([0, 1, 2], [[0, 0, 0]] * 3)
    made.document["animations"][0]["channels"][0]["target"] = {"path": path}
    motion, notes = read(made)
    assert (motion.still.tolist(), motion.seconds.tolist(), notes) == ([0], [2], {})


def test_channels_and_numbers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    made = MadeGltf()
    made.animation([0, 1, 2.5], PATH)
    animation = made.document["animations"][0]
    animation["channels"] *= 5
    monkeypatch.setattr(gltf_animations, "_MAX_NUMBERS", 10)
    assert read(made)[1] == {"animation_channels_not_read": 5}
    monkeypatch.setattr(gltf_animations, "_MAX_CHANNELS", 3)
    monkeypatch.setattr(gltf_animations, "_MAX_NUMBERS", 100)
    assert read(made)[0].channels.tolist() == [5]
    assert read(made)[1] == {"animation_channels_not_read": 2}
