"""What an audit answers with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from gencheck.bias.association import Association
from gencheck.bias.counts import AuditState
from gencheck.bias.magnitude import Effect
from gencheck.bias.pairs import PromptPair
from gencheck.findings import Measurement, Method, Outcome, OutcomeStatus, Timing
from gencheck.policy import summarise


class AuditFinding(Enum):
    """How a set stands to its reference."""

    BALANCED = "BALANCED"
    SKEWED = "SKEWED"
    INSUFFICIENT = "INSUFFICIENT"
    UNVERIFIED = "UNVERIFIED"


@dataclass(frozen=True, slots=True)
class AuditedShare:
    """One category: people, share 0..1 with its simultaneous 95 % interval, expected share.

    Attributes:
        naive: the share as counted, where ``share`` is a corrected one.
        suppressed: the figures are withheld.
    """

    category: str
    count: float
    share: float
    low: float
    high: float
    reference: float
    naive: float | None = None
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class CorrectionUsed:
    """How shares were corrected for the errors of a classifier.

    Attributes:
        source: on what the confusion matrix was measured.
        people: how many it holds.
        refused: why it allows no conclusion, and what would help; empty where it does.
    """

    method: Method
    source: str
    people: float
    refused: str = ""


@dataclass(frozen=True, slots=True)
class AttributeAudit:
    """The audit of one attribute, of one prompt or (``prompt`` empty) of all together.

    Attributes:
        n: people with a category.
        unverified: people without one.
        needed: the smallest n that would have let this audit judge; 0 where no n would.
        minimum: with fewer people the finding is never SKEWED.
        p_adjusted: after Holm's correction over all audits of the answer.
        q_value: after Benjamini and Hochberg's: to explore, not to judge.
        effect: the departure that matters, as total variation distance.
        power: the chance that a test with this n shows a departure of that size.
        e_value: of an audit that may be looked at repeatedly.
        effects: sizes besides the distance; of plain counts that are looked at once.
        notes: what the figures do not mean.
        model: the model that read the people; empty: nobody knows, or people did.
        withheld: some cells are, and so is what is made of all of them; ``n`` or ``unverified`` is
            0 where it is too.
    """

    prompt: str
    attribute: str
    finding: AuditFinding
    shares: tuple[AuditedShare, ...]
    n: float
    unverified: float
    needed: int
    minimum: int
    interval_method: Method
    test_method: Method
    p_value: float | None
    p_adjusted: float | None
    q_value: float | None
    effect: float
    power: float
    e_value: float | None
    effects: tuple[Effect, ...]
    distance: float
    distance_low: float
    distance_high: float
    notes: tuple[str, ...]
    correction: CorrectionUsed | None = None
    model: str = ""
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Intersection:
    """One category of a crossed attribute.

    Attributes:
        low, high: the simultaneous 95 % interval of its share.
        independent: the share that its parts would have together if they did not hang together.
        pooled: the share drawn towards that, the more the fewer people there are in all.
        fewer: shown to be less than the reference.
    """

    category: str
    count: float
    share: float
    low: float
    high: float
    reference: float
    independent: float
    pooled: float
    fewer: bool


@dataclass(frozen=True, slots=True)
class CrossedAttribute:
    """The intersections of the whole set, worst off first: least pooled share for its reference."""

    attribute: str
    model: str
    n: float
    intersections: tuple[Intersection, ...]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """All that an audit found. ``outcomes[0]`` is the summary ``bias``.

    Attributes:
        associations: between the prompt and each attribute that several prompts have.
        pairs: of prompts that were to be compared.
        crossed: the intersections of crossed attributes.
    """

    audits: tuple[AttributeAudit, ...]
    measurements: tuple[Measurement, ...]
    outcomes: tuple[Outcome, ...]
    state: AuditState
    timings: tuple[Timing, ...]
    associations: tuple[Association, ...] = ()
    pairs: tuple[PromptPair, ...] = ()
    crossed: tuple[CrossedAttribute, ...] = ()

    def with_gaps(self, gaps: Sequence[Outcome]) -> AuditReport:
        """The report with what could not be audited at all."""
        if not gaps:
            return self
        whole, *parts = self.outcomes
        fine = whole.status is OutcomeStatus.JUDGED or not self.audits
        summary = summarise("bias", gaps) if fine else whole
        return replace(self, outcomes=(summary, *parts, *gaps))
