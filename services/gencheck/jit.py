"""How kernels are compiled: cached on disk where that is possible, and without the GIL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.extending import intrinsic
from numpy.typing import NDArray

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def kernel(function: Kernel) -> Kernel:
    """Compile a function of numbers and arrays to machine code at its first call.

    The result is cached beside the source, else in the user's cache folder, else in
    ``$NUMBA_CACHE_DIR``; where none of them can be written it is compiled again in each process.
    Strict IEEE arithmetic: the exact predicates of ``mesh`` rely on it, so ``fastmath`` stays off.
    """
    return _compiled(function)


def lean_kernel(function: Kernel) -> Kernel:
    """A kernel that makes no array: then references need not be counted.

    Counting costs more than the work where many arrays, held in named tuples, are handed down to
    what is done for each sample of a picture.
    """
    return _compiled(function, _nrt=False)


def inlined(function: Kernel) -> Kernel:
    """A part of lean kernels that is compiled into each of them; it makes no array either."""
    return _compiled(function, _nrt=False, forceinline=True)


def _compiled(function: Kernel, **options: Any) -> Kernel:
    options |= {"nogil": True, "error_model": "numpy"}
    try:
        compiled = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # numba found no folder for its cache
        compiled = numba.njit(**options)(function)
    return cast("Kernel", compiled)


@intrinsic
def _fma(_context: Any, _a: Any, _b: Any, _c: Any) -> Any:
    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    double = numba.float64
    return double(double, double, double), generate


fma = cast("Callable[[float, float, float], float]", _fma)
"""For kernels: ``a * b + c`` with one rounding (IEEE 754-2008, fusedMultiplyAdd)."""


@intrinsic
def _eight_bytes(_context: Any, _text: Any, _at: Any) -> Any:
    def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        text = target.make_array(signature.args[0])(target, builder, arguments[0])
        place = builder.gep(text.data, [arguments[1]])
        word = builder.bitcast(place, target.get_value_type(numba.uint64).as_pointer())
        return builder.load(word, align=1)

    return numba.uint64(numba.uint8[::1], numba.int64), generate


eight_bytes = cast("Callable[[NDArray[np.uint8], int], np.uint64]", _eight_bytes)
"""For kernels: bytes ``at`` to ``at + 8`` as they lie in memory; the caller keeps to the bounds."""


@intrinsic
def _trailing_zeros(_context: Any, _word: Any) -> Any:
    def generate(target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], target.get_constant(numba.boolean, False))

    return numba.uint64(numba.uint64), generate


trailing_zeros = cast("Callable[[np.uint64], np.uint64]", _trailing_zeros)
"""For kernels: how many bits are 0 below the lowest that is 1; 64 of 0."""
