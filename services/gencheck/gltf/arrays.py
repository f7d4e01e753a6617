"""Accessors as arrays: views into the bytes of the file wherever nothing is sparse."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.gltf.document import Document
from gencheck.gltf.elements import COMPONENT_BYTES, DTYPES, WIDTHS, element_bytes, is_typed
from gencheck.gltf.kinds import Object
from gencheck.gltf.resources import Resources

Array = NDArray[Any]

MAX_BYTES = 1 << 30
"""Bytes of accessors that are looked at in all: many accessors may name the same bytes."""
_MAX_SPARSE = 1 << 28
_COLUMNS = {"MAT2": 2, "MAT3": 3, "MAT4": 4}


class Arrays:
    """Reads the accessors of a document, each once."""

    def __init__(self, document: Document, resources: Resources) -> None:
        self._document = document
        self._resources = resources
        self._log = document.log
        self._known: dict[int, Array | None] = {}
        self._left = MAX_BYTES

    def get(self, index: object) -> Array | None:
        """An accessor as ``[count, width]``; ``None`` where its data are not (all) there."""
        accessor = self._document.get("accessors", index)
        if accessor is None or not isinstance(index, int):
            return None
        if index not in self._known:
            self._known[index] = self._read(index, accessor)
        return self._known[index]

    def _read(self, index: int, accessor: Object) -> Array | None:
        sparse = accessor.get("sparse")
        if not is_typed(accessor) or ("bufferView" not in accessor and sparse is None):
            return None
        size = accessor["count"] * element_bytes(accessor)
        if size > self._left or (sparse is not None and size > _MAX_SPARSE):
            self._log.skip(f"accessors after the first {MAX_BYTES >> 20} MiB of their data")
            return None
        self._left -= size
        base = self._plain(accessor, accessor, accessor["count"])
        if sparse is None:
            return base
        if base is None:
            if "bufferView" in accessor:
                return None
            base = np.zeros((accessor["count"], WIDTHS[accessor["type"]]), self._dtype(accessor))
        return self._sparse(accessor, sparse, base, f"/accessors/{index}/sparse")

    def _dtype(self, accessor: Object) -> np.dtype[Any]:
        return np.dtype(DTYPES[accessor["componentType"]])

    def _plain(self, thing: Object, accessor: Object, count: int) -> Array | None:
        """Elements of the type of an accessor, at the place that a thing names."""
        data = self._resources.view_bytes(thing.get("bufferView"))
        if data is None:
            return None
        view = self._document.get("bufferViews", thing["bufferView"]) or {}
        size = element_bytes(accessor)
        stride = view.get("byteStride", size) if thing is accessor else size
        offset = thing.get("byteOffset", 0)
        if stride < size or offset + stride * (count - 1) + size > len(data):
            return None
        dtype, kind = self._dtype(accessor), accessor["type"]
        columns = _COLUMNS.get(kind)
        if columns is None:
            shape: tuple[int, ...] = (count, WIDTHS[kind])
            strides: tuple[int, ...] = (stride, dtype.itemsize)
            return np.ndarray(shape, dtype, data, offset, strides)
        step = size // columns
        shape, strides = (count, columns, columns), (stride, step, dtype.itemsize)
        return np.ndarray(shape, dtype, data, offset, strides).reshape(count, -1)

    def _sparse(self, accessor: Object, sparse: Object, base: Array, at: str) -> Array | None:
        count, part = sparse.get("count"), sparse.get("indices")
        values = sparse.get("values")
        if count is None or part is None or values is None or count > len(base):
            return None
        if part.get("componentType") not in COMPONENT_BYTES:
            return None
        kind = {"type": "SCALAR", "componentType": part["componentType"]}
        indices, replaced = self._plain(part, kind, count), self._plain(values, accessor, count)
        if indices is None:
            return None
        indices = indices.reshape(-1).astype(np.int64)
        outside = np.flatnonzero(indices >= len(base))
        self._log.add_each(
            "ACCESSOR_SPARSE_INDEX_OOB",
            at,
            outside.tolist(),
            lambda i: f"{indices[i]} of {len(base)}",
        )
        falling = np.flatnonzero(np.diff(indices) <= 0) + 1
        self._log.add_each(
            "ACCESSOR_SPARSE_INDICES_NON_INCREASING",
            at,
            falling.tolist(),
            lambda i: f"{indices[i]} after {indices[i - 1]}",
        )
        if replaced is None or len(outside):
            return None
        result = base.copy()
        result[indices] = replaced
        return result
