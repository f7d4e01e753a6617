"""BLOCKING: how much stronger the steps on an 8×8 grid are than those beside it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.picture import Picture, strips
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.artifact.regions import areas
from gencheck.findings import Measurement, Method

CHECK = "artifact.blocking"
MIN_SIDE = 48
METHOD = Method(
    "normalised 8×8 grid ratio",
    "1",
    "Muijs and Kirenko, A no-reference blocking artifact measure for adaptive video processing, "
    "EUSIPCO 2005; local and with a search for the phase",
)
NOTICE = 1.6
"""Grid ratio from which a place stands out; fixed on training photos."""

_PERIOD = 8
_BLOCKS = 4  # blocks a side of a cell: 32 pixels, about the smallest area in which a grid is seen
_REACH = 15  # pixels over which the gradients that mask a step are averaged
_FLOOR = 2.0  # luma levels: steps that nobody sees must not count as a grid
_TINY = 0.25  # normalised steps a pixel: keeps the ratio of nothing to nothing at 1
_LEAD = 2.4
_CEILING = 6.0  # one hard edge must not outweigh a cell of soft steps


def measure_blocking(picture: Picture) -> Reading:
    """The grid ratio of each cell of 32×32 native pixels, and the regions where it stands out.

    1 means no grid; a JPEG of quality 10 gives about 2 to 4. Each step is divided by the mean of
    the gradients around it (texture hides blocks), so flat areas count as much as busy ones.
    Native scale, for a resized grid is no longer one of 8 pixels.
    """
    ratio = grid_ratio(picture.grey)
    level = _whole(ratio / NOTICE, picture)
    found = areas(level, picture.size, min_share=0.01)
    if not found:
        overall = finite(float(ratio.mean()), low=0.0)
        return Reading((Measurement("BLOCKING", overall, CHECK, METHOD),), level)
    return Reading(
        tuple(
            Measurement(
                "BLOCKING",
                finite(float(level[area.cells].mean()) * NOTICE),
                CHECK,
                METHOD,
                area.box,
                f"over {area.share:.0%} of the picture",
            )
            for area in found
        ),
        level,
    )


def grid_ratio(grey: Grey) -> FloatMap:
    """The larger of the ratios across columns and across rows, a cell of 32×32 pixels.

    Args:
        grey: ``uint8 [H, W]``.

    Returns:
        ``float32 [ceil(H / 32), ceil(W / 32)]``, smoothed over 3×3 cells.
    """
    upright = _best_phase(_profiles(grey))
    lying = _best_phase(_profiles(np.ascontiguousarray(grey.T))).T
    # Blocks show both ways. What stands out one way only may be a fence: it counts no further than
    # _LEAD times the other, which keeps its geometric mean below NOTICE.
    upright, lying = np.minimum(upright, _LEAD * lying), np.minimum(lying, _LEAD * upright)
    both = np.sqrt(upright * lying)
    return np.asarray(both, np.float32)


def _profiles(grey: Grey) -> FloatMap:
    """Normalised steps between columns, summed a cell and a phase: ``float32 [r, c, 8]``."""
    side = _PERIOD * _BLOCKS
    height, width = grey.shape
    rows, columns = -(-height // side), -(-width // side)
    sums = np.zeros((rows, columns, _PERIOD), np.float32)
    for strip in strips(grey.shape, align=side):
        steps = cv2.absdiff(grey[strip, 1:], grey[strip, :-1]).astype(np.float32)
        around = cv2.blur(steps, (_REACH, 1), borderType=cv2.BORDER_REFLECT)
        steps /= around + _FLOOR
        np.minimum(steps, _CEILING, out=steps)
        tall = -(-steps.shape[0] // side)
        padded = np.zeros((tall * side, columns * side), np.float32)
        padded[: steps.shape[0], : steps.shape[1]] = steps
        cells = padded.reshape(tall, side, columns, _BLOCKS, _PERIOD).sum(axis=(1, 3))
        top = strip.start // side
        sums[top : top + tall] = cells
    return sums


def _best_phase(sums: FloatMap) -> NDArray[np.float32]:
    """The ratio on the grid to beside it, for the phase at which most cells stand out."""
    smooth = cv2.blur(sums, (3, 3), borderType=cv2.BORDER_REPLICATE)
    smooth = smooth.reshape(sums.shape)
    total = smooth.sum(axis=2, keepdims=True)
    beside = (total - smooth) / (_PERIOD - 1)
    tiny = _TINY * _PERIOD * _BLOCKS * _BLOCKS
    ratio = (smooth + tiny) / (beside + tiny)
    excess = np.maximum(ratio - 1.25, 0).sum(axis=(0, 1))
    return np.asarray(ratio[:, :, int(excess.argmax())], np.float32)


def _whole(level: FloatMap, picture: Picture) -> FloatMap:
    """The map over the whole picture: rows that are missing, and the rest of a last cell."""
    side = _PERIOD * _BLOCKS
    rows, columns = -(-picture.size[0] // side), -(-picture.size[1] // side)
    out = np.zeros((rows, columns), np.float32)
    out[: level.shape[0], : level.shape[1]] = level
    return out
