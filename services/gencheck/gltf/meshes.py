"""Primitives: attributes, indices, morph targets, what their material needs (glTF 2.0, 3.7.2)."""

from __future__ import annotations

from gencheck.gltf.document import Document
from gencheck.gltf.elements import element_bytes, format_name, format_of
from gencheck.gltf.formats import INDEXED, INDICES, allowed, sets_of, whole_sets
from gencheck.gltf.kinds import Object
from gencheck.gltf.log import join
from gencheck.gltf.needs import check_needs
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
_QUANTIZATION = "KHR_mesh_quantization"


def check_meshes(document: Document, views: Views) -> None:
    """All rules of meshes."""
    for index, mesh in document.all("meshes"):
        at = f"/meshes/{index}"
        primitives = mesh.get("primitives") or []
        for i, primitive in enumerate(primitives):
            _Primitive(document, views, primitive, f"{at}/primitives/{i}").check()
        _check_targets(document, mesh, primitives, at)


def _check_targets(document: Document, mesh: Object, primitives: list[Object], at: str) -> None:
    """All primitives have the same number of morph targets, and the mesh a weight for each."""
    counts = [len(primitive.get("targets") or ()) for primitive in primitives]
    for i, count in enumerate(counts):
        if count != counts[0]:
            where = f"{at}/primitives/{i}" + ("/targets" if count else "")
            document.log.add("MESH_PRIMITIVES_UNEQUAL_TARGETS_COUNT", where, count)
    if "weights" in mesh and counts and len(mesh["weights"]) != counts[0]:
        found = f"{len(mesh['weights'])} weights, {counts[0]} targets"
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
        if self._attributes:
            self._check_names()
        for name, index in self._attributes.items():
            self._check_attribute(name, index)
        self._check_indices()
        self._check_mode()
        for number, target in enumerate(self._primitive.get("targets") or ()):
            self._check_target(target, f"{self._at}/targets/{number}")
        check_needs(self._document, self._primitive, self._at)

    def _check_names(self) -> None:
        at, names = f"{self._at}/attributes", self._attributes
        if "POSITION" not in names:
            self._log.add("MESH_PRIMITIVE_NO_POSITION", at)
        if "TANGENT" in names and "NORMAL" not in names:
            self._log.add("MESH_PRIMITIVE_TANGENT_WITHOUT_NORMAL", f"{at}/TANGENT")
        for stem in INDEXED:
            count, wanted = sets_of(names, stem)
            if count != wanted:
                found = f"{stem}: {count} of {wanted} are numbered in a row"
                self._log.add("MESH_PRIMITIVE_INDEXED_SEMANTIC_CONTINUITY", at, found)
        joints, weights = (whole_sets(names, stem) for stem in ("JOINTS", "WEIGHTS"))
        if joints != weights:
            found = f"{joints} JOINTS, {weights} WEIGHTS"
            self._log.add("MESH_PRIMITIVE_JOINTS_WEIGHTS_MISMATCH", at, found)

    def _check_attribute(self, name: str, index: int) -> None:
        at = join(f"{self._at}/attributes", name)
        accessor = self._document.get("accessors", index)
        if accessor is None:
            return
        self._check_use(name, index, accessor, at, morph=False)
        count = accessor.get("count")
        if self._count is None:
            self._count = count
        elif count != self._count:
            found = f"{count}, not {self._count}"
            self._log.add("MESH_PRIMITIVE_UNEQUAL_ACCESSOR_COUNT", at, found)

    def _check_use(self, name: str, index: int, accessor: Object, at: str, *, morph: bool) -> None:
        """What holds for an attribute of the mesh and of a morph target."""
        self._views.use(index, "vertex attribute", "vertex", at)
        self._views.share(index, accessor, at)
        if name == "POSITION" and not ("min" in accessor and "max" in accessor):
            self._log.add("MESH_PRIMITIVE_POSITION_ACCESSOR_WITHOUT_BOUNDS", at)
        quantized = _QUANTIZATION in self._document.extensions
        formats = allowed(name, morph=morph, quantized=quantized)
        if formats is not None and format_of(accessor) not in formats:
            code = "MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_INVALID_FORMAT"
            self._log.add(code, at, format_name(accessor))
        elif formats is None and not morph and accessor.get("componentType") == 5125:
            self._log.add("MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_UNSIGNED_INT", at)
        if self._is_misaligned(accessor):
            self._log.add("MESH_PRIMITIVE_ACCESSOR_UNALIGNED", at)

    def _is_misaligned(self, accessor: Object) -> bool:
        """Whether an element does not begin at a multiple of 4 bytes in the view (3.6.2.4)."""
        if max(accessor.get("byteOffset", 0), 0) % 4:
            return True
        view = self._views.view_of(accessor)
        if view is None or "byteStride" in view or "componentType" not in accessor:
            return False
        return "type" in accessor and bool(element_bytes(accessor, padded=False) % 4)

    def _check_target(self, target: dict[str, int], at: str) -> None:
        for name, index in target.items():
            here = join(at, name)
            accessor = self._document.get("accessors", index)
            if accessor is None:
                continue
            base = self._document.get("accessors", self._attributes.get(name))
            if base is None:
                self._log.add("MESH_PRIMITIVE_MORPH_TARGET_NO_BASE_ACCESSOR", here)
            elif base.get("count") != accessor.get("count"):
                code = "MESH_PRIMITIVE_MORPH_TARGET_INVALID_ATTRIBUTE_COUNT"
                self._log.add(code, here, f"{accessor.get('count')}, not {base.get('count')}")
            self._check_use(name, index, accessor, here, morph=True)

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
        if format_of(accessor) not in INDICES:
            code = "MESH_PRIMITIVE_INDICES_ACCESSOR_INVALID_FORMAT"
            self._log.add(code, at, format_name(accessor))

    def _check_mode(self) -> None:
        """Whether the number of vertices makes up whole triangles, lines or strips."""
        mode = self._primitive.get("mode", _TRIANGLES)
        indices = self._document.get("accessors", self._primitive.get("indices"))
        count = self._count if indices is None else indices.get("count")
        if count is None or mode < 0:
            return
        least, multiple = ((1, 1), (2, 2), (2, 1), (2, 1), (3, 3), (3, 1), (3, 1))[mode]
        if count < least or count % multiple:
            found = f"{count} for {_MODES[mode]}"
            self._log.add("MESH_PRIMITIVE_INCOMPATIBLE_MODE", self._at, found)
