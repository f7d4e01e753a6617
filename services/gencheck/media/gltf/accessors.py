"""The binary side of glTF: buffers, views and accessors, all held to their bounds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import LimitExceeded, UnsupportedMedia
from gencheck.gltf.elements import DTYPES, WIDTHS
from gencheck.gltf.transforms import as_shares
from gencheck.gltf.uris import InvalidUri, Uris
from gencheck.media.gltf import meshopt
from gencheck.media.gltf.entries import is_index

_MAX_LIST = 1_000_000
_LARGEST = 1 << 53
_MAX_UNPACKED = 1 << 30
_COMPRESSION = {"KHR_draco_mesh_compression", "EXT_meshopt_compression", "KHR_meshopt_compression"}

Array = NDArray[Any]


class GltfError(Exception):
    """Something is wrong at a JSON pointer (RFC 6901)."""

    def __init__(self, what: str, pointer: str) -> None:
        super().__init__(what, pointer)
        self.what = what
        self.pointer = pointer


class Accessors:
    """Reads accessors of a document into arrays."""

    def __init__(
        self, document: dict[str, Any], binary: memoryview | None, uris: Uris, *, max_items: int
    ) -> None:
        """Args: max_items: numbers in one accessor; more is ``LimitExceeded``."""
        self._document = document
        self._binary = binary
        self._max_items = max_items
        self.uris = uris
        self._buffers: dict[int, bytes | memoryview] = {}
        self._views: dict[str, memoryview] = {}
        self._unpacked_bytes = 0
        self.supplied: dict[int, Array] = {}
        """What stands for an accessor by its index: the data of a primitive that was unpacked."""

    def read(self, index: object, kind: str, pointer: str) -> Array:
        """An accessor as ``[count, width]``. Raises ``GltfError``."""
        accessor, where = self._entry("accessors", index, pointer)
        if accessor.get("type") != kind:
            found = str(accessor.get("type"))[:40]
            raise GltfError(f"type {found!r} where {kind} is needed", where)
        dtype = self._dtype(accessor, where)
        width = WIDTHS[kind]
        if index in self.supplied:
            return self._supplied(self.supplied[index], accessor, dtype, width, where)
        count = integer(accessor.get("count"), f"{where}/count")
        if count * width > self._max_items:
            raise LimitExceeded(
                f"an accessor of {count} elements",
                fix="Decimate or split the mesh.",
                metadata={"elements": str(count), "pointer": where},
            )
        if "bufferView" in accessor:
            values = self._view(accessor, dtype, width, count, where)
        else:
            values = np.zeros((count, width), dtype)
        if "sparse" in accessor:
            values = self._sparse(accessor["sparse"], values, f"{where}/sparse")
        return _normalised(values) if accessor.get("normalized") else values

    def count(self, index: object, pointer: str) -> int:
        """The elements of an accessor, known before any is read. Raises ``GltfError``."""
        accessor, where = self._entry("accessors", index, pointer)
        if index in self.supplied:
            return len(self.supplied[index])
        return integer(accessor.get("count"), f"{where}/count")

    def has_data(self, index: object, pointer: str) -> bool:
        """Whether an accessor names data of its own; without, it is all zero."""
        accessor, _ = self._entry("accessors", index, pointer)
        return index in self.supplied or "bufferView" in accessor or "sparse" in accessor

    def view(self, index: object, pointer: str) -> memoryview:
        """The bytes of a buffer view. Raises ``GltfError``."""
        view, where = self._entry("bufferViews", index, pointer)
        return self._view_bytes(view, where)

    def _supplied(
        self,
        values: Array,
        accessor: dict[str, Any],
        dtype: np.dtype[Any],
        width: int,
        where: str,
    ) -> Array:
        if values.shape[1] != width:
            raise GltfError(f"{values.shape[1]} numbers each where {width} are needed", where)
        if values.dtype.kind != "f":
            values = values.astype(dtype)
        return _normalised(values) if accessor.get("normalized") else values

    def _view(
        self, accessor: dict[str, Any], dtype: np.dtype[Any], width: int, count: int, where: str
    ) -> Array:
        view, view_where = self._entry("bufferViews", accessor["bufferView"], f"{where}/bufferView")
        data = self._view_bytes(view, view_where)
        size = dtype.itemsize * width
        stride = integer(view.get("byteStride", size), f"{view_where}/byteStride")
        offset = integer(accessor.get("byteOffset", 0), f"{where}/byteOffset")
        if count < 2:
            stride = size
        if stride < size:
            raise GltfError(f"a stride of {stride} bytes for elements of {size}", view_where)
        end = offset + stride * (count - 1) + size if count else offset
        if end > len(data):
            raise GltfError(f"the accessor ends at byte {end} of {len(data)} bytes", where)
        if not count:
            return np.zeros((0, width), dtype)
        if stride == size:
            flat = np.frombuffer(data, dtype, count * width, offset)
            return flat.reshape(count, width)
        raw = np.frombuffer(data, np.uint8)
        rows = np.lib.stride_tricks.as_strided(
            raw[offset:], shape=(count, size), strides=(stride, 1), writeable=False
        )
        return np.ascontiguousarray(rows).view(dtype).reshape(count, width)

    def _sparse(self, sparse: object, values: Array, where: str) -> Array:
        if not isinstance(sparse, dict):
            raise GltfError("not an object", where)
        count = integer(sparse.get("count"), f"{where}/count")
        if count > len(values):
            raise GltfError(f"{count} sparse elements of {len(values)}", f"{where}/count")
        parts = {}
        for part, width in (("indices", 1), ("values", values.shape[1])):
            entry = sparse.get(part)
            if not isinstance(entry, dict) or "bufferView" not in entry:
                raise GltfError("no bufferView", f"{where}/{part}")
            dtype = values.dtype if part == "values" else self._dtype(entry, f"{where}/{part}")
            if part == "indices" and dtype.kind != "u":
                raise GltfError("indices are not unsigned integers", f"{where}/{part}")
            parts[part] = self._view(entry, dtype, width, count, f"{where}/{part}")
        indices = parts["indices"].reshape(-1).astype(np.int64)
        if len(indices) and (int(indices.max()) >= len(values) or int(indices.min()) < 0):
            raise GltfError(f"sparse index {int(indices.max())} of {len(values)}", where)
        values = values.copy()
        values[indices] = parts["values"]
        return values

    def _view_bytes(self, view: dict[str, Any], where: str) -> memoryview:
        index = view.get("buffer")
        extensions = view.get("extensions")
        packed = extensions.get(meshopt.NAME) if isinstance(extensions, dict) else None
        if isinstance(packed, dict) and self._is_without_data(index, f"{where}/buffer"):
            return self._unpacked(packed, where)
        data = self._buffer(index, f"{where}/buffer")
        offset = integer(view.get("byteOffset", 0), f"{where}/byteOffset")
        length = integer(view.get("byteLength"), f"{where}/byteLength")
        if offset + length > len(data):
            raise GltfError(
                f"the view ends at byte {offset + length} of a buffer of {len(data)} bytes", where
            )
        return memoryview(data)[offset : offset + length]

    def _is_without_data(self, index: object, pointer: str) -> bool:
        """Whether a buffer only stands for what is compressed in another."""
        buffer, _ = self._entry("buffers", index, pointer)
        return "uri" not in buffer and (index != 0 or self._binary is None)

    def _unpacked(self, packed: dict[str, Any], where: str) -> memoryview:
        """A view compressed with meshopt; the bytes of all together are bounded."""
        where = f"{where}/extensions/{meshopt.NAME}"
        if where in self._views:
            return self._views[where]
        count = integer(packed.get("count"), f"{where}/count")
        stride = integer(packed.get("byteStride"), f"{where}/byteStride")
        self._unpacked_bytes += count * stride
        if self._unpacked_bytes > _MAX_UNPACKED:
            raise LimitExceeded(
                f"compressed data of {self._unpacked_bytes} bytes",
                fix="Decimate or split the mesh.",
                metadata={"pointer": where},
            )
        mode, how = packed.get("mode"), packed.get("filter", "NONE")
        data = self._view_bytes({**packed, "extensions": None}, where)
        try:
            self._views[where] = memoryview(meshopt.unpack(data, count, stride, mode, how))
        except meshopt.MeshoptError as error:
            raise GltfError(str(error), where) from None
        return self._views[where]

    def _buffer(self, index: object, pointer: str) -> bytes | memoryview:
        buffer, where = self._entry("buffers", index, pointer)
        assert isinstance(index, int)
        if index not in self._buffers:
            self._buffers[index] = self._buffer_bytes(buffer, index, where)
        return self._buffers[index]

    def _buffer_bytes(self, buffer: dict[str, Any], index: int, where: str) -> bytes | memoryview:
        uri = buffer.get("uri")
        if uri is None:
            if index or self._binary is None:
                refuse_compressed(buffer.get("extensions"))
            if index or self._binary is None:
                raise GltfError("a buffer without data", where)
            return self._binary
        if not isinstance(uri, str) or uri[:5].lower() != "data:":
            raise UnsupportedMedia(
                f"the geometry is in another file ({str(uri)[:60]}), which is not read",
                fix="Export it as one GLB.",
                metadata={"pointer": f"{where}/uri"},
            )
        try:
            data = self.uris.read(uri).data
        except InvalidUri as error:
            raise GltfError(f"the data URI: {error}", f"{where}/uri") from None
        assert data is not None
        return data

    def _entry(self, table: str, index: object, pointer: str) -> tuple[dict[str, Any], str]:
        entries = self._document.get(table, [])
        if not isinstance(entries, list) or len(entries) > _MAX_LIST:
            raise GltfError("not a list", f"/{table}")
        if not is_index(index, len(entries)):
            raise GltfError(f"{str(index)[:40]} is no index of {len(entries)} {table}", pointer)
        entry = entries[index]
        if not isinstance(entry, dict):
            raise GltfError("not an object", f"/{table}/{index}")
        return entry, f"/{table}/{index}"

    def _dtype(self, accessor: dict[str, Any], where: str) -> np.dtype[Any]:
        code = accessor.get("componentType")
        if not isinstance(code, int) or code not in DTYPES:
            raise GltfError(f"unknown component type {str(code)[:40]}", f"{where}/componentType")
        return np.dtype(DTYPES[code])


def refuse_compressed(extensions: object) -> None:
    """Raise ``UnsupportedMedia`` where compressed geometry is among the names of extensions."""
    names = extensions if isinstance(extensions, dict | list) else []
    compressed = sorted(name for name in _COMPRESSION if name in names)
    if compressed:
        raise UnsupportedMedia(
            f"the geometry is compressed with {compressed[0]}, which is not read",
            fix="Export it without compression.",
            metadata={"extension": compressed[0]},
        )


def integer(value: object, pointer: str) -> int:
    """A count or offset. Raises ``GltfError`` for anything but an integer from 0 to 2^53."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
        raise GltfError(f"{str(value)[:40]} is no integer from 0 to 2^53", pointer)
    return value


def _normalised(values: Array) -> Array:
    return values if values.dtype.kind == "f" else as_shares(values, normalized=True)
