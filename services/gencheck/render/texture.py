"""Textures as kernels read them: each in sizes that halve, so that none is sampled too coarsely."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import inlined, lean_kernel
from gencheck.media.appearance import CLAMP, MIRROR, Textures
from gencheck.render.colours import LINEAR, SRGB, srgb_byte

_LEVELS = 16
_MAX_SIDE = 1 << (_LEVELS - 1)

Texels = NDArray[np.uint8]


class Pyramids(NamedTuple):
    """The textures of a mesh.

    Attributes:
        wrap: ``int32 [T, 2]`` along u and v; ``CLAMP``, ``MIRROR``, all else repeats.
        shape: ``int32 [T, 16, 2]`` height and width of each level; 0 where there is none.
        start: ``int64 [T, 16]`` the first row of each level in ``texels``.
        texels: ``uint8 [N, 4]`` sRGB and alpha.
        linear: ``float32 [256]`` linear light of a byte.
    """

    wrap: NDArray[np.int32]
    shape: NDArray[np.int32]
    start: NDArray[np.int64]
    texels: Texels
    linear: NDArray[np.float32]


def pyramids_of(textures: Textures | None, used: set[int]) -> Pyramids:
    """The pyramids of the textures that are used; the others, and those out of bounds, are empty.

    Kernels look into no array beyond what is checked here.
    """
    count = 0 if textures is None else len(textures.shape)
    shape = np.zeros((count, _LEVELS, 2), np.int32)
    start = np.zeros((count, _LEVELS), np.int64)
    wrap = np.zeros((count, 2), np.int32)
    levels: list[Texels] = []
    rows = 0
    for row in sorted(used & set(range(count))):
        assert textures is not None
        first = _texels_of(textures, row)
        if first is None:
            continue
        wrap[row] = textures.wrap[row]
        for level, texels in enumerate(_halvings(first)):
            shape[row, level] = texels.shape[:2]
            start[row, level] = rows
            rows += texels.shape[0] * texels.shape[1]
            levels.append(texels.reshape(-1, 4))
    together = np.concatenate(levels) if levels else np.zeros((0, 4), np.uint8)
    return Pyramids(wrap, shape, start, together, LINEAR)


def _texels_of(textures: Textures, row: int) -> Texels | None:
    height, width = textures.shape[row].tolist()
    start = int(textures.start[row])
    sized = 0 < height <= _MAX_SIDE and 0 < width <= _MAX_SIDE
    if not sized or start < 0 or start + height * width > len(textures.texels):
        return None
    rows = textures.texels[start : start + height * width].reshape(height, width, 4)
    return np.require(rows, np.uint8, ("C", "A", "W"))


def _halvings(texels: Texels) -> list[Texels]:
    levels = [texels]
    while max(levels[-1].shape[:2]) > 1:
        height, width = levels[-1].shape[:2]
        smaller = np.empty(((height + 1) // 2, (width + 1) // 2, 4), np.uint8)
        _halve(levels[-1], smaller, LINEAR, SRGB)
        levels.append(smaller)
    return levels


@lean_kernel
def _halve(
    texels: Texels, smaller: Texels, linear: NDArray[np.float32], srgb: NDArray[np.uint8]
) -> None:
    """Four texels into one, in linear light; what is transparent lends no colour."""
    height, width = texels.shape[0], texels.shape[1]
    for y in range(smaller.shape[0]):
        y1 = min(2 * y + 1, height - 1)
        for x in range(smaller.shape[1]):
            x1 = min(2 * x + 1, width - 1)
            red = green = blue = 0.0
            weight, alpha = 1e-6, 2
            for r in (2 * y, y1):
                for c in (2 * x, x1):
                    share = texels[r, c, 3] + 1e-3
                    red += share * linear[texels[r, c, 0]]
                    green += share * linear[texels[r, c, 1]]
                    blue += share * linear[texels[r, c, 2]]
                    weight += share
                    alpha += texels[r, c, 3]
            smaller[y, x, 0] = srgb_byte(srgb, red / weight)
            smaller[y, x, 1] = srgb_byte(srgb, green / weight)
            smaller[y, x, 2] = srgb_byte(srgb, blue / weight)
            smaller[y, x, 3] = alpha >> 2


@inlined
def _wrapped(at: float, mode: int) -> float:
    """A coordinate brought into 0..1, as the texture's sampler says."""
    if mode == CLAMP:
        return min(max(at, 0.0), 1.0)
    if mode == MIRROR:
        at -= 2.0 * np.floor(at / 2.0)
        return 2.0 - at if at > 1.0 else at
    return float(at - np.floor(at))


@inlined
def _neighbours(at: float, size: int, mode: int) -> tuple[int, int, float]:
    """The two texels that a place lies between, and how far it is to the second."""
    place = at * size - 0.5
    first = int(np.floor(place))
    share = place - first
    second = first + 1
    if mode not in (CLAMP, MIRROR):  # past an edge comes the other one
        first, second = first % size, second % size
    return min(max(first, 0), size - 1), min(max(second, 0), size - 1), share


@inlined
def sample(
    of: Pyramids, row: int, u: float, v: float, footprint: float
) -> tuple[float, float, float, float]:
    """A texture at a place, bilinearly: red, green, blue as linear light, and alpha, 0..1.

    Args:
        u, v: finite; of any size.
        footprint: the share of the texture's area that is wanted as one colour.
    """
    level = 0
    texels = footprint * of.shape[row, 0, 0] * of.shape[row, 0, 1]
    while texels > 2.0 and level + 1 < 16 and of.shape[row, level + 1, 0] > 0:
        texels /= 4.0
        level += 1
    height, width = of.shape[row, level, 0], of.shape[row, level, 1]
    x0, x1, right = _neighbours(_wrapped(u, of.wrap[row, 0]), width, of.wrap[row, 0])
    y0, y1, down = _neighbours(_wrapped(v, of.wrap[row, 1]), height, of.wrap[row, 1])
    start = of.start[row, level]
    red = green = blue = alpha = 0.0
    for y, high in ((y0, 1.0 - down), (y1, down)):
        for x, wide in ((x0, 1.0 - right), (x1, right)):
            at, share = start + y * width + x, high * wide
            red += share * of.linear[of.texels[at, 0]]
            green += share * of.linear[of.texels[at, 1]]
            blue += share * of.linear[of.texels[at, 2]]
            alpha += share * of.texels[at, 3]
    return red, green, blue, alpha / 255.0
