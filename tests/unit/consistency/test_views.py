"""A shaded view shows that a thing is there, and little else."""

from typing import Any

import numpy as np
import pytest
import trimesh
from made_materials import white

from gencheck.consistency.check import ConsistencyReport, check_consistency
from gencheck.consistency.claims import (
    AbsenceClaim,
    ActionClaim,
    AttributeClaim,
    ClaimStatus,
    Comparator,
    CountClaim,
    ObjectClaim,
    RelationClaim,
    SceneClaim,
    StyleClaim,
    TextClaim,
)
from gencheck.consistency.verify import looks
from gencheck.consistency.verify.answer import Answer
from gencheck.consistency.verify.views import View, in_view
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.findings import Box, ModelUsed
from gencheck.media.appearance import Appearance
from gencheck.media.types import Mesh
from gencheck.render.camera import VIEWS
from gencheck.render.colours import to_linear
from gencheck.render.views import prepare, render_views
from gencheck.vision.roles import DetectedObject, Face, Picture, Roles, TextLine
from tests.unit.render.scenes import parts

S, C, U = ClaimStatus.SUPPORTED, ClaimStatus.CONTRADICTED, ClaimStatus.UNVERIFIED
BOX = Box(1, 2, 30, 40)
NAMES = (
    "red orange yellow green blue purple pink turquoise brown gold beige black white grey silver"
)
FRONT, PAINTED = View("front"), View("front", coloured=True)


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
        told = in_view(Answer(status, "why", "Judge", (BOX,)), claim, FRONT)
        assert told.status is (status if status is kept else U)
        assert told.role == "Judge"
        assert not told.evidence


@pytest.mark.parametrize(
    ("claim", "kept"),
    [
        (ObjectClaim("chair"), S),
        (CountClaim("leg", 4, Comparator.EQUAL), None),
        (AbsenceClaim("person"), C),
        (AttributeClaim("chair", "colour", "dark red"), S),
        (AttributeClaim("chair", "colour", "maroon"), S),
        (AttributeClaim("chair", "material", "wooden"), S),
        (AttributeClaim("chair", "colour", "white"), None),
        (AttributeClaim("chair", "colour", "dark grey"), None),
        (AttributeClaim("chair", "position", "left"), None),
        (AttributeClaim("chair", "size", "large"), None),
        (AttributeClaim("", "brightness", "dark"), None),
        (AttributeClaim("background", "colour", "red"), None),
        (RelationClaim("cup", "left of", "chair"), None),
        (ActionClaim("dog", "sit"), S),
        (TextClaim("OPEN"), S),
        (StyleClaim("black and white"), None),
        (SceneClaim("beach"), None),
    ],
)
def test_in_colour_words_and_surfaces_can_be_confirmed_and_not_denied(
    claim: Any, kept: ClaimStatus | None
) -> None:
    for status in ClaimStatus:
        told = in_view(Answer(status, "why", "Judge", (BOX,), probability=0.9), claim, PAINTED)
        assert told.status is (status if status is kept else U)
        assert not told.evidence and told.probability is None


def test_what_no_view_decides_misses_no_model() -> None:
    missing = Answer(U, "nobody is there", "QuestionAnswering", missing="question_answering")
    assert not in_view(missing, StyleClaim("watercolour"), PAINTED).missing
    assert in_view(missing, ObjectClaim("castle"), PAINTED).missing


def test_the_explanation_names_the_view() -> None:
    seen = in_view(Answer(S, "chair seen", "Judge", (BOX,)), ObjectClaim("chair"), FRONT)
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
        pictures, prompt, roles, {}, views=[FRONT, View("top")], deadline=NO_DEADLINE
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


async def something_of(rgb: tuple[int, int, int], prompt: str, *, coloured: bool) -> ClaimStatus:
    """Whether it has a colour, by two views of which the second shows it before light grey."""
    pictures = [np.full((200, 200, 3), 240, np.uint8) for _ in range(2)]
    pictures[1][50:150, 50:150] = rgb
    views = [View(name, coloured) for name in ("front", "top")]
    report = await check_consistency(
        pictures, prompt, Roles(), {}, views=views, deadline=NO_DEADLINE
    )
    (status,) = {r.status for r in report.claims if r.claim.kind == "attribute"}
    return status


async def test_a_colour_is_confirmed_where_a_view_shows_it_and_denied_nowhere() -> None:
    red, grey = (200, 30, 30), (120, 120, 120)
    assert await something_of(red, "a red dragon", coloured=True) is S
    assert await something_of(red, "a blue dragon", coloured=True) is U
    assert await something_of(grey, "a grey dragon", coloured=True) is U  # of white in shade, too
    assert await something_of(red, "a red dragon", coloured=False) is U


@pytest.mark.parametrize(
    ("rgb", "names"),
    [
        ((200, 30, 30), {"red"}),
        ((120, 10, 10), set()),  # brown by its looks
        ((240, 130, 20), {"orange"}),
        ((190, 100, 10), set()),
        ((250, 220, 30), {"yellow"}),
        ((40, 140, 50), {"green"}),
        ((30, 60, 200), {"blue"}),
        ((120, 40, 150), {"purple"}),
        ((250, 150, 190), {"pink"}),
        ((235, 220, 190), {"beige"}),
        ((250, 250, 250), set()),  # grey by its looks
        ((70, 70, 70), set()),  # black by its looks
    ],
)
def test_no_shade_of_a_colour_passes_for_another(
    rgb: tuple[int, int, int], names: set[str]
) -> None:
    box = trimesh.creation.box()
    material = white()
    material.base_colour[0, :3] = to_linear(np.array(rgb, np.float64))
    looks_so = Appearance(parts=parts(0), materials=material)
    mesh = Mesh(box.vertices, box.faces.astype(np.int32), "GLB", appearance=looks_so)
    drawn = render_views(prepare(mesh), marked_faces=None, size=128, deadline=NO_DEADLINE)
    told = set()
    for view in VIEWS:
        measured = looks.measure(drawn[view])
        for name in NAMES.split():
            answer = looks.judge_subject_colour(name, measured)
            claim = AttributeClaim("box", "colour", name)
            if answer and in_view(answer, claim, View(view, coloured=True)).status is S:
                told.add(name)
    assert told == names


@pytest.mark.parametrize(("coloured", "status"), [(True, S), (False, U)])
async def test_words_are_confirmed_where_they_may_be_a_texture(
    coloured: bool, status: ClaimStatus
) -> None:
    for words, found in (("SALE", status), ("OPEN", U)):
        report = await check_consistency(
            [np.full((200, 200, 3), 120, np.uint8)],
            f'a sign that says "{words}"',
            Roles(text=Reads()),
            {},
            views=[View("front", coloured)],
            deadline=NO_DEADLINE,
        )
        assert [r.status for r in report.claims if r.claim.kind == "text"] == [found]
