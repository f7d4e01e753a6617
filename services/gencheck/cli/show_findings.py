"""Findings as people read them: worst first, where, how bad against what is allowed, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from gencheck.cli.places import place, size_of
from gencheck.codes import number, quantity
from gencheck.findings import Box, Finding, JsonPointer, Mask, PrimPath, Severity
from gencheck.wire import finding_from

MOST = 8
MOST_INFO = 3
_MOST_PLACES = 3
_STYLES = {
    Severity.CRITICAL: "bold magenta",
    Severity.MAJOR: "bold red",
    Severity.MINOR: "yellow",
    Severity.INFO: "blue",
}
_WORDS = tuple(f"{severity.name} " for severity in Severity)
_Same = list[Finding]
"""Findings of one code at several places of a document."""


def finding_lines(answer: Any) -> list[Text]:
    """What was found, what is for information, then what could not be judged."""
    groups = _grouped([finding_from(finding) for finding in answer.findings])
    minded = [same for same in groups if same[0].severity > Severity.INFO]
    told = [same for same in groups if same[0].severity is Severity.INFO]
    shown = minded[:MOST]
    in_picture = any(isinstance(same[0].region, Box | Mask) for same in shown)
    size = size_of(Path(answer.asset)) if in_picture else None
    lines: list[Text] = []
    advised: set[str] = set()
    for same in shown:
        lines += _minded(same, size)
        if same[0].remedy not in advised:
            lines.append(Text(f"{'':<10}{same[0].remedy}", style="dim"))
        advised.add(same[0].remedy)
    lines += _more(len(minded) - MOST)
    lines += [_for_information(same) for same in told[:MOST_INFO]]
    lines += _more(len(told) - MOST_INFO, " for information")
    # Reasons repeat the findings, or say what nobody could judge.
    gaps = [reason for reason in answer.reasons if not reason.startswith(_WORDS)]
    return [*lines, *(Text(reason, style="dim" if not minded else "") for reason in gaps)]


def _grouped(findings: Sequence[Finding]) -> list[_Same]:
    """Those that name places of a document by code, and of USD by rule; all others alone."""
    groups: dict[object, _Same] = {}
    for turn, finding in enumerate(findings):
        key: object = turn
        if isinstance(finding.region, JsonPointer):
            key = finding.code
        elif isinstance(finding.region, PrimPath):
            key = finding.code, _told(finding).partition(":")[0]
        groups.setdefault(key, []).append(finding)
    return list(groups.values())


def _told(finding: Finding) -> str:
    return finding.message.partition(": ")[2]


def _minded(same: _Same, size: tuple[int, int] | None) -> Iterator[Text]:
    finding = same[0]
    waived = f"  waived: {finding.waived}" if finding.waived else ""
    style = _STYLES[finding.severity]
    yield Text.assemble(
        (f"{finding.severity.name:<10}", style),
        (finding.code, "bold"),
        f"  {finding.message.partition(': ')[0]}{waived}",
    )
    figures = _figures(finding)
    where = _places(same, size)
    # Where places are listed one by one, they are among the figures.
    words = figures if where and any(where in part for part in figures) else (where, *figures)
    yield Text(f"{'':<10}{' · '.join(part for part in words if part)}")


def _for_information(same: _Same) -> Text:
    finding = same[0]
    title, _, _ = finding.message.partition(": ")
    words = (_places(same, None), *_figures(finding)[:1])
    told = " · ".join(part for part in words if part)
    return Text.assemble(
        (f"{finding.severity.name:<10}", _STYLES[finding.severity]),
        (f"{finding.code}  {title} · {told}", "dim"),
    )


def _more(hidden: int, kind: str = "") -> list[Text]:
    return [Text(f"and {hidden} more{kind}; see --json", style="dim")] if hidden > 0 else []


def _places(same: _Same, size: tuple[int, int] | None) -> str:
    named = [*dict.fromkeys(place(finding.region, size) for finding in same)]
    return ", ".join([*named[:_MOST_PLACES], *(["…"] if len(named) > _MOST_PLACES else [])])


def _figures(finding: Finding) -> tuple[str, str]:
    """How bad against what is allowed, and what else was measured."""
    detail, _, figures = _told(finding).rpartition(" (")  # the figures follow in brackets
    if isinstance(finding.region, PrimPath):  # they are of all rules together
        return detail, ""
    if figures.startswith("threshold"):  # or stand first, such as "3 of 12 edges"
        limit = "" if finding.threshold <= 1 else f", against {number(finding.threshold)}"
        return f"{detail}{limit}", ""
    value, limit = number(finding.measured), number(finding.threshold)
    if limit == "1" and finding.measured == round(finding.measured):  # one is too many
        return quantity(finding.measured, finding.unit), detail
    return f"{value} against {limit} {finding.unit}", detail
