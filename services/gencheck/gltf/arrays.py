"""Accessors as arrays: views into the bytes of the file wherever nothing is sparse."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.gltf.document import Document
from gencheck.gltf.elements import DTYPES, WIDTHS, element_bytes, is_typed
from gencheck.gltf.kinds import Object
from gencheck.gltf.resources import Resources

Array = NDArray[Any]

MAX_BYTES = 1 << 29
"""Bytes of accessors that are looked at in all: many accessors may name the same bytes."""
_MAX_SPARSE = 1 << 28
_TOO_MUCH = f"accessors after the first {MAX_BYTES >> 20} MiB of their data"
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
            self._known[index] = self._read(accessor)
        return self._known[index]

    def sparse_indices(self, accessor: Object) -> Array | None:
        """The indices of a sparse accessor, ``int64 [sparse.count]``, where all are there."""
        sparse = accessor.get("sparse")
        if sparse is None or not is_typed(accessor):
            return None
        part = sparse["indices"]
        if "componentType" not in part:
            return None
        kind = {"type": "SCALAR", "componentType": part["componentType"]}
        found = self._plain(part, kind, sparse["count"])
        if found is None or not self.may_look(found.nbytes):
            return None
        return found[:, 0].astype(np.int64)

    def _read(self, accessor: Object) -> Array | None:
        sparse = accessor.get("sparse")
        if accessor.get("type") not in WIDTHS or not is_typed(accessor):
            return None
        view = self._document.get("bufferViews", accessor.get("bufferView"))
        if view is None and sparse is None:
            return None
        base: Array | None = None
        if view is not None:
            base = self._plain(accessor, accessor, accessor["count"])
            if base is None:
                return None
        size = accessor["count"] * element_bytes(accessor)
        if sparse is not None and size > _MAX_SPARSE:
            self._log.skip(_TOO_MUCH)
            return None
        if not self.may_look(size):
            return None
        if sparse is None:
            return base
        if base is None:
            base = np.zeros((accessor["count"], WIDTHS[accessor["type"]]), self._dtype(accessor))
        return self._sparse(accessor, sparse, base)

    def may_look(self, size: int) -> bool:
        """Whether so many bytes more may be looked at; then they are counted."""
        if size > self._left:
            self._log.skip(_TOO_MUCH)
            return False
        self._left -= size
        return True

    def _dtype(self, accessor: Object) -> np.dtype[Any]:
        return np.dtype(DTYPES[accessor["componentType"]])

    def _plain(self, thing: Object, accessor: Object, count: int) -> Array | None:
        """Elements of the type of an accessor, at the place that a thing names."""
        view = self._document.get("bufferViews", thing.get("bufferView")) or {}
        data = self._resources.buffer_bytes(view.get("buffer"))
        if data is None:
            return None
        size, least = element_bytes(accessor), element_bytes(accessor, padded=False)
        stride = view.get("byteStride", size) if thing is accessor else size
        offset, start = thing.get("byteOffset", 0), view.get("byteOffset", 0)
        end = offset + stride * (count - 1) + least
        if min(offset, start) < 0 or stride < least or end > view.get("byteLength", -1):
            return None
        dtype, kind = self._dtype(accessor), accessor["type"]
        if start + end > len(data) or offset % dtype.itemsize or (start + offset) % dtype.itemsize:
            return None
        columns = _COLUMNS.get(kind)
        if columns is None:
            shape: tuple[int, ...] = (count, WIDTHS[kind])
            strides: tuple[int, ...] = (stride, dtype.itemsize)
            return np.ndarray(shape, dtype, data, start + offset, strides)
        step = size // columns
        shape, strides = (count, columns, columns), (stride, step, dtype.itemsize)
        return np.ndarray(shape, dtype, data, start + offset, strides).reshape(count, -1)

    def _sparse(self, accessor: Object, sparse: Object, base: Array) -> Array | None:
        """The elements with those that are replaced, up to the first index that is none."""
        count = sparse["count"]
        if count > len(base):
            return None
        indices = self.sparse_indices(accessor)
        replaced = self._plain(sparse["values"], accessor, count)
        if indices is None or replaced is None:
            return None
        good = (np.diff(indices, prepend=-1) > 0) & (indices < len(base))
        whole = int(np.argmin(good)) if not good.all() else count
        result = base.copy()
        result[indices[:whole]] = replaced[:whole]
        return result
