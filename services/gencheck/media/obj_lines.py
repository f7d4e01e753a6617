"""The plain lines of an OBJ file, read by a kernel; whatever is odd is left to the caller."""

# ruff: noqa: PLR0917 - kernels are called by position, and hold no shorter

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import fma, kernel

_BLANK, _TAB, _LINE = ord(" "), ord("\t"), ord("\n")
_HASH, _SLASH, _MINUS, _PLUS, _DOT = ord("#"), ord("/"), ord("-"), ord("+"), ord(".")
_ZERO, _NINE = ord("0"), ord("9")
_V, _F, _N, _T, _E, _BIG_E = ord("v"), ord("f"), ord("n"), ord("t"), ord("e"), ord("E")
_G, _O, _S, _U, _M = ord("g"), ord("o"), ord("s"), ord("u"), ord("m")

_TENS = 10.0 ** np.arange(23)  # all of them exact
_MOST = 10**17  # a number below it takes one more digit in 63 bits
_EXACT = 2**53

_MAX_LINE = 1 << 20
_Bytes = NDArray[np.uint8]


@kernel
def _scaled(whole: int, tens: int) -> tuple[bool, float]:
    """``whole * 10**tens``, rightly rounded; or that this is not sure.

    Up to 2**53 one operation on exact numbers does (Clinger 1990). Above, the product or quotient
    and what its rounding lost are summed, unless the sum is all but between two doubles.
    """
    if not -22 <= tens <= 22:
        return whole == 0, 0.0
    power = _TENS[abs(tens)]
    high = float(whole)
    if whole <= _EXACT:
        return True, high * power if tens >= 0 else high / power
    rest = float(whole - np.int64(high))
    if tens >= 0:
        value = high * power
        lost = fma(high, power, -value) + rest * power
    else:
        value = high / power
        lost = (fma(-value, power, high) + rest) / power
    doubt = value * 2.0**-90
    return value + (lost - doubt) == value + (lost + doubt), value + lost


@kernel
def _number(text: _Bytes, at: int) -> tuple[int, float]:
    """A decimal number and the place after it; that is -1 where it is no plain one."""
    negative = text[at] == _MINUS
    at += negative or text[at] == _PLUS
    whole = digits = tens = 0
    while _ZERO <= text[at] <= _NINE:
        if whole >= _MOST:
            return -1, 0.0
        whole = 10 * whole + (text[at] - _ZERO)
        digits += 1
        at += 1
    if text[at] == _DOT:
        at += 1
        while _ZERO <= text[at] <= _NINE:
            if whole >= _MOST:
                return -1, 0.0
            whole = 10 * whole + (text[at] - _ZERO)
            digits += 1
            tens -= 1
            at += 1
    if digits == 0:
        return -1, 0.0
    if text[at] == _E or text[at] == _BIG_E:
        at += 1
        down = text[at] == _MINUS
        at += down or text[at] == _PLUS
        power = 0
        start = at
        while _ZERO <= text[at] <= _NINE and at < start + 4:
            power = 10 * power + (text[at] - _ZERO)
            at += 1
        if at == start:
            return -1, 0.0
        tens += -power if down else power
    sure, value = _scaled(whole, tens)
    return at if sure else -1, -value if negative else value


@kernel
def _skip_blanks(text: _Bytes, at: int) -> int:
    while text[at] == _BLANK or text[at] == _TAB:
        at += 1
    return at


@kernel
def _ends_word(byte: int) -> bool:
    return byte == _BLANK or byte == _TAB or byte == _LINE  # noqa: PLR1714 - sets are slow here


@kernel
def _vertex(text: _Bytes, at: int, positions: NDArray[np.float64], count: int) -> int:
    """Three numbers; the place after them, or -1."""
    for k in range(3):
        at = _skip_blanks(text, at)
        at, value = _number(text, at)
        if at < 0 or not _ends_word(text[at]):
            return -1
        positions[count + k] = value
    return at


@kernel
def _corner(text: _Bytes, at: int) -> tuple[int, int]:
    """The first number of a corner and the place after the corner; that is -1 for an odd one."""
    negative = text[at] == _MINUS
    at += negative
    start, index = at, 0
    while _ZERO <= text[at] <= _NINE and at < start + 10:
        index = 10 * index + (text[at] - _ZERO)
        at += 1
    if at == start:
        return -1, 0
    if text[at] == _SLASH:
        while not _ends_word(text[at]) and text[at] != _HASH:
            at += 1
    return at if _ends_word(text[at]) else -1, -index if negative else index


@kernel
def read_lines(
    text: _Bytes,
    at: int,
    top: int,
    positions: NDArray[np.float64],
    corners: NDArray[np.int32],
    sizes: NDArray[np.int32],
    seen: NDArray[np.int32],
    counts: NDArray[np.int64],
) -> int:
    """Read lines up to the end of the text, or the first that is odd.

    Args:
        text: ``uint8 [n]``, ends with a line feed.
        at: start of a line.
        top: largest index of a vertex that may be right.
        positions: filled with coordinates, as ``corners`` with indices as they are written, and
            ``sizes`` and ``seen`` with the corners of each face and the vertices before it; room
            for half of the bytes of the text each.
        counts: ``int64 [3]`` how full these are.

    Returns:
        The start of a line that is odd, or the length of the text.
    """
    while at < len(text):
        line, kind, after = at, text[at], text[at + 1] if at + 1 < len(text) else _LINE
        if kind == _V and (after in (_BLANK, _TAB)):
            at = _vertex(text, at + 2, positions, counts[0])
            if at < 0:
                return line
            counts[0] += 3
        elif kind == _F and (after in (_BLANK, _TAB)):
            size = 0
            at = _skip_blanks(text, at + 2)
            while text[at] != _LINE:
                at, index = _corner(text, at)
                if at < 0 or index == 0 or abs(index) > top or at - line > _MAX_LINE:
                    return line
                corners[counts[1] + size] = index
                size += 1
                at = _skip_blanks(text, at)
            if size < 3:
                return line
            sizes[counts[2]] = size
            seen[counts[2]] = counts[0] // 3
            counts[1] += size
            counts[2] += 1
        elif not (
            (kind == _V and (after in (_N, _T))) or kind in (_LINE, _HASH, _G, _O, _S, _U, _M)
        ):
            return line
        while text[at] != _LINE:
            at += 1
        at += 1
    return at
