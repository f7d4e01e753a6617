"""The plain lines of an OBJ file, read by a kernel; whatever is odd is left to the caller."""

# ruff: noqa: PLR0917 - kernels are called by position, and hold no shorter

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import eight_bytes, fma, inlined, lean_kernel, trailing_zeros

_BLANK, _TAB, _LINE = ord(" "), ord("\t"), ord("\n")
_HASH, _SLASH, _MINUS, _PLUS, _DOT = ord("#"), ord("/"), ord("-"), ord("+"), ord(".")
_V, _F, _N, _T, _E = ord("v"), ord("f"), ord("n"), ord("t"), ord("e")
_G, _O, _S, _U, _M = ord("g"), ord("o"), ord("s"), ord("u"), ord("m")

_LOWER = 32  # set in small letters, not in capitals

_TENS = 10.0 ** np.arange(23)  # all of them exact
_DIGITS = 10 ** np.arange(9)
_ROOM = 10**18 // _DIGITS  # a number below it takes so many more digits in 63 bits
_EXACT = 2**53

_MAX_LINE = 1 << 20
_ZEROS = np.uint64(0x3030303030303030)
_TO_HIGH = np.uint64(0x7676767676767676)  # takes 10 to 128
_HIGH = np.uint64(0x8080808080808080)
_ONES, _LINES = np.uint64(0x0101010101010101), np.uint64(0x0A0A0A0A0A0A0A0A)
_PAIRS, _FOURS, _EIGHT = (
    np.uint64(0x00FF00FF00FF00FF),
    np.uint64(0x0000FFFF0000FFFF),
    np.uint64(0xFFFFFFFF),
)
BEHIND = 8
"""Bytes that must be there behind the last line, as so many are read at once."""
BACKWARDS = 1 << 30
"""Taken off an index that counts backwards: with it again, it counts from the slab's first."""
_Bytes = NDArray[np.uint8]


@inlined
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


@inlined
def _digits(word: np.uint64) -> tuple[int, int]:
    """How many of eight bytes are digits, up to the first that is none, and their number.

    All are found at once, and moved to the end, so that zeros stand before them. Then neighbours
    are put together: eight numbers of one digit, four of two, two of four, one of eight.
    """
    word ^= _ZEROS
    count = trailing_zeros((word | (word + _TO_HIGH)) & _HIGH) >> np.uint64(3)
    if count == 0:
        return 0, 0
    word <<= np.uint64(64) - (count << np.uint64(3))
    word = (word * np.uint64(10) + (word >> np.uint64(8))) & _PAIRS
    word = (word * np.uint64(100) + (word >> np.uint64(16))) & _FOURS
    word = (word * np.uint64(10_000) + (word >> np.uint64(32))) & _EIGHT
    return int(np.int64(count)), int(np.int64(word))


@inlined
def _whole(text: _Bytes, at: int) -> tuple[int, int]:
    """The place after digits, which is -1 for more than 18, and the number that they make."""
    count, whole = _digits(eight_bytes(text, at))
    if count < 8:
        return at + count, whole
    return _longer(text, at + 8, whole)


@lean_kernel
def _longer(text: _Bytes, at: int, whole: int) -> tuple[int, int]:
    """As ``_whole``, for digits that go on with those of a number."""
    count = 8
    while count == 8:
        count, part = _digits(eight_bytes(text, at))
        if whole >= _ROOM[count]:
            return -1, 0
        whole = whole * _DIGITS[count] + part
        at += count
    return at, whole


@inlined
def _byte(text: _Bytes, at: int) -> int:
    """One that is not looked for from the end, which would cost a comparison."""
    return int(np.int64(text[np.uint64(at)]))


@inlined
def _is_sign(byte: int) -> bool:
    return byte == _MINUS or byte == _PLUS  # noqa: PLR1714 - sets are slow here


@inlined
def _is_blank(byte: int) -> bool:
    return byte == _BLANK or byte == _TAB  # noqa: PLR1714


@inlined
def _number(text: _Bytes, at: int) -> tuple[int, float]:
    """A decimal number and the place after it; that is -1 where it is no plain one."""
    sign = _byte(text, at)
    at += _is_sign(sign)
    start = at
    at, whole = _whole(text, at)
    if at < 0:
        return -1, 0.0
    digits, tens = at - start, 0
    if _byte(text, at) == _DOT:
        start = at + 1
        at, whole = _longer(text, start, whole)
        if at < 0:
            return -1, 0.0
        tens = start - at
        digits -= tens
    if digits == 0:
        return -1, 0.0
    if _byte(text, at) | _LOWER == _E:
        at += 1
        down = _byte(text, at)
        at += _is_sign(down)
        count, power = _digits(eight_bytes(text, at))
        if not 1 <= count <= 4:
            return -1, 0.0
        at += count
        tens += -power if down == _MINUS else power
    sure, value = _scaled(whole, tens)
    return at if sure else -1, -value if sign == _MINUS else value


@inlined
def _skip_blanks(text: _Bytes, at: int) -> int:
    while _is_blank(_byte(text, at)):
        at += 1
    return at


@inlined
def _line_end(text: _Bytes, at: int) -> int:
    """The line feed from a place on."""
    step = 8
    while step == 8:
        word = eight_bytes(text, at) ^ _LINES
        zeros = trailing_zeros((word - _ONES) & ~word & _HIGH)
        step = int(np.int64(zeros >> np.uint64(3)))
        at += step
    return at


@inlined
def _ends_word(byte: int) -> bool:
    return _is_blank(byte) or byte == _LINE


@inlined
def _numbers(text: _Bytes, at: int, wanted: int, values: NDArray[np.float64], count: int) -> int:
    """So many numbers; the place after them, or -1."""
    for k in range(wanted):
        at = _skip_blanks(text, at)
        at, value = _number(text, at)
        if at < 0 or not _ends_word(_byte(text, at)):
            return -1
        values[count + k] = value
    return at


@inlined
def _index(text: _Bytes, at: int) -> tuple[int, int]:
    """The place after an index, which is -1 where there is none, and the index as written."""
    negative = _byte(text, at) == _MINUS
    start = at + negative
    at, index = _whole(text, start)
    return -1 if at == start else at, -index if negative else index


@inlined
def _texture(text: _Bytes, at: int) -> tuple[int, int]:
    """As ``_index``, for what follows a slash: 0 where there is none; a normal is passed over."""
    index = 0
    if _byte(text, at) != _SLASH:
        at, index = _index(text, at)
        if at < 0:
            return -1, 0
    if _byte(text, at) == _SLASH:
        at += 1 + _digits(eight_bytes(text, at + 1))[0]
        while not _ends_word(_byte(text, at)) and _byte(text, at) != _HASH:
            at += 1
    return at, index


@inlined
def _face(
    text: _Bytes,
    at: int,
    top: int,
    counts: NDArray[np.int64],
    corners: NDArray[np.int32],
    textures: NDArray[np.int32],
) -> int:
    """Read the corners of a face; the end of its line, or -1 where it is odd."""
    line, first = at, counts[1]
    corner, textured = first, 0
    at = _skip_blanks(text, at)
    while _byte(text, at) != _LINE:
        at, index = _index(text, at)
        texture = 0
        if at < 0 or index == 0 or abs(index) > top:
            return -1
        if _byte(text, at) == _SLASH:
            if counts[5] == 0:
                textures[:corner] = 0
                counts[5] = 1
            at, texture = _texture(text, at + 1)
        if at < 0 or abs(texture) > top or not _ends_word(_byte(text, at)):
            return -1
        if index < 0:
            index += counts[0] // 3 + 1 - BACKWARDS
        corners[corner] = index
        if counts[5]:
            if texture < 0:
                texture += counts[3] // 2 + 1 - BACKWARDS
            textures[corner] = texture
            textured += texture != 0
        corner += 1
        at = _skip_blanks(text, at)
    if corner < first + 3 or at - line > _MAX_LINE:
        return -1
    counts[1] = corner
    counts[4] += textured
    return at


@lean_kernel
def read_lines(
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
        text: ``uint8 [n + BEHIND]``, the last of n is a line feed.
        at: start of a line.
        top: largest index of a vertex that may be right.
        positions: filled with coordinates, as ``uv`` with texture coordinates, ``corners`` and
            ``textures`` with the indices of both (from 1; 0 for no texture; for those that count
            backwards see ``BACKWARDS``), ``sizes`` with the corners of each face; room for half of
            the bytes of the text each.
        counts: ``int64 [6]`` coordinates, corners, faces, texture coordinates so far; corners that
            have some; and 1 once ``textures`` is kept: only from the first slash on.

    Returns:
        The start of a line that is odd, or n.
    """
    end = len(text) - BEHIND
    while at < end:
        line, kind, after = at, _byte(text, at), _byte(text, at + 1)
        if kind == _V and _is_blank(after):
            at = _numbers(text, at + 2, 3, positions, counts[0])
            if at < 0:
                return line
            counts[0] += 3
        elif kind == _F and _is_blank(after):
            first = counts[1]
            at = _face(text, at + 2, top, counts, corners, textures)
            if at < 0:
                return line
            sizes[counts[2]] = counts[1] - first
            counts[2] += 1
        elif kind == _V and after == _T:
            at = _numbers(text, at + 2, 2, uv, counts[3])
            if at < 0:
                return line
            counts[3] += 2
        elif not ((kind == _V and after == _N) or kind in (_LINE, _HASH, _G, _O, _S, _U, _M)):
            return line
        at = _line_end(text, at) + 1
    return at
