"""What services ask about sound: roles, never a model by name.

A role that nobody plays is ``None`` in :class:`HearingRoles`: the check then abstains and says
which role is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gencheck.deadline import Deadline
from gencheck.findings import ModelUsed
from gencheck.media.types import Sound


@dataclass(frozen=True, slots=True)
class SpeechScores:
    """How people would rate speech, as a model estimates it: 1 (bad) to 5 (excellent).

    The scale is that of ITU-T P.835. The estimates mean something on speech only: on music, or
    where nobody speaks, they are numbers without a meaning.

    Attributes:
        signal: how natural the voice is.
        background: how little the background intrudes.
        overall: both together.
        p808: overall by ITU-T P.808, asked of listeners in another way; ``None`` without its model.
        windows: how many windows of sound the scores are the means of.
    """

    signal: float
    background: float
    overall: float
    p808: float | None
    windows: int


@dataclass(frozen=True, slots=True)
class SpeechSpan:
    """A stretch of sound in which somebody speaks, in seconds from the start."""

    start: float
    end: float


class SpeechQuality(Protocol):
    """Estimates how good speech sounds, without a reference to compare it with."""

    model: ModelUsed

    async def rate(self, sound: Sound, *, deadline: Deadline) -> SpeechScores:
        """The scores of the whole; channels are mixed to one."""
        ...


class SpeechActivity(Protocol):
    """Says when somebody speaks."""

    model: ModelUsed

    async def find(self, sound: Sound, *, deadline: Deadline) -> list[SpeechSpan]:
        """Spans of speech in their order; channels are mixed to one."""
        ...


@dataclass(frozen=True, slots=True)
class HearingRoles:
    """Who plays which role in this process; ``None``: nobody does."""

    quality: SpeechQuality | None = None
    activity: SpeechActivity | None = None
