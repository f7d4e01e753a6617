"""Which formats accessors may have, by their use (glTF 2.0, 3.7.2; KHR_mesh_quantization)."""

from __future__ import annotations

from typing import TypeAlias

from gencheck.gltf.elements import (
    BYTE,
    FLOAT,
    SHORT,
    UNSIGNED_BYTE,
    UNSIGNED_INT,
    UNSIGNED_SHORT,
)

Format: TypeAlias = tuple[str, int, bool]


def _formats(kind: str, *components: tuple[int, bool]) -> frozenset[Format]:
    return frozenset((kind, component, normalized) for component, normalized in components)


_FLOAT = (FLOAT, False)
_UNSIGNED = ((UNSIGNED_BYTE, True), (UNSIGNED_SHORT, True))
_SIGNED = ((BYTE, True), (SHORT, True))
_WHOLE = ((BYTE, False), (UNSIGNED_BYTE, False), (SHORT, False), (UNSIGNED_SHORT, False))
_COLOURS = _formats("VEC3", _FLOAT, *_UNSIGNED) | _formats("VEC4", _FLOAT, *_UNSIGNED)

INDICES = _formats("SCALAR", (UNSIGNED_BYTE, False), (UNSIGNED_SHORT, False), (UNSIGNED_INT, False))
BIND_MATRICES = _formats("MAT4", _FLOAT)
TIMES = _formats("SCALAR", _FLOAT)
OUTPUTS = {
    "translation": _formats("VEC3", _FLOAT),
    "scale": _formats("VEC3", _FLOAT),
    "rotation": _formats("VEC4", _FLOAT, *_SIGNED, *_UNSIGNED),
    "weights": _formats("SCALAR", _FLOAT, *_SIGNED, *_UNSIGNED),
}
"""What samplers give to each path of an animation (3.11)."""
_MAX_DIGITS = 300
INDEXED = ("TEXCOORD", "COLOR", "JOINTS", "WEIGHTS")

ATTRIBUTES: dict[str, frozenset[Format]] = {
    "POSITION": _formats("VEC3", _FLOAT),
    "NORMAL": _formats("VEC3", _FLOAT),
    "TANGENT": _formats("VEC4", _FLOAT),
    "TEXCOORD": _formats("VEC2", _FLOAT, *_UNSIGNED),
    "COLOR": _COLOURS,
    "JOINTS": _formats("VEC4", (UNSIGNED_BYTE, False), (UNSIGNED_SHORT, False)),
    "WEIGHTS": _formats("VEC4", _FLOAT, *_UNSIGNED),
}
TARGETS: dict[str, frozenset[Format]] = {
    "POSITION": _formats("VEC3", _FLOAT),
    "NORMAL": _formats("VEC3", _FLOAT),
    "TANGENT": _formats("VEC3", _FLOAT),
    "TEXCOORD": _formats("VEC2", _FLOAT, *_UNSIGNED, *_SIGNED),
    "COLOR": _COLOURS | _formats("VEC3", *_SIGNED) | _formats("VEC4", *_SIGNED),
}
QUANTIZED: dict[str, frozenset[Format]] = {
    "POSITION": _formats("VEC3", *_WHOLE, *_SIGNED, *_UNSIGNED),
    "NORMAL": _formats("VEC3", *_SIGNED),
    "TANGENT": _formats("VEC4", *_SIGNED),
    "TEXCOORD": _formats("VEC2", *_WHOLE, *_SIGNED),
}
QUANTIZED_TARGETS: dict[str, frozenset[Format]] = {
    "POSITION": _formats("VEC3", (BYTE, False), (SHORT, False), *_SIGNED),
    "NORMAL": _formats("VEC3", *_SIGNED),
    "TANGENT": _formats("VEC3", *_SIGNED),
}


def allowed(name: str, *, morph: bool, quantized: bool) -> frozenset[Format] | None:
    """The formats of an attribute, ``None`` for one that is the application's own."""
    stem = name.partition("_")[0]
    base, more = (TARGETS, QUANTIZED_TARGETS) if morph else (ATTRIBUTES, QUANTIZED)
    formats = base.get(stem)
    if formats is None or not quantized:
        return formats
    return formats | more.get(stem, frozenset())


def is_valid(name: str, *, morph: bool) -> bool:
    """Whether the specification knows such an attribute, or leaves it to the application."""
    if name.startswith("_"):
        return True
    stem, separator, number = name.partition("_")
    known = TARGETS if morph else ATTRIBUTES
    if stem not in known:
        return False
    if stem not in INDEXED:
        return not separator
    canonical = number.isascii() and number.isdigit() and (number == "0" or number[0] != "0")
    return canonical and len(number) <= _MAX_DIGITS
