"""Kernels are compiled with IEEE arithmetic, also where nothing can be cached."""

import math
from collections.abc import Callable
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import eight_bytes, inlined, kernel, lean_kernel, trailing_zeros


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


@kernel
def words(text: NDArray[np.uint8], into: NDArray[np.uint64]) -> None:
    for at in range(len(into)):
        into[at] = eight_bytes(text, at)


def test_eight_bytes_are_read_at_any_place() -> None:
    text = np.random.default_rng(1).integers(0, 256, 27, np.uint8)
    into = np.zeros(20, np.uint64)
    words(text, into)
    data = text.tobytes()
    assert into.tolist() == [int.from_bytes(data[at : at + 8], "little") for at in range(20)]


@kernel
def zeros(words: NDArray[np.uint64], into: NDArray[np.uint64]) -> None:
    for at in range(len(into)):
        into[at] = trailing_zeros(words[at])


def test_zeros_below_the_lowest_bit() -> None:
    bits = np.array([1 << k for k in range(64)] + [0, 2**64 - 8], np.uint64)
    into = np.zeros(66, np.uint64)
    zeros(bits, into)
    assert into.tolist() == [*range(64), 64, 3]
