"""Islands in other tiles of a texture that repeats, which use the same texels as those in 0..1.

An island that lies in one tile is moved into the first by whole numbers, which a double holds
without rounding, but for coordinates between -2**-29 and 0. One that spreads over several tiles
repeats the texture by itself, which is meant: it is left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.jit import kernel
from gencheck.media.appearance import REPEAT, Appearance
from gencheck.mesh.uv_islands import Islands
from gencheck.mesh.uv_layout import MAPPED, Layout
from gencheck.mesh.uv_overlap import Overlaps, find_overlaps
from gencheck.mesh.uv_range import TOLERANCE, wraps_of

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Tiles:
    """What was found with all tiles laid on the first.

    Attributes:
        overlaps: of the textures whose islands lie in different tiles.
        faces: how many were compared.
        moved: islands that lie in another tile than the first.
        spread: islands of these textures that spread over several, and are left out.
    """

    overlaps: Overlaps = field(repr=False)
    faces: int
    moved: int
    spread: int


def find_tile_overlaps(
    layout: Layout, islands: Islands, looks: Appearance, *, deadline: Deadline
) -> Tiles | None:
    """Lay the tiles of textures that repeat on each other; ``None`` where each has only one."""
    mapped = layout.mapped
    if not len(mapped):
        return None
    home = islands.labels[mapped]
    part, space = np.zeros((2, len(islands.mapped)), np.int32)
    part[home], space[home] = layout.part[mapped], layout.space[mapped]
    repeats = (wraps_of(looks) == REPEAT)[part]
    tile, whole = _tiles(layout, mapped, home, repeats)
    concerned = _in_several(tile, whole, space)[space]
    if not concerned.any():
        return None
    chosen = mapped[(whole & concerned)[home]]
    found = find_overlaps(
        _moved(layout, chosen, tile[islands.labels[chosen]]),
        np.arange(len(chosen), dtype=np.int32),
        deadline=deadline,
    )
    moved = concerned & whole & (tile != 0.0).any(axis=1)
    spread = concerned & ~whole & (islands.mapped > 0)
    return Tiles(
        overlaps=replace(found, faces=chosen[found.faces].astype(np.intp)),
        faces=len(chosen),
        moved=int(moved.sum()),
        spread=int(spread.sum()),
    )


def _tiles(
    layout: Layout, mapped: _Ints, home: _Ints, repeats: NDArray[np.bool_]
) -> tuple[_Floats, NDArray[np.bool_]]:
    """The tile of each island, 0 along axes that do not repeat; and whether it lies in that one."""
    lower, upper = _bounds(layout.uv, layout.corners, mapped, home, len(repeats))
    unit = math.ldexp(1.0, -layout.exponent)
    tile = np.where(repeats, np.floor(lower / unit + TOLERANCE), 0.0)
    inside = upper / unit <= tile + 1.0 + TOLERANCE
    seen = lower[:, 0] <= upper[:, 0]
    tile[~seen] = 0.0
    return tile, (inside | ~repeats).all(axis=1) & seen


def _in_several(tile: _Floats, whole: NDArray[np.bool_], space: _Ints) -> NDArray[np.bool_]:
    """Which textures have islands that lie in different tiles, ``bool [S]``."""
    one = np.zeros((int(space.max()) + 1, 2))
    one[space[whole]] = tile[whole]
    several = np.zeros(len(one), np.bool_)
    several[space[whole & (tile != one[space]).any(axis=1)]] = True
    return several


@kernel
def _bounds(
    uv: _Floats, corners: _Ints, faces: _Ints, home: _Ints, count: int
) -> tuple[_Floats, _Floats]:
    """Lower and upper corners of islands, ``float64 [I, 2]``."""
    lower, upper = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    for i in range(len(faces)):
        for corner in range(3):
            for k in range(2):
                at = uv[corners[faces[i], corner], k]
                lower[home[i], k] = min(lower[home[i], k], at)
                upper[home[i], k] = max(upper[home[i], k], at)
    return lower, upper


def _moved(layout: Layout, chosen: _Ints, tile: _Floats) -> Layout:
    """The layout of some faces, each with rows of its own, in the first tile."""
    uv = layout.uv[layout.corners[chosen]]
    uv[:, :, :2] -= np.ldexp(tile, -layout.exponent)[:, None]
    return Layout(
        uv=uv.reshape(-1, 3),
        exponent=layout.exponent,
        corners=np.arange(3 * len(chosen), dtype=np.int32).reshape(-1, 3),
        kinds=np.full(len(chosen), MAPPED, np.uint8),
        turns=layout.turns[chosen],
        part=layout.part[chosen],
        space=layout.space[chosen],
    )
