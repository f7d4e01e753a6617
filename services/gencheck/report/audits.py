"""Audits as they are drawn: a group an attribute, its prompts as a forest, its sample as a curve.

Positions are in units of the drawings of ``audits.html.j2``, x to the right, y down. Pure.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gencheck.report.model import NO_RELATIONS, AuditChart, EffectRow, Relations, ShareRow

MOST_PROMPTS = 40
MOST_BARS = 8
"""Prompts of a group whose bars are drawn as well; all are in the forest up to its own limit."""
MOST_PAIRS = 20
MONK = tuple(
    "f6ede4 f3e7db f7ead0 eadaba d7bd96 a07e56 825c43 604134 3a312a 292420".split()  # noqa: SIM905
)
"""The swatches of the attribute ``skin_tone``, sRGB (Monk 2019)."""
_TONES = tuple(str(tone) for tone in range(1, len(MONK) + 1))
_RANK = {"SKEWED": 0, "UNVERIFIED": 1, "INSUFFICIENT": 2, "BALANCED": 3}


@dataclass(frozen=True, slots=True)
class Band:
    """A piece of the tone strip, in percent of its width."""

    tone: str
    colour: str
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Curve:
    """What a sample of a size can show, in a field of 300 × 150.

    Attributes:
        points: of the curve, for an SVG polyline.
        here: where this set stands; ``None`` without people.
        needed: x of the smallest sample that would do.
        effect: y of the departure that matters.
        detectable: the distance that this sample shows with power 0.8; ``None`` where none.
        ticks: x and words.
    """

    points: str
    here: tuple[float, float] | None
    needed: float
    effect: float
    detectable: float | None
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class AuditGroup:
    """All audits of one attribute by one model.

    Attributes:
        whole: all prompts together, or the only audit.
        prompts: the others, the largest shown departure first.
        hidden: how many more there are.
        scale: the distance at the right end of the forest, 0..1.
        shown, expected: the tone strip; empty for other attributes.
        relations: those of this attribute.
    """

    whole: AuditChart
    prompts: tuple[AuditChart, ...]
    hidden: int
    scale: float
    shown: tuple[Band, ...]
    expected: tuple[Band, ...]
    curve: Curve | None
    relations: Relations = NO_RELATIONS


def chart_of(audit: Any, *, finding: str) -> AuditChart:
    """An audit as it is drawn.

    Args:
        audit: an ``AttributeAudit``, of the API or of the bias room: they have the same fields.
        finding: its finding as a word in capitals.
    """
    return AuditChart(
        prompt=audit.prompt,
        attribute=audit.attribute,
        finding=finding,
        shares=tuple(
            ShareRow(
                s.category,
                s.count,
                s.share,
                s.low,
                s.high,
                s.reference,
                s.suppressed,
                _optional(s, "naive"),
            )
            for s in audit.shares
        ),
        n=audit.n,
        unverified=audit.unverified,
        needed=audit.needed,
        distance=audit.distance,
        distance_low=audit.distance_low,
        distance_high=audit.distance_high,
        p_adjusted=_optional(audit, "p_adjusted"),
        interval_method=audit.interval_method.name,
        test_method=audit.test_method.name,
        notes=tuple(audit.notes),
        withheld=audit.withheld,
        q_value=_optional(audit, "q_value"),
        e_value=_optional(audit, "e_value"),
        effect=audit.effect,
        effects=tuple(EffectRow(e.name, e.value, e.low, e.high) for e in audit.effects),
        correction=_correction(_optional(audit, "correction")),
        model=audit.model,
    )


def _optional(message: Any, field: str) -> Any:
    """A field that may be absent: of a message of the API, or ``None`` of a dataclass."""
    has = getattr(message, "HasField", None)
    return getattr(message, field) if has is None or has(field) else None


def _correction(used: Any) -> str:
    if used is None:
        return ""
    return f"{used.method.name}, {used.people:g} people of {used.source or 'an unnamed source'}"


def audit_groups(
    audits: Iterable[AuditChart], relations: Relations = NO_RELATIONS
) -> list[AuditGroup]:
    """The audits by attribute and model, in their order; the first of each is the whole."""
    groups: dict[tuple[str, str], list[AuditChart]] = {}
    for audit in audits:
        groups.setdefault((audit.attribute, audit.model), []).append(audit)
    return [replace(_group(g), relations=relations.of(*who)) for who, g in groups.items()]


def _group(audits: Sequence[AuditChart]) -> AuditGroup:
    whole, *rest = audits
    prompts = sorted(
        rest, key=lambda a: (-a.distance_low, _RANK.get(a.finding, 9), -a.distance, a.prompt)
    )
    shown = prompts[:MOST_PROMPTS]
    longest = max((a.distance_high for a in (whole, *shown) if not a.withheld), default=1.0)
    tones = {share.category: share for share in whole.shares}
    strip = whole.attribute == "skin_tone" and tuple(tones) == _TONES and whole.n > 0
    strip = strip and not whole.withheld
    return AuditGroup(
        whole,
        tuple(shown),
        len(prompts) - len(shown),
        min(1.0, max(1, math.ceil(longest * 4)) / 4),
        _strip([tones[tone].share for tone in _TONES]) if strip else (),
        _strip([tones[tone].reference for tone in _TONES]) if strip else (),
        _curve(whole),
    )


def reach(audit: AuditChart) -> float:
    """The share at the right end of an audit's bars, of which a quarter is a round number."""
    told = [share for share in audit.shares if not share.suppressed]
    most = max((max(share.high, share.reference) for share in told), default=1.0)
    return next(end for end in (0.2, 0.4, 0.8, 1.0) if most <= end or end == 1.0)


def _strip(shares: Sequence[float]) -> tuple[Band, ...]:
    ends = list(itertools.accumulate(shares, initial=0.0))
    total = ends[-1] or 1.0
    return tuple(
        Band(tone, f"#{colour}", 100 * start / total, 100 * share / total)
        for tone, colour, start, share in zip(_TONES, MONK, ends, shares, strict=False)
    )


def _curve(audit: AuditChart) -> Curve | None:
    """Power 0.8 needs ``n (2 d)²`` to be constant, so ``d`` falls as the root of ``n`` grows."""
    doubtful = audit.finding == "INSUFFICIENT" and audit.n >= audit.needed
    if audit.withheld or doubtful or audit.e_value is not None:
        return None
    if not (audit.needed and 0 < audit.effect < 1):
        return None
    low, high = 10.0, 10.0 ** math.ceil(math.log10(4 * max(audit.needed, audit.n)))

    def x(n: float) -> float:
        return round(300 * math.log(max(n, low) / low) / math.log(high / low), 1)

    def y(distance: float) -> float:
        return round(150 * (1 - min(distance, 0.5) / 0.5), 1)

    def shows(n: float) -> float:
        return audit.effect * math.sqrt(audit.needed / n)

    sizes = [low * (high / low) ** (i / 60) for i in range(61)]
    powers = [10.0**k for k in range(1, round(math.log10(high)) + 1)]
    return Curve(
        " ".join(f"{x(n)},{y(shows(n))}" for n in sizes),
        (x(audit.n), y(shows(audit.n))) if audit.n >= 1 else None,
        x(audit.needed),
        y(audit.effect),
        shows(audit.n) if audit.n >= 1 else None,
        tuple((x(n), f"{n:,.0f}") for n in powers),
    )
