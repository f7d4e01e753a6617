"""Primitives: attributes, indices, morph targets, what their material needs (glTF 2.0, 3.7.2)."""

from __future__ import annotations

from gencheck.gltf.document import Document
from gencheck.gltf.elements import UNSIGNED_INT, element_bytes, format_name, format_of
from gencheck.gltf.formats import INDICES, allowed
from gencheck.gltf.kinds import Object
from gencheck.gltf.log import join
from gencheck.gltf.needs import Needs
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
    checked = _Primitives(document, views)
    for index, mesh in document.all("meshes"):
        at = f"/meshes/{index}"
        primitives = mesh.get("primitives") or []
        for i, primitive in enumerate(primitives):
            checked.check(primitive, f"{at}/primitives/{i}")
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


class _Primitives:
    """Checks primitives.

    What a use of an accessor has nothing wrong with the first time, it has nothing later either;
    scenes may have many thousand primitives of the same few accessors.
    """

    def __init__(self, document: Document, views: Views) -> None:
        self._document = document
        self._views = views
        self._log = document.log
        self._needs = Needs(document)
        self._good: set[tuple[str, int, bool]] = set()

    def check(self, primitive: Object, at: str) -> None:
        attributes: dict[str, int] = primitive.get("attributes") or {}
        if attributes:
            for code, place, detail in self._document.names_of(primitive).problems:
                self._log.add(code, f"{at}/attributes{place}", detail)
        count = self._check_attributes(attributes, f"{at}/attributes")
        if "indices" in primitive:
            count = self._check_indices(primitive["indices"], f"{at}/indices")
        self._check_mode(primitive.get("mode", _TRIANGLES), count, at)
        for number, target in enumerate(primitive.get("targets") or ()):
            self._check_target(target, attributes, f"{at}/targets/{number}")
        self._needs.check(primitive, at)

    def _check_attributes(self, attributes: dict[str, int], at: str) -> int | None:
        """Returns the number of vertices, by the first attribute that has one."""
        vertices: int | None = None
        for name, index in attributes.items():
            accessor = self._document.get("accessors", index)
            if accessor is None:
                continue
            self._check_use(name, index, accessor, at, morph=False)
            count = accessor.get("count")
            if vertices is None:
                vertices = count
            elif count != vertices:
                found = f"{count}, not {vertices}"
                self._log.add("MESH_PRIMITIVE_UNEQUAL_ACCESSOR_COUNT", join(at, name), found)
        return vertices

    def _check_use(self, name: str, index: int, accessor: Object, at: str, *, morph: bool) -> None:
        """What holds for an attribute of the mesh and of a morph target."""
        use = (name, index, morph)
        if use in self._good:
            return
        before, at = self._log.total, join(at, name)
        self._views.use(index, "vertex attribute", "vertex", at)
        self._views.share(index, accessor, at)
        if name == "POSITION" and not ("min" in accessor and "max" in accessor):
            self._log.add("MESH_PRIMITIVE_POSITION_ACCESSOR_WITHOUT_BOUNDS", at)
        self._check_format(name, accessor, at, morph=morph)
        if self._is_misaligned(accessor):
            self._log.add("MESH_PRIMITIVE_ACCESSOR_UNALIGNED", at)
        if self._log.total == before:
            self._good.add(use)

    def _check_format(self, name: str, accessor: Object, at: str, *, morph: bool) -> None:
        quantized = _QUANTIZATION in self._document.extensions
        formats = allowed(name, morph=morph, quantized=quantized)
        if formats is not None and format_of(accessor) not in formats:
            code = "MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_INVALID_FORMAT"
            self._log.add(code, at, format_name(accessor))
        elif formats is None and not morph and accessor.get("componentType") == UNSIGNED_INT:
            self._log.add("MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_UNSIGNED_INT", at)

    def _is_misaligned(self, accessor: Object) -> bool:
        """Whether an element does not begin at a multiple of 4 bytes in the view (3.6.2.4)."""
        if max(accessor.get("byteOffset", 0), 0) % 4:
            return True
        view = self._views.view_of(accessor)
        if view is None or "byteStride" in view or "componentType" not in accessor:
            return False
        return "type" in accessor and bool(element_bytes(accessor, padded=False) % 4)

    def _check_target(self, target: dict[str, int], attributes: dict[str, int], at: str) -> None:
        for name, index in target.items():
            accessor = self._document.get("accessors", index)
            if accessor is None:
                continue
            base = self._document.get("accessors", attributes.get(name))
            if base is None:
                self._log.add("MESH_PRIMITIVE_MORPH_TARGET_NO_BASE_ACCESSOR", join(at, name))
            elif base.get("count") != accessor.get("count"):
                code = "MESH_PRIMITIVE_MORPH_TARGET_INVALID_ATTRIBUTE_COUNT"
                found = f"{accessor.get('count')}, not {base.get('count')}"
                self._log.add(code, join(at, name), found)
            self._check_use(name, index, accessor, at, morph=True)

    def _check_indices(self, index: int, at: str) -> int | None:
        """Returns how many there are."""
        accessor = self._document.get("accessors", index) or {}
        self._views.use(index, "indices", "index", at)
        if self._views.has_stride(accessor):
            self._log.add("MESH_PRIMITIVE_INDICES_ACCESSOR_WITH_BYTESTRIDE", at)
        if format_of(accessor) not in INDICES:
            code = "MESH_PRIMITIVE_INDICES_ACCESSOR_INVALID_FORMAT"
            self._log.add(code, at, format_name(accessor))
        return accessor.get("count")

    def _check_mode(self, mode: int, count: int | None, at: str) -> None:
        """Whether the number of vertices makes up whole triangles, lines or strips."""
        if count is None or mode < 0:
            return
        least, multiple = ((1, 1), (2, 2), (2, 1), (2, 1), (3, 3), (3, 1), (3, 1))[mode]
        if count < least or count % multiple:
            found = f"{count} for {_MODES[mode]}"
            self._log.add("MESH_PRIMITIVE_INCOMPATIBLE_MODE", at, found)
