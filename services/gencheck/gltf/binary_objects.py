"""The tables of accessors, buffer views and buffers (glTF 2.0, 5.1 to 5.4, 5.10, 5.11)."""

from __future__ import annotations

from gencheck.gltf.elements import COMPONENT_BYTES, INTEGER_RANGES, WIDTHS, matrix_misaligned
from gencheck.gltf.kinds import Bool, Index, Integer, Numbers, Object, Text, whole
from gencheck.gltf.log import Log
from gencheck.gltf.schema import Shape

_NAME = {"name": Text()}
_OFFSET = Integer(0)


def _check_accessor(accessor: Object, at: str, log: Log) -> None:
    component, kind = accessor.get("componentType"), accessor.get("type")
    count, sparse = accessor.get("count"), accessor.get("sparse") or {}
    if accessor.get("normalized") and component in (5125, 5126):
        log.add("ACCESSOR_NORMALIZED_INVALID", f"{at}/normalized")
    if "byteOffset" in accessor:
        if "bufferView" not in accessor:
            log.add("UNSATISFIED_DEPENDENCY", f"{at}/byteOffset", "bufferView")
        _check_offset(accessor["byteOffset"], component, at, log)
        if component is not None and matrix_misaligned(accessor):
            log.add("ACCESSOR_MATRIX_ALIGNMENT", f"{at}/byteOffset")
    if count is not None and sparse.get("count", 0) > count:
        found = f"{sparse['count']} of {count}"
        log.add("ACCESSOR_SPARSE_COUNT_OUT_OF_RANGE", f"{at}/sparse/count", found)
    for bound in ("min", "max"):
        if component is None or kind not in WIDTHS:
            accessor.pop(bound, None)  # of nobody knows what
        elif bound in accessor:
            _check_bound(accessor, bound, f"{at}/{bound}", log)


def _check_offset(offset: int, component: int | None, at: str, log: Log) -> None:
    size = COMPONENT_BYTES.get(component or 0, 1)
    if offset % size:
        log.add("ACCESSOR_OFFSET_ALIGNMENT", f"{at}/byteOffset", f"{offset} of {size}")


def _check_bound(accessor: Object, bound: str, at: str, log: Log) -> None:
    """A bound has a value for each component, of the component's type; else it is dropped."""
    values, width, component = accessor[bound], WIDTHS[accessor["type"]], accessor["componentType"]
    if len(values) != width:
        log.add("ARRAY_LENGTH_NOT_IN_LIST", at, f"{len(values)} where {width} is needed")
        del accessor[bound]
        return
    limits = INTEGER_RANGES.get(component)
    if limits is None:
        return
    numbers = [whole(value) for value in values]
    if None in numbers:
        log.add("ARRAY_TYPE_MISMATCH", at, "not all are integers")
        del accessor[bound]
    elif wrong := [n for n in numbers if n is not None and not limits[0] <= n <= limits[1]]:
        log.add("INVALID_GL_VALUE", at, wrong[0])
        del accessor[bound]


def _check_sparse_indices(indices: Object, at: str, log: Log) -> None:
    if "byteOffset" in indices:
        _check_offset(indices["byteOffset"], indices.get("componentType"), at, log)


_SPARSE_INDICES = Shape(
    "sparse indices",
    {
        "bufferView": Index("bufferViews"),
        "byteOffset": _OFFSET,
        "componentType": Integer(allowed=(5121, 5123, 5125)),
    },
    required=("bufferView", "componentType"),
    checks=(_check_sparse_indices,),
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
        "min": Numbers((1, 2, 3, 4, 9, 16)),
        "max": Numbers((1, 2, 3, 4, 9, 16)),
        "sparse": _SPARSE,
    },
    required=("componentType", "count", "type"),
    checks=(_check_accessor,),
)

BUFFER = Shape(
    "buffer", {**_NAME, "uri": Text(), "byteLength": Integer(1)}, required=("byteLength",)
)


def _check_view(view: Object, at: str, log: Log) -> None:
    stride = view.get("byteStride")
    if stride is None:
        return
    if view.get("target") == 34963:
        log.add("BUFFER_VIEW_INVALID_BYTE_STRIDE", f"{at}/byteStride")
    if stride > view.get("byteLength", stride):
        found = f"{stride} of {view['byteLength']}"
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
