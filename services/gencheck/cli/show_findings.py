"""Findings as people read them: worst first, where, how bad against what is allowed, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.text import Text

from gencheck.cli.places import place, size_of
from gencheck.findings import Box, Finding, Mask, Severity
from gencheck.v1 import artifact_pb2
from gencheck.wire import finding_from

MOST = 8
_STYLES = {
    Severity.CRITICAL: "bold magenta",
    Severity.MAJOR: "bold red",
    Severity.MINOR: "yellow",
    Severity.INFO: "blue",
}
_WORDS = tuple(f"{severity.name} " for severity in Severity)


def finding_lines(answer: artifact_pb2.CheckArtifactResponse) -> list[Text]:
    """What was found, then what could not be judged."""
    findings = [finding_from(finding) for finding in answer.findings]
    shown = findings[:MOST]
    in_picture = any(isinstance(finding.region, Box | Mask) for finding in shown)
    size = size_of(Path(answer.asset)) if in_picture else None
    lines: list[Text] = []
    advised: set[str] = set()
    for finding in shown:
        lines += _finding(finding, size)
        if finding.remedy not in advised:
            lines.append(Text(f"{'':<10}{finding.remedy}", style="dim"))
        advised.add(finding.remedy)
    if len(findings) > MOST:
        lines.append(Text(f"and {len(findings) - MOST} more; see --json", style="dim"))
    # Reasons repeat the findings, or say what nobody could judge.
    gaps = [reason for reason in answer.reasons if not reason.startswith(_WORDS)]
    return [*lines, *(Text(reason, style="dim" if not lines else "") for reason in gaps)]


def _finding(finding: Finding, size: tuple[int, int] | None) -> Iterator[Text]:
    title, _, told = finding.message.partition(": ")
    waived = f"  waived: {finding.waived}" if finding.waived else ""
    style = _STYLES[finding.severity]
    yield Text.assemble(
        (f"{finding.severity.name:<10}", style), (finding.code, "bold"), f"  {title}{waived}"
    )
    where = place(finding.region, size)
    figures = f"{finding.measured:.4g} against {finding.threshold:.4g} {finding.unit}"
    detail = told.rpartition(" (")[0]  # the figures follow in brackets
    yield Text(f"{'':<10}{' · '.join(part for part in (where, figures, detail) if part)}")
