"""Reading text: a detector finds the lines, a recogniser reads them (PP-OCRv6)."""

from __future__ import annotations

import asyncio

import numpy as np

from gencheck.deadline import Deadline
from gencheck.findings import Box, ModelUsed
from gencheck.inference.backend import InferenceBackend
from gencheck.inference.players import wrong_answer
from gencheck.vision import text_lines, text_regions
from gencheck.vision.golden import GOLDEN_TEXT, drawn_text
from gencheck.vision.roles import Picture, TextLine
from gencheck.vision.text_regions import TextRegion

_DOUBTFUL = 0.9
_CLEARLY_BETTER = 0.1
"""Of mean scores: a line that reads well has 0.9 and more, one on its head 0.4 to 0.85."""


class OcrReader:
    """Plays ``TextReader``.

    A line that reads badly is read upside down as well, and the better reading counts. A picture no
    higher than a line is read as one first: the detector is no good at so few pixels.

    Args:
        detector: the model that finds lines.
        model: the model that reads them.
        characters: what each of its classes stands for.
        least_side: a picture whose shorter side is below this is enlarged to it, in pixels.
        most_side: longer side at which lines are looked for, 640..960 in pixels; lines lower than
            some 8 pixels there are missed. They are read at full size.
        score: a line read with a lower mean score is dropped, 0..1.
    """

    def __init__(
        self,
        backend: InferenceBackend,
        detector: ModelUsed,
        model: ModelUsed,
        characters: tuple[str, ...],
        *,
        least_side: int = 320,
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
            ((whole, score),) = await self.recognise([picture], deadline=deadline)
            if whole.strip() and score >= _DOUBTFUL:
                return [_whole(picture, whole, score)]
        regions = await self._find(picture, deadline)
        cut = await asyncio.to_thread(_cut_all, picture, regions, deadline)
        read = await self._either_way_up(cut, deadline)
        lines = [
            TextLine(text, _box(region), score, region.quad)
            for region, (text, score) in zip(regions, read, strict=True)
            if text.strip() and score >= self._score
        ]
        return [lines[i] for i in text_regions.reading_order([line.quad for line in lines])]

    async def recognise(
        self, lines: list[Picture], *, deadline: Deadline
    ) -> list[tuple[str, float]]:
        """Text and score of pictures that each hold one level line and nothing else."""
        answers: list[tuple[str, float]] = [("", 0.0)] * len(lines)
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
    ) -> list[tuple[str, float]]:
        read = await self.recognise(lines, deadline=deadline)
        doubtful = [i for i, (_, score) in enumerate(read) if score < _DOUBTFUL]
        turned = [np.rot90(lines[i], 2) for i in doubtful]
        again = await self.recognise(turned, deadline=deadline)
        for i, other in zip(doubtful, again, strict=True):
            if other[1] > read[i][1] + _CLEARLY_BETTER:
                read[i] = other
        return read

    async def _find(self, picture: Picture, deadline: Deadline) -> list[TextRegion]:
        blob = await asyncio.to_thread(
            text_regions.prepare, picture, least=self._least_side, most=self._most_side
        )
        outputs = await self._backend.infer(self._detector.name, {"x": blob}, deadline=deadline)
        (raw,) = outputs.values()
        height, width = picture.shape[:2]
        return await asyncio.to_thread(
            text_regions.find_regions,
            np.asarray(raw, np.float32)[0, 0],
            height=height,
            width=width,
            deadline=deadline,
        )


def _cut_all(picture: Picture, regions: list[TextRegion], deadline: Deadline) -> list[Picture]:
    cut = []
    for region in regions:
        deadline.check()
        cut.append(text_regions.cut_out(picture, region.quad))
    return cut


def _whole(picture: Picture, text: str, score: float) -> TextLine:
    height, width = picture.shape[:2]
    corners = np.asarray([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    return TextLine(text, Box(0.0, 0.0, float(width), float(height)), score, corners)


def _box(region: TextRegion) -> Box:
    left, top = (float(value) for value in region.quad.min(axis=0))
    right, bottom = (float(value) for value in region.quad.max(axis=0))
    return Box(left, top, right - left, bottom - top)
