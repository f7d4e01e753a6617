"""From samples to a picture: colours, lines and marks, averaged over each pixel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import inlined, lean_kernel
from gencheck.render.camera import DEEP
from gencheck.render.colours import SRGB, srgb_byte, to_linear
from gencheck.render.raster import NOTHING, Layer, Samples, depth_in, face_in
from gencheck.render.shade import Scene, brightness, edge_distance, shade

SAMPLES = 2
"""A side, for each pixel."""

Light = tuple[float, float, float]
"""Linear."""

_RED: Light = tuple(to_linear(np.array([222.0, 38.0, 32.0])).tolist())
_DARK_RED: Light = tuple(to_linear(np.array([176.0, 12.0, 14.0])).tolist())
_PAPER = float(to_linear(np.array(234.0)))
_WIRE, _LINE, _MUTED = 0.30, 0.45, 0.6
_SHINE, _RIM, _RIM_HIDDEN = 0.55, 0.8, 0.5
_NOWHERE = NOTHING >> 31
_JUMP = 0.02  # of the picture: a step in depth that gets a line

Picture = NDArray[np.uint8]


class Drawn(NamedTuple):
    """What is to be developed.

    Attributes:
        seen: ``int64 [H, W]``: opaque faces.
        layer: ``float32 [H, W, 4]``, or empty: what can be seen through.
        marked: ``int64 [H, W]``, or empty: marked faces, as if there were no others.
        bad: ``bool [F]``, or empty: whether a face is marked.
        muted: how near colours are to grey, 0..1, so that red is for marks alone.
        wires: whether edges are drawn.
        step: units of depth from which a step gets a line.
        red, dark_red: of marks and of their rims.
        paper: linear light of the background, the same all over: a gradient would have bands.
        srgb: the table ``SRGB``.
    """

    seen: Samples
    layer: Layer
    marked: Samples
    bad: NDArray[np.bool_]
    muted: float
    wires: bool
    step: float
    red: Light
    dark_red: Light
    paper: float
    srgb: NDArray[np.uint8]


def drawn_of(
    seen: Samples,
    layer: Layer,
    marked: Samples,
    bad: NDArray[np.bool_],
    *,
    muted: bool,
    wires: bool,
    scale: float,
) -> Drawn:
    """The same with the look of all pictures. Args: scale: of the ``Screen``."""
    size = len(seen)
    step = _JUMP * size / scale * DEEP
    grey = _MUTED if muted else 0.0
    return Drawn(seen, layer, marked, bad, grey, wires, step, _RED, _DARK_RED, _PAPER, SRGB)


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
def _mixed(colour: Light, other: Light, share: float) -> Light:
    return (
        colour[0] + share * (other[0] - colour[0]),
        colour[1] + share * (other[1] - colour[1]),
        colour[2] + share * (other[2] - colour[2]),
    )


@inlined
def _times(colour: Light, factor: float) -> Light:
    return colour[0] * factor, colour[1] * factor, colour[2] * factor


@inlined
def _is_bad(drawn: Drawn, x: int, y: int) -> bool:
    """Whether a marked face is seen."""
    f = face_in(drawn.seen[y, x])
    return f >= 0 and bool(drawn.bad[f])


@inlined
def _paint(  # noqa: PLR0917 - kernels are called by position
    scene: Scene, drawn: Drawn, f: int, px: int, py: int, spread: int
) -> Light:
    """What is seen in a place on the screen, without lines; ``spread`` as of ``shade``."""
    if f < 0:
        return drawn.paper, drawn.paper, drawn.paper
    if len(drawn.bad) > 0 and drawn.bad[f]:
        return _times(drawn.red, brightness(scene, f, px, py))
    red, green, blue, _ = shade(scene, f, px, py, spread)
    grey = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return _mixed((red, green, blue), (grey, grey, grey), drawn.muted)


@inlined
def _with_lines(  # noqa: PLR0917 - kernels are called by position
    scene: Scene, drawn: Drawn, colour: Light, x: int, y: int, steep: bool
) -> Light:
    """Lines where the depth jumps and on edges, and over them what can be seen through."""
    left = _beside_a_jump(drawn, x, y) if steep else 1.0
    f = face_in(drawn.seen[y, x])
    if drawn.wires and f >= 0:
        left *= 1.0 - _WIRE * min(max(1.3 - edge_distance(scene, f, x, y), 0.0), 1.0)
    colour = _times(colour, left * left)  # lines were chosen by eye in sRGB, near to the root
    if len(drawn.layer):
        over = drawn.layer[y, x]
        behind = _times(colour, 1.0 - over[3])
        colour = (over[0] + behind[0], over[1] + behind[1], over[2] + behind[2])
    return colour


@inlined
def _with_marks(drawn: Drawn, colour: Light, x: int, y: int) -> Light:
    """Marked faces that others hide shine through, and all have a rim around them."""
    if face_in(drawn.marked[y, x]) >= 0:
        return colour if _is_bad(drawn, x, y) else _mixed(colour, drawn.red, _SHINE)
    last, rim = len(drawn.seen) - 1, 0.0
    for row in range(max(y - 1, 0), min(y + 1, last) + 1):
        for column in range(max(x - 1, 0), min(x + 1, last) + 1):
            if face_in(drawn.marked[row, column]) >= 0:
                rim = max(rim, _RIM if _is_bad(drawn, column, row) else _RIM_HIDDEN)
    return _mixed(colour, drawn.dark_red, rim)


@inlined
def _pixel(scene: Scene, drawn: Drawn, x0: int, y0: int, steep: bool) -> Light:
    """The linear light of a pixel, by its first sample; painted once where it shows one face."""
    seen = drawn.seen
    f = face_in(seen[y0, x0])
    whole = f == face_in(seen[y0, x0 + 1])
    whole &= f == face_in(seen[y0 + 1, x0]) and f == face_in(seen[y0 + 1, x0 + 1])
    painted = (0.0, 0.0, 0.0)
    red = green = blue = 0.0
    for n in range(4):
        x, y = x0 + (n & 1), y0 + (n >> 1)
        if n == 0 or not whole:
            px, py = (256 * x0 + 256, 256 * y0 + 256) if whole else (256 * x + 128, 256 * y + 128)
            painted = _paint(scene, drawn, face_in(seen[y, x]), px, py, 2 if whole else 1)
        colour = _with_lines(scene, drawn, painted, x, y, steep)
        if len(drawn.marked):
            colour = _with_marks(drawn, colour, x, y)
        red += min(colour[0], 1.0)
        green += min(colour[1], 1.0)
        blue += min(colour[2], 1.0)
    return red / 4.0, green / 4.0, blue / 4.0


@lean_kernel
def develop(scene: Scene, drawn: Drawn, picture: Picture, begin: int, end: int) -> None:
    """Fill the rows of a picture.

    Args:
        picture: ``uint8 [H / 2, W / 2, 3]`` sRGB.
    """
    clear = len(drawn.layer) == 0 and len(drawn.marked) == 0
    for row in range(begin, end):
        for column in range(picture.shape[1]):
            y0, x0 = 2 * row, 2 * column
            far, near = _range(drawn.seen, x0 - 1, x0 + 2, y0 - 1, y0 + 2)
            if clear and near == _NOWHERE:
                paper = srgb_byte(drawn.srgb, drawn.paper)
                picture[row, column, 0] = picture[row, column, 1] = picture[row, column, 2] = paper
                continue
            red, green, blue = _pixel(scene, drawn, x0, y0, near - far > drawn.step)
            picture[row, column, 0] = srgb_byte(drawn.srgb, red)
            picture[row, column, 1] = srgb_byte(drawn.srgb, green)
            picture[row, column, 2] = srgb_byte(drawn.srgb, blue)
