"""The tables of accessors, buffer views and buffers (glTF 2.0, 5.1 to 5.4, 5.10, 5.11)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from gencheck.gltf.elements import (
    COMPONENT_BYTES,
    FLOAT,
    INTEGER_RANGES,
    UNSIGNED_BYTE,
    UNSIGNED_INT,
    UNSIGNED_SHORT,
    WIDTHS,
    is_typed,
    matrix_misaligned,
)
from gencheck.gltf.kinds import (
    Bool,
    Index,
    Integer,
    Numbers,
    Object,
    Reading,
    Text,
    Unread,
    mismatch,
    whole,
)
from gencheck.gltf.log import Log
from gencheck.gltf.schema import Shape

_NAME = {"name": Text()}
# An offset that is none is no 0: nothing is said about what lies there.
_OFFSET = Integer(0, otherwise=-1)


def _idle(accessor: Object) -> Collection[str]:
    """Without a buffer view there is nothing that an offset could be in."""
    view = whole(accessor.get("bufferView"))
    return ("byteOffset",) if view is None or view < 0 else ()


def _check_accessor(accessor: Object, given: Object, at: str, log: Log) -> None:
    component, kind = accessor.get("componentType"), accessor.get("type")
    if accessor.get("normalized") and component in (UNSIGNED_INT, FLOAT):
        log.add("ACCESSOR_NORMALIZED_INVALID", f"{at}/normalized")
    if "byteOffset" in given and "bufferView" not in accessor:
        log.add("UNSATISFIED_DEPENDENCY", f"{at}/byteOffset", "bufferView")
    if matrix_misaligned(accessor):
        log.add("ACCESSOR_MATRIX_ALIGNMENT", f"{at}/byteOffset")
    if not _is_whole(accessor.get("sparse") or {}):
        accessor.pop("sparse", None)
    if component is not None and kind in WIDTHS:
        for bound in ("min", "max"):
            if bound in given:
                _check_bound(accessor, bound, given[bound], f"{at}/{bound}", log)


def _check_bound(accessor: Object, bound: str, values: Any, at: str, log: Log) -> None:
    """A bound has a value for each component, of the component's type; else it is dropped."""
    reading, width = Reading(log), WIDTHS[accessor["type"]]
    limits = INTEGER_RANGES.get(accessor["componentType"])
    if limits is None:
        numbers = Numbers((width,)).read(values, at, reading)
    else:
        numbers = _integers(values, width, limits, at, reading)
    if numbers is not None:
        accessor[bound] = numbers


def _integers(
    values: Any, width: int, limits: tuple[int, int], at: str, reading: Reading
) -> list[int] | None:
    """So many integers within limits, or ``None``; what is wrong goes to the reading."""
    log = reading.log
    if not isinstance(values, list):
        mismatch(reading, at, values, "a list")
        return None
    if len(values) != width:
        log.add("ARRAY_LENGTH_NOT_IN_LIST", at, f"{len(values)} where {width} is needed")
        return None
    good: list[int] = []
    for value in values:
        number = whole(value)
        if number is None:
            log.add("ARRAY_TYPE_MISMATCH", at, value)
        elif not limits[0] <= number <= limits[1]:
            log.add("INVALID_GL_VALUE", at, value)
        else:
            good.append(number)
    return good if len(good) == width else None


def _is_whole(sparse: Object) -> bool:
    return all(name in sparse for name in ("count", "indices", "values"))


_SPARSE_INDICES = Shape(
    "sparse indices",
    {
        "bufferView": Index("bufferViews"),
        "byteOffset": _OFFSET,
        "componentType": Integer(allowed=(UNSIGNED_BYTE, UNSIGNED_SHORT, UNSIGNED_INT)),
    },
    required=("bufferView", "componentType"),
)
_SPARSE_VALUES = Shape(
    "sparse values",
    {"bufferView": Index("bufferViews"), "byteOffset": _OFFSET},
    required=("bufferView",),
)
_SPARSE = Shape(
    "sparse",
    {"count": Integer(1), "indices": _SPARSE_INDICES, "values": _SPARSE_VALUES},
    required=("count", "indices", "values"),
    refers=_is_whole,
)
ACCESSOR = Shape(
    "accessor",
    {
        **_NAME,
        "bufferView": Index("bufferViews"),
        "byteOffset": _OFFSET,
        "componentType": Integer(allowed=tuple(COMPONENT_BYTES)),
        "normalized": Bool(),
        "count": Integer(1),
        "type": Text(allowed=tuple(WIDTHS)),
        "min": Unread(),  # what they must be depends on the type
        "max": Unread(),
        "sparse": _SPARSE,
    },
    required=("componentType", "count", "type"),
    checks=(_check_accessor,),
    idle=_idle,
    refers=is_typed,
)


def _check_buffer(buffer: Object, given: Object, at: str, log: Log) -> None:
    buffer["packed"] = "uri" not in given


BUFFER = Shape(
    "buffer",
    {**_NAME, "uri": Text(), "byteLength": Integer(1)},
    required=("byteLength",),
    checks=(_check_buffer,),
)


def _check_view(view: Object, given: Object, at: str, log: Log) -> None:
    stride = view.get("byteStride")
    if stride is None:
        return
    if view.get("target") == 34963:
        log.add("BUFFER_VIEW_INVALID_BYTE_STRIDE", f"{at}/byteStride")
    if stride > view.get("byteLength", stride):
        found = f"a stride of {stride} in {view['byteLength']} bytes"
        log.add("BUFFER_VIEW_TOO_BIG_BYTE_STRIDE", f"{at}/byteStride", found)


BUFFER_VIEW = Shape(
    "buffer view",
    {
        **_NAME,
        "buffer": Index("buffers"),
        "byteOffset": _OFFSET,
        "byteLength": Integer(1),
        "byteStride": Integer(4, 252, multiple_of=4),
        "target": Integer(allowed=(34962, 34963)),
    },
    required=("buffer", "byteLength"),
    checks=(_check_view,),
)
