"""A shaded view shows that a thing is there, and little else."""

from typing import Any

import numpy as np
import pytest

from gencheck.consistency.check import ConsistencyReport, check_consistency
from gencheck.consistency.claims import (
    AbsenceClaim,
    AttributeClaim,
    ClaimStatus,
    Comparator,
    CountClaim,
    ObjectClaim,
    SceneClaim,
    TextClaim,
)
from gencheck.consistency.verify.answer import Answer
from gencheck.consistency.verify.views import in_view
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.findings import Box, ModelUsed
from gencheck.vision.roles import DetectedObject, Face, Picture, Roles, TextLine

S, C, U = ClaimStatus.SUPPORTED, ClaimStatus.CONTRADICTED, ClaimStatus.UNVERIFIED
BOX = Box(1, 2, 30, 40)


@pytest.mark.parametrize(
    ("claim", "kept"),
    [
        (ObjectClaim("chair"), S),
        (CountClaim("leg", 3, Comparator.AT_LEAST), S),
        (CountClaim("leg", 4, Comparator.EQUAL), None),
        (CountClaim("leg", 4, Comparator.AT_MOST), None),
        (AbsenceClaim("person"), C),
        (AttributeClaim("chair", "colour", "red"), None),
        (TextClaim("OPEN"), None),
        (SceneClaim("beach"), None),
    ],
)
def test_only_what_is_seen_decides(claim: Any, kept: ClaimStatus | None) -> None:
    for status in ClaimStatus:
        told = in_view(Answer(status, "why", "Judge", (BOX,)), claim, "front")
        assert told.status is (status if status is kept else U)
        assert told.role == "Judge"
        assert not told.evidence


def test_the_explanation_names_the_view() -> None:
    seen = in_view(Answer(S, "chair seen", "Judge", (BOX,)), ObjectClaim("chair"), "front")
    assert seen.explanation == "in the front view: chair seen"


class Sees:
    """Sees things in the pictures of one grey level."""

    model = ModelUsed("object_detector", "fake", "1")
    labels = ("person", "dog", "cat")

    def __init__(self, label: str, level: int) -> None:
        self.label, self.level = label, level

    async def detect(self, picture: Picture, *, deadline: Deadline) -> list[DetectedObject]:
        found = picture[0, 0, 0] == self.level
        return [DetectedObject(self.label, Box(5, 5, 90, 90), 0.9)] if found else []


class Reads:
    model = ModelUsed("text_recognizer", "fake", "1")

    async def read(self, picture: Picture, *, deadline: Deadline) -> list[TextLine]:
        return [TextLine("SALE", BOX, 0.9, np.zeros((4, 2), np.float32))]


class NoFaces:
    model = ModelUsed("face_detector", "fake", "1")

    async def detect(self, picture: Picture, *, deadline: Deadline) -> list[Face]:
        return [Face(BOX, 0.95, np.zeros((5, 2), np.float32))]


async def look(prompt: str, label: str = "dog") -> ConsistencyReport:
    """Two views, of which the second shows a thing."""
    pictures = [np.full((200, 200, 3), level, np.uint8) for level in (120, 130)]
    roles = Roles(objects=Sees(label, 130), text=Reads(), faces=NoFaces())
    return await check_consistency(
        pictures, prompt, roles, {}, views=["front", "top"], deadline=NO_DEADLINE
    )


async def test_one_view_that_shows_it_is_enough() -> None:
    (claim,) = [r for r in (await look("a dog")).claims if r.claim.kind == "object"]
    assert claim.status is S
    assert "in the top view" in claim.explanation


async def test_what_no_view_shows_may_still_be_there() -> None:
    report = await look("a dog", label="cat")
    assert {result.status for result in report.claims} == {U}
    assert report.coverage == 0.0
    assert not [m for m in report.measurements if m.code == "CLAIM_CONTRADICTED" and m.value > 0]


async def test_what_is_not_to_be_there_and_is_seen_is_a_contradiction() -> None:
    (claim,) = [r for r in (await look("no dogs")).claims if r.claim.kind == "absence"]
    assert claim.status is C


async def test_drawings_are_not_searched_for_what_nobody_asked_for() -> None:
    report = await look('a dog with the text "OPEN", no people')
    codes = {measurement.code for measurement in report.measurements}
    assert not codes & {"UNREQUESTED_TEXT", "UNREQUESTED_PERSON"}
    assert all(not result.evidence for result in report.claims)
