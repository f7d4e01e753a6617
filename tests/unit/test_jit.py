"""Kernels are compiled with IEEE arithmetic, also where nothing can be cached."""

import math
from collections.abc import Callable
from typing import cast

from gencheck.jit import kernel


def ratio(a: float, b: float) -> float:
    return a / b


def test_division_follows_ieee() -> None:
    compiled = kernel(ratio)
    assert compiled(1.0, 4.0) == 0.25
    assert compiled(1.0, 0.0) == math.inf
    assert math.isnan(compiled(0.0, 0.0))


def test_what_cannot_be_cached_is_compiled_all_the_same() -> None:
    namespace: dict[str, object] = {}
    exec("def twice(x):\n    return x * 2", namespace)  # no file, so no place for a cache
    compiled = kernel(cast("Callable[[int], int]", namespace["twice"]))
    assert compiled(21) == 42
