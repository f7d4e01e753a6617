"""One sample from one seed: a photo or a drawn scene, damaged, shammed or left, with its labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from training.damage import FAMILIES, SHAMS, Edit, add_damage, add_sham
from training.history import aged, resized
from training.photos import Photo
from training.procedural import draw_scene
from training.regions import Picture
from training.shams import shallow_focus

Random = np.random.Generator

WORK_SIDE = 640
"""Longer side at which the model looks at a picture, pixels: larger ones are shrunk to it."""

STRIDE = 4
"""Pixels of the picture to a pixel of the model's map."""

CLEAN = 0
"""The label of what is in order; the families follow from 1 on."""

_DRAWN = 0.08  # share of samples on a drawn scene
_ON_DRAWINGS = frozenset({"warp", "melt", "text", "degrade"})  # shapes on shapes are no paste there
_SHARE_DAMAGED, _SHARE_SHAM = 0.75, 0.15  # the rest is clean
_LARGER = 1.4  # a picture has at most so many times the work side before it is shrunk


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture with what was done to it.

    Attributes:
        labels: ``uint8 [H, W]``: ``CLEAN``, or 1 + the index of the family.
    """

    picture: Picture = field(repr=False)
    labels: NDArray[np.uint8] = field(repr=False)
    edits: tuple[Edit, ...]


def damaged(picture: Picture, kinds: Sequence[str], rng: Random, donor: Picture) -> Sample:
    """The picture with one region for each kind, of damage or of a sham, where there was room."""
    picture = picture.copy()
    edits: list[Edit] = []
    for kind in kinds:
        add = add_damage if kind in FAMILIES else add_sham
        edit = add(picture, kind, rng, donor, edits)
        if edit is not None:
            edits.append(edit)
    return Sample(picture, labels_of(picture.shape, edits), tuple(edits))


def labels_of(shape: tuple[int, ...], edits: Sequence[Edit]) -> NDArray[np.uint8]:
    """What each pixel is, ``uint8 [H, W]``."""
    labels = np.full(shape[:2], CLEAN, np.uint8)
    names = list(FAMILIES)
    for edit in edits:
        if edit.kind in FAMILIES:
            part = labels[edit.region.slices]
            part[edit.region.mask] = 1 + names.index(edit.kind)
    return labels


def draw_sample(
    photos: Sequence[Photo], side: int, seed: Sequence[int], *, kinds: Sequence[str]
) -> Sample:
    """A square training sample, whole and the same wherever it is made.

    Args:
        side: of the square, pixels at the model's scale.
        seed: of this sample, such as ``(seed of the run, its number)``.
        kinds: families to draw from.
    """
    rng = np.random.default_rng(seed)
    scale = np.exp(rng.uniform(0, np.log(_LARGER))) if rng.random() < 0.25 else 1.0
    drawn = rng.random() < _DRAWN
    area = round(side * scale)
    picture = draw_scene(area, area, rng) if drawn else _part(photos, area, rng)
    donor = photos[int(rng.integers(len(photos)))].pixels
    picture = aged(picture, rng)
    if rng.random() < 0.1:
        picture = shallow_focus(picture, rng)
    fitting = [kind for kind in kinds if not drawn or kind in _ON_DRAWINGS]
    sample = damaged(picture, _plan(rng, fitting), rng, donor)
    finished = aged(_shrunk(sample.picture, side), rng, lowest=60)
    labels = cv2.resize(sample.labels, (side, side), interpolation=cv2.INTER_NEAREST)
    return Sample(finished, np.asarray(labels, np.uint8), sample.edits)


def _plan(rng: Random, kinds: Sequence[str]) -> list[str]:
    """What is to be done to a picture."""
    draw = rng.random()
    plan: list[str] = []
    if kinds and draw < _SHARE_DAMAGED:
        plan += rng.choice(list(kinds), size=int(rng.integers(1, 4))).tolist()
    if draw >= 1 - _SHARE_SHAM or (plan and rng.random() < 0.3):
        plan += rng.choice(list(SHAMS), size=int(rng.integers(1, 4))).tolist()
    return plan


def _part(photos: Sequence[Photo], side: int, rng: Random) -> Picture:
    """A square of a photo, resized, mirrored, turned and recoloured."""
    pixels = photos[int(rng.integers(len(photos)))].pixels
    least = side / min(pixels.shape[:2])
    scale = max(least, np.exp(rng.uniform(np.log(0.55), np.log(1.25))))
    cut = min(int(np.ceil(side / scale)), *pixels.shape[:2])
    top, left = (int(rng.integers(0, length - cut + 1)) for length in pixels.shape[:2])
    part = pixels[top : top + cut, left : left + cut]
    part = resized(np.ascontiguousarray(part), side / cut, rng)
    if rng.random() < 0.5:
        part = np.asarray(cv2.flip(part, 1), np.uint8)
    if rng.random() < 0.3:
        part = np.asarray(cv2.rotate(part, int(rng.integers(3))), np.uint8)
    return _recoloured(part[:side, :side], rng)


def _recoloured(picture: Picture, rng: Random) -> Picture:
    """Contrast, brightness, gamma, saturation and, rarely, red for blue."""
    if rng.random() < 0.1:
        picture = np.ascontiguousarray(picture[:, :, ::-1])
    values = np.arange(256) / 255
    curve = np.clip(values, 1e-3, 1) ** rng.uniform(0.7, 1.4)
    curve = (curve - 0.5) * rng.uniform(0.7, 1.2) + 0.5 + rng.uniform(-0.08, 0.08)
    table = np.clip(np.rint(curve * 255), 0, 255).astype(np.uint8)
    picture = np.asarray(cv2.LUT(np.ascontiguousarray(picture), table), np.uint8)
    if rng.random() < 0.5:
        grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        share = 0.0 if rng.random() < 0.15 else rng.uniform(0.4, 1.4)
        picture = np.asarray(cv2.addWeighted(picture, share, grey, 1 - share, 0), np.uint8)
    return _softened(picture, rng)


def _softened(picture: Picture, rng: Random) -> Picture:
    """Blur, sharpness or grain of the whole picture: a style, not damage."""
    draw = rng.random()
    if draw < 0.08:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 1.4)), np.uint8)
    if draw < 0.15:
        soft = cv2.GaussianBlur(picture, (0, 0), 1.0)
        share = rng.uniform(0.2, 1.0)
        return np.asarray(cv2.addWeighted(picture, 1 + share, soft, -share, 0), np.uint8)
    if draw < 0.25:
        grain = rng.standard_normal(picture.shape, dtype=np.float32) * rng.uniform(1, 8)
        return np.clip(np.rint(picture + grain), 0, 255).astype(np.uint8)
    return picture


def _shrunk(picture: Picture, side: int) -> Picture:
    if picture.shape[0] == side:
        return picture
    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def to_cells(labels: NDArray[np.uint8], stride: int = STRIDE) -> NDArray[np.uint8]:
    """Labels at the scale of the model's map: the family where half of a cell is damaged.

    Args:
        labels: ``uint8 [H, W]``, sides multiples of the stride.
    """
    height, width = (length // stride for length in labels.shape)
    cells = labels[: height * stride, : width * stride]
    cells = cells.reshape(height, stride, width, stride)
    share = (cells != CLEAN).mean(axis=(1, 3))
    return np.where(share >= 0.5, cells.max(axis=(1, 3)), CLEAN).astype(np.uint8)
