import cv2
import numpy as np
import pytest

from gencheck.consistency.look import Clock, look, settle
from gencheck.consistency.parse.parser import parse_prompt
from gencheck.consistency.verify.judge import context_of
from gencheck.consistency.verify.objects import PRESENT_SCORE
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.findings import Box, ModelUsed
from gencheck.vision.roles import (
    DetectedObject,
    ExaminedLine,
    Picture,
    Roles,
    TextLine,
    WorthReading,
)


def thing(label: str, score: float, x: float, width: float = 100) -> DetectedObject:
    return DetectedObject(label, Box(x, 0, width, 100), score)


def test_one_thing_keeps_its_best_label() -> None:
    found = settle([thing("dog", 0.5, 5), thing("cat", 0.9, 0), thing("dog", 0.6, 300)])
    clear = [(t.label, t.score) for t in found if t.score >= PRESENT_SCORE]
    assert clear == [("cat", 0.9), ("dog", 0.6)]
    assert len(found) == 3  # the rival stays, too faint to count as seen


def test_things_of_one_label_and_things_on_things_stay() -> None:
    tie, person = thing("tie", 0.4, 40, 20), thing("person", 0.9, 0)
    assert set(settle([tie, person])) == {tie, person}
    assert len(settle([thing("dog", 0.9, 0), thing("dog", 0.8, 5)])) == 2


class _RedSpot:
    """Finds the red spot of a picture, as something too faint to count."""

    model = ModelUsed("object_detector", "fake", "1")
    labels = ("dog",)

    async def detect(self, picture: Picture, *, deadline: Deadline) -> list[DetectedObject]:
        x, y, width, height = cv2.boundingRect((picture[..., 0] > 200).astype(np.uint8))
        return [DetectedObject("dog", Box(x, y, width, height), 0.02)] if width else []


@pytest.mark.parametrize("size", [(600, 400), (1200, 1600)])
async def test_every_crop_gives_places_in_the_whole_picture(size: tuple[int, int]) -> None:
    picture = np.zeros((*size, 3), np.uint8)
    y, x = size[0] // 10, size[1] // 5
    picture[y : y + 40, x : x + 60, 0] = 255
    wanted, roles = frozenset({"objects"}), Roles(objects=_RedSpot())
    seen = await look(
        picture,
        wanted,
        frozenset({"dog"}),
        roles,
        context_of((), roles, 0.8),
        deadline=NO_DEADLINE,
        clock=Clock(),
    )
    assert seen.closer  # in one crop at least
    for thing in seen.closer:
        got = (thing.box.x, thing.box.y, thing.box.width, thing.box.height)
        assert got == pytest.approx((x, y, 60, 40), abs=3)


class _ReaderOfContrast:
    """Reads "OPEN" where greys differ by 40 or more, and counts its readings."""

    model = ModelUsed("text_reader", "fake", "1")

    def __init__(self) -> None:
        self.readings = 0

    async def read(self, picture: Picture, *, deadline: Deadline) -> list[TextLine]:
        self.readings += 1
        flat = int(picture.max()) - int(picture.min()) < 40
        return [] if flat else [TextLine("OPEN", Box(0, 0, 9, 9), 0.9, np.zeros((4, 2), "f4"))]

    async def examine(
        self, picture: Picture, *, most: int, worth: WorthReading, deadline: Deadline
    ) -> list[ExaminedLine]:
        raise AssertionError("nobody asks for garbled text here")


@pytest.mark.parametrize(("spread", "readings"), [(30, 2), (80, 1)])
async def test_words_not_read_at_first_are_looked_for_with_more_contrast(
    spread: int, readings: int
) -> None:
    ramp = np.linspace(100, 100 + spread, 128 * 128).reshape(128, 128, 1)
    picture = ramp.repeat(3, axis=2).astype(np.uint8)
    reader = _ReaderOfContrast()
    roles = Roles(text=reader)
    claims = parse_prompt('a sign that says "OPEN"').claims
    context = context_of(claims, roles, 0.8)
    seen = await look(
        picture,
        frozenset({"text"}),
        frozenset(),
        roles,
        context,
        deadline=NO_DEADLINE,
        clock=Clock(),
    )
    assert reader.readings == readings
    assert [line.text for line in seen.lines_again or seen.lines or ()] == ["OPEN"]
