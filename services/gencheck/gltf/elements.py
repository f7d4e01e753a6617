"""The types of accessors: their sizes and their layout in bytes (glTF 2.0, 3.6.2)."""

from __future__ import annotations

import numpy as np

from gencheck.gltf.kinds import Object

BYTE, UNSIGNED_BYTE, SHORT, UNSIGNED_SHORT, UNSIGNED_INT, FLOAT = (
    5120,
    5121,
    5122,
    5123,
    5125,
    5126,
)
DTYPES = {
    BYTE: "<i1",
    UNSIGNED_BYTE: "<u1",
    SHORT: "<i2",
    UNSIGNED_SHORT: "<u2",
    UNSIGNED_INT: "<u4",
    FLOAT: "<f4",
}
_NAMES = {
    BYTE: "BYTE",
    UNSIGNED_BYTE: "UNSIGNED_BYTE",
    SHORT: "SHORT",
    UNSIGNED_SHORT: "UNSIGNED_SHORT",
    UNSIGNED_INT: "UNSIGNED_INT",
    FLOAT: "FLOAT",
}
COMPONENT_BYTES = {component: np.dtype(name).itemsize for component, name in DTYPES.items()}
INTEGER_RANGES = {
    component: (int(np.iinfo(name).min), int(np.iinfo(name).max))
    for component, name in DTYPES.items()
    if component != FLOAT
}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
_COLUMNS = {"MAT2": 2, "MAT3": 3, "MAT4": 4}


def is_typed(accessor: Object) -> bool:
    """Whether the type and the number of its elements are known; the type may be no good one."""
    return "type" in accessor and "componentType" in accessor and "count" in accessor


def element_bytes(accessor: Object, *, padded: bool = True) -> int:
    """Bytes of one element; columns of matrices start at multiples of 4 (3.6.2.4).

    Args:
        padded: with the bytes behind the last column, up to where the next element begins.
    """
    size, kind = COMPONENT_BYTES[accessor["componentType"]], accessor["type"]
    rows = _COLUMNS.get(kind)
    if rows is None:
        return size * WIDTHS.get(kind, 0)
    step = -(-size * rows // 4) * 4
    return step * rows if padded else step * (rows - 1) + size * rows


def matrix_misaligned(accessor: Object) -> bool:
    """Whether a matrix does not begin at a multiple of 4 bytes."""
    offset = accessor.get("byteOffset", 0)
    return accessor.get("type") in _COLUMNS and offset > 0 and bool(offset % 4)


def format_of(accessor: Object) -> tuple[str, int, bool]:
    """Type, component type, normalized; of what is not known nothing that any use accepts."""
    kind, component = accessor.get("type", ""), accessor.get("componentType", 0)
    return kind, component, bool(accessor.get("normalized"))


def format_name(accessor: Object) -> str:
    """A format as the specification writes it: ``{VEC4, UNSIGNED_BYTE normalized}``."""
    kind, component, normalized = format_of(accessor)
    return f"{{{kind}, {_NAMES.get(component, '?')}{' normalized' if normalized else ''}}}"
