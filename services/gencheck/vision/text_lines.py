"""What a line says: batches for a CTC recogniser, and the decoding of its answer."""

from __future__ import annotations

import math

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
"""Widths of a batch together: its answer has 18,710 values for every 8 pixels, 36 MB at most."""
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


def alphabet(labels: tuple[str, ...], classes: int) -> tuple[str, ...]:
    """What each class stands for: the blank, the labels, the space.

    Raises:
        ModelNotReady: the labels do not belong to the model.
    """
    if len(labels) + 2 != classes:
        raise ModelNotReady(
            f"there are {len(labels)} labels for a model of {classes} classes",
            where="labels.txt of the text recogniser",
            fix="Install it again with: gencheck models install embedded",
        )
    return ("", *labels, " ")


def decode(
    probabilities: NDArray[np.float32], characters: tuple[str, ...]
) -> list[tuple[str, float]]:
    """Greedy CTC: the text of each line and the mean probability of its characters.

    Args:
        probabilities: ``float32 [lines, steps, classes]``; class 0 is the blank.
    """
    best = probabilities.argmax(axis=2)
    scores = np.take_along_axis(probabilities, best[:, :, None], axis=2)[:, :, 0]
    answers = []
    for steps, step_scores in zip(best, scores, strict=True):
        kept = steps != 0
        kept[1:] &= steps[1:] != steps[:-1]
        text = "".join(characters[step] for step in steps[kept])
        answers.append((text, float(step_scores[kept].mean()) if kept.any() else 0.0))
    return answers
