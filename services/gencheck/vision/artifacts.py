"""Damage that no signal measures, by the project's own network (models/training).

The network sees the whole picture at once, its longer side shrunk to what it was trained at, and
says for each 4×4 pixels of that how likely each kind of damage is there.
"""

from __future__ import annotations

import asyncio

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.findings import ModelUsed
from gencheck.inference.backend import InferenceBackend, ModelSpec
from gencheck.inference.players import wrong_answer
from gencheck.vision.parameters import number, unusable
from gencheck.vision.roles import ArtifactMap, Picture

INPUT, OUTPUT = "pictures", "probabilities"
_STRIDE = 32  # height and width of an input are multiples of it
_CELL = 4  # pixels of the input to a cell of the map
_LARGEST_SIDE = 4096
_SURE, _CALM = 0.7, 0.1

_GOLDEN_SIDE = 320
_GOLDEN_PART = (slice(120, 210), slice(110, 210))
_GOLDEN_CELL = 10  # pixels


class DamageSegmenter:
    """Plays ``ArtifactSegmenter``.

    Args:
        spec: of the model; its labels are the kinds of damage, its parameter ``side`` the longer
            side of a picture that it looks at, pixels.

    Raises:
        ModelNotReady: the configuration is not that of such a model.
    """

    def __init__(self, backend: InferenceBackend, model: ModelUsed, spec: ModelSpec) -> None:
        self.model = model
        self.classes = spec.labels
        self._backend = backend
        self._side = int(number(spec, "side"))
        if not _STRIDE <= self._side <= _LARGEST_SIDE or self._side % _STRIDE:
            raise unusable(spec, f"its parameter side is {self._side}, no multiple of {_STRIDE}")
        if len(self.classes) != spec.outputs[0].shape[1]:
            kinds = spec.outputs[0].shape[1]
            raise unusable(spec, f"it has {len(self.classes)} labels for {kinds} kinds of damage")

    async def locate(self, picture: Picture, *, deadline: Deadline) -> ArtifactMap:
        """Where the picture looks broken, for each cell of 4×4 pixels of the shrunk picture."""
        blob, cells = await asyncio.to_thread(prepare, picture, self._side)
        outputs = await self._backend.infer(self.model.name, {INPUT: blob}, deadline=deadline)
        rows, columns = cells
        whole = np.asarray(outputs[OUTPUT], np.float32)[0, :, :rows, :columns]
        return ArtifactMap(np.ascontiguousarray(whole), self.classes)

    async def self_check(self, *, deadline: Deadline) -> None:
        """Raise ``ModelNotReady`` unless coarse pixels are seen in drawn waves, and only there."""
        picture, part = golden()
        for shown, most in ((clean_waves(), _CALM), (picture, 1.0)):
            found = (await self.locate(shown, deadline=deadline)).probabilities.sum(axis=0)
            inside = cv2.resize(part.astype(np.uint8), found.shape[::-1], interpolation=0) > 0
            there, elsewhere = float(found[inside].mean()), float(found[~inside].mean())
            expects = most == 1.0
            if elsewhere > _CALM or there > most or (expects and there < _SURE):
                what = f"damage of {there:.2f} in the part, {elsewhere:.2f} around it"
                expected = f"{_SURE} or more there" if expects else "none in clean waves"
                raise wrong_answer(self.model.name, self.model.role, what, expected)


def prepare(picture: Picture, side: int) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """What the network sees of a picture.

    Returns:
        ``uint8 [1, h, w, 3]``: shrunk, never enlarged, to this longer side, its last row and column
        repeated until both sides are multiples of 32; and how many rows and columns of cells show
        the picture.
    """
    scale = side / max(picture.shape[:2])
    if scale < 1:
        height, width = (max(1, round(length * scale)) for length in picture.shape[:2])
        picture = np.asarray(
            cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8
        )
    height, width = picture.shape[:2]
    framed = cv2.copyMakeBorder(
        picture, 0, -height % _STRIDE, 0, -width % _STRIDE, cv2.BORDER_REPLICATE
    )
    return np.asarray(framed, np.uint8)[None], (-(-height // _CELL), -(-width // _CELL))


def clean_waves() -> Picture:
    """Smooth waves of colour with a little grain, ``uint8 [320, 320, 3]``: nothing is wrong."""
    y, x = np.mgrid[0:_GOLDEN_SIDE, 0:_GOLDEN_SIDE]
    red = 128 + 60 * np.sin(x / 23 + y / 41)
    waves = np.stack([red, 120 + 50 * np.sin(y / 19), 130 + 50 * np.cos((x + y) / 37)], axis=2)
    grain = np.random.default_rng(0).normal(0, 3, (_GOLDEN_SIDE, _GOLDEN_SIDE, 1))
    return np.clip(waves + grain, 0, 255).astype(np.uint8)


def golden() -> tuple[Picture, NDArray[np.bool_]]:
    """The waves with a part in coarse pixels, and which part that is, ``bool [320, 320]``."""
    picture = clean_waves()
    part = picture[_GOLDEN_PART]
    height, width = part.shape[:2]
    small = (width // _GOLDEN_CELL, height // _GOLDEN_CELL)
    coarse = cv2.resize(part, small, interpolation=cv2.INTER_AREA)
    picture[_GOLDEN_PART] = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)
    mask = np.zeros(picture.shape[:2], np.bool_)
    mask[_GOLDEN_PART] = True
    return picture, mask
