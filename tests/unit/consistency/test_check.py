from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from gencheck.codes import CODES
from gencheck.consistency.check import ConsistencyReport, check_consistency
from gencheck.consistency.claims import ClaimStatus
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.errors import Cancelled, InvalidArgument
from gencheck.findings import Box, ModelUsed, OutcomeStatus, SkipReason, TextSpan
from gencheck.vision.roles import DetectedObject, Face, Picture, Roles, TextLine

S, C, U = ClaimStatus.SUPPORTED, ClaimStatus.CONTRADICTED, ClaimStatus.UNVERIFIED
BLANK = np.full((240, 320, 3), 128, np.uint8)
OTHER = np.full((240, 320, 3), 129, np.uint8)


@dataclass
class FakeFaces:
    found: dict[int, int]  # grey level of a picture → faces in it
    model: ModelUsed = field(default=ModelUsed("face_detector", "fake", "1"))
    asked: int = 0

    async def detect(self, picture: Picture, *, deadline: Deadline) -> list[Face]:
        self.asked += 1
        n = self.found.get(int(picture[0, 0, 0]), 0)
        return [Face(Box(9, 9, 40, 50), 0.95, np.zeros((5, 2), np.float32))] * n


@dataclass
class FakeObjects:
    found: list[DetectedObject]
    model: ModelUsed = field(default=ModelUsed("object_detector", "fake", "1"))
    labels: tuple[str, ...] = ("person", "dog", "cat", "couch")
    asked: list[tuple[int, ...]] = field(default_factory=list)

    async def detect(self, picture: Picture, *, deadline: Deadline) -> list[DetectedObject]:
        self.asked.append(picture.shape[:2])
        return list(self.found)


@dataclass
class FakeReader:
    lines: list[str]
    model: ModelUsed = field(default=ModelUsed("text_recognizer", "fake", "1"))
    asked: int = 0

    async def read(self, picture: Picture, *, deadline: Deadline) -> list[TextLine]:
        self.asked += 1
        quad = np.zeros((4, 2), np.float32)
        return [TextLine(line, Box(1, 2, 30, 10), 0.95, quad) for line in self.lines]


@dataclass
class FakeSegmenter:
    mask: np.ndarray | None
    model: ModelUsed = field(default=ModelUsed("segmenter", "fake segmenter", "1"))
    asked: int = 0

    async def segment(
        self, picture: Picture, boxes: Sequence[Box], *, deadline: Deadline
    ) -> list[np.ndarray | None]:
        self.asked += 1
        return [self.mask for _ in boxes]


async def check(prompt: str, roles: Roles, *pictures: Picture) -> ConsistencyReport:
    return await check_consistency(pictures or [BLANK], prompt, roles, {}, deadline=NO_DEADLINE)


def status_of(report: ConsistencyReport, kind: str) -> ClaimStatus:
    return next(r.status for r in report.claims if r.claim.kind == kind)


async def test_wrong_words_are_contradicted_where_the_prompt_says_them() -> None:
    report = await check('a poster with "OPEN"', Roles(text=FakeReader(["OPFN"])))
    assert status_of(report, "text") is C
    found = next(m for m in report.measurements if m.code == "CLAIM_CONTRADICTED")
    assert found.region == TextSpan(15, 19, "OPEN")
    assert found.value == 1.0
    assert found.check == "consistency.text"


async def test_a_missing_role_is_named_with_the_command_that_adds_it() -> None:
    report = await check('a dog and a sign with "OPEN" in a happy mood', Roles())
    assert {r.status for r in report.claims} == {U}
    fixes = {r.claim.kind: r.explanation for r in report.claims}
    assert "gencheck models install embedded" in fixes["text"]
    by_name = {r.claim.span.text: r for r in report.claims if r.claim.kind == "object"}
    assert "gencheck models install standard" in by_name["dog"].explanation
    assert by_name["dog"].role == "ObjectDetector"
    assert by_name["sign"].role == "QuestionAnswering"
    assert report.coverage == 0.0
    whole = next(o for o in report.outcomes if o.check == "consistency")
    assert whole.reason == SkipReason.MODEL_MISSING.value


async def test_roles_are_asked_only_when_a_claim_needs_them() -> None:
    faces, reader, detector = FakeFaces({}), FakeReader(["HI"]), FakeObjects([])
    roles = Roles(faces, detector, reader)
    report = await check("a unicorn in a forest", roles)
    assert (faces.asked, reader.asked, detector.asked) == (0, 0, [])
    assert report.models == ()
    await check('a woman with a dog and "HI"', roles)
    assert (faces.asked, reader.asked) == (1, 1)
    assert detector.asked[0] == (240, 320)


async def test_what_is_not_clear_is_looked_at_more_closely() -> None:
    near = FakeObjects([DetectedObject("dog", Box(0, 0, 90, 90), 0.9)])
    await check("a dog", Roles(objects=near))
    assert len(near.asked) == 1
    unclear = FakeObjects([DetectedObject("dog", Box(0, 0, 90, 90), 0.02)])
    await check("a dog", Roles(objects=unclear))
    assert unclear.asked == [(240, 320)] + [(144, 192)] * 4


async def test_several_pictures_support_if_any_does_and_refute_an_absence_likewise() -> None:
    roles = Roles(faces=FakeFaces({128: 1}))
    assert status_of(await check("a woman", roles, OTHER, BLANK), "object") is S
    absent = await check("a beach, no people", roles, OTHER, BLANK)
    assert status_of(absent, "absence") is C
    person = next(m for m in absent.measurements if m.code == "UNREQUESTED_PERSON")
    assert person.value == 1.0


async def test_contradicted_only_if_every_picture_says_so() -> None:
    wide, tall = np.zeros((100, 200, 3), np.uint8), np.zeros((200, 100, 3), np.uint8)
    prompt = "a dog, portrait orientation"
    assert status_of(await check(prompt, Roles(), wide, wide), "attribute") is C
    assert status_of(await check(prompt, Roles(), wide, tall), "attribute") is S


async def test_weights_shape_the_coverage() -> None:
    prompt = 'a happy clown with "OPEN"'
    report = await check_consistency(
        [BLANK], prompt, Roles(text=FakeReader(["OPEN"])), {"text": 6.0}, deadline=NO_DEADLINE
    )
    kinds = [r.claim.kind for r in report.claims]
    assert report.coverage == pytest.approx(6.0 / (6.0 + len(kinds) - 1))


async def test_text_that_nobody_asked_for_is_counted_once_the_reader_ran() -> None:
    reader = FakeReader(["OPEN", "shutterstock"])
    report = await check('a sign with "OPEN"', Roles(text=reader))
    extra = next(m for m in report.measurements if m.code == "UNREQUESTED_TEXT")
    assert extra.value == 1.0
    none = await check("a dog", Roles(text=reader))
    assert not any(m.code == "UNREQUESTED_TEXT" for m in none.measurements)


@pytest.mark.parametrize(
    ("prompt", "size", "people"),
    [
        ("a dog on a couch", 90, 2),
        ("a dog on a couch", 30, 0),  # a passer-by
        ("a surfer and a dog", 90, None),
        ("a presenter with a dog", 90, None),  # may be somebody
        ("a portrait of a dog", 90, None),
    ],
)
async def test_large_people_are_told_of_where_the_prompt_names_nobody(
    prompt: str, size: int, people: int | None
) -> None:
    boxes = [Box(x, 0, size, size) for x in (0, 100)]
    found = [DetectedObject("person", box, 0.95) for box in boxes]
    report = await check(prompt, Roles(objects=FakeObjects(found)))
    told = [m for m in report.measurements if m.code == "UNREQUESTED_PERSON"]
    if people is None:
        assert told == []
    else:
        assert sum(m.value for m in told) == people
        assert [m.region for m in told if m.value] == boxes[:people]


async def test_a_segmenter_cuts_out_what_is_to_have_a_colour() -> None:
    picture = np.full((240, 320, 3), (40, 60, 200), np.uint8)
    mask = np.zeros((240, 320), np.bool_)
    mask[100:104, 20:180] = True  # a red stripe: most of its box is blue
    picture[mask] = (200, 30, 30)
    dog = DetectedObject("dog", Box(20, 20, 160, 160), 0.95)
    for made, status in ((mask, S), (None, C)):
        segmenter = FakeSegmenter(made)
        roles = Roles(objects=FakeObjects([dog]), segments=segmenter)
        report = await check("a red dog", roles, picture)
        assert status_of(report, "attribute") is status
        assert ("fake segmenter" in [m.name for m in report.models]) is (made is not None)
        await check("a dog", roles, picture)
        assert segmenter.asked == 1  # no colour, no mask


async def test_outcomes_say_what_was_judged() -> None:
    report = await check('a poster with "OPEN"', Roles(text=FakeReader(["OPEN"])))
    by_name = {outcome.check: outcome.status for outcome in report.outcomes}
    assert by_name == {
        "consistency.object": OutcomeStatus.SKIPPED,
        "consistency.text": OutcomeStatus.JUDGED,
        "consistency": OutcomeStatus.JUDGED,
    }


async def test_a_prompt_without_a_claim_is_uncertain_and_uncovered() -> None:
    report = await check("犬が二匹", Roles())
    assert report.claims == ()
    assert report.coverage is None
    assert [o.reason for o in report.outcomes] == [SkipReason.UNCERTAIN.value]
    share = next(m for m in report.measurements if m.code == "PROMPT_UNCOVERED")
    assert share.value == 1.0


async def test_an_absence_of_what_is_asked_for_as_well_is_left_open() -> None:
    dog = DetectedObject("dog", Box(1, 1, 60, 60), 0.9)
    report = await check("a dog and no dog", Roles(objects=FakeObjects([dog])))
    assert status_of(report, "object") is ClaimStatus.SUPPORTED
    assert status_of(report, "absence") is ClaimStatus.UNVERIFIED
    explanation = next(r.explanation for r in report.claims if r.claim.kind == "absence")
    assert explanation == "the prompt asks for “dog” and for none"


async def test_every_measurement_has_a_published_code() -> None:
    roles = Roles(FakeFaces({128: 2}), FakeObjects([]), FakeReader(["HELLO"]))
    report = await check('two dogs, no people, "OPEN", a zorgly blorx 犬', roles)
    assert {m.code for m in report.measurements} <= set(CODES)
    assert len({m.code for m in report.measurements}) == 5


async def test_faces_never_judge_a_crowd_of_two_kinds_by_one() -> None:
    roles = Roles(faces=FakeFaces({128: 3}))
    report = await check("two women and a man", roles)
    assert status_of(report, "count") is U


async def test_a_claim_is_decided_from_the_confidence_on_that_was_asked_for() -> None:
    roles = Roles(objects=FakeObjects([DetectedObject("dog", Box(0, 0, 90, 90), 0.15)]))
    said = {}
    for confidence in (0.5, 0.99):
        report = await check_consistency(
            [BLANK], "a dog", roles, {}, confidence=confidence, deadline=NO_DEADLINE
        )
        said[confidence] = report.claims[0]
    assert (said[0.5].status, said[0.99].status) == (S, U)
    assert all(result.probability is not None for result in said.values())


async def test_what_contradicts_a_claim_says_how_sure_it_is() -> None:
    report = await check("a dog", Roles(objects=FakeObjects([])))
    found = next(m for m in report.measurements if m.code == "CLAIM_CONTRADICTED")
    probability = report.claims[0].probability
    assert probability is not None
    assert found.confidence == pytest.approx(1.0 - probability)


async def test_a_woman_is_nobody_whom_the_prompt_calls_a_man() -> None:
    one = DetectedObject("person", Box(0, 0, 90, 200), 0.9)
    other = DetectedObject("person", Box(150, 0, 90, 200), 0.9)
    for found, status in (([one], C), ([one, other], S)):
        report = await check("a man and a woman", Roles(objects=FakeObjects(found)))
        assert [result.status for result in report.claims[:2]] == [S, status]
    faces = await check("a man and a woman", Roles(faces=FakeFaces({128: 1})))
    assert [result.status for result in faces.claims[:2]] == [S, U]


async def test_no_picture_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        await check_consistency([], "a dog", Roles(), {}, deadline=NO_DEADLINE)


async def test_cancelled_work_stops() -> None:
    deadline = Deadline()
    deadline.cancel()
    reader = FakeReader(["OPEN"])
    with pytest.raises(Cancelled):
        await check_consistency([BLANK], '"OPEN"', Roles(text=reader), {}, deadline=deadline)
    assert reader.asked == 0
