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
BACKWARDS = 1 << 30
"""Taken off an index that counts backwards: with it again, it counts from the slab's first."""
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
def _numbers(text: _Bytes, at: int, wanted: int, values: NDArray[np.float64], count: int) -> int:
    """So many numbers; the place after them, or -1."""
    for k in range(wanted):
        at = _skip_blanks(text, at)
        at, value = _number(text, at)
        if at < 0 or not _ends_word(text[at]):
            return -1
        values[count + k] = value
    return at


@kernel
def _index(text: _Bytes, at: int) -> tuple[int, int]:
    """The place after an index, which is -1 where there is none, and the index as written."""
    negative = text[at] == _MINUS
    at += negative
    start, index = at, 0
    while _ZERO <= text[at] <= _NINE and at < start + 10:
        index = 10 * index + (text[at] - _ZERO)
        at += 1
    return -1 if at == start else at, -index if negative else index


@kernel
def _textured_face(
    text: _Bytes,
    at: int,
    top: int,
    counts: NDArray[np.int64],
    corners: NDArray[np.int32],
    textures: NDArray[np.int32],
    first: int,
) -> tuple[int, int]:
    """The end of a face and its corners; these are -1 where it is odd."""
    line, size = at, 0
    if counts[5] == 0:
        textures[:first] = 0
        counts[5] = 1
    at = _skip_blanks(text, at)
    while text[at] != _LINE:
        at, index = _index(text, at)
        texture = 0
        if at < 0 or index == 0 or abs(index) > top or at - line > _MAX_LINE:
            return at, -1
        if text[at] == _SLASH:
            at += 1
            if text[at] != _SLASH:
                at, texture = _index(text, at)
                if at < 0 or abs(texture) > top:
                    return at, -1
            while not _ends_word(text[at]) and text[at] != _HASH:
                at += 1
        if not _ends_word(text[at]):
            return at, -1
        if index < 0:
            index += counts[0] // 3 + 1 - BACKWARDS
        if texture < 0:
            texture += counts[3] // 2 + 1 - BACKWARDS
        corners[first + size] = index
        textures[first + size] = texture
        size += 1
        at = _skip_blanks(text, at)
    if size >= 3:
        counts[4] += np.count_nonzero(textures[first : first + size])
    return at, size


@kernel
def read_lines(  # noqa: PLR0912 - calls of kernels cost here
    text: _Bytes,
    at: int,
    top: int,
    positions: NDArray[np.float64],
    uv: NDArray[np.float64],
    corners: NDArray[np.int32],
    textures: NDArray[np.int32],
    sizes: NDArray[np.int32],
    counts: NDArray[np.int64],
) -> int:
    """Read lines up to the end of the text, or the first that is odd.

    Args:
        text: ``uint8 [n]``, ends with a line feed.
        at: start of a line.
        top: largest index of a vertex that may be right.
        positions: filled with coordinates, as ``uv`` with texture coordinates, ``corners`` and
            ``textures`` with the indices of both (from 1; 0 for no texture; for those that count
            backwards see ``BACKWARDS``), ``sizes`` with the corners of each face; room for half of
            the bytes of the text each.
        counts: ``int64 [6]`` coordinates, corners, faces, texture coordinates so far; corners that
            have some; and 1 once ``textures`` is kept: only from the first slash on.

    Returns:
        The start of a line that is odd, or the length of the text.
    """
    while at < len(text):
        line, kind, after = at, text[at], text[at + 1] if at + 1 < len(text) else _LINE
        if kind == _V and (after in (_BLANK, _TAB)):
            at = _numbers(text, at + 2, 3, positions, counts[0])
            if at < 0:
                return line
            counts[0] += 3
        elif kind == _F and (after in (_BLANK, _TAB)):
            first, size = counts[1], 0
            at = _skip_blanks(text, at + 2)
            while text[at] != _LINE:
                at, index = _index(text, at)
                if at < 0 or not _ends_word(text[at]):
                    size = -1
                    break
                if index == 0 or abs(index) > top or at - line > _MAX_LINE:
                    return line
                if index < 0:
                    index += counts[0] // 3 + 1 - BACKWARDS
                corners[first + size] = index
                size += 1
                at = _skip_blanks(text, at)
            if size < 0:
                at, size = _textured_face(text, line + 2, top, counts, corners, textures, first)
            elif counts[5]:
                textures[first : first + size] = 0
            if size < 3:
                return line
            sizes[counts[2]] = size
            counts[1] += size
            counts[2] += 1
        elif kind == _V and after == _T:
            at = _numbers(text, at + 2, 2, uv, counts[3])
            if at < 0:
                return line
            counts[3] += 2
        elif not ((kind == _V and after == _N) or kind in (_LINE, _HASH, _G, _O, _S, _U, _M)):
            return line
        while text[at] != _LINE:
            at += 1
        at += 1
    return at
