"""Buffer views and accessors: bounds, alignment, and one use for each (glTF 2.0, 3.6)."""

from __future__ import annotations

from gencheck.gltf.document import Document
from gencheck.gltf.elements import COMPONENT_BYTES, WIDTHS, element_bytes, is_typed
from gencheck.gltf.kinds import Object

_TARGETS = {34962: "vertex", 34963: "index"}


class Views:
    """What each buffer view and each accessor is used for."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._log = document.log
        self._uses: dict[int, str] = {}
        self._accessor_uses: dict[int, str] = {}
        self._vertex_accessors: dict[int, set[int]] = {}

    def check(self) -> None:
        """Bounds of all views and accessors."""
        for index, view in self._document.all("bufferViews"):
            self._check_view(index, view)
        for index, accessor in self._document.all("accessors"):
            self._check_accessor(index, accessor)

        for index, image in self._document.all("images"):
            if "bufferView" in image:
                at = f"/images/{index}/bufferView"
                self.use_view(image["bufferView"], "image", at)
                if self.has_stride(image):
                    self._log.add("IMAGE_BUFFER_VIEW_WITH_BYTESTRIDE", at)

    def view_of(self, thing: Object) -> Object | None:
        """The buffer view of an accessor, an image or a part of a sparse accessor."""
        return self._document.get("bufferViews", thing.get("bufferView"))

    def has_stride(self, thing: Object) -> bool:
        """Whether its buffer view has a stride of its own."""
        view = self.view_of(thing)
        return view is not None and "byteStride" in view

    def use(self, index: int, use: str, of_view: str, at: str) -> None:
        """Say what an accessor, and so its buffer view, is used for; each has one use only."""
        known = self._accessor_uses.setdefault(index, use)
        if known != use:
            self._log.add("ACCESSOR_USAGE_OVERRIDE", at, f"{known}, then {use}")
        accessor = self._document.get("accessors", index)
        if accessor is not None and "bufferView" in accessor:
            self.use_view(accessor["bufferView"], of_view, at)

    def use_view(self, index: int, use: str, at: str) -> None:
        """Say what a buffer view is used for."""
        view = self._document.get("bufferViews", index)
        if view is None:
            return
        self._document.used["bufferViews"].add(index)
        known = self._uses.get(index)
        if known is None:
            known = self._uses[index] = _TARGETS.get(view.get("target", 0), use)
            if use in _TARGETS.values() and "target" not in view:
                self._log.add("BUFFER_VIEW_TARGET_MISSING", at)
        if known != use:
            self._log.add("BUFFER_VIEW_TARGET_OVERRIDE", at, f"{known}, then {use}")

    def share(self, index: int, accessor: Object, at: str) -> None:
        """Two vertex attributes in one view need its stride (3.6.2.4); each is told once."""
        view = self.view_of(accessor)
        if view is None or "byteStride" in view:
            return
        sharing = self._vertex_accessors.setdefault(accessor["bufferView"], set())
        if index not in sharing and sharing:
            self._log.add("MESH_PRIMITIVE_ACCESSOR_WITHOUT_BYTESTRIDE", at)
        sharing.add(index)

    def _check_view(self, index: int, view: Object) -> None:
        buffer = self._document.get("buffers", view.get("buffer"))
        if buffer is None or "byteLength" not in buffer:
            return
        size, offset = buffer["byteLength"], view.get("byteOffset", 0)
        at, end = f"/bufferViews/{index}", offset + view.get("byteLength", 0)
        if offset >= size:
            self._log.add(
                "BUFFER_VIEW_TOO_LONG", f"{at}/byteOffset", f"from byte {offset} of {size}"
            )
        elif end > size:
            self._log.add("BUFFER_VIEW_TOO_LONG", f"{at}/byteLength", f"up to byte {end} of {size}")

    def _check_accessor(self, index: int, accessor: Object) -> None:
        if not is_typed(accessor):
            return
        at, view = f"/accessors/{index}", self.view_of(accessor)
        size = element_bytes(accessor, padded=False)
        component = COMPONENT_BYTES[accessor["componentType"]]
        if view is not None:
            stride = view.get("byteStride", element_bytes(accessor))
            if stride < size:
                self._log.add("ACCESSOR_SMALL_BYTESTRIDE", at, f"{stride} of {size} bytes")
            length = stride * (accessor["count"] - 1) + size
            self._check_place(accessor, view, component, length, at)
        if "sparse" in accessor:
            self._check_sparse(accessor, accessor["sparse"], component, f"{at}/sparse")

    def _check_sparse(self, accessor: Object, sparse: Object, component: int, at: str) -> None:
        count, indices, values = (sparse[name] for name in ("count", "indices", "values"))
        if count > accessor["count"]:
            found = f"{count}, of {accessor['count']} elements"
            self._log.add("ACCESSOR_SPARSE_COUNT_OUT_OF_RANGE", f"{at}/count", found)
        width = COMPONENT_BYTES.get(indices.get("componentType", 0))
        size = component * WIDTHS.get(accessor["type"], 0)
        for name, part, unit, length in (
            ("indices", indices, width, width),
            ("values", values, component, size),
        ):
            view = self.view_of(part)
            if view is None:
                continue
            self.use_view(part["bufferView"], "other", f"{at}/{name}/bufferView")
            if "byteStride" in view:
                self._log.add("BUFFER_VIEW_INVALID_BYTE_STRIDE", f"{at}/{name}/bufferView")
            if unit is not None and length is not None:
                self._check_place(part, view, unit, length * count, f"{at}/{name}")

    def _check_place(self, thing: Object, view: Object, unit: int, length: int, at: str) -> None:
        """Alignment and bounds of data in its view."""
        offset, start = thing.get("byteOffset", 0), view.get("byteOffset", 0)
        if offset < 0:
            return
        if offset % unit:
            self._log.add(
                "ACCESSOR_OFFSET_ALIGNMENT", f"{at}/byteOffset", f"{offset}, for {unit} bytes"
            )
        if start < 0:
            return
        if (start + offset) % unit:
            found = f"{start + offset}, for {unit} bytes"
            self._log.add("ACCESSOR_TOTAL_OFFSET_ALIGNMENT", at, found)
        size = view.get("byteLength", -1)  # into a view of no length fits nothing
        if offset > size:
            self._log.add("ACCESSOR_TOO_LONG", f"{at}/byteOffset", f"from byte {offset} of {size}")
        elif offset + length > size:
            self._log.add("ACCESSOR_TOO_LONG", at, f"up to byte {offset + length} of {size}")
