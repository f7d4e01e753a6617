"""What hangs on vertices is read with them, turned with them, and left out where it is broken."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.media.appearance import Appearance
from gencheck.media.gltf.accessors import Accessors
from tests.unit.media.gltf.test_reader import document, read

UV = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [2, 0]], "<f4")
NORMALS = np.tile(np.array([0, 0.6, 0.8], "<f4"), (5, 1))
TANGENTS = np.tile(np.array([1, 0, 0, 1], "<f4"), (5, 1))


def with_attributes(**attributes: np.ndarray[Any, Any]) -> tuple[dict[str, Any], bytes]:
    described, binary = document()
    for name, values in attributes.items():
        kind = {2: "VEC2", 3: "VEC3", 4: "VEC4"}[values.shape[1]]
        described["bufferViews"].append(
            {"buffer": 0, "byteOffset": len(binary), "byteLength": values.nbytes}
        )
        described["accessors"].append(
            {
                "bufferView": len(described["bufferViews"]) - 1,
                "componentType": {"f": 5126, "u": 5123}[values.dtype.kind],
                "normalized": values.dtype.kind == "u",
                "count": len(values),
                "type": kind,
            }
        )
        primitive = described["meshes"][0]["primitives"][0]
        primitive["attributes"][name] = len(described["accessors"]) - 1
        binary += values.tobytes()
    described["buffers"][0]["byteLength"] = len(binary)
    return described, binary


def appearance(described: dict[str, Any], binary: bytes) -> Appearance:
    found = read(described, binary).appearance
    assert found is not None
    return found


def test_attributes_of_one_part() -> None:
    found = appearance(*with_attributes(TEXCOORD_0=UV, TEXCOORD_1=UV / 2, NORMAL=NORMALS))
    np.testing.assert_array_equal(found.uv, UV)
    np.testing.assert_array_equal(found.second_uv, UV / 2)
    np.testing.assert_array_equal(found.normals, NORMALS)
    assert found.tangents is None
    assert found.parts.tolist() == [[0, 0, -1, 0, 0]]


def test_quantized_texture_coordinates() -> None:
    whole = np.array([[0, 0], [65535, 0], [0, 65535], [32768, 0], [0, 0]], "<u2")
    found = appearance(*with_attributes(TEXCOORD_0=whole))
    np.testing.assert_allclose(found.uv, whole / 65535, rtol=1e-6)


def test_colours_without_alpha_are_opaque() -> None:
    found = appearance(*with_attributes(COLOR_0=NORMALS))
    assert found.colours is not None
    np.testing.assert_array_equal(found.colours[:, 3], 1)


def test_a_part_without_an_attribute_has_none_there() -> None:
    described, binary = with_attributes(TEXCOORD_0=UV)
    bare = {"attributes": {"POSITION": 0}, "indices": 1, "material": 3}
    described["materials"] = [{}] * 4
    described["meshes"][0]["primitives"].append(bare)
    found = appearance(described, binary)
    assert found.uv is not None
    np.testing.assert_array_equal(found.uv[:5], UV)
    assert np.isnan(found.uv[5:]).all()
    assert found.parts.tolist() == [[0, 0, -1, 0, 0], [0, 1, 3, 5, 2]]
    assert found.part_of(np.arange(4)).tolist() == [0, 0, 1, 1]
    assert found.pointer(1) == "/meshes/0/primitives/1"


@pytest.mark.parametrize("scale", [[2, 1, 1], [-1, 1, 1], [1, 3, -0.5]])
def test_normals_stay_square_to_their_faces(scale: list[float]) -> None:
    """A plane given by its points and its normal is the same plane after any scaling."""
    described, binary = with_attributes(NORMAL=NORMALS, TANGENT=TANGENTS)
    points = np.frombuffer(binary, "<f4", 15).reshape(5, 3).copy()
    points[:, 2] = -0.75 * points[:, 1]  # in the plane square to the normal
    described["nodes"][0] |= {"scale": scale, "rotation": [0.6, 0, 0, 0.8]}
    mesh = read(described, points.tobytes() + binary[60:])
    assert mesh.appearance is not None
    normals, tangents = mesh.appearance.normals, mesh.appearance.tangents
    assert normals is not None
    assert tangents is not None
    a, b, c = mesh.vertices[mesh.faces[0]]
    front = np.cross(b - a, c - a)
    np.testing.assert_allclose(front / np.linalg.norm(front), normals[0], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(tangents[:, :3], axis=1), 1, atol=1e-6)
    np.testing.assert_allclose((tangents[:, :3] * normals).sum(axis=1), 0, atol=1e-6)
    assert set(tangents[:, 3]) == {1.0 if np.prod(scale) > 0 else -1.0}


@pytest.mark.parametrize("broken", [{"count": 4}, {"type": "SCALAR"}, {"bufferView": 99}])
def test_what_cannot_be_read_is_left_out_and_counted(broken: dict[str, Any]) -> None:
    described, binary = with_attributes(TEXCOORD_0=UV)
    described["accessors"][-1] |= broken
    mesh = read(described, binary)
    assert mesh.notes == {"attributes_not_read": 1}
    assert mesh.appearance is not None
    assert mesh.appearance.uv is None


def test_what_is_of_another_length_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    described, binary = with_attributes(TEXCOORD_0=UV, NORMAL=NORMALS)
    described["accessors"][-2] |= {"count": 10**6, "sparse": {}}
    asked = []

    def spy(accessors: Accessors, index: object, kind: str, pointer: str) -> NDArray[Any]:
        asked.append(pointer.rpartition("/")[2])
        return read_accessor(accessors, index, kind, pointer)

    read_accessor = Accessors.read
    monkeypatch.setattr(Accessors, "read", spy)
    assert read(described, binary).notes == {"attributes_not_read": 1}
    assert asked == ["POSITION", "indices", "NORMAL"]
