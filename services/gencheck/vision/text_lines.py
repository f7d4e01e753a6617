"""What a line says: batches for a CTC recogniser, and the decoding of its answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.errors import ModelNotReady
from gencheck.vision.roles import Picture
from gencheck.vision.text_regions import normalise

LINE_HEIGHT = 48
_LEAST_WIDTH = 320
_MOST_WIDTH = 2400
_BATCH_WIDTH = 3840
"""Widths of a batch together: the model weighs 18,710 classes for every 8 pixels, 36 MB."""
_MOST_LINES = 8


def batches(lines: list[Picture]) -> list[list[int]]:
    """Indices of lines that go to the recogniser together: of similar width, narrow ones first."""
    order = sorted(range(len(lines)), key=lambda i: line_width(lines[i]))
    groups: list[list[int]] = []
    for index in order:
        width = max(line_width(lines[index]), _LEAST_WIDTH)
        group = groups[-1] if groups else []
        if group and len(group) < _MOST_LINES and width * (len(group) + 1) <= _BATCH_WIDTH:
            group.append(index)
        else:
            groups.append([index])
    return groups


def line_width(line: Picture) -> int:
    """Pixels that the line is wide when it is 48 high, at most 2,400."""
    height, width = line.shape[:2]
    return min(math.ceil(LINE_HEIGHT * int(width) / int(height)), _MOST_WIDTH)


def stack(lines: list[Picture]) -> NDArray[np.float32]:
    """``float32 [n, 3, 48, W]``, -1..1, zero beyond the end of a line."""
    width = max(_LEAST_WIDTH, *(line_width(line) for line in lines))
    batch = np.zeros((len(lines), 3, LINE_HEIGHT, width), np.float32)
    for row, line in zip(batch, lines, strict=True):
        size = (line_width(line), LINE_HEIGHT)
        row[:, :, : size[0]] = normalise(cv2.resize(line, size, interpolation=cv2.INTER_LINEAR))
    return batch


def alphabet(labels: tuple[str, ...]) -> tuple[str, ...]:
    """What each class stands for: the blank, the labels, the space."""
    return ("", *labels, " ")


@dataclass(frozen=True, slots=True)
class Read:
    """What a line says, with the probability of each of its characters."""

    text: str
    scores: tuple[float, ...]

    @property
    def score(self) -> float:
        """The mean probability of its characters; 0 where there is none."""
        return sum(self.scores) / len(self.scores) if self.scores else 0.0


def decode(
    best: NDArray[np.int64], scores: NDArray[np.float32], characters: tuple[str, ...]
) -> list[Read]:
    """Greedy CTC: the text of each line.

    Args:
        best: the class of each step, ``int64 [lines, steps]``; class 0 is the blank.
        scores: its probability, ``float32 [lines, steps]``.

    Raises:
        ModelNotReady: the labels do not belong to the model.
    """
    if best.size and not 0 <= best.min() <= best.max() < len(characters):
        raise ModelNotReady(
            f"the model answers with class {best.max()}, there are labels for {len(characters)}",
            where="labels.txt of the text recogniser",
            fix="Install it again with: gencheck models install embedded",
        )
    answers = []
    for steps, step_scores in zip(best, scores, strict=True):
        kept = steps != 0
        kept[1:] &= steps[1:] != steps[:-1]
        text = "".join(characters[step] for step in steps[kept])
        answers.append(Read(text, tuple(float(score) for score in step_scores[kept])))
    return answers
