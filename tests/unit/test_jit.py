"""Kernels are compiled with IEEE arithmetic, also where nothing can be cached."""

import math
from collections.abc import Callable
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import inlined, kernel, lean_kernel


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


class Columns(NamedTuple):
    values: NDArray[np.int64]
    places: NDArray[np.int64]


@inlined
def placed(columns: Columns, at: int) -> int:
    return int(columns.values[columns.places[at]])


@lean_kernel
def reordered(columns: Columns, into: NDArray[np.int64]) -> None:
    for at in range(len(into)):
        into[at] = placed(columns, at)


def test_lean_kernels_hand_arrays_on_in_tuples() -> None:
    columns = Columns(np.array([7, 8, 9]), np.array([2, 0, 1]))
    into = np.zeros(3, np.int64)
    for _ in range(1_000):  # no reference is counted, so none may be taken or given
        reordered(columns, into)
    assert into.tolist() == [9, 7, 8]
    assert columns.values.tolist() == [7, 8, 9]
