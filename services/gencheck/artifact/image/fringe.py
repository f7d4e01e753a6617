"""ALPHA_FRINGE: a cut-out whose soft edge still holds the colour of its old background."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from gencheck.artifact.image.picture import Picture, native_blocks
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.artifact.regions import Area, areas
from gencheck.findings import Measurement, Method

CHECK = "artifact.alpha_fringe"
MIN_SIDE = 32
METHOD = Method(
    "colour of the soft edge against the solid part behind it",
    "1",
    "Porter and Duff, Compositing digital images, SIGGRAPH 1984; Sharma, Wu and Dalal, The "
    "CIEDE2000 color-difference formula, 2005",
)
NOTICE = 4.0
"""CIEDE2000 from which a place stands out; fixed on cut-outs made of training photos."""

_CELL = 16
_CLEAR, _SOLID = 5, 250  # alpha up to which a pixel is nothing, from which it is the object
_SOFT = (32, 223)  # alpha of a soft edge: fainter ones do not show, denser ones hold no old colour
_REACH = 4  # pixels: a wider transition is a shadow, glass or a feathered edge, and no cut
_INSIDE = 2  # pixels of the solid part beside the edge that may hold old colour as well
_FEW = 12  # soft pixels a cell and its neighbours need
_LEAST_EDGE = 64  # soft pixels that the whole picture needs


@dataclass(frozen=True, slots=True)
class _Sums:
    """Per cell: how many soft pixels, and the sums of three CIELAB colours over them."""

    count: FloatMap = field(repr=False)
    edge: NDArray[np.float32] = field(repr=False)
    behind: NDArray[np.float32] = field(repr=False)
    deeper: NDArray[np.float32] = field(repr=False)


def why_not(picture: Picture) -> str:
    """Why a picture has no fringe, whatever it shows; empty where it may have one."""
    return "" if picture.transparent else "an opaque picture has no cut-out edge"


def measure_fringe(picture: Picture) -> Reading:
    """How far the colour of the soft edge is from that of the object beside it, CIEDE2000.

    Each soft pixel between nothing and something is paired with the nearest solid pixel (two
    pixels in, where old colour no longer reaches) and with one as far again behind that. Colours
    are averaged in CIELAB over 48×48 pixels, so that texture drops out and a halo does not; what
    the object itself changes towards its edge is taken off. The value is the median along the edge,
    or that of the part that stands out. A halo of the object's own colour is none.
    """
    height = -(-picture.size[0] // _CELL)
    width = -(-picture.size[1] // _CELL)
    level = np.zeros((height, width), np.float32)
    count = np.zeros((height, width), np.float32)
    alpha = picture.image.alpha
    if alpha is not None:
        for rows, columns in native_blocks(picture.grey.shape):
            sums = _sums(picture.image.pixels[rows, columns], alpha[rows, columns])
            top, left = rows.start // _CELL, columns.start // _CELL
            part = np.s_[top : top + sums.count.shape[0], left : left + sums.count.shape[1]]
            level[part] = _difference(sums) / NOTICE
            count[part] = sums.count
    edge = int(count.sum())
    if edge < _LEAST_EDGE:
        return Reading((Measurement("ALPHA_FRINGE", 0.0, CHECK, METHOD, detail="no soft edge"),))
    overall = _weighted_median(level, count)
    found = [area for area in areas(level, picture.size) if _weight(area, count) >= 0.1]
    if not found:
        value, detail = finite(overall * NOTICE), f"{edge} pixels of soft edge"
        return Reading((Measurement("ALPHA_FRINGE", value, CHECK, METHOD, detail=detail),), level)
    return Reading(
        tuple(
            Measurement(
                "ALPHA_FRINGE",
                finite(_weighted_median(level[area.cells], count[area.cells]) * NOTICE),
                CHECK,
                METHOD,
                area.box,
                f"along {_weight(area, count):.0%} of the edge",
            )
            for area in found
        ),
        level,
    )


def _weight(area: Area, count: FloatMap) -> float:
    return float(count[area.cells].sum() / count.sum())


def _weighted_median(values: NDArray[np.float32], weights: NDArray[np.float32]) -> float:
    order = np.argsort(values, axis=None)
    running = np.cumsum(weights.ravel()[order])
    return float(values.ravel()[order][np.searchsorted(running, running[-1] / 2)])


def _sums(pixels: Grey, alpha: Grey) -> _Sums:
    """The colours of the soft edge of a block, and of the object behind it, in cells of 16×16."""
    height, width = alpha.shape
    rows, columns = -(-height // _CELL), -(-width // _CELL)
    y, x, inner_y, inner_x = _pairs(alpha)
    deep_y = np.clip(2 * inner_y - y, 0, height - 1)
    deep_x = np.clip(2 * inner_x - x, 0, width - 1)
    kept = alpha[deep_y, deep_x] >= _SOLID
    y, x, inner_y, inner_x, deep_y, deep_x = (
        places[kept] for places in (y, x, inner_y, inner_x, deep_y, deep_x)
    )
    cell = y // _CELL * columns + x // _CELL

    def total(at_y: NDArray[np.intp], at_x: NDArray[np.intp]) -> NDArray[np.float32]:
        lab = rgb2lab(pixels[at_y, at_x][None])[0] if len(at_y) else np.zeros((0, 3))
        parts = [np.bincount(cell, lab[:, c], rows * columns) for c in range(3)]
        return np.stack(parts, axis=1).reshape(rows, columns, 3).astype(np.float32)

    count = np.bincount(cell, minlength=rows * columns).reshape(rows, columns)
    return _Sums(
        count.astype(np.float32), total(y, x), total(inner_y, inner_x), total(deep_y, deep_x)
    )


def _pairs(alpha: Grey) -> tuple[NDArray[np.intp], ...]:
    """Soft pixels of thin edges and the solid pixel nearest to each: ``y, x, inner y, inner x``."""
    around = np.ones((3, 3), np.uint8)
    clear = (alpha <= _CLEAR).astype(np.uint8)
    inside = cv2.erode((alpha >= _SOLID).astype(np.uint8), around, iterations=_INSIDE)
    near = cv2.dilate(clear, around, iterations=_REACH) > 0
    soft = (alpha >= _SOFT[0]) & (alpha <= _SOFT[1]) & near
    none = np.zeros(0, np.intp)
    if not soft.any() or not inside.any():
        return none, none, none, none
    distance, label = cv2.distanceTransformWithLabels(
        1 - inside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    soft &= distance <= _REACH + _INSIDE + 1
    places = np.zeros((int(label.max()) + 1, 2), np.intp)
    solid_y, solid_x = np.nonzero(inside)
    places[label[solid_y, solid_x]] = np.stack([solid_y, solid_x], axis=1)
    y, x = np.nonzero(soft)
    nearest = places[label[y, x]]
    return y, x, nearest[:, 0], nearest[:, 1]


def _difference(sums: _Sums) -> FloatMap:
    """CIEDE2000 between edge and object of each cell with its neighbours, less the object's own."""
    count, *colours = (
        cv2.boxFilter(values, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
        for values in (sums.count, sums.edge, sums.behind, sums.deeper)
    )
    enough = (count >= _FEW) & (sums.count > 0)
    edge, behind, deeper = (
        colour[enough] / count[enough][:, None].astype(np.float64) for colour in colours
    )
    out = np.zeros(sums.count.shape, np.float32)
    own = _ciede2000(behind, deeper)
    out[enough] = np.maximum(_ciede2000(edge, behind) - own, 0)
    return out


def _ciede2000(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(deltaE_ciede2000(first, second))  # type: ignore[no-untyped-call]
