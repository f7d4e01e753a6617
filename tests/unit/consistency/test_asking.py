"""What no other judge can look at is put to a model that answers questions."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from gencheck.consistency.check import ConsistencyReport, check_consistency
from gencheck.consistency.claims import ClaimStatus, Comparator, CountClaim, TextClaim
from gencheck.consistency.verify.questions import question_of
from gencheck.consistency.verify.views import View
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.errors import Unavailable
from gencheck.findings import ModelUsed, SkipReason
from gencheck.vision.roles import DetectedObject, Picture, Roles, VisualAnswer

S, C, U = ClaimStatus.SUPPORTED, ClaimStatus.CONTRADICTED, ClaimStatus.UNVERIFIED
BLANK = np.full((96, 96, 3), 128, np.uint8)


@dataclass
class Model:
    """Says yes to what holds a word of these, else no, always as surely."""

    yes: tuple[str, ...] = ()
    p: float | None = 0.95
    down: bool = False
    model: ModelUsed = field(default=ModelUsed("question_answering", "fake", "1"))
    asked: list[str] = field(default_factory=list)

    async def ask(
        self, picture: Picture, questions: Sequence[str], *, deadline: Deadline
    ) -> list[VisualAnswer]:
        if self.down:
            raise Unavailable("nobody answers", where="http://vlm")
        self.asked.extend(questions)
        return [self._answer(question) for question in questions]

    def _answer(self, question: str) -> VisualAnswer:
        yes = any(word in question for word in self.yes)
        p = None if self.p is None else self.p if yes else 1 - self.p
        return VisualAnswer(question, "yes" if yes else "no", yes, p)


@dataclass
class NoDogs:
    """An object detector that knows dogs and sees none."""

    model: ModelUsed = field(default=ModelUsed("object_detector", "fake", "1"))
    labels: tuple[str, ...] = ("dog",)

    async def detect(self, picture: Picture, *, deadline: Deadline) -> list[DetectedObject]:
        return []


async def check(prompt: str, roles: Roles, *pictures: Picture) -> ConsistencyReport:
    return await check_consistency(pictures or [BLANK], prompt, roles, {}, deadline=NO_DEADLINE)


async def test_a_model_decides_what_nobody_else_can() -> None:
    report = await check("a castle and a unicorn", Roles(questions=Model(yes=("castle",))))
    said = {r.claim.span.text: r for r in report.claims}
    assert (said["castle"].status, said["unicorn"].status) == (S, C)
    assert said["castle"].role == "QuestionAnswering"
    assert said["castle"].probability is None  # it is not calibrated
    assert "Does the picture show a castle?" in said["castle"].explanation
    assert [model.name for model in report.models] == ["fake"]


async def test_of_an_absence_the_opposite_is_asked() -> None:
    model = Model(yes=("castle",))
    report = await check("a hill, no castles, no dragons", Roles(questions=model))
    said = {r.claim.span.text: r.status for r in report.claims if r.claim.kind == "absence"}
    assert sorted(said.values(), key=lambda s: s.name) == [C, S]
    assert not any(" no " in question for question in model.asked)


@pytest.mark.parametrize(("p", "status"), [(0.7, U), (None, S), (0.9, S)])
async def test_a_model_that_is_not_sure_leaves_it_open(
    p: float | None, status: ClaimStatus
) -> None:
    report = await check("a castle", Roles(questions=Model(yes=("castle",), p=p)))
    assert report.claims[0].status is status


async def test_what_is_not_there_has_no_property_to_ask_for() -> None:
    model = Model()
    report = await check("a fluffy dog", Roles(objects=NoDogs(), questions=model))
    assert model.asked == []
    assert [used.role for used in report.models] == ["object_detector"]
    assert {r.claim.kind: r.status for r in report.claims} == {"object": C, "attribute": U}


async def test_a_model_that_is_down_costs_its_own_claims_only() -> None:
    report = await check("a dog and a castle", Roles(objects=NoDogs(), questions=Model(down=True)))
    said = {r.claim.span.text: r for r in report.claims}
    assert (said["dog"].status, said["castle"].status) == (C, U)
    assert "nobody answers" in said["castle"].explanation
    assert [used.role for used in report.models] == ["object_detector"]


async def test_of_many_frames_three_are_asked_about() -> None:
    model = Model(yes=("castle",))
    await check("a castle", Roles(questions=model), *[BLANK] * 9)
    assert len(model.asked) == 3


def test_questions_are_of_the_claim_itself() -> None:
    three = CountClaim("castle", 3, Comparator.AT_LEAST)
    assert question_of(three) == "Counting every castle in the picture, is the number at least 3?"
    assert question_of(TextClaim("OPEN")) is None  # words are read


async def ask_of_views(prompt: str, model: Model, *coloured: bool) -> ConsistencyReport:
    views = [View(f"view {n}", shows) for n, shows in enumerate(coloured)]
    roles = Roles(questions=model)
    pictures = [BLANK] * len(views)
    return await check_consistency(pictures, prompt, roles, {}, views=views, deadline=NO_DEADLINE)


async def test_coloured_views_are_asked_about_and_no_denies_nothing() -> None:
    model = Model(yes=("wooden", "castle?", "dragon"))
    prompt = "a wooden castle next to a rusty gate, watercolour, no dragons"
    report = await ask_of_views(prompt, model, True, False, True)
    said = {r.claim.span.text: r for r in report.claims}
    assert said["castle"].status is said["wooden castle"].status is S
    assert said["castle"].explanation.startswith("in the view 0 view: asked")
    assert {r.status for r in report.claims if r.claim.kind == "absence"} == {C}
    assert said["gate"].status is said["rusty gate"].status is U
    assert len(model.asked) == 2 * len(set(model.asked))  # the two that show colours
    assert not any("style" in question or "next to" in question for question in model.asked)


async def test_shapes_without_texture_are_not_asked_about() -> None:
    model = Model(yes=("castle",))
    report = await ask_of_views("a castle", model, False, False)
    assert {r.status for r in report.claims} == {U} and not model.asked
    assert report.models == ()
    assert not any("is there" in r.explanation for r in report.claims)
    assert "without texture" in report.claims[0].explanation
    reasons = {outcome.reason for outcome in report.outcomes}
    assert reasons == {SkipReason.UNCERTAIN.value}  # no model would help


async def test_a_model_that_is_down_leaves_claims_about_views_open() -> None:
    report = await ask_of_views("a castle", Model(down=True), True)
    assert {r.status for r in report.claims} == {U}
    assert "was asked and failed" in report.claims[0].explanation
