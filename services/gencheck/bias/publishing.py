"""An audit as it may be published: judged on the true counts, told without small cells."""

from __future__ import annotations

import itertools
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from gencheck.bias.association import Association
from gencheck.bias.measure import outcome_of
from gencheck.bias.pairs import PromptPair
from gencheck.bias.results import AttributeAudit, AuditReport, CrossedAttribute
from gencheck.bias.suppression import suppress
from gencheck.codes import describe
from gencheck.findings import Finding, Judgement, Measurement, Outcome
from gencheck.policy import Policy, grade, judge

_WITHHELD = "figures withheld, as some cells are small"


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer says.

    Attributes:
        published: small cells are withheld; then the counts themselves may not go along.
    """

    audits: tuple[AttributeAudit, ...]
    measurements: tuple[Measurement, ...]
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    judgement: Judgement
    associations: tuple[Association, ...] = ()
    pairs: tuple[PromptPair, ...] = ()
    crossed: tuple[CrossedAttribute, ...] = ()
    published: bool = False


def tell(report: AuditReport, policy: Policy, *, min_cell: int = 0) -> Told:
    """Grades and judges a report.

    Args:
        min_cell: cells of fewer people are withheld; 0: none are.
    """
    findings = grade(report.measurements, policy)
    if not min_cell:
        judgement = judge(report.outcomes, findings, policy)
        figures = report.audits, report.measurements, report.outcomes
        further = report.associations, report.pairs, report.crossed
        return Told(*figures, tuple(findings), judgement, *further)
    audits = suppress(report.audits, min_cell)
    withheld = {f"bias.{audit.attribute}" for audit in audits if audit.withheld}
    # What is measured of other cells than those of the audits is not looked into.
    plain = {f"bias.{audit.attribute}" for audit in audits} - withheld
    measurements, findings = _coarse(report.measurements, plain, policy)
    outcomes = _without_figures(report.outcomes, audits)
    judgement = judge(outcomes, findings, policy)
    return Told(
        audits,
        tuple(measurements),
        outcomes,
        tuple(findings),
        judgement,
        # What is told of an attribute's prompts and intersections would give its cells away.
        tuple(a for a in report.associations if f"bias.{a.attribute}" not in withheld),
        tuple(p for p in report.pairs if f"bias.{p.attribute}" not in withheld),
        tuple(c for c in report.crossed if f"bias.{c.attribute}" not in withheld),
        published=True,
    )


def _without_figures(
    outcomes: Sequence[Outcome], audits: Sequence[AttributeAudit]
) -> tuple[Outcome, ...]:
    """The outcomes, where those of withheld audits say no numbers: the whole stands first."""
    whole, *parts = outcomes
    groups = [list(g) for _, g in itertools.groupby(audits, lambda a: (a.attribute, a.model))]
    for number, group in enumerate(groups):
        if group[0].withheld:
            bare = outcome_of(group)
            if whole.message == f"{parts[number].check}: {parts[number].message}":
                whole = replace(whole, message=f"{bare.check}: {bare.message}")
            parts[number] = bare
    return (whole, *parts)


def _coarse(
    measurements: Sequence[Measurement], plain: Set[str], policy: Policy
) -> tuple[list[Measurement], list[Finding]]:
    """Measurements and findings; but of plain checks, only which threshold they reach."""
    shown: list[Measurement] = []
    findings: list[Finding] = []
    for measured in measurements:
        found = grade([measured], policy)
        if measured.check not in plain:
            reached = found[0].threshold if found else 0.0
            shown.append(replace(measured, value=reached, detail=_WITHHELD))
            findings += [_coarse_finding(finding) for finding in found]
        else:
            shown.append(measured)
            findings += found
    return shown, sorted(findings, key=lambda finding: -finding.severity)


def _coarse_finding(finding: Finding) -> Finding:
    title = f"{describe(finding.code).title}: {finding.check.removeprefix('bias.')}"
    message = f"{title}: {_WITHHELD} ({finding.threshold:.4g} {finding.unit} or more)"
    return replace(finding, measured=finding.threshold, message=message)
