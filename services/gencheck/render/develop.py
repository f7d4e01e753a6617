"""From samples to a picture: colours, lines and marks, averaged over each pixel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import inlined, lean_kernel
from gencheck.render.camera import DEEP
from gencheck.render.colours import SRGB, srgb_byte, to_linear
from gencheck.render.raster import Layer, Samples, depth_in, face_in
from gencheck.render.shade import Scene, brightness, edge_distance, shade

SAMPLES = 2
"""A side, for each pixel."""

_RED = to_linear(np.array([222.0, 38.0, 32.0]))
_SKY, _GROUND = 250.0, 226.0
_WIRE, _LINE, _SHINE = 0.30, 0.45, 0.55
_JUMP = 0.02  # of the picture: a step in depth that gets a line

Picture = NDArray[np.uint8]


class Drawn(NamedTuple):
    """What is to be developed.

    Attributes:
        seen: ``int64 [H, W]``: opaque faces.
        layer: ``float32 [H, W, 4]``, or empty: what can be seen through.
        marked: ``int64 [H, W]``, or empty: marked faces, as if there were no others.
        bad: ``bool [F]``, or empty: whether a face is marked.
        wires: whether edges are drawn.
        step: units of depth from which a step gets a line.
        red: ``float64 [3]`` linear light of marks.
        paper: ``float64 [H]`` linear light of the background.
        srgb: the table ``SRGB``.
    """

    seen: Samples
    layer: Layer
    marked: Samples
    bad: NDArray[np.bool_]
    wires: bool
    step: float
    red: NDArray[np.float64]
    paper: NDArray[np.float64]
    srgb: NDArray[np.uint8]


def drawn_of(
    seen: Samples,
    layer: Layer,
    marked: Samples,
    bad: NDArray[np.bool_],
    *,
    wires: bool,
    scale: float,
) -> Drawn:
    """The same with the look of all pictures. Args: scale: of the ``Screen``."""
    size = len(seen)
    paper = to_linear(np.linspace(_SKY, _GROUND, size))
    return Drawn(seen, layer, marked, bad, wires, _JUMP * size / scale * DEEP, _RED, paper, SRGB)


@inlined
def _range(seen: Samples, x0: int, x1: int, y0: int, y1: int) -> tuple[int, int]:
    """The farthest and the nearest of some samples."""
    farthest = nearest = seen[min(max(y0, 0), len(seen) - 1), min(max(x0, 0), len(seen) - 1)]
    for y in range(max(y0, 0), min(y1, len(seen) - 1) + 1):
        for x in range(max(x0, 0), min(x1, len(seen) - 1) + 1):
            farthest, nearest = min(farthest, seen[y, x]), max(nearest, seen[y, x])
    return depth_in(farthest), depth_in(nearest)


@inlined
def _beside_a_jump(drawn: Drawn, x: int, y: int) -> float:
    """What a line leaves of the light where the depth jumps."""
    _, nearest = _range(drawn.seen, x - 1, x + 1, y - 1, y + 1)
    jump = float(nearest - depth_in(drawn.seen[y, x]))
    return 1.0 - _LINE * min(max(jump / drawn.step - 1.0, 0.0), 1.0)


@inlined
def _colour(scene: Scene, drawn: Drawn, x: int, y: int, steep: bool) -> tuple[float, float, float]:
    """The linear light of one sample."""
    f = face_in(drawn.seen[y, x])
    red = green = blue = drawn.paper[y]
    bad = len(drawn.bad) > 0 and f >= 0 and drawn.bad[f]
    if bad:
        light = brightness(scene, f, x, y)
        red, green, blue = drawn.red[0] * light, drawn.red[1] * light, drawn.red[2] * light
    elif f >= 0:
        red, green, blue, _ = shade(scene, f, x, y)
    left = _beside_a_jump(drawn, x, y) if steep else 1.0
    if drawn.wires and f >= 0:
        left *= 1.0 - _WIRE * min(max(1.3 - edge_distance(scene, f, x, y), 0.0), 1.0)
    left *= left  # lines were chosen by eye in sRGB, which is near to the root
    red, green, blue = red * left, green * left, blue * left
    if len(drawn.layer):
        over = drawn.layer[y, x]
        behind = 1.0 - over[3]
        red, green, blue = over[0] + behind * red, over[1] + behind * green, over[2] + behind * blue
    if len(drawn.marked) and not bad and face_in(drawn.marked[y, x]) >= 0:
        red += _SHINE * (drawn.red[0] - red)
        green += _SHINE * (drawn.red[1] - green)
        blue += _SHINE * (drawn.red[2] - blue)
    return min(red, 1.0), min(green, 1.0), min(blue, 1.0)


@lean_kernel
def develop(scene: Scene, drawn: Drawn, picture: Picture, begin: int, end: int) -> None:
    """Fill the rows of a picture.

    Args:
        picture: ``uint8 [H / 2, W / 2, 3]`` sRGB.
    """
    for row in range(begin, end):
        for column in range(picture.shape[1]):
            y0, x0 = 2 * row, 2 * column
            far, near = _range(drawn.seen, x0 - 1, x0 + 2, y0 - 1, y0 + 2)
            steep = near - far > drawn.step
            red = green = blue = 0.0
            for y in range(y0, y0 + 2):
                for x in range(x0, x0 + 2):
                    r, g, b = _colour(scene, drawn, x, y, steep)
                    red, green, blue = red + r, green + g, blue + b
            picture[row, column, 0] = srgb_byte(drawn.srgb, red / 4.0)
            picture[row, column, 1] = srgb_byte(drawn.srgb, green / 4.0)
            picture[row, column, 2] = srgb_byte(drawn.srgb, blue / 4.0)
