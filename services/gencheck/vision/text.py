"""Reading text: a detector finds the lines, a recogniser reads them (PP-OCRv6)."""

from __future__ import annotations

import asyncio

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.findings import Box, ModelUsed
from gencheck.inference.backend import InferenceBackend
from gencheck.inference.players import wrong_answer
from gencheck.vision import text_lines, text_regions
from gencheck.vision.golden import GOLDEN_TEXT, drawn_text
from gencheck.vision.roles import ExaminedLine, Picture, TextLine, WorthReading
from gencheck.vision.text_lines import Read
from gencheck.vision.text_regions import TextRegion

_DOUBTFUL = 0.9
_CLEARLY_BETTER = 0.1
"""Of mean scores: a line that reads well has 0.9 and more, one on its head 0.4 to 0.85."""
_GLANCE_SIDE = 256
_GLANCE_PIXELS = 10
"""Two of three photos show no text at this side, for a seventh of the time of a real look."""
_EXAMINED_LEAST, _EXAMINED_SIDE = 320, 832
"""Garbled signs of 14 to 30 pixels on training photos are found as often as at 960, in three
quarters of the time; at 640 many are missed."""
_WIDER = 1.18
_SLANT = 0.105
"""How a line is changed to be read once more; 6 degrees: less than italics lean."""


class OcrReader:
    """Plays ``TextReader``.

    A line that reads badly is read upside down as well, and the better reading counts. A picture no
    higher than a line is read as one first: the detector is no good at so few pixels.

    Args:
        detector: the model that finds lines.
        model: the model that reads them.
        characters: what each of its classes stands for.
        least_side: a picture to be read whose shorter side is below this is enlarged to it, in
            pixels. Of 640 × 480 pixels 608 reads more texts than 320 does.
        most_side: longer side at which lines are looked for, 640..960 in pixels (832 at most where
            only the largest are asked for); lines lower than some 8 pixels there are missed. They
            are read at full size.
        score: a line read with a lower mean score is dropped, 0..1.
    """

    def __init__(
        self,
        backend: InferenceBackend,
        detector: ModelUsed,
        model: ModelUsed,
        characters: tuple[str, ...],
        *,
        least_side: int = 608,
        most_side: int = 960,
        score: float = 0.5,
    ) -> None:
        self.model = model
        self._backend = backend
        self._detector = detector
        self._characters = characters
        self._least_side = least_side
        self._most_side = most_side
        self._score = score

    async def read(self, picture: Picture, *, deadline: Deadline) -> list[TextLine]:
        """Lines in reading order."""
        if picture.shape[0] <= text_lines.LINE_HEIGHT:
            (whole,) = await self.recognise([picture], deadline=deadline)
            if whole.text.strip() and whole.score >= _DOUBTFUL:
                return [_whole(picture, whole)]
        regions = await self._find(picture, self._least_side, self._most_side, deadline)
        cut = await asyncio.to_thread(_cut_all, picture, regions, deadline)
        read, _ = await self._either_way_up(cut, deadline)
        lines = [
            TextLine(line.text, _box(region), line.score, region.quad)
            for region, line in zip(regions, read, strict=True)
            if line.text.strip() and line.score >= self._score
        ]
        return [lines[i] for i in text_regions.reading_order([line.quad for line in lines])]

    async def examine(
        self, picture: Picture, *, most: int, worth: WorthReading, deadline: Deadline
    ) -> list[ExaminedLine]:
        """The largest lines, at most so many; those that are worth it are read."""
        glance = await self._ink(picture, _GLANCE_SIDE, _GLANCE_SIDE, deadline)
        if np.count_nonzero(glance > text_regions.INK) < _GLANCE_PIXELS:
            return []
        side = min(self._most_side, _EXAMINED_SIDE)
        regions = await self._find(picture, _EXAMINED_LEAST, side, deadline)
        regions = sorted(regions, key=lambda region: -text_regions.area(region.quad))[:most]
        asked = await asyncio.to_thread(
            lambda: [i for i, region in enumerate(regions) if worth(region.quad, region.score)]
        )
        lines = [ExaminedLine(region.quad, region.score, "", ()) for region in regions]
        read = await self._read_again(picture, [regions[i] for i in asked], deadline)
        for i, line in zip(asked, read, strict=True):
            lines[i] = line
        return lines

    async def _read_again(
        self, picture: Picture, regions: list[TextRegion], deadline: Deadline
    ) -> list[ExaminedLine]:
        """What each says, and those that are not clear once more in three ways."""
        cut = await asyncio.to_thread(_cut_all, picture, regions, deadline)
        read, level = await self._either_way_up(cut, deadline)
        doubtful = [i for i, line in enumerate(read) if line.score < _DOUBTFUL]
        changed = await asyncio.to_thread(_changed, [level[i] for i in doubtful])
        again = await self.recognise(changed, deadline=deadline)
        others = {i: again[n :: len(doubtful)] for n, i in enumerate(doubtful)}
        return [
            _examined(region, line, others.get(i, []))
            for i, (region, line) in enumerate(zip(regions, read, strict=True))
        ]

    async def recognise(self, lines: list[Picture], *, deadline: Deadline) -> list[Read]:
        """What pictures say that each hold one level line and nothing else."""
        answers = [Read("", ())] * len(lines)
        for group in text_lines.batches(lines):
            deadline.check()
            batch = await asyncio.to_thread(text_lines.stack, [lines[i] for i in group])
            outputs = await self._backend.infer(self.model.name, {"x": batch}, deadline=deadline)
            decoded = text_lines.decode(
                np.asarray(outputs["index"], np.int64),
                np.asarray(outputs["score"], np.float32),
                self._characters,
            )
            for index, answer in zip(group, decoded, strict=True):
                answers[index] = answer
        return answers

    async def self_check(self, *, deadline: Deadline) -> None:
        """Raise ``ModelNotReady`` unless a drawn line is read letter by letter."""
        lines = await self.read(drawn_text(), deadline=deadline)
        text = " ".join(line.text for line in lines)
        if text.replace(" ", "") != GOLDEN_TEXT.replace(" ", ""):
            raise wrong_answer(self.model.name, self.model.role, repr(text), repr(GOLDEN_TEXT))

    async def _either_way_up(
        self, lines: list[Picture], deadline: Deadline
    ) -> tuple[list[Read], list[Picture]]:
        """What each says the right way up, and the lines that way."""
        read = await self.recognise(lines, deadline=deadline)
        doubtful = [i for i, line in enumerate(read) if line.score < _DOUBTFUL]
        turned = [np.rot90(lines[i], 2) for i in doubtful]
        upright = list(lines)
        again = await self.recognise(turned, deadline=deadline)
        for i, picture, other in zip(doubtful, turned, again, strict=True):
            if other.score > read[i].score + _CLEARLY_BETTER:
                read[i], upright[i] = other, picture
        return read, upright

    async def _find(
        self, picture: Picture, least: int, most: int, deadline: Deadline
    ) -> list[TextRegion]:
        ink = await self._ink(picture, least, most, deadline)
        height, width = picture.shape[:2]
        return await asyncio.to_thread(
            text_regions.find_regions, ink, height=height, width=width, deadline=deadline
        )

    async def _ink(
        self, picture: Picture, least: int, most: int, deadline: Deadline
    ) -> NDArray[np.float32]:
        """The probability of text at each place, ``float32 [h, w]``; sides as the class has."""
        blob = await asyncio.to_thread(text_regions.prepare, picture, least=least, most=most)
        outputs = await self._backend.infer(self._detector.name, {"x": blob}, deadline=deadline)
        (raw,) = outputs.values()
        ink: NDArray[np.float32] = np.asarray(raw, np.float32)[0, 0]
        return ink


def _cut_all(picture: Picture, regions: list[TextRegion], deadline: Deadline) -> list[Picture]:
    cut = []
    for region in regions:
        deadline.check()
        cut.append(text_regions.cut_out(picture, region.quad))
    return cut


def _changed(lines: list[Picture]) -> list[Picture]:
    """The lines a little wider, slanted, and mirrored: all of one kind, then all of the next."""
    wider = [
        cv2.resize(line, (max(8, round(_WIDER * line.shape[1])), line.shape[0])) for line in lines
    ]
    mirrored = [np.ascontiguousarray(line[:, ::-1]) for line in lines]
    return [np.asarray(line, np.uint8) for line in (*wider, *map(_slanted, lines), *mirrored)]


def _examined(region: TextRegion, line: Read, others: list[Read]) -> ExaminedLine:
    """Args: others: as :func:`_changed` makes them, none of a line that reads well."""
    again = tuple(other.text for other in others[:-1])
    mirrored = others[-1].score if others else 0.0
    return ExaminedLine(region.quad, region.score, line.text, line.scores, again, mirrored)


def _slanted(line: Picture) -> Picture:
    height, width = line.shape[:2]
    shear = np.asarray([[1, _SLANT, -_SLANT * height / 2], [0, 1, 0]], np.float32)
    slanted = cv2.warpAffine(line, shear, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(slanted, np.uint8)


def _whole(picture: Picture, line: Read) -> TextLine:
    height, width = picture.shape[:2]
    corners = np.asarray([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    box = Box(0.0, 0.0, float(width), float(height))
    return TextLine(line.text, box, line.score, corners)


def _box(region: TextRegion) -> Box:
    left, top = (float(value) for value in region.quad.min(axis=0))
    right, bottom = (float(value) for value in region.quad.max(axis=0))
    return Box(left, top, right - left, bottom - top)
