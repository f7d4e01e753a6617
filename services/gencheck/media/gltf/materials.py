"""The materials of a glTF document in columns (glTF 2.0, 3.9, and the extensions that matter)."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.media.appearance import AlphaMode, Materials, Slot
from gencheck.media.gltf.entries import Entry, dropped, entries

MAX_MATERIALS = 1 << 16
_MAX_SETS = 1 << 8
_GLOSSY = "KHR_materials_pbrSpecularGlossiness"
_TEXTURE_COORDINATES = re.compile(r"TEXCOORD_\d{1,3}")


def read_materials(document: dict[str, Any], textures: int, notes: Counter[str]) -> Materials:
    """All materials. What is of a wrong type or points nowhere gets its default, and is counted.

    Args:
        textures: how many there are to point to.
        notes: ``materials_not_read`` counts materials that are not as they say, or beyond the cap.
    """
    listed = entries(document, "materials", MAX_MATERIALS)
    materials = _empty(len(listed))
    for row, material in enumerate(listed):
        entry = Entry(material)
        _read(entry, materials, row, textures)
        notes["materials_not_read"] += bool(entry.faults)
    notes["materials_not_read"] += dropped(document, "materials", MAX_MATERIALS)
    return materials


def most_uv_sets(document: dict[str, Any]) -> int:
    """The most sets of texture coordinates that any primitive of the document has."""
    most = 0
    for mesh in entries(document, "meshes", 1 << 20):
        primitives = mesh.get("primitives") if isinstance(mesh, dict) else None
        for primitive in primitives if isinstance(primitives, list) else ():
            names = primitive.get("attributes") if isinstance(primitive, dict) else None
            if isinstance(names, dict):
                most = max(most, sum(bool(_TEXTURE_COORDINATES.fullmatch(n)) for n in names))
    return most


def _empty(count: int) -> Materials:
    """So many materials as a document has them that says nothing."""
    slots = len(Slot)
    return Materials(
        base_colour=np.ones((count, 4), np.float32),
        metallic=np.ones(count, np.float32),
        roughness=np.ones(count, np.float32),
        emissive=np.zeros((count, 3), np.float32),
        alpha_mode=np.zeros(count, np.uint8),
        alpha_cutoff=np.full(count, 0.5, np.float32),
        double_sided=np.zeros(count, np.bool_),
        unlit=np.zeros(count, np.bool_),
        texture=np.full((count, slots), -1, np.int32),
        uv_set=np.zeros((count, slots), np.int32),
        uv_transform=np.tile(np.eye(2, 3, dtype=np.float32), (count, slots, 1, 1)),
    )


def _read(entry: Entry, materials: Materials, row: int, textures: int) -> None:
    places = {
        Slot.NORMAL: (entry, "normalTexture"),
        Slot.OCCLUSION: (entry, "occlusionTexture"),
        Slot.EMISSIVE: (entry, "emissiveTexture"),
    } | _read_model(entry, materials, row)
    strength = entry.extension("KHR_materials_emissive_strength")
    emissive = np.array(entry.numbers("emissiveFactor", (0.0, 0.0, 0.0), 1.0))
    materials.emissive[row] = emissive * (
        strength.number("emissiveStrength", 1.0) if strength else 1
    )
    mode = entry.text("alphaMode", "OPAQUE")
    if mode in AlphaMode.__members__:
        materials.alpha_mode[row] = AlphaMode[mode]
    else:
        entry.faults.append("alphaMode")
    materials.alpha_cutoff[row] = entry.number("alphaCutoff", 0.5)
    materials.double_sided[row] = entry.flag("doubleSided")
    materials.unlit[row] = entry.extension("KHR_materials_unlit") is not None
    for slot, (place, name) in places.items():
        if name in place:
            _read_texture(place.inner(name), materials, (row, slot), textures)


def _read_model(entry: Entry, materials: Materials, row: int) -> dict[Slot, tuple[Entry, str]]:
    """Factors of the shading model, and where its textures are named.

    Specular-glossiness, which the document may have besides, goes before metallic-roughness, as
    its extension says; what is glossy there is no metal here.
    """
    glossy = entry.extension(_GLOSSY)
    white = (1.0, 1.0, 1.0, 1.0)
    if glossy is not None:
        materials.base_colour[row] = glossy.numbers("diffuseFactor", white, 1.0)
        materials.metallic[row] = 0.0
        materials.roughness[row] = 1.0 - glossy.number("glossinessFactor", 1.0, 1.0)
        return {Slot.BASE_COLOUR: (glossy, "diffuseTexture")}
    model = entry.inner("pbrMetallicRoughness")
    materials.base_colour[row] = model.numbers("baseColorFactor", white, 1.0)
    materials.metallic[row] = model.number("metallicFactor", 1.0, 1.0)
    materials.roughness[row] = model.number("roughnessFactor", 1.0, 1.0)
    return {
        Slot.BASE_COLOUR: (model, "baseColorTexture"),
        Slot.METALLIC_ROUGHNESS: (model, "metallicRoughnessTexture"),
    }


def _read_texture(info: Entry, materials: Materials, at: tuple[int, Slot], textures: int) -> None:
    materials.texture[at] = info.index("index", -1, textures)
    materials.uv_set[at] = info.index("texCoord", 0, _MAX_SETS)
    transform = info.extension("KHR_texture_transform")
    if transform is not None:
        set_before = int(materials.uv_set[at])
        materials.uv_set[at] = transform.index("texCoord", set_before, _MAX_SETS)
        materials.uv_transform[at] = _transform(transform)


def _transform(entry: Entry) -> NDArray[np.float64]:
    """Scaled, then turned counter-clockwise as a picture shows it (v downwards), then moved."""
    width, height = entry.numbers("scale", (1.0, 1.0), signed=True)
    (angle,) = entry.numbers("rotation", (0.0,), signed=True, single=True)
    offset = entry.numbers("offset", (0.0, 0.0), signed=True)
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array(
        [[cos * width, sin * height, offset[0]], [-sin * width, cos * height, offset[1]]]
    )
