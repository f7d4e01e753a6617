"""What a check returns: frozen values, free of any wire format.

A *check* measures. A :class:`Measurement` says how bad one published code is, somewhere. The policy
turns measurements into :class:`Finding` and those, with the :class:`Outcome` of every check, into a
:class:`Judgement`. See ``policy.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from functools import lru_cache
from typing import TypeAlias


class Severity(IntEnum):
    """How much a finding matters; ordered."""

    INFO = 1
    MINOR = 2
    MAJOR = 3
    CRITICAL = 4


class Verdict(Enum):
    """The one answer about an asset or a set."""

    PASS = "PASS"
    REVIEW = "REVIEW"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned rectangle in pixels of the upright picture; origin top left."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Mask:
    """Pixels of the upright picture: a single-channel PNG of its size (255 inside), and its box."""

    png: bytes = field(repr=False)
    box: Box


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """Seconds from the start of the medium; ``start <= end``."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class MeshElements:
    """Faces, edges, vertices or components of the *welded* mesh unless the message says otherwise.

    Attributes:
        kind: ``face``, ``edge``, ``vertex``, ``component`` or ``loop``.
        indices: at most the first 1,000; for an edge, pairs of vertex indices in a row.
        total: how many there are in all.
        faces: up to 1,000 faces of the mesh *as it was read* that show where, for drawing.
        position: centre of the first of these, in the unit of the file; empty if not finite.
    """

    kind: str
    indices: tuple[int, ...] = field(repr=False)
    total: int
    faces: tuple[int, ...] = field(default=(), repr=False)
    position: tuple[float, ...] = ()

    @property
    def words(self) -> str:
        """Such as ``faces 3, 8, 9, …, the first at (0.1, 2, 0)``; empty where nothing is listed.

        Faces go before all else, as they have the same numbers in the file.
        """
        kind, found = ("face", self.faces) if self.faces else (self.kind, self.indices)
        if len(found) != 1:
            kind = "vertices" if kind == "vertex" else f"{kind}s"
        named = ", ".join(map(str, found[:3])) + (", …" if len(found) > 3 else "")
        if not found or not self.position:
            return f"{kind} {named}" if found else ""
        at = f"at ({', '.join(f'{x:.4g}' for x in self.position)})"
        return f"{kind} {named}{', the first' if len(found) > 1 else ''} {at}"


@dataclass(frozen=True, slots=True)
class TextSpan:
    """Characters of the prompt: ``prompt[start:end] == text``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class JsonPointer:
    """A place in a JSON document (RFC 6901)."""

    pointer: str


@dataclass(frozen=True, slots=True)
class PrimPath:
    """A prim or property of a USD scene, such as ``/World/Chair.points``."""

    path: str


Region: TypeAlias = Box | Mask | TimeSpan | MeshElements | TextSpan | JsonPointer | PrimPath


def box_of(region: Region | None) -> Box | None:
    """The rectangle around a place in a picture; ``None`` for every other place."""
    box = region.box if isinstance(region, Mask) else region
    return box if isinstance(box, Box) else None


@dataclass(frozen=True, slots=True)
class Method:
    """How a value was obtained, so that somebody else can obtain it again."""

    name: str
    version: str
    reference: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """How bad one published code is, over the whole asset or in one region. Higher is worse.

    A detector returns at least one: one for each region that stands out, or one without a region
    where none does. So what was measured and not found wanting is visible too.

    Attributes:
        code: a published code (``codes.py``), which fixes the unit of ``value``.
        value: finite, in the code's unit.
        check: the check that measured, such as ``artifact.blocking``.
        detail: facts for a person, such as ``3 of 24 tiles``; no final dot.
        confidence: only where calibrated, in 0..1; else ``None``.
    """

    code: str
    value: float
    check: str
    method: Method
    region: Region | None = None
    detail: str = ""
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A measurement that a policy minds."""

    code: str
    severity: Severity
    check: str
    message: str
    measured: float
    threshold: float
    unit: str
    method: Method
    remedy: str
    region: Region | None = None
    confidence: float | None = None
    waived: str = ""


class OutcomeStatus(Enum):
    """Whether a check could do its work."""

    JUDGED = "JUDGED"
    ERROR = "ERROR"
    SKIPPED = "SKIPPED"


class SkipReason(Enum):
    """Why a check did not judge. Only ``NOT_APPLICABLE`` and ``NOT_REQUESTED`` are no gap.

    ``NOT_NEEDED``: the verdict was FAIL already, which no gap changes.
    """

    NOT_APPLICABLE = "NOT_APPLICABLE"
    NOT_REQUESTED = "NOT_REQUESTED"
    NOT_NEEDED = "NOT_NEEDED"
    MODEL_MISSING = "MODEL_MISSING"
    TOO_SMALL = "TOO_SMALL"
    INSUFFICIENT_SAMPLE = "INSUFFICIENT_SAMPLE"
    UNCERTAIN = "UNCERTAIN"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one check, such as ``artifact.blocking`` or ``consistency.count``.

    Attributes:
        reason: for ``SKIPPED`` a :class:`SkipReason` value, for ``ERROR`` an error's reason.
        message: what stopped it, and what would let it judge.
        grpc_code: for ``ERROR``: the canonical status code (google.rpc.Code).
        metadata: for ``ERROR``: the dynamic values of the message.
    """

    check: str
    status: OutcomeStatus
    reason: str = ""
    message: str = ""
    grpc_code: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict)


@lru_cache(maxsize=512)  # most outcomes of most answers are one of a few
def judged(check: str) -> Outcome:
    """The outcome of a check that did its work."""
    return Outcome(check, OutcomeStatus.JUDGED)


def skipped(check: str, reason: SkipReason, message: str) -> Outcome:
    """The outcome of a check that could not, or need not, do its work."""
    return Outcome(check, OutcomeStatus.SKIPPED, reason.value, message)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict with its reasons, and the policy that led to it."""

    verdict: Verdict
    reasons: tuple[str, ...]
    policy_name: str
    policy_version: str
    policy_sha256: str


@dataclass(frozen=True, slots=True)
class ModelUsed:
    """A model that had a say, with the role that it played."""

    role: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one stage took, in seconds of wall clock."""

    stage: str
    seconds: float
