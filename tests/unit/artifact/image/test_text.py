"""GARBLED_TEXT: which lines count, and how much."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.artifact.image.glyphs import repeat_share
from gencheck.artifact.image.text import NOTICE, judge_lines, measure_text
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.findings import Mask, ModelUsed
from gencheck.vision.roles import ExaminedLine, Picture, TextLine, WorthReading

QUAD = np.asarray([[20, 20], [420, 20], [420, 70], [20, 70]], np.float32)


def line(text: str = "GRLIEOQTX", score: float = 0.5, **more: object) -> ExaminedLine:
    made = ExaminedLine(QUAD, 0.85, text, (score,) * len(text), (text, text))
    return replace(made, **more)  # type: ignore[arg-type]


def strokes(seed: int = 0) -> NDArray[np.uint8]:
    """Marks of no script, no two alike."""
    rng = np.random.default_rng(seed)
    picture = np.full((300, 500, 3), 240, np.uint8)
    for x in range(30, 400, 40):
        for _ in range(3):
            ends = [(x + int(rng.integers(0, 26)), 28 + int(rng.integers(0, 34))) for _ in range(2)]
            cv2.line(picture, ends[0], ends[1], (20, 20, 20), 4)
    return picture


def written(text: str) -> NDArray[np.uint8]:
    picture = np.full((300, 500, 3), 240, np.uint8)
    cv2.putText(picture, text, (30, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (20, 20, 20), 4)
    return picture


def value(picture: NDArray[np.uint8], *lines: ExaminedLine) -> float:
    return judge_lines(picture, lines, picture.shape[:2]).measurements[0].value


def test_what_is_misread_adds_up_with_a_mask_over_its_lines() -> None:
    reading = judge_lines(strokes(), [line()], (600, 1000))
    (measurement,) = reading.measurements
    assert measurement.value == pytest.approx(4.5)
    assert isinstance(measurement.region, Mask)
    mask = cv2.imdecode(np.frombuffer(measurement.region.png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    assert mask.shape == (600, 1000)
    assert mask[90, 400] == 255
    assert mask[300, 400] == 0
    assert reading.level is not None
    assert reading.level.max() == pytest.approx(4.5 / NOTICE)


async def test_what_is_too_small_or_too_faint_to_count_is_not_read() -> None:
    picture, asked = strokes(), dict[str, bool]()
    picture[200:] = 120

    class Reader:
        model = ModelUsed("text_recognizer", "fake", "1")

        async def read(self, picture: Picture, *, deadline: Deadline) -> list[TextLine]:
            raise AssertionError

        async def examine(
            self, picture: Picture, *, most: int, worth: WorthReading, deadline: Deadline
        ) -> list[ExaminedLine]:
            asked["sharp"] = worth(QUAD, 0.85)
            asked["hardly like text"] = worth(QUAD, 0.7)
            asked["low"] = worth(QUAD * np.float32([1, 0.3]), 0.85)
            asked["faint"] = worth(QUAD + np.float32([0, 200]), 0.85)
            return []

    await measure_text(picture, Reader(), deadline=NO_DEADLINE)
    assert [name for name, read in asked.items() if read] == ["sharp"]


def test_the_less_sure_the_reader_the_worse() -> None:
    values = [value(strokes(), line(score=score)) for score in (0.99, 0.92, 0.85, 0.6, 0.3)]
    assert values == sorted(values)
    assert values[1] < NOTICE < values[3]


@pytest.mark.parametrize(
    "other",
    [
        line(likeness=0.6),  # a row of windows
        line("GR"),  # two characters
        line("G      RIE"),  # an unknown script: hardly anything is read in it
        line(again=("7Qp", "mm0")),  # every reading is another
        line(mirrored=0.96),  # seen in a mirror
        line("φλοιτουπα"),  # a script that is known in part
        line(quad=QUAD * np.asarray([1, 0.2], np.float32)),  # ten pixels high
    ],
)
def test_what_need_not_be_garbled_does_not_count(other: ExaminedLine) -> None:
    assert value(strokes(), other) == 0
    assert value(strokes(), other, line()) == pytest.approx(4.5)


def test_low_contrast_does_not_count() -> None:
    faint = (240 + (strokes().astype(np.int16) - 240) // 8).astype(np.uint8)
    assert value(faint, line()) == 0


def test_letters_that_repeat_exactly_are_print_of_an_unknown_script() -> None:
    assert value(written("ANOANOANOAN"), line()) == 0
    assert value(strokes(), line()) > NOTICE


def test_print_repeats_its_glyphs_and_scribble_does_not() -> None:
    def crop(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.ascontiguousarray(picture[15:75, 20:440, 0])

    assert repeat_share([crop(written("SASSASSAS"))]) == 1
    assert repeat_share([crop(strokes(1))]) < 0.2
    assert repeat_share([crop(written("AB"))]) == 0
    assert repeat_share([]) == 0


def test_a_picture_without_writing_says_so() -> None:
    (measurement,) = judge_lines(strokes(), [], (300, 500)).measurements
    assert measurement.value == 0
    assert measurement.region is None
    assert "nothing" in measurement.detail
