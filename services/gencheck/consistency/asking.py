"""Put to a model that answers questions what no other judge could look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gencheck.consistency.claims import AbsenceClaim, ClaimStatus, ObjectClaim, Statement
from gencheck.consistency.verify.answer import Answer, over_pictures, uncertain
from gencheck.consistency.verify.questions import ROLE, judge_answer, question_of, things_of
from gencheck.consistency.verify.views import View, in_view
from gencheck.deadline import Deadline
from gencheck.errors import ModelError, Unavailable
from gencheck.findings import ModelUsed
from gencheck.vision.roles import (
    LONGEST_QUESTION,
    MOST_QUESTIONS,
    Picture,
    QuestionAnswering,
)

_MOST_PICTURES = 3
"""Of the frames of a video, evenly spread: each costs a call for every question."""


class Asked(NamedTuple):
    """Answers to all claims, and the model, where it gave any of them."""

    answers: list[Answer]
    models: tuple[ModelUsed, ...] = ()


async def ask_rest(
    pictures: Sequence[Picture],
    claims: Sequence[Statement],
    answers: Sequence[Answer],
    model: QuestionAnswering,
    *,
    views: Sequence[View] = (),
    confidence: float,
    deadline: Deadline,
) -> Asked:
    """The answers, with the model's in place of those for which a role was missing.

    Of views of a mesh only those with colours are shown to it. A model that cannot be reached, or
    talks nonsense, leaves its claims open and costs no other.
    """
    shown = [at for at in range(len(pictures)) if not views or views[at].coloured]
    asked = _questions(claims, answers)
    if not asked or not shown:
        return Asked(list(answers))
    spread = np.linspace(0, len(shown) - 1, min(len(shown), _MOST_PICTURES)).astype(int)
    said: dict[int, list[Answer]] = {i: [] for i in asked}
    models: tuple[ModelUsed, ...] = (model.model,)
    try:
        for at in (shown[n] for n in spread):
            told = await model.ask(pictures[at], list(asked.values()), deadline=deadline)
            for i, one in zip(asked, told, strict=True):
                answer = judge_answer(claims[i], one, confidence)
                said[i].append(in_view(answer, claims[i], views[at]) if views else answer)
    except (ModelError, Unavailable) as error:
        failed = uncertain(f"{model.model.name} was asked and failed: {error}", ROLE)
        said, models = {i: [failed] for i in asked}, ()
    joined = list(answers)
    for i in asked:
        joined[i] = over_pictures(said[i], all_must_agree=isinstance(claims[i], AbsenceClaim))
    return Asked(joined, models)


def _questions(claims: Sequence[Statement], answers: Sequence[Answer]) -> dict[int, str]:
    """A question by the number of its claim: where a role is missing, and its things are there."""
    gone = {
        claim.name
        for claim, answer in zip(claims, answers, strict=True)
        if isinstance(claim, ObjectClaim) and answer.status is ClaimStatus.CONTRADICTED
    }
    asked = {}
    for i, (claim, answer) in enumerate(zip(claims, answers, strict=True)):
        question = question_of(claim) if answer.missing else None
        if question and len(question) <= LONGEST_QUESTION and not gone & set(things_of(claim)):
            asked[i] = question
    return dict(list(asked.items())[:MOST_QUESTIONS])
