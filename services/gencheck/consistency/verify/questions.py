"""Questions for a model that looks at pictures, where no other judge has anything to say.

As in TIFA (Hu et al. 2023, arXiv:2303.11897) a claim becomes a question that yes answers, and as in
DSG (Cho et al. 2024, arXiv:2310.18235) nothing is asked of a thing that is not there. Models are
poor at negation, so of an absence its opposite is asked. Their answers are not calibrated: they
decide, with the model named, but have no probability.
"""

from __future__ import annotations

from collections.abc import Collection

from gencheck.consistency.claims import (
    AbsenceClaim,
    ActionClaim,
    AttributeClaim,
    Comparator,
    CountClaim,
    ObjectClaim,
    RelationClaim,
    SceneClaim,
    Statement,
    StyleClaim,
)
from gencheck.consistency.verify.answer import Answer, contradicted, supported, uncertain
from gencheck.vision.roles import VisualAnswer

ROLE = "QuestionAnswering"
_NUMBER = {
    Comparator.EQUAL: "exactly",
    Comparator.AT_LEAST: "at least",
    Comparator.AT_MOST: "at most",
}


def question_of(claim: Statement) -> str | None:
    """What to ask about a claim; ``None``: words are read, never asked for."""
    match claim:
        case ObjectClaim(name) | AbsenceClaim(name):
            return f"Does the picture show {_a(name)}?"
        case CountClaim(name, n, comparator):
            number = f"{_NUMBER[comparator]} {n}"
            return f"Counting every {name} in the picture, is the number {number}?"
        case AttributeClaim("", _, value):
            return f"Is the picture {value}?"
        case AttributeClaim(name, "position", value):
            return f"Is the {name} in this part of the picture: {value}?"
        case AttributeClaim(name, _, value):
            return f"Is the {name} in the picture {value}?"
        case RelationClaim(subject, predicate, thing):
            return f"In the picture, is the {subject} {predicate} the {thing}?"
        case ActionClaim(subject, verb, thing):
            return f"In the picture, does the {subject} {verb}{f' the {thing}' if thing else ''}?"
        case StyleClaim(value):
            return f"Is this the style of the picture: {value}?"
        case SceneClaim(value):
            return f"Does the picture show this place, time or weather: {value}?"
    return None


def things_of(claim: Statement) -> Collection[str]:
    """Things that must be there for the question to have a sense."""
    match claim:
        case AttributeClaim(name):
            return {name}
        case RelationClaim(subject, _, thing) | ActionClaim(subject, _, thing):
            return {subject, thing}
    return ()


def judge_answer(claim: Statement, said: VisualAnswer, confidence: float) -> Answer:
    """What a model's answer says about the claim it was asked about.

    Args:
        confidence: least probability of its word, where the model tells one.
    """
    why = f"asked “{said.question}”, {ROLE} said “{said.text}”"
    if said.yes is None:
        return uncertain(why, ROLE)
    if said.p_yes is not None:
        sure = said.p_yes if said.yes else 1.0 - said.p_yes
        if sure < confidence:
            return uncertain(f"{why} with {sure:.2f} only", ROLE)
    holds = said.yes != isinstance(claim, AbsenceClaim)
    return supported(why, ROLE) if holds else contradicted(why, ROLE)


def _a(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
