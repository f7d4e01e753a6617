"""Damage to shapes: warping, melting, foreign parts, parts twice or gone, holes, broken tiles.

Each function takes the picture, a region, a random generator and a donor (another photo of the
same training set), and gives what the box of the region shows afterwards, ``uint8 [h, w, 3]``.
Outside the region's mask nothing changes. How much is visible is for the caller to look at.
"""

from __future__ import annotations

import cv2
import numpy as np

from training.fields import grid, moved, smooth_noise
from training.regions import Picture, Region, blend, feathered

Random = np.random.Generator


def warp(picture: Picture, region: Region, rng: Random, donor: Picture) -> Picture:
    """A swirl, a bulge, a pinch, or pixels pushed about (liquify); still at the edge."""
    before = region.of(picture)
    height, width = region.mask.shape
    extent = float(np.sqrt(height * width))
    calm = np.sqrt(feathered(region.mask, 0.25 * min(height, width))[:, :, 0])
    rows, columns = grid(height, width)
    y, x = rows - height / 2, columns - width / 2
    kind = rng.random()
    if kind < 0.3:
        turn = rng.choice((-1, 1)) * rng.uniform(1.0, 2.6) * calm
        down = x * np.sin(turn) + y * (np.cos(turn) - 1)
        right = x * (np.cos(turn) - 1) - y * np.sin(turn)
    elif kind < 0.5:
        power = rng.uniform(0.4, 0.7) if rng.random() < 0.5 else rng.uniform(-1.5, -0.8)
        down, right = -power * y * calm, -power * x * calm
    else:
        cells = rng.uniform(2, 6)
        reach = rng.uniform(0.08, 0.2) * extent
        down = reach * smooth_noise(height, width, rng, cells=cells) * calm
        right = reach * smooth_noise(height, width, rng, cells=cells) * calm
    after = moved(before, down, right)
    return np.where(region.mask[:, :, None], after, before)


def melt(picture: Picture, region: Region, rng: Random, donor: Picture) -> Picture:
    """Texture smeared along a flow: averaged over a path (Cabral and Leedom 1993), or dripping."""
    before = region.of(picture)
    height, width = region.mask.shape
    extent = float(np.sqrt(height * width))
    if rng.random() < 0.35:
        after = _dripping(before, rng)
    else:
        flow = 2 * np.pi * smooth_noise(height, width, rng, cells=rng.uniform(1, 2.5)) / 2
        flow += rng.uniform(0, 2 * np.pi)
        steps, length = 9, rng.uniform(0.2, 0.5) * extent
        total = np.zeros(before.shape, np.float32)
        for step in np.linspace(-0.5, 0.5, steps) * length:
            total += moved(before, step * np.sin(flow), step * np.cos(flow))
        after = np.rint(total / steps).astype(np.uint8)
    return blend(before, after, feathered(region.mask, rng.uniform(1, 6)))


def _dripping(before: Picture, rng: Random) -> Picture:
    """Every column runs down by its own length, more so further down."""
    height, width = before.shape[:2]
    length = np.abs(smooth_noise(1, width, rng, cells=rng.uniform(4, 9))) * 0.6 * height
    fall = np.linspace(0.1, 1, height, dtype=np.float32)[:, None]
    down = -fall * length
    right = 0.04 * width * smooth_noise(height, width, rng, cells=3)
    return moved(before, down, right)


def paste(picture: Picture, region: Region, rng: Random, donor: Picture) -> Picture:
    """Something that does not belong there, by opacity or by Poisson's equation.

    Pérez, Gangnet and Blake, Poisson image editing, SIGGRAPH 2003.
    """
    before = region.of(picture)
    other = _piece(donor if rng.random() < 0.8 else picture, region.mask.shape, rng)
    if rng.random() < 0.3:
        return poisson(before, other, region, mixed=rng.random() < 0.3)
    return blend(before, other, feathered(region.mask, rng.choice((0, 1, 2, 4))))


def _piece(source: Picture, shape: tuple[int, int], rng: Random) -> Picture:
    """A part of a picture of this shape, cut at up to twice the size, perhaps mirrored."""
    rows, columns = source.shape[:2]
    scale = min(rng.uniform(0.6, 2.0), rows / shape[0], columns / shape[1])
    height, width = (max(2, int(side * scale)) for side in shape)
    top, left = rng.integers(0, rows - height + 1), rng.integers(0, columns - width + 1)
    part = source[top : top + height, left : left + width]
    if rng.random() < 0.5:
        part = part[:, ::-1]
    way = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, shape[::-1], interpolation=way), np.uint8)


def poisson(before: Picture, other: Picture, region: Region, *, mixed: bool) -> Picture:
    """The other picture's gradients within the region, its own colours at the edge."""
    mask = cv2.copyMakeBorder(
        region.mask.astype(np.uint8) * 255, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=0
    )
    below, above = (
        cv2.copyMakeBorder(x, 2, 2, 2, 2, cv2.BORDER_REPLICATE) for x in (before, other)
    )
    y, x, height, width = _extent(mask)
    centre = (x + width // 2, y + height // 2)
    way = cv2.MIXED_CLONE if mixed else cv2.NORMAL_CLONE
    cloned = cv2.seamlessClone(above, below, mask, centre, way)
    return np.where(region.mask[:, :, None], cloned[2:-2, 2:-2], before)


def _extent(mask: cv2.typing.MatLike) -> tuple[int, int, int, int]:
    x, y, width, height = cv2.boundingRect(mask)
    return y, x, height, width


def parts(picture: Picture, region: Region, rng: Random, donor: Picture) -> Picture:
    """A neighbouring part once more, two parts fused into one, or a part gone."""
    before = region.of(picture)
    height, width = region.mask.shape
    kind = rng.random()
    if kind < 0.6:
        other = _neighbour(picture, region, rng)
        if rng.random() < 0.3:
            other = np.ascontiguousarray(other[:, ::-1])
        return blend(before, other, feathered(region.mask, rng.choice((0, 0, 1, 2))))
    if kind < 0.9:
        across = rng.uniform(0.12, 0.35)
        other = moved(
            before,
            np.full((height, width), rng.uniform(-0.25, 0.25) * height, np.float32),
            np.full((height, width), rng.choice((-1, 1)) * across * width, np.float32),
        )
        opacity = feathered(region.mask, 3) * np.float32(rng.uniform(0.4, 0.6))
        return blend(before, other, opacity)
    return poisson(before, _neighbour(picture, region, rng), region, mixed=False)


def _neighbour(picture: Picture, region: Region, rng: Random) -> Picture:
    """What the picture shows half to one and a half extents away from the region."""
    height, width = region.mask.shape
    rows, columns = picture.shape[:2]
    angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 1.5)
    top = int(np.clip(region.top + far * np.sin(angle) * height, 0, rows - height))
    left = int(np.clip(region.left + far * np.cos(angle) * width, 0, columns - width))
    return picture[top : top + height, left : left + width]


def hole(picture: Picture, region: Region, rng: Random, donor: Picture) -> Picture:
    """A hole that was filled in badly: diffused from its edge, smoothed, or left flat.

    Telea 2004 and Bertalmio et al. 2001, at a third of the scale, as fast tools do it.
    """
    before = region.of(picture)
    height, width = region.mask.shape
    kind = rng.random()
    if kind < 0.6:
        small = (max(8, width // 3), max(8, height // 3))
        little = cv2.resize(before, small, interpolation=cv2.INTER_AREA)
        gap = cv2.resize(region.mask.astype(np.uint8), small, interpolation=cv2.INTER_NEAREST)
        gap = cv2.copyMakeBorder(gap, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        little = cv2.copyMakeBorder(little, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
        way = cv2.INPAINT_TELEA if rng.random() < 0.5 else cv2.INPAINT_NS
        filled = cv2.inpaint(little, gap, 3, way)[1:-1, 1:-1]
        after = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR)
    elif kind < 0.8:
        colour = before.reshape(-1, 3).mean(0) + rng.normal(0, 20, 3)
        after = np.broadcast_to(np.clip(colour, 0, 255).astype(np.uint8), before.shape)
    else:
        small = (int(rng.integers(2, 5)), int(rng.integers(2, 5)))
        after = cv2.resize(before, small, interpolation=cv2.INTER_AREA)
        after = cv2.resize(after, (width, height), interpolation=cv2.INTER_CUBIC)
    return blend(before, after, feathered(region.mask, rng.choice((0, 1, 3))))


def seam(picture: Picture, region: Region, rng: Random, donor: Picture) -> Picture:
    """A tile that does not fit: its content is shifted, its brightness another."""
    before = region.of(picture)
    height, width = region.mask.shape
    rows, columns = picture.shape[:2]
    down, right = rng.choice((-1, 1), 2) * rng.uniform((0, 8), (10, 24))
    if rng.random() < 0.5:
        down, right = right, down
    top = int(np.clip(region.top + down, 0, rows - height))
    left = int(np.clip(region.left + right, 0, columns - width))
    tile = picture[top : top + height, left : left + width].astype(np.float32)
    tone = rng.choice((-1, 1)) * rng.uniform(0.12, 0.3)
    tile = tile * (1 + tone) + rng.normal(0, 6, 3)
    return blend(before, tile, region.mask.astype(np.float32)[:, :, None])
