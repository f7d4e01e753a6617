"""What one judge says about one claim and one picture, and how several pictures agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gencheck.consistency.claims import ClaimStatus
from gencheck.findings import Box, Region
from gencheck.vision.roles import (
    MISSING_ROLE_FIX,
    DetectedObject,
    Face,
    Picture,
    PixelMask,
    TextLine,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, why, where, and who says so.

    Attributes:
        role: the role or measurement that judged; where it could not, the one that would be needed.
        missing: for a role that nobody plays, its key in ``MISSING_ROLE_FIX``.
        probability: that the claim holds, 0..1, where that is calibrated. Such an answer is open
            until somebody says what confidence will do: see :meth:`decided`.
    """

    status: ClaimStatus
    explanation: str
    role: str
    evidence: tuple[Region, ...] = ()
    missing: str = ""
    probability: float | None = None

    def decided(self, confidence: float) -> Answer:
        """The same, supported or contradicted where its probability reaches a confidence."""
        if self.probability is None:
            return self
        status = ClaimStatus.UNVERIFIED
        if self.probability >= confidence:
            status = ClaimStatus.SUPPORTED
        elif self.probability <= 1.0 - confidence:
            status = ClaimStatus.CONTRADICTED
        return replace(self, status=status)

    @property
    def judged(self) -> bool:
        """Whether the claim is decided either way."""
        return self.status is not ClaimStatus.UNVERIFIED


@dataclass(frozen=True, slots=True)
class Seen:
    """One picture with what the roles saw in it; ``None``: not asked, or nobody plays the role.

    Attributes:
        closer: objects found in crops; ``None``: the whole picture was clear enough.
        lines_again: as read once more with more contrast; ``None``: all that was asked for was
            read at first.
        masks: of boxes whose colour is asked for, where a segmenter has cut them out.
    """

    picture: Picture = field(repr=False)
    objects: tuple[DetectedObject, ...] | None = None
    faces: tuple[Face, ...] | None = None
    lines: tuple[TextLine, ...] | None = None
    closer: tuple[DetectedObject, ...] | None = None
    lines_again: tuple[TextLine, ...] | None = None
    masks: Mapping[Box, PixelMask] = field(default_factory=dict, repr=False)


ROLE_NAMES = {
    "faces": "FaceDetector",
    "text": "TextReader",
    "objects": "ObjectDetector",
    "question_answering": "QuestionAnswering",
}


def supported(why: str, role: str, evidence: Sequence[Region] = ()) -> Answer:
    """The picture shows it."""
    return Answer(ClaimStatus.SUPPORTED, why, role, tuple(evidence))


def contradicted(why: str, role: str, evidence: Sequence[Region] = ()) -> Answer:
    """The picture shows otherwise."""
    return Answer(ClaimStatus.CONTRADICTED, why, role, tuple(evidence))


def uncertain(why: str, role: str, evidence: Sequence[Region] = ()) -> Answer:
    """The role looked, and what it saw does not decide."""
    return Answer(ClaimStatus.UNVERIFIED, why, role, tuple(evidence))


def likely(probability: float, why: str, role: str, evidence: Sequence[Region] = ()) -> Answer:
    """It holds with this probability; what that decides is for :meth:`Answer.decided`."""
    open_ = ClaimStatus.UNVERIFIED
    return Answer(open_, why, role, tuple(evidence), probability=probability)


def lacking(role: str, why: str = "") -> Answer:
    """Nobody plays the role that could judge. Args: role: a key of ``MISSING_ROLE_FIX``."""
    name = ROLE_NAMES[role]
    reason = why or f"no {name} is there to judge this"
    return Answer(
        ClaimStatus.UNVERIFIED, f"{reason}. {MISSING_ROLE_FIX[role]}", name, (), missing=role
    )


def first_judged(answers: Sequence[Answer]) -> Answer:
    """The first judge that decides; else one with a probability, one that looked, one missing."""
    for answer in answers:
        if answer.judged:
            return answer
    rated = next((answer for answer in answers if answer.probability is not None), None)
    if rated is not None:
        return rated
    return next((answer for answer in answers if not answer.missing), answers[0])


def over_pictures(answers: Sequence[Answer], *, all_must_agree: bool = False) -> Answer:
    """One answer for the frames of a video or the views of a mesh.

    A claim holds if any picture supports it, and fails if every picture that can judge contradicts
    it. An absence (``all_must_agree``) is the other way round: one picture is enough to refute it.
    """
    winning, losing = ClaimStatus.SUPPORTED, ClaimStatus.CONTRADICTED
    if all_must_agree:
        winning, losing = losing, winning
        if any(not a.judged for a in answers) and not any(a.status is winning for a in answers):
            return next(a for a in answers if not a.judged)
    for status in (winning, losing):
        found = next((answer for answer in answers if answer.status is status), None)
        if found is not None:
            return found
    return answers[0]
