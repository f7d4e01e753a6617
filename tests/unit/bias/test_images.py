from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from gencheck.bias.counts import AuditState, CountTable, merge
from gencheck.bias.detection import CLEAR, FAINT
from gencheck.bias.images import ATTRIBUTES, SKIN_TONE_GROUP, check_attributes, read_image
from gencheck.bias.skin import Abstention
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.errors import Cancelled, InvalidArgument, ModelNotReady
from gencheck.findings import ModelUsed
from gencheck.vision.roles import Face, Picture, Roles

Portrait = Callable[..., tuple[Picture, Face]]


@dataclass
class Finder:
    """A face detector that answers with what it was given."""

    found: list[Face]
    model: ModelUsed = field(default_factory=lambda: ModelUsed("FaceDetector", "fake", "1"))

    score: float = 0.5

    async def detect(
        self, picture: Picture, *, least: float | None = None, deadline: Deadline
    ) -> list[Face]:
        deadline.check()
        return [face for face in self.found if face.score >= (least or self.score)]


async def test_counts_a_face_and_keeps_nothing_else(portrait: Portrait) -> None:
    picture, face = portrait(6)
    reading = await read_image(
        picture, Roles(faces=Finder([face])), prompt="a judge", deadline=NO_DEADLINE
    )
    assert reading.faces == 1
    assert [(t.prompt, t.attribute) for t in reading.state.tables] == [
        ("", CLEAR),
        *(("a judge", name) for name in ATTRIBUTES),
    ]
    _, tones, groups = reading.state.tables
    assert {name for name, count in tones.counts.items() if count} == {"6"}
    assert len(tones.counts) == 10
    assert groups.counts == {"light (1-3)": 0, "medium (4-6)": 1, "dark (7-10)": 0}
    assert reading.state.images == 1


async def test_states_of_pictures_add_up(portrait: Portrait) -> None:
    states = []
    for tone in (2, 6, 6, 9):
        picture, face = portrait(tone)
        reading = await read_image(
            picture,
            Roles(faces=Finder([face])),
            attributes=[SKIN_TONE_GROUP],
            deadline=NO_DEADLINE,
        )
        states.append(reading.state)
    total = states[0]
    for state in states[1:]:
        total = merge(total, state)
    assert total.images == 4
    assert _attributes(total)[SKIN_TONE_GROUP].counts == {
        "light (1-3)": 1,
        "medium (4-6)": 2,
        "dark (7-10)": 1,
    }


async def test_a_picture_adds_one_person_that_of_its_largest_face(portrait: Portrait) -> None:
    picture, face = portrait(6)
    tiny = Face(type(face.box)(5, 5, 20, 24), 0.99, np.full((5, 2), 12, np.float32))
    reading = await read_image(picture, Roles(faces=Finder([tiny, face])), deadline=NO_DEADLINE)
    assert reading.faces == 2
    assert reading.abstained == {}
    tones = _attributes(reading.state)["skin_tone"]
    assert (tones.counts["6"], tones.people, tones.unverified) == (1, 1, 0)


async def test_a_crowd_adds_one_person(portrait: Portrait) -> None:
    picture, face = portrait(6)
    crowd = [
        Face(type(face.box)(x, y, 9, 11), 0.6, np.zeros((5, 2), np.float32))
        for x in range(0, 250, 10)
        for y in range(0, 240, 12)
    ]
    reading = await read_image(picture, Roles(faces=Finder(crowd)), deadline=NO_DEADLINE)
    assert reading.faces == 500
    assert reading.abstained == dict.fromkeys(ATTRIBUTES, Abstention.TOO_SMALL)
    assert [(t.people, t.unverified) for t in reading.state.tables] == [(0, 1), (0, 1)]


async def test_a_group_may_be_sure_where_a_tone_is_not(portrait: Portrait) -> None:
    picture, face = portrait(1)
    # Between tones 1 and 2, which differ by less than the light is known.
    between = np.abs(picture.astype(int) - (246, 237, 228)).max(axis=2) < 12
    picture[between] = (240, 230, 220)
    reading = await read_image(picture, Roles(faces=Finder([face])), deadline=NO_DEADLINE)
    tables = _attributes(reading.state)
    tones, groups = tables["skin_tone"], tables[SKIN_TONE_GROUP]
    assert groups.counts["light (1-3)"] == 1
    assert (tones.people, tones.unverified) == (0, 1)
    assert reading.abstained == {"skin_tone": Abstention.UNCERTAIN}


async def test_a_grey_picture_is_refused_a_tone(portrait: Portrait) -> None:
    picture, face = portrait(6)
    grey = np.repeat(picture.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    reading = await read_image(grey, Roles(faces=Finder([face])), deadline=NO_DEADLINE)
    assert reading.abstained == dict.fromkeys(ATTRIBUTES, Abstention.GREYSCALE)


def _attributes(state: AuditState) -> dict[str, CountTable]:
    return {table.attribute: table for table in state.tables}


async def test_no_face(portrait: Portrait) -> None:
    picture, face = portrait(6)
    for found in ([], [replace(face, score=0.1)]):
        reading = await read_image(picture, Roles(faces=Finder(found)), deadline=NO_DEADLINE)
        assert (reading.faces, reading.state.tables) == (0, ())
        assert reading.state.images_without_face == 1


async def test_a_faint_face_is_nobody_but_remembered_by_its_group(portrait: Portrait) -> None:
    picture, face = portrait(6)
    faint = replace(face, score=0.3)
    reading = await read_image(picture, Roles(faces=Finder([faint])), deadline=NO_DEADLINE)
    assert reading.faces == 0
    assert reading.state.images_without_face == 1
    (table,) = reading.state.tables
    assert (table.attribute, table.counts["medium (4-6)"]) == (FAINT, 1)


async def test_a_clear_face_beside_a_larger_faint_one_is_the_person(portrait: Portrait) -> None:
    picture, face = portrait(6)
    box = face.box
    faint = Face(type(box)(box.x - 9, box.y - 9, box.width + 18, box.height + 18), 0.3, None)
    reading = await read_image(picture, Roles(faces=Finder([face, faint])), deadline=NO_DEADLINE)
    assert reading.faces == 1
    assert _attributes(reading.state)["skin_tone"].counts["6"] == 1
    assert not {CLEAR, FAINT} & set(_attributes(reading.state))


async def test_missing_role_says_what_to_do(portrait: Portrait) -> None:
    picture, _ = portrait(6)
    with pytest.raises(ModelNotReady, match="gencheck models install embedded"):
        await read_image(picture, Roles(), deadline=NO_DEADLINE)


def test_unknown_attribute() -> None:
    assert check_attributes([]) == ATTRIBUTES
    with pytest.raises(InvalidArgument, match="'perceived_shoes' cannot be read"):
        check_attributes(["perceived_shoes"])


async def test_cancelled_work_stops(portrait: Portrait) -> None:
    picture, face = portrait(6)
    deadline = Deadline()
    deadline.cancel()
    with pytest.raises(Cancelled):
        await read_image(picture, Roles(faces=Finder([face])), deadline=deadline)
