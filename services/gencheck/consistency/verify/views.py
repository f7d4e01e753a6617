"""What a view of a 3D asset can tell about a claim: from one side, in a light of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gencheck.consistency.claims import (
    AbsenceClaim,
    ActionClaim,
    AttributeClaim,
    ClaimStatus,
    Comparator,
    CountClaim,
    ObjectClaim,
    Statement,
    TextClaim,
)
from gencheck.consistency.parse.scene_words import WHOLE_PICTURE
from gencheck.consistency.verify.answer import Answer
from gencheck.consistency.verify.colours import basic_name

_OF_SURFACES = frozenset({"colour", "material", "shape", "texture", "state", "quality"})
"""Kinds of attributes that do not hang on where the camera is."""
_MADE_BY_LIGHT = frozenset({"white", "grey", "silver", "black", "brown", "gold"})
"""What the paper behind a mesh is, or shade makes of others: grey of white, black of grey, brown of
orange and red, gold of yellow. The names of other colours need a hue and chroma of their own."""


@dataclass(frozen=True, slots=True)
class View:
    """Which view of a mesh a picture is.

    Attributes:
        name: such as ``front``.
        coloured: it shows colours or textures of the mesh, and not its shape alone.
    """

    name: str
    coloured: bool = False


def in_view(answer: Answer, claim: Statement, view: View) -> Answer:
    """The answer about one view, less what a view cannot tell.

    The judges are made for pictures of real surfaces. In a shaded view what they see is there, but
    what they do not see may still be: for want of texture, behind the rest, or in another light. So
    a thing, or so many at least, can be confirmed, an absence refuted, in colour also words and
    properties of surfaces confirmed, and everything else stays open.

    The evidence is left out: its boxes lie in a view that the caller may never see. So are
    probabilities, which were calibrated on photos.
    """
    proves = _provable(claim, coloured=view.coloured)
    if answer.status is proves:
        why = f"in the {view.name} view: {answer.explanation}"
        return replace(answer, explanation=why, evidence=(), probability=None)
    if view.coloured and answer.missing and proves is None:
        why = "shaded views do not decide this, whoever looks at them"
        return Answer(ClaimStatus.UNVERIFIED, why, answer.role)
    if not answer.judged:
        return replace(answer, evidence=(), probability=None)
    which = "shaded views" if view.coloured else "views without texture"
    why = f"{which} do not decide this ({view.name}: {answer.explanation})"
    return Answer(ClaimStatus.UNVERIFIED, why, answer.role)


def over_views(answer: Answer, views: Sequence[View]) -> Answer:
    """The answer about all views; a model that is never shown any of them is not what is missing.

    Views without colours are put to no model that answers questions.
    """
    if answer.missing != "question_answering" or any(view.coloured for view in views):
        return answer
    why = "views without texture are shown to no QuestionAnswering, and nobody else can judge this"
    return Answer(ClaimStatus.UNVERIFIED, why, answer.role)


def _provable(claim: Statement, *, coloured: bool) -> ClaimStatus | None:
    """What one view can show of a claim, if anything."""
    match claim:
        case ObjectClaim() | CountClaim(comparator=Comparator.AT_LEAST):
            return ClaimStatus.SUPPORTED
        case AbsenceClaim():
            return ClaimStatus.CONTRADICTED
        case TextClaim() | ActionClaim() if coloured:
            return ClaimStatus.SUPPORTED
        case AttributeClaim(name, kind, value) if coloured and kind in _OF_SURFACES:
            of_the_mesh = name and name not in WHOLE_PICTURE
            by_light = kind == "colour" and basic_name(value) in _MADE_BY_LIGHT
            return ClaimStatus.SUPPORTED if of_the_mesh and not by_light else None
    return None
