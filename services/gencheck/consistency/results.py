"""What became of a prompt and of each of its claims."""

from __future__ import annotations

from dataclasses import dataclass

from gencheck.consistency.claims import Claim, ClaimStatus
from gencheck.findings import Measurement, ModelUsed, Outcome, Region, TextSpan, Timing


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """A claim, judged or left open.

    Attributes:
        role: the role or measurement that judged; for an open claim the one that would be needed.
        weight: how much the claim weighs in the coverage.
        probability: that the claim holds, 0..1, as likely as not beforehand; only of objects, their
            number and place, whose detector's scores are calibrated on photos.
    """

    claim: Claim
    status: ClaimStatus
    explanation: str
    evidence: tuple[Region, ...]
    role: str
    weight: float
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class ConsistencyReport:
    """What became of a prompt.

    Attributes:
        coverage: judged share of the claims' weight, 0..1; ``None`` where nothing was claimed.
        uncovered: content words of the prompt that stand in no claim.
    """

    claims: tuple[ClaimResult, ...]
    coverage: float | None
    uncovered: tuple[TextSpan, ...]
    measurements: tuple[Measurement, ...]
    outcomes: tuple[Outcome, ...]
    models: tuple[ModelUsed, ...]
    timings: tuple[Timing, ...]
