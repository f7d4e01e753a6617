"""A run held against its SLOs: PASS, FAIL, or INCONCLUSIVE where it proves neither. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from loadtests.records import Records
from loadtests.scenario import Scenario
from loadtests.slo import CAPACITY, Rule, Slo
from loadtests.summary import ALL, Figures, recovery


class Judged(StrEnum):
    """What a run shows."""

    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


EXIT_STATUS = {Judged.PASS: 0, Judged.FAIL: 1, Judged.INCONCLUSIVE: 3}
"""As `gencheck check` has it."""


@dataclass(frozen=True, slots=True)
class Held:
    """One rule held against one phase.

    Attributes:
        value: the figure; ``None`` where it could not be had.
        bound: in the unit of the figure.
        relation: ``at most`` or ``at least``.
    """

    phase: str
    kind: str
    figure: str
    value: float | None
    bound: float | None
    relation: str
    verdict: Judged
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Generator:
    """Whether the load was offered as it was scheduled.

    Attributes:
        lateness: seconds by name of percentile (``p50``, ``p99``, ``max``).
        not_sent: assets that should have been sent and were not.
        cpu: share of one core that the busiest client process used.
    """

    processes: int
    lateness: Mapping[str, float]
    not_sent: int
    cpu: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole verdict, with every rule behind it."""

    verdict: Judged
    reasons: tuple[str, ...]
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict is made of.

    Attributes:
        seconds: that each phase was run for.
        capacity: assets a second; ``None`` where it was not measured.
        rss_slopes: bytes a second by server and phase.
    """

    scenario: Scenario
    records: Records
    figures: Sequence[Figures]
    seconds: Sequence[float]
    generator: Generator
    capacity: float | None = None
    rss_slopes: Mapping[str, Mapping[str, float]] | None = None
    broken_off: bool = False


def generator_of(records: Records, *, processes: int, cpu: float) -> Generator:
    """How late the generator was. Args: cpu: see :class:`Generator`."""
    sent = records.lateness[~np.isnan(records.lateness)]
    cuts = np.quantile(sent, [0.5, 0.99, 1.0]) if len(sent) else ()
    lateness = dict(zip(("p50", "p99", "max"), map(float, cuts), strict=False))
    return Generator(processes, lateness, len(records) - len(sent), cpu)


def judge(evidence: Evidence, slo: Slo) -> Verdict:
    """Hold every rule against what was measured."""
    held = tuple(one for rule in slo.rules for one in _hold(rule, evidence))
    doubts = _doubts(evidence, slo)
    broken = [one for one in held if one.verdict is Judged.FAIL]
    unknown = [one for one in held if one.verdict is Judged.INCONCLUSIVE]
    if doubts or (unknown and not broken):
        # A generator that fell behind offers another load than it was to: no FAIL either.
        reasons = [*doubts, *(one.reason for one in (*broken, *unknown))]
        return Verdict(Judged.INCONCLUSIVE, tuple(reasons), held)
    if broken:
        return Verdict(Judged.FAIL, tuple(one.reason for one in (*broken, *unknown)), held)
    return Verdict(Judged.PASS, (f"all {len(held)} bounds are kept",), held)


def _doubts(evidence: Evidence, slo: Slo) -> list[str]:
    generator = evidence.generator
    doubts = []
    if evidence.broken_off:
        ran, whole = sum(evidence.seconds), evidence.scenario.seconds
        doubts.append(f"the run was broken off after {ran:.0f} of {whole:.0f} s")
    late = generator.lateness.get("p99")
    if late is None:
        doubts.append("nothing was sent")
    elif late > slo.lateness:
        doubts.append(
            f"the generator fell behind: 1 % of the assets were sent {late * 1e3:.0f} ms late or "
            f"more, {slo.lateness * 1e3:.0f} ms are allowed; add client processes or machines"
        )
    if generator.not_sent:
        doubts.append(f"the generator could not send {generator.not_sent:,} assets")
    return doubts


def _hold(rule: Rule, evidence: Evidence) -> list[Held]:
    judged = [phase.name for phase in evidence.scenario.phases if phase.judged]
    return [_hold_one(rule, name, evidence) for name in ([rule.phase] if rule.phase else judged)]


def _hold_one(rule: Rule, phase: str, evidence: Evidence) -> Held:
    value, why = _value(rule, phase, evidence)
    bound = _bound(rule, evidence)
    relation = "at most" if rule.at_most is not None else "at least"
    place = phase if rule.kind == ALL else f"{phase}, {rule.kind}"
    if value is None or bound is None:
        missing = why if value is None else f"no {rule.figure} in {rule.of} to compare with"
        reason = f"{place}: {rule.figure} cannot be judged: {missing}"
        verdict = Judged.INCONCLUSIVE
    else:
        kept = value <= bound if rule.at_most is not None else value >= bound
        verdict = Judged.PASS if kept else Judged.FAIL
        shown, wanted = show(rule.figure, value), show(rule.figure, bound)
        reason = "" if kept else f"{place}: {rule.figure} is {shown}, {relation} {wanted} is wanted"
    return Held(phase, rule.kind, rule.figure, value, bound, relation, verdict, reason)


def _value(rule: Rule, phase: str, evidence: Evidence) -> tuple[float | None, str]:
    """The figure, or why there is none."""
    if rule.figure == "rss_slope":
        slopes = [by_phase.get(phase) for by_phase in (evidence.rss_slopes or {}).values()]
        known = [slope for slope in slopes if slope is not None]
        value = max(known) * 60 / 1e6 if known else None
        return value, "no server of this run could be measured"
    found = _figures(evidence, phase, rule.kind)
    if found is None:
        return None, "the phase was not run, or has none of this class"
    if rule.figure == "recovery":
        return _recovery(rule, phase, evidence)
    return found.figure(rule.figure), f"{found.answered} answers of {found.offered} are too few"


def _recovery(rule: Rule, phase: str, evidence: Evidence) -> tuple[float | None, str]:
    usual = _figures(evidence, rule.of, ALL)
    p99 = None if usual is None else usual.figure("p99")
    if p99 is None:
        return None, f"no p99 in {rule.of} to compare with"
    names = [one.name for one in evidence.scenario.phases]
    start = sum(one.seconds for one in evidence.scenario.phases[: names.index(phase)])
    seconds = evidence.seconds[names.index(phase)]
    value = recovery(evidence.records, start, seconds, p99)
    return (seconds if value is None else value), ""


def _bound(rule: Rule, evidence: Evidence) -> float | None:
    factor = rule.at_most if rule.at_most is not None else rule.at_least
    assert factor is not None
    if not rule.of or rule.figure == "recovery":
        return factor
    if rule.of == CAPACITY:
        return None if evidence.capacity is None else factor * evidence.capacity
    other = _figures(evidence, rule.of, rule.kind)
    value = None if other is None else other.figure(rule.figure)
    return None if value is None else factor * value


def _figures(evidence: Evidence, phase: str, kind: str) -> Figures | None:
    return next((f for f in evidence.figures if f.phase == phase and f.kind == kind), None)


def show(figure: str, value: float) -> str:
    """A figure for people."""
    match figure:
        case "goodput":
            return f"{value:.1f}/s"
        case "errors" | "refused" | "partial" | "late" | "answered":
            return f"{100 * value:.4g} %"
        case "rss_slope":
            return f"{value:.2f} MB/min"
    return f"{value:.3g} s" if value >= 1 else f"{value * 1e3:.3g} ms"
