"""Materials in columns: what the document says, defaults for the rest, and nothing raises."""

import cmath
from collections import Counter
from typing import Any

import numpy as np
import pytest

from gencheck.media.appearance import AlphaMode, Materials, Slot
from gencheck.media.gltf.materials import most_uv_sets, read_materials


def read(*materials: Any, textures: int = 9) -> tuple[Materials, Counter[str]]:
    notes: Counter[str] = Counter()
    return read_materials({"materials": list(materials)}, textures, notes), +notes


def test_a_material_that_says_nothing_has_the_defaults_of_the_format() -> None:
    found, notes = read({})
    assert found.base_colour.tolist() == [[1, 1, 1, 1]]
    assert (found.metallic[0], found.roughness[0], found.alpha_cutoff[0]) == (1, 1, 0.5)
    assert found.emissive.tolist() == [[0, 0, 0]]
    assert (found.alpha_mode[0], found.double_sided[0], found.unlit[0]) == (0, False, False)
    assert found.texture.tolist() == [[-1] * 5]
    np.testing.assert_array_equal(found.uv_transform[0, 3], [[1, 0, 0], [0, 1, 0]])
    assert not notes


def test_what_a_material_says() -> None:
    found, notes = read(
        {
            "pbrMetallicRoughness": {
                "baseColorFactor": [0.1, 0.2, 0.3, 0.4],
                "metallicFactor": 0.25,
                "roughnessFactor": 0,
                "baseColorTexture": {"index": 1},
                "metallicRoughnessTexture": {"index": 2, "texCoord": 1},
            },
            "normalTexture": {"index": 3, "scale": 2},
            "occlusionTexture": {"index": 4},
            "emissiveTexture": {"index": 5},
            "emissiveFactor": [1, 0.5, 0],
            "alphaMode": "MASK",
            "alphaCutoff": 0.75,
            "doubleSided": True,
            "extensions": {
                "KHR_materials_unlit": {},
                "KHR_materials_emissive_strength": {"emissiveStrength": 4},
            },
        }
    )
    np.testing.assert_allclose(found.base_colour, [[0.1, 0.2, 0.3, 0.4]], rtol=1e-6)
    assert (found.metallic[0], found.roughness[0], found.alpha_cutoff[0]) == (0.25, 0, 0.75)
    assert found.emissive.tolist() == [[4, 2, 0]]
    assert found.alpha_mode[0] == AlphaMode.MASK
    assert (found.double_sided[0], found.unlit[0]) == (True, True)
    assert found.texture.tolist() == [[1, 2, 3, 4, 5]]
    assert found.uv_set.tolist() == [[0, 1, 0, 0, 0]]
    assert not notes


def test_specular_glossiness_is_read_as_no_metal() -> None:
    glossy = {
        "diffuseFactor": [1, 0, 0, 0.5],
        "glossinessFactor": 0.75,
        "diffuseTexture": {"index": 7},
    }
    found, _ = read({"extensions": {"KHR_materials_pbrSpecularGlossiness": glossy}})
    assert found.base_colour.tolist() == [[1, 0, 0, 0.5]]
    assert (found.metallic[0], found.roughness[0]) == (0, 0.25)
    assert found.texture[0].tolist() == [7, -1, -1, -1, -1]


def test_texture_transforms_scale_then_turn_then_move() -> None:
    """A turn is counter-clockwise as a picture shows it; a complex number with i upwards."""
    transform = {"scale": [2, 3], "rotation": 0.7, "offset": [0.25, 0.5], "texCoord": 1}
    info = {"index": 0, "texCoord": 4, "extensions": {"KHR_texture_transform": transform}}
    found, _ = read({"normalTexture": info})
    assert found.uv_set[0, Slot.NORMAL] == 1
    u, v = 0.3, 0.8
    turned = complex(2 * u, -3 * v) * cmath.exp(0.7j)
    expected = [turned.real + 0.25, -turned.imag + 0.5]
    np.testing.assert_allclose(found.uv_transform[0, Slot.NORMAL] @ [u, v, 1], expected, rtol=1e-6)


@pytest.mark.parametrize(
    "material",
    [
        None,
        [],
        {"pbrMetallicRoughness": 3},
        {"pbrMetallicRoughness": {"metallicFactor": "1"}},
        {"pbrMetallicRoughness": {"metallicFactor": True}},
        {"pbrMetallicRoughness": {"metallicFactor": 10**400}},
        {"pbrMetallicRoughness": {"baseColorFactor": [1, 1, 1]}},
        {"pbrMetallicRoughness": {"baseColorFactor": [1, 1, 1, None]}},
        {"pbrMetallicRoughness": {"baseColorTexture": {"index": 9}}},
        {"normalTexture": {"index": -1.5}},
        {"normalTexture": {"index": 1, "texCoord": -2}},
        {"emissiveFactor": {}},
        {"alphaMode": "GLASS"},
        {"alphaMode": 7},
        {"doubleSided": 1},
        {"extensions": []},
        {"normalTexture": {"extensions": {"KHR_texture_transform": {"scale": 2}}}},
    ],
)
def test_a_wrong_type_is_the_default_and_is_counted(material: object) -> None:
    found, notes = read({}, material, {"doubleSided": True})
    assert notes == {"materials_not_read": 1}
    assert found.double_sided.tolist() == [False, False, True]
    assert found.metallic.tolist() == [1, 1, 1]
    assert found.alpha_mode.tolist() == [0, 0, 0]
    assert np.isfinite(found.uv_transform).all()


def test_factors_are_brought_into_their_range() -> None:
    found, notes = read({"pbrMetallicRoughness": {"metallicFactor": 7, "roughnessFactor": -1}})
    assert (found.metallic[0], found.roughness[0]) == (1, 0)
    assert not notes  # the conformance check names the range


def test_more_than_the_cap_are_counted() -> None:
    notes: Counter[str] = Counter()
    found = read_materials({"materials": [{}] * 65_540}, 0, notes)
    assert (len(found.metallic), notes) == (65_536, {"materials_not_read": 4})


@pytest.mark.parametrize("document", [{}, {"materials": {}}, {"materials": None}])
def test_no_materials(document: dict[str, Any]) -> None:
    assert len(read_materials(document, 0, Counter()).texture) == 0


def test_sets_of_texture_coordinates_are_counted() -> None:
    two = {"attributes": {"POSITION": 0, "TEXCOORD_0": 1, "TEXCOORD_1": 2, "_TEXCOORD_2": 3}}
    meshes = [{"primitives": [{"attributes": {}}, two]}, None, {"primitives": 3}, {}]
    assert most_uv_sets({"meshes": meshes}) == 2
    assert most_uv_sets({}) == 0
