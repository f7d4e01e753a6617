"""Which formats vertex attributes may have (glTF 2.0, 3.7.2; KHR_mesh_quantization)."""

from __future__ import annotations

from typing import TypeAlias

Format: TypeAlias = tuple[str, int, bool]

_I8, _U8, _I16, _U16, _F32 = 5120, 5121, 5122, 5123, 5126


def _formats(kind: str, *components: tuple[int, bool]) -> frozenset[Format]:
    return frozenset((kind, component, normalized) for component, normalized in components)


_FLOAT = (_F32, False)
_UNSIGNED = ((_U8, True), (_U16, True))
_SIGNED = ((_I8, True), (_I16, True))
_WHOLE = ((_I8, False), (_U8, False), (_I16, False), (_U16, False))
_COLOURS = _formats("VEC3", _FLOAT, *_UNSIGNED) | _formats("VEC4", _FLOAT, *_UNSIGNED)

INDICES = _formats("SCALAR", (_U8, False), (_U16, False), (5125, False))
_MAX_DIGITS = 300
INDEXED = ("TEXCOORD", "COLOR", "JOINTS", "WEIGHTS")

ATTRIBUTES: dict[str, frozenset[Format]] = {
    "POSITION": _formats("VEC3", _FLOAT),
    "NORMAL": _formats("VEC3", _FLOAT),
    "TANGENT": _formats("VEC4", _FLOAT),
    "TEXCOORD": _formats("VEC2", _FLOAT, *_UNSIGNED),
    "COLOR": _COLOURS,
    "JOINTS": _formats("VEC4", (_U8, False), (_U16, False)),
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
    "POSITION": _formats("VEC3", (_I8, False), (_I16, False), *_SIGNED),
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
