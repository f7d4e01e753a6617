"""What materials need of a primitive: tangents, texture coordinates (glTF 2.0, 3.7.2 and 3.9)."""

from __future__ import annotations

from collections.abc import Iterator

from gencheck.gltf.document import Document
from gencheck.gltf.formats import whole_sets
from gencheck.gltf.kinds import Object
from gencheck.gltf.materials import texture_infos

_VARIANTS = "KHR_materials_variants"
_TRANSFORM = "KHR_texture_transform"


def check_needs(document: Document, primitive: Object, at: str) -> None:
    """What the materials of a primitive need, and what it has that none of them does."""
    attributes: dict[str, int] = primitive.get("attributes") or {}
    material = document.get("materials", primitive.get("material"))
    bent = material is not None and _check_tangents(document, material, attributes, at)
    if "TANGENT" in attributes and not bent:
        document.log.add("UNUSED_MESH_TANGENT", f"{at}/attributes/TANGENT")
    count = whole_sets(attributes, "TEXCOORD")
    used: set[int] = set()
    for where, shown in _materials(document, primitive, at):
        for name, number in _coordinates(shown):
            used.add(number)
            if number >= count:
                found = f"{name} needs TEXCOORD_{number}"
                document.log.add("MESH_PRIMITIVE_TOO_FEW_TEXCOORDS", where, found)
    for number in range(count):
        if number not in used:
            document.log.add("UNUSED_OBJECT", f"{at}/attributes/TEXCOORD_{number}")


def _materials(document: Document, primitive: Object, at: str) -> Iterator[tuple[str, Object]]:
    """The materials of a primitive and of its variants, with the pointers that name them."""
    material = document.get("materials", primitive.get("material"))
    if material is not None:
        yield f"{at}/material", material
    variants = (primitive.get("extensions") or {}).get(_VARIANTS) or {}
    for i, mapping in enumerate(variants.get("mappings") or ()):
        material = document.get("materials", mapping.get("material"))
        if material is not None:
            yield f"{at}/extensions/{_VARIANTS}/mappings/{i}/material", material


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


def _check_tangents(
    document: Document, material: Object, attributes: dict[str, int], at: str
) -> bool:
    """Whether the material bends normals, and so needs a tangent space."""
    extensions = material.get("extensions") or {}
    mapped = "normalTexture" in material
    coat = extensions.get("KHR_materials_clearcoat") or {}
    brushed = extensions.get("KHR_materials_anisotropy") or {}
    bent = mapped or "clearcoatNormalTexture" in coat or "anisotropyTexture" in brushed
    if bent and not {"NORMAL", "TANGENT"} <= set(attributes):
        made, missing = (
            "MESH_PRIMITIVE_GENERATED_TANGENT_SPACE",
            "MESH_PRIMITIVE_NO_TANGENT_SPACE",
        )
        document.log.add(made if mapped else missing, f"{at}/material")
    return bent
