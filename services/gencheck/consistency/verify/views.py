"""What a view of a 3D asset can tell about a claim: shape without texture, from one side."""

from __future__ import annotations

from dataclasses import replace

from gencheck.consistency.claims import (
    AbsenceClaim,
    ClaimStatus,
    Comparator,
    CountClaim,
    ObjectClaim,
    Statement,
)
from gencheck.consistency.verify.answer import Answer


def in_view(answer: Answer, claim: Statement, view: str) -> Answer:
    """The answer about one view, less what a view cannot tell.

    The judges are made for pictures of real surfaces. In a shaded view what they see is there, but
    what they do not see may still be: for want of texture, or behind the rest. So a thing, or so
    many at least, can be confirmed, an absence refuted, and everything else stays open.

    The evidence is left out: its boxes lie in a view that the caller may never see. So are
    probabilities, which were calibrated on photos.
    """
    if answer.status is _provable(claim):
        why = f"in the {view} view: {answer.explanation}"
        return replace(answer, explanation=why, evidence=(), probability=None)
    if not answer.judged:
        return replace(answer, evidence=(), probability=None)
    why = f"views without texture do not decide this ({view}: {answer.explanation})"
    return Answer(ClaimStatus.UNVERIFIED, why, answer.role)


def _provable(claim: Statement) -> ClaimStatus | None:
    match claim:
        case ObjectClaim() | CountClaim(comparator=Comparator.AT_LEAST):
            return ClaimStatus.SUPPORTED
        case AbsenceClaim():
            return ClaimStatus.CONTRADICTED
    return None
