"""What materials need of a primitive: tangents, texture coordinates (glTF 2.0, 3.7.2 and 3.9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gencheck.gltf.document import Document
from gencheck.gltf.kinds import Object
from gencheck.gltf.materials import texture_infos

_VARIANTS = "KHR_materials_variants"
_TRANSFORM = "KHR_texture_transform"


class _Needs(NamedTuple):
    """What one material needs.

    Attributes:
        mapped: whether it has a map of normals.
        bent: whether it bends normals in some way, and so needs a tangent space.
        coordinates: the textures, each with the set of coordinates that it uses.
    """

    mapped: bool
    bent: bool
    coordinates: tuple[tuple[str, int], ...]


class Needs:
    """Holds primitives to their materials, each of which is looked at once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._known: dict[int, _Needs] = {}

    def check(self, primitive: Object, at: str) -> None:
        """What the materials of a primitive need, and what it has that none of them does."""
        attributes: dict[str, int] = primitive.get("attributes") or {}
        log = self._document.log
        material = self._of(primitive.get("material"))
        count = self._document.names_of(primitive).coordinates
        bent = material is not None and material.bent
        if material is not None and bent and not {"NORMAL", "TANGENT"} <= attributes.keys():
            made, missing = (
                "MESH_PRIMITIVE_GENERATED_TANGENT_SPACE",
                "MESH_PRIMITIVE_NO_TANGENT_SPACE",
            )
            log.add(made if material.mapped else missing, f"{at}/material")
        if "TANGENT" in attributes and not bent:
            log.add("UNUSED_MESH_TANGENT", f"{at}/attributes/TANGENT")
        if not count and "extensions" not in primitive and not (material and material.coordinates):
            return
        used: set[int] = set()
        for where, needs in self._all(primitive, at):
            for name, number in needs.coordinates:
                used.add(number)
                if number >= count:
                    found = f"{name} needs TEXCOORD_{number}"
                    log.add("MESH_PRIMITIVE_TOO_FEW_TEXCOORDS", where, found)
        for number in range(count):
            if number not in used:
                log.add("UNUSED_OBJECT", f"{at}/attributes/TEXCOORD_{number}")

    def _all(self, primitive: Object, at: str) -> Iterator[tuple[str, _Needs]]:
        """The materials of a primitive and of its variants, with the pointers that name them."""
        needs = self._of(primitive.get("material"))
        if needs is not None:
            yield f"{at}/material", needs
        variants = (primitive.get("extensions") or {}).get(_VARIANTS) or {}
        for i, mapping in enumerate(variants.get("mappings") or ()):
            needs = self._of(mapping.get("material"))
            if needs is not None:
                yield f"{at}/extensions/{_VARIANTS}/mappings/{i}/material", needs

    def _of(self, index: int | None) -> _Needs | None:
        material = self._document.get("materials", index)
        if material is None or index is None:
            return None
        if index not in self._known:
            self._known[index] = _needs_of(material)
        return self._known[index]


def _needs_of(material: Object) -> _Needs:
    extensions = material.get("extensions") or {}
    mapped = "normalTexture" in material
    coat = extensions.get("KHR_materials_clearcoat") or {}
    brushed = extensions.get("KHR_materials_anisotropy") or {}
    bent = mapped or "clearcoatNormalTexture" in coat or "anisotropyTexture" in brushed
    return _Needs(mapped, bent, tuple(_coordinates(material)))


def _coordinates(material: Object) -> Iterator[tuple[str, int]]:
    """The sets of texture coordinates that the textures of a material use.

    Where a transform names another one, both are: not every viewer knows the extension.
    """
    for name, info in texture_infos(material):
        transform = (info.get("extensions") or {}).get(_TRANSFORM) or {}
        for holder, default in ((info, 0), (transform, -1)):
            number: int = holder.get("texCoord", default)
            if number >= 0:
                yield name, number
