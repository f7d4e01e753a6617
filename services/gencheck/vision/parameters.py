"""Reading what a recipe wrote into a model's configuration."""

from __future__ import annotations

import math

from gencheck.errors import ModelNotReady
from gencheck.inference.backend import ModelSpec


def parameter(spec: ModelSpec, key: str) -> str:
    """A parameter that the configuration must have. Raises ``ModelNotReady``."""
    value = spec.parameters.get(key)
    if value is None:
        raise unusable(spec, f"its configuration has no parameter {key}")
    return value


def choice(spec: ModelSpec, key: str, known: tuple[str, ...]) -> str:
    """A parameter that must be one of these words. Raises ``ModelNotReady``."""
    value = parameter(spec, key)
    if value not in known:
        raise unusable(spec, f"its parameter {key} is {value!r}, not one of {', '.join(known)}")
    return value


def numbers(spec: ModelSpec, key: str, *, count: int | None = None) -> tuple[float, ...]:
    """A parameter of numbers, with spaces between them. Raises ``ModelNotReady``."""
    value = parameter(spec, key)
    try:
        found = tuple(float(word) for word in value.split())
    except ValueError:
        found = ()
    if not found or not all(map(math.isfinite, found)) or (count and len(found) != count):
        raise unusable(
            spec, f"its parameter {key} is {value[:60]!r}, not {count or 'some'} numbers"
        )
    return found


def number(spec: ModelSpec, key: str) -> float:
    """A parameter of one number. Raises ``ModelNotReady``."""
    return numbers(spec, key, count=1)[0]


def unusable(spec: ModelSpec, what: str) -> ModelNotReady:
    """The error of a model whose configuration does not do."""
    return ModelNotReady(
        what,
        where=f"model {spec.name}",
        fix="Make it again with its recipe, and install it again.",
        metadata={"model": spec.name},
    )
