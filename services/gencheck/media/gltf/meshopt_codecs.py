"""The bit streams of meshopt, read by kernels that look before every byte.

Source: EXT_meshopt_compression, appendix A.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel

_ATTRIBUTES, _TRIANGLES, _INDICES = 0xA0, 0xE1, 0xD1
_WORD = 0xFFFFFFFF
_Bytes = NDArray[np.uint8]
_State = NDArray[np.int64]


@kernel
def _byte(data: _Bytes, at: int) -> int:
    """A byte as a signed number, as which ``int`` would not make it here."""
    byte: int = 0 + data[at]
    return byte


@kernel
def _group(data: _Bytes, at: int, end: int, mode: int, deltas: _State) -> int:
    """Sixteen deltas as they are written; the place after them, or -1."""
    if mode == 0:
        deltas[:] = 0
        return at
    if mode == 3:
        if at + 16 > end:
            return -1
        for i in range(16):
            deltas[i] = _byte(data, at + i)
        return at + 16
    bits = 2 * mode
    top = (1 << bits) - 1
    extra = at + 2 * bits
    if extra > end:
        return -1
    for i in range(16):
        value = (_byte(data, at + i * bits // 8) >> (8 - bits - i * bits % 8)) & top
        if value == top:  # the delta itself stands behind
            if extra >= end:
                return -1
            value = _byte(data, extra)
            extra += 1
        deltas[i] = value
    return extra


@kernel
def read_attributes(data: _Bytes, out: _Bytes) -> bool:
    """Mode 0 into ``uint8 [count, stride]``; whether it comes out."""
    count, stride = out.shape
    end = len(data) - max(stride, 32)
    if end < 1 or data[0] != _ATTRIBUTES:
        return False
    last = data[len(data) - stride :].copy()
    block = min((8192 // stride) & ~15, 256)
    deltas = np.zeros(16, np.int64)
    at = 1
    for first in range(0, count, block):
        size = min(count - first, block)
        groups = (size + 15) // 16
        for k in range(stride):
            header = at
            at += (groups + 3) // 4
            if at > end:
                return False
            value = _byte(last, k)
            for group in range(groups):
                mode = (_byte(data, header + group // 4) >> (2 * (group % 4))) & 3
                at = _group(data, at, end, mode, deltas)
                if at < 0:
                    return False
                for i in range(min(16, size - 16 * group)):
                    value = (value + ((deltas[i] >> 1) ^ -(deltas[i] & 1))) & 0xFF
                    out[first + 16 * group + i, k] = value
            last[k] = value
    return bool(at == end)


@kernel
def _varint(data: _Bytes, state: _State, end: int) -> int:
    """A number of 32 bits in runs of seven (LEB128); -1 where it is none. Moves ``state[0]``."""
    value = 0
    for i in range(5):
        if state[0] >= end:
            return -1
        byte = _byte(data, state[0])
        state[0] += 1
        value |= (byte & 0x7F) << (7 * i)
        if byte < 0x80:
            return value if value <= _WORD else -1
    return -1


@kernel
def _explicit(data: _Bytes, state: _State, end: int) -> int:
    """An index by its difference from the last one, ``state[1]``; -1 where there is none."""
    code = _varint(data, state, end)
    if code < 0:
        return -1
    state[1] = (state[1] + ((code >> 1) ^ -(code & 1))) & _WORD
    return int(state[1])


@kernel
def _push_edge(edges: _State, state: _State, a: int, b: int) -> None:
    at = state[3] & 15
    edges[2 * at], edges[2 * at + 1] = a, b
    state[3] += 1


@kernel
def _push_vertex(vertices: _State, state: _State, a: int) -> None:
    vertices[state[4] & 15] = a
    state[4] += 1


@kernel
def _next(state: _State) -> int:
    state[2] += 1
    return int(state[2] - 1)


@kernel
def _known(data: _Bytes, state: _State, end: int, vertices: _State, code: int) -> int:
    """The next index, one of the recent ones, or an explicit one, by four bits."""
    if code == 0:
        return _next(state)
    if code == 15:
        return _explicit(data, state, end)
    return int(vertices[(state[4] - code) & 15])


@kernel
def _third(data: _Bytes, state: _State, end: int, vertices: _State, code: int) -> int:
    """The corner of a triangle over a recent edge."""
    if 0 < code < 13:
        return int(vertices[(state[4] - 1 - code) & 15])
    if code in (13, 14):
        state[1] = (state[1] + (1 if code == 14 else -1)) & _WORD
        index = int(state[1])
    else:
        index = _known(data, state, end, vertices, code)
    _push_vertex(vertices, state, index)
    return index


@kernel
def read_triangles(data: _Bytes, out: NDArray[np.uint32]) -> bool:
    """Mode 1 into ``uint32 [3 n]``; whether it comes out."""
    triangles = len(out) // 3
    end = len(data) - 16
    if end < 1 + triangles or data[0] != _TRIANGLES:
        return False
    # Where to read on, the last explicit index, the next new one, edges and vertices so far.
    state = np.zeros(5, np.int64)
    state[0] = 1 + triangles
    edges, vertices = np.zeros(32, np.int64), np.zeros(16, np.int64)
    for i in range(triangles):
        code = _byte(data, 1 + i)
        if code < 0xF0:
            edge = (state[3] - 1 - (code >> 4)) & 15
            a, b = int(edges[2 * edge]), int(edges[2 * edge + 1])
            c = _third(data, state, end, vertices, code & 15)
        else:
            pair = _byte(data, end + (code & 15))
            first = 0
            if code >= 0xFE:
                if state[0] >= end:
                    return False
                pair, first = _byte(data, state[0]), 15 * (code & 1)
                state[0] += 1
                if pair == 0:
                    state[2] = 0
            second, third = pair >> 4, pair & 15
            if code < 0xFE and 15 in (second, third):
                return False
            a = _known(data, state, end, vertices, first)
            b = _known(data, state, end, vertices, second)
            c = _known(data, state, end, vertices, third)
            _push_edge(edges, state, b, a)
            _push_vertex(vertices, state, a)
            if second in (0, 15):
                _push_vertex(vertices, state, b)
            if third in (0, 15):
                _push_vertex(vertices, state, c)
        if a < 0 or b < 0 or c < 0:
            return False
        _push_edge(edges, state, c, b)
        _push_edge(edges, state, a, c)
        out[3 * i], out[3 * i + 1], out[3 * i + 2] = a, b, c
    return bool(state[0] == end)


@kernel
def read_indices(data: _Bytes, out: NDArray[np.uint32]) -> bool:
    """Mode 2 into ``uint32 [n]``; whether it comes out."""
    end = len(data) - 4
    if end < 1 or data[0] != _INDICES:
        return False
    state, last = np.ones(1, np.int64), np.zeros(2, np.int64)
    for i in range(len(out)):
        code = _varint(data, state, end)
        if code < 0:
            return False
        base, code = code & 1, code >> 1
        last[base] = (last[base] + ((code >> 1) ^ -(code & 1))) & _WORD
        out[i] = last[base]
    return bool(state[0] == end)
