"""Damage to what a picture shows, with exact masks: warped, melted, pasted, doubled, removed.

And shams: the same edits, cut, blended and saved in the same way, after which nothing is wrong.
Every picture, damaged or sham, is saved as JPEG at 90 at the end: no codec tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from artifact_damage import Damaged, Mask, Pixels, Rng, jpeg, picture
from numpy.typing import NDArray

Edit = Callable[[Pixels, Rng], tuple[NDArray[np.generic], Mask]]


def blob(shape: tuple[int, ...], rng: Rng, share: float = 0.16) -> Mask:
    """A round place of chance with a wavy border, about that share of each side in radius."""
    height, width = shape[:2]
    reach = share * min(height, width) * rng.uniform(0.8, 1.4)
    y0, x0 = (rng.uniform(1.2 * reach, side - 1.2 * reach) for side in (height, width))
    y, x = np.mgrid[:height, :width]
    angle = np.arctan2(y - y0, x - x0)
    sizes, phases = rng.uniform(0, 0.12, 3), rng.uniform(0, 6, 3)
    border = 1 + sum(sizes[n] * np.cos((n + 2) * angle + phases[n]) for n in range(3))
    return np.asarray(np.hypot((y - y0) / 1.1, x - x0) < reach * border)


def busy_blob(pixels: Pixels, rng: Rng, tries: int = 8) -> Mask:
    """Of some blobs the one with most to lose: damage to an even wall is none."""
    grey = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (0, 0), 1.5)
    edges = np.abs(cv2.Laplacian(grey, cv2.CV_32F))
    return max(
        (blob(pixels.shape, rng) for _ in range(tries)), key=lambda m: float(edges[m].mean())
    )


def _soft(mask: Mask, sigma: float = 3.0) -> NDArray[np.float32]:
    """1 inside, falling to 0 within some pixels inwards."""
    return np.minimum(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma) * 2 - 1, 1).clip(0)


def _moved(pixels: Pixels, mask: Mask, dx: NDArray, dy: NDArray) -> NDArray[np.generic]:
    weight = _soft(mask, 6)
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]].astype(np.float32)
    x, y = (np.asarray(at + weight * move, np.float32) for at, move in ((x, dx), (y, dy)))
    return cv2.remap(pixels, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def swirled(pixels: Pixels, rng: Rng) -> tuple[NDArray[np.generic], Mask]:
    """Turned around the middle of a place, most inside."""
    mask = busy_blob(pixels, rng)
    y0, x0 = (float(v.mean()) for v in np.nonzero(mask))
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]].astype(np.float32)
    angle = rng.choice([-1, 1]) * rng.uniform(1.0, 1.8) * _soft(mask, 12)
    cos, sin = np.cos(angle) - 1, np.sin(angle)
    dx = cos * (x - x0) - sin * (y - y0)
    dy = sin * (x - x0) + cos * (y - y0)
    return _moved(pixels, mask, dx, dy), mask


def rippled(pixels: Pixels, rng: Rng) -> tuple[NDArray[np.generic], Mask]:
    """Pulled here and there by a smooth field of chance."""
    mask = busy_blob(pixels, rng)
    reach = 0.03 * min(mask.shape)
    moves = [
        cv2.GaussianBlur(rng.normal(0, 1, mask.shape).astype(np.float32), (0, 0), 7) for _ in "xy"
    ]
    dx, dy = (reach * move / move.std() for move in moves)
    return _moved(pixels, mask, dx, dy), mask


def melted(pixels: Pixels, rng: Rng) -> tuple[NDArray[np.generic], Mask]:
    """Texture run down: smeared along one direction and posterised to flat strokes."""
    mask = busy_blob(pixels, rng)
    length = max(9, int(0.06 * min(mask.shape))) | 1
    kernel = np.zeros((length, length), np.float32)
    kernel[:, length // 2] = 1 / length
    smeared = cv2.medianBlur(cv2.filter2D(pixels, -1, kernel), 7)
    weight = _soft(mask)[:, :, None]
    return weight * smeared + (1 - weight) * pixels, mask


def _elsewhere(pixels: Pixels, mask: Mask, rng: Rng) -> Pixels:
    """The picture, with another part of itself, mirrored, in the box around the mask."""
    ys, xs = np.nonzero(mask)
    top, bottom, left, right = ys.min(), ys.max() + 1, xs.min(), xs.max() + 1
    height, width = bottom - top, right - left
    spots = rng.integers(0, (mask.shape[0] - height, mask.shape[1] - width), (16, 2))
    y, x = max(spots, key=lambda spot: np.hypot(spot[0] - top, spot[1] - left))
    out = pixels.copy()
    out[top:bottom, left:right] = pixels[y : y + height, x : x + width][:, ::-1]
    return out


def pasted(pixels: Pixels, rng: Rng) -> tuple[NDArray[np.generic], Mask]:
    """Another part of the picture over a place, with an edge of a few pixels."""
    mask = blob(pixels.shape, rng)
    weight = _soft(mask, 1.5)[:, :, None]
    return weight * _elsewhere(pixels, mask, rng) + (1 - weight) * pixels, mask


def fused(pixels: Pixels, rng: Rng) -> tuple[NDArray[np.generic], Mask]:
    """Another part of the picture grown into a place without a visible edge (Poisson)."""
    mask = blob(pixels.shape, rng)
    return _poisson(_elsewhere(pixels, mask, rng), pixels, mask), mask


def _poisson(source: Pixels, target: Pixels, mask: Mask) -> NDArray[np.generic]:
    ys, xs = np.nonzero(mask)
    centre = (int(xs.min() + xs.max() + 1) // 2, int(ys.min() + ys.max() + 1) // 2)
    return cv2.seamlessClone(source, target, mask.astype(np.uint8) * 255, centre, cv2.NORMAL_CLONE)


def removed(pixels: Pixels, rng: Rng) -> tuple[NDArray[np.generic], Mask]:
    """Painted over from its border inwards (Telea), as a bad inpainter does."""
    mask = busy_blob(pixels, rng)
    radius = max(3, min(mask.shape) // 100)
    return cv2.inpaint(pixels, mask.astype(np.uint8), radius, cv2.INPAINT_TELEA), mask


def scrambled(pixels: Pixels, rng: Rng) -> tuple[NDArray[np.generic], Mask]:
    """Small squares of a place in another order."""
    mask = busy_blob(pixels, rng)
    side = max(6, min(mask.shape) // 50)
    out = pixels.copy()
    tops, lefts = (range(0, length - side, side) for length in mask.shape)
    spots = [(y, x) for y in tops for x in lefts if mask[y + side // 2, x + side // 2]]
    touched = np.zeros_like(mask)
    for (y, x), other in zip(spots, rng.permutation(len(spots)), strict=True):
        v, u = spots[int(other)]
        out[y : y + side, x : x + side] = pixels[v : v + side, u : u + side]
        touched[y : y + side, x : x + side] = True
    return out, touched


def same_again(pixels: Pixels, rng: Rng) -> tuple[NDArray[np.generic], Mask]:
    """A place cut out and pasted where it was, blended by Poisson."""
    mask = blob(pixels.shape, rng)
    return _poisson(pixels, pixels, mask), mask


def retouched(pixels: Pixels, rng: Rng) -> tuple[NDArray[np.generic], Mask]:
    """A place a little lighter, with a wide soft edge, as a photographer does."""
    mask = blob(pixels.shape, rng)
    return pixels + 8.0 * cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 25)[:, :, None], mask


def untouched_there(pixels: Pixels, rng: Rng) -> tuple[NDArray[np.generic], Mask]:
    """Nothing but saved again."""
    return pixels, blob(pixels.shape, rng)


EDITS: dict[str, Edit] = {
    "swirled": swirled,
    "rippled": rippled,
    "melted": melted,
    "pasted": pasted,
    "fused": fused,
    "removed": removed,
    "scrambled": scrambled,
}
SHAMS: dict[str, Edit] = {
    "same again": same_again,
    "retouched": retouched,
    "saved again": untouched_there,
}


def edited(edit: Edit, pixels: Pixels, rng: Rng) -> Damaged:
    """The edit, saved as JPEG at 90."""
    out, mask = edit(pixels, rng)
    return Damaged(picture(jpeg(picture(out).pixels, 90)), mask)
