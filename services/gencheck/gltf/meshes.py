"""Primitives: attributes, indices, morph targets, what their material needs (glTF 2.0, 3.7.2)."""

from __future__ import annotations

from gencheck.gltf.document import Document
from gencheck.gltf.elements import (
    element_bytes,
    format_name,
    format_of,
    is_typed,
)
from gencheck.gltf.formats import INDEXED, allowed, is_valid
from gencheck.gltf.kinds import Object
from gencheck.gltf.log import join
from gencheck.gltf.materials import texture_infos
from gencheck.gltf.views import Views

_MODES = (
    "POINTS",
    "LINES",
    "LINE_LOOP",
    "LINE_STRIP",
    "TRIANGLES",
    "TRIANGLE_STRIP",
    "TRIANGLE_FAN",
)
_TRIANGLES = 4
_INDICES = frozenset(("SCALAR", component, False) for component in (5121, 5123, 5125))
_QUANTIZATION = "KHR_mesh_quantization"


def check_meshes(document: Document, views: Views) -> None:
    """All rules of meshes."""
    for index, mesh in document.all("meshes"):
        at = f"/meshes/{index}"
        primitives = [(i, p) for i, p in enumerate(mesh.get("primitives") or ()) if p is not None]
        for i, primitive in primitives:
            _Primitive(document, views, primitive, f"{at}/primitives/{i}").check()
        _check_targets(document, mesh, primitives, at)


def _check_targets(
    document: Document, mesh: Object, primitives: list[tuple[int, Object]], at: str
) -> None:
    """All primitives have the same number of morph targets, and the mesh a weight for each."""
    counts = [(i, len(p.get("targets") or ())) for i, p in primitives]
    for i, count in counts[1:]:
        if count != counts[0][1]:
            where = f"{at}/primitives/{i}/targets"
            document.log.add("MESH_PRIMITIVES_UNEQUAL_TARGETS_COUNT", where, count)
    if "weights" in mesh and counts and len(mesh["weights"]) != counts[0][1]:
        found = f"{len(mesh['weights'])} weights, {counts[0][1]} targets"
        document.log.add("MESH_INVALID_WEIGHTS_COUNT", f"{at}/weights", found)


class _Primitive:
    """Checks one primitive."""

    def __init__(self, document: Document, views: Views, primitive: Object, at: str) -> None:
        self._document = document
        self._views = views
        self._log = document.log
        self._primitive = primitive
        self._attributes: dict[str, int] = primitive.get("attributes") or {}
        self._at = at
        self._count: int | None = None

    def check(self) -> None:
        # A broken reference to a position is said already, and its absence is no second mistake.
        if "attributes" in self._primitive:
            self._check_names()
            for name, index in self._attributes.items():
                self._check_attribute(name, index)
        self._check_indices()
        self._check_mode()
        for number, target in enumerate(self._primitive.get("targets") or ()):
            if target is not None:
                self._check_target(target, f"{self._at}/targets/{number}")
        self._check_material()

    def _check_names(self) -> None:
        at, names = f"{self._at}/attributes", set(self._attributes)
        for name in self._attributes:
            if not is_valid(name, morph=False):
                self._log.add("MESH_PRIMITIVE_INVALID_ATTRIBUTE", join(at, name))
        if names and "POSITION" not in names:
            self._log.add("MESH_PRIMITIVE_NO_POSITION", at)
        if "TANGENT" in names and "NORMAL" not in names:
            self._log.add("MESH_PRIMITIVE_TANGENT_WITHOUT_NORMAL", f"{at}/TANGENT")
        totals = {stem: self._check_numbers(stem, at) for stem in INDEXED}
        if totals["JOINTS"] != totals["WEIGHTS"]:
            found = f"{totals['JOINTS']} JOINTS, {totals['WEIGHTS']} WEIGHTS"
            self._log.add("MESH_PRIMITIVE_JOINTS_WEIGHTS_MISMATCH", at, found)

    def _check_numbers(self, stem: str, at: str) -> int:
        """Numbers of an indexed attribute run from 0 without a gap. Returns how many there are."""
        numbers = sorted(
            int(name.partition("_")[2])
            for name in self._attributes
            if name.startswith(f"{stem}_") and is_valid(name, morph=False)
        )
        if numbers != list(range(len(numbers))):
            found = f"{stem}: {len(numbers)} of {numbers[-1] + 1}"
            self._log.add("MESH_PRIMITIVE_INDEXED_SEMANTIC_CONTINUITY", at, found)
        return len(numbers)

    def _check_attribute(self, name: str, index: int) -> None:
        at = join(f"{self._at}/attributes", name)
        accessor = self._document.get("accessors", index)
        if accessor is None or not is_valid(name, morph=False):
            return
        self._views.use(index, "vertex attribute", "vertex", at)
        self._views.share(index, accessor, at)
        self._check_format(name, accessor, at, morph=False)
        count = accessor.get("count")
        if self._count is None:
            self._count = count
        elif count != self._count:
            found = f"{count}, not {self._count}"
            self._log.add("MESH_PRIMITIVE_UNEQUAL_ACCESSOR_COUNT", at, found)

    def _check_format(self, name: str, accessor: Object, at: str, *, morph: bool) -> None:
        quantized = _QUANTIZATION in self._document.extensions
        formats = allowed(name, morph=morph, quantized=quantized)
        if name == "POSITION" and not ("min" in accessor and "max" in accessor):
            self._log.add("MESH_PRIMITIVE_POSITION_ACCESSOR_WITHOUT_BOUNDS", at)
        if formats is not None and format_of(accessor) not in formats:
            code = "MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_INVALID_FORMAT"
            self._log.add(code, at, format_name(accessor))
        elif formats is None and accessor.get("componentType") == 5125:
            self._log.add("MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_UNSIGNED_INT", at)
        view = self._views.view_of(accessor)
        if view is None or not is_typed(accessor):
            return
        step = view.get("byteStride", element_bytes(accessor))
        if (view.get("byteOffset", 0) + accessor.get("byteOffset", 0)) % 4 or step % 4:
            self._log.add("MESH_PRIMITIVE_ACCESSOR_UNALIGNED", at)

    def _check_target(self, target: dict[str, int], at: str) -> None:
        for name, index in target.items():
            here = join(at, name)
            accessor = self._document.get("accessors", index)
            if not is_valid(name, morph=True):
                self._log.add("MESH_PRIMITIVE_INVALID_ATTRIBUTE", here)
            if name not in self._attributes:
                self._log.add("MESH_PRIMITIVE_MORPH_TARGET_NO_BASE_ACCESSOR", here)
            if accessor is None or not is_valid(name, morph=True):
                continue
            self._views.use(index, "vertex attribute", "vertex", here)
            self._views.share(index, accessor, here)
            self._check_format(name, accessor, here, morph=True)
            if "count" in accessor:
                self._check_base(name, accessor, here)

    def _check_base(self, name: str, accessor: Object, at: str) -> None:
        base = self._document.get("accessors", self._attributes.get(name))
        if base is not None and base.get("count", accessor["count"]) != accessor["count"]:
            code = "MESH_PRIMITIVE_MORPH_TARGET_INVALID_ATTRIBUTE_COUNT"
            self._log.add(code, at, f"{accessor['count']}, not {base['count']}")

    def _check_indices(self) -> None:
        index = self._primitive.get("indices")
        accessor = self._document.get("accessors", index)
        if accessor is None:
            return
        assert index is not None
        at = f"{self._at}/indices"
        self._views.use(index, "indices", "index", at)
        if self._views.has_stride(accessor):
            self._log.add("MESH_PRIMITIVE_INDICES_ACCESSOR_WITH_BYTESTRIDE", at)
        if format_of(accessor) not in _INDICES:
            code = "MESH_PRIMITIVE_INDICES_ACCESSOR_INVALID_FORMAT"
            self._log.add(code, at, format_name(accessor))

    def _check_mode(self) -> None:
        """Whether the number of vertices makes up whole triangles, lines or strips."""
        mode = self._primitive.get("mode", _TRIANGLES)
        indices = self._document.get("accessors", self._primitive.get("indices"))
        count = self._count if "indices" not in self._primitive else (indices or {}).get("count")
        if count is None:
            return
        least, multiple = ((1, 1), (2, 2), (2, 1), (2, 1), (3, 3), (3, 1), (3, 1))[mode]
        if count < least or count % multiple:
            found = f"{count} for {_MODES[mode]}"
            self._log.add("MESH_PRIMITIVE_INCOMPATIBLE_MODE", self._at, found)

    def _check_material(self) -> None:
        """Texture coordinates and tangents that the material needs, or that nobody does."""
        material = self._document.get("materials", self._primitive.get("material"))
        at, log = f"{self._at}/material", self._log
        bent = False
        if material is not None:
            bent = self._check_tangents(material, at)
            self._check_coordinates(material, at)
            self._check_unused(material)
        self._check_variants()
        if "TANGENT" in self._attributes and not bent:
            log.add("UNUSED_MESH_TANGENT", f"{self._at}/attributes/TANGENT")

    def _check_variants(self) -> None:
        """Materials of variants need texture coordinates too."""
        extensions = self._primitive.get("extensions") or {}
        mappings = (extensions.get("KHR_materials_variants") or {}).get("mappings") or ()
        for i, mapping in enumerate(mappings):
            material = self._document.get("materials", (mapping or {}).get("material"))
            if material is not None:
                at = f"{self._at}/extensions/KHR_materials_variants/mappings/{i}/material"
                self._check_coordinates(material, at)

    def _check_unused(self, material: Object) -> None:
        """Texture coordinates that no texture of the material uses, nor any other could."""
        if self._primitive.get("extensions"):
            return
        used = {f"TEXCOORD_{_set_of(info)}" for _, info in texture_infos(material)}
        for name in self._attributes:
            if name.startswith("TEXCOORD_") and is_valid(name, morph=False) and name not in used:
                self._log.add("UNUSED_OBJECT", f"{self._at}/attributes/{name}")

    def _check_coordinates(self, material: Object, at: str) -> None:
        sets = sum(
            name.startswith("TEXCOORD_") and is_valid(name, morph=False)
            for name in self._attributes
        )
        for name, info in texture_infos(material):
            if (number := _set_of(info)) >= sets:
                found = f"{name} needs TEXCOORD_{number}"
                self._log.add("MESH_PRIMITIVE_TOO_FEW_TEXCOORDS", at, found)

    def _check_tangents(self, material: Object, at: str) -> bool:
        """Whether the material bends normals, and so needs a tangent space."""
        extensions = material.get("extensions") or {}
        coat = extensions.get("KHR_materials_clearcoat") or {}
        needs = "clearcoatNormalTexture" in coat or (
            extensions.get("KHR_materials_anisotropy") is not None
        )
        mapped = "normalTexture" in material
        lines = self._primitive.get("mode", _TRIANGLES) < _TRIANGLES
        if "TANGENT" not in self._attributes and not lines:
            if mapped:
                self._log.add("MESH_PRIMITIVE_GENERATED_TANGENT_SPACE", at)
            elif needs:
                self._log.add("MESH_PRIMITIVE_NO_TANGENT_SPACE", at)
        return mapped or needs


def _set_of(info: Object) -> int:
    """The set of texture coordinates of a texture; a transform may name another."""
    extensions: Object = info.get("extensions") or {}
    transform: Object = extensions.get("KHR_texture_transform") or {}
    holder = transform if "texCoord" in transform else info
    number: int = holder.get("texCoord", 0)
    return number
