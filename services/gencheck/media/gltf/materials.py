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
_ALPHA_MODES = {mode.name: mode for mode in AlphaMode}
_Place = tuple[Slot, Entry, str]
_TEXTURE_COORDINATES = re.compile(r"TEXCOORD_\d{1,3}")


def read_materials(document: dict[str, Any], textures: int, notes: Counter[str]) -> Materials:
    """All materials. What is of a wrong type or points nowhere gets its default, and is counted.

    Args:
        textures: how many there are to point to.
        notes: ``materials_not_read`` counts materials that are not as they say, or beyond the cap.
    """
    listed = entries(document, "materials", MAX_MATERIALS)
    uses = _Uses(len(listed), textures)
    rows = []
    for row, material in enumerate(listed):
        entry = Entry(material)
        rows.append(_read(entry, uses, row))
        notes["materials_not_read"] += bool(entry.faults)
    notes["materials_not_read"] += dropped(document, "materials", MAX_MATERIALS)
    numbers = np.array(rows, np.float64).reshape(-1, 13)
    return Materials(
        base_colour=numbers[:, :4].astype(np.float32),
        metallic=numbers[:, 4].astype(np.float32),
        roughness=numbers[:, 5].astype(np.float32),
        emissive=numbers[:, 6:9].astype(np.float32),
        alpha_mode=numbers[:, 9].astype(np.uint8),
        alpha_cutoff=numbers[:, 10].astype(np.float32),
        double_sided=numbers[:, 11].astype(np.bool_),
        unlit=numbers[:, 12].astype(np.bool_),
        texture=uses.texture,
        uv_set=uses.uv_set,
        uv_transform=uses.uv_transform,
    )


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


class _Uses:
    """The textures of all materials, as ``Materials`` has them."""

    def __init__(self, materials: int, textures: int) -> None:
        """Args: textures: how many there are to point to."""
        shape = (materials, len(Slot))
        self._textures = textures
        self.texture = np.full(shape, -1, np.int32)
        self.uv_set = np.zeros(shape, np.int32)
        self.uv_transform = np.tile(np.eye(2, 3, dtype=np.float32), (*shape, 1, 1))

    def add(self, info: Entry, at: tuple[int, Slot]) -> None:
        """What the row of a material uses for a slot."""
        self.texture[at] = info.index("index", -1, self._textures)
        self.uv_set[at] = info.index("texCoord", 0, _MAX_SETS)
        transform = info.extension("KHR_texture_transform")
        if transform is not None:
            set_before = int(self.uv_set[at])
            self.uv_set[at] = transform.index("texCoord", set_before, _MAX_SETS)
            self.uv_transform[at] = _transform(transform)


def _read(entry: Entry, uses: _Uses, row: int) -> tuple[float, ...]:
    """The numbers of one material: model, emissive, alpha mode and cut-off, sides, unlit."""
    model, places = _read_model(entry)
    places += (
        (Slot.NORMAL, entry, "normalTexture"),
        (Slot.OCCLUSION, entry, "occlusionTexture"),
        (Slot.EMISSIVE, entry, "emissiveTexture"),
    )
    for slot, place, name in places:
        if name in place:
            uses.add(place.inner(name), (row, slot))
    strength = entry.extension("KHR_materials_emissive_strength")
    times = strength.number("emissiveStrength", 1.0) if strength else 1.0
    emissive = [times * part for part in entry.numbers("emissiveFactor", (0.0, 0.0, 0.0), 1.0)]
    mode = entry.text("alphaMode", "OPAQUE")
    if mode not in _ALPHA_MODES:
        entry.faults.append("alphaMode")
    return (
        *model,
        *emissive,
        _ALPHA_MODES.get(mode, AlphaMode.OPAQUE),
        entry.number("alphaCutoff", 0.5),
        entry.flag("doubleSided"),
        entry.extension("KHR_materials_unlit") is not None,
    )


def _read_model(entry: Entry) -> tuple[list[float], tuple[_Place, ...]]:
    """Base colour, metallic and roughness, and where the textures of the model are named.

    Specular-glossiness, which the document may have besides, goes before metallic-roughness, as
    its extension says; what is glossy there is no metal here.
    """
    glossy = entry.extension(_GLOSSY)
    white = (1.0, 1.0, 1.0, 1.0)
    if glossy is not None:
        colour = glossy.numbers("diffuseFactor", white, 1.0)
        rough = 1.0 - glossy.number("glossinessFactor", 1.0, 1.0)
        return [*colour, 0.0, rough], ((Slot.BASE_COLOUR, glossy, "diffuseTexture"),)
    model = entry.inner("pbrMetallicRoughness")
    colour = model.numbers("baseColorFactor", white, 1.0)
    factors = [model.number(name, 1.0, 1.0) for name in ("metallicFactor", "roughnessFactor")]
    return [*colour, *factors], (
        (Slot.BASE_COLOUR, model, "baseColorTexture"),
        (Slot.METALLIC_ROUGHNESS, model, "metallicRoughnessTexture"),
    )


def _transform(entry: Entry) -> NDArray[np.float64]:
    """Scaled, then turned counter-clockwise as a picture shows it (v downwards), then moved."""
    width, height = entry.numbers("scale", (1.0, 1.0), signed=True)
    (angle,) = entry.numbers("rotation", (0.0,), signed=True, single=True)
    offset = entry.numbers("offset", (0.0, 0.0), signed=True)
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array(
        [[cos * width, sin * height, offset[0]], [-sin * width, cos * height, offset[1]]]
    )
