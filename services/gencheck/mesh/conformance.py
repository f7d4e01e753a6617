"""From the issues of a glTF document to measurements, and to what became of the check."""

from __future__ import annotations

from collections.abc import Iterator

from gencheck.findings import JsonPointer, Measurement, Method, Outcome, SkipReason, judged, skipped
from gencheck.gltf.log import Issue, Report
from gencheck.gltf.summary import PLACES

CHECK = "mesh.gltf"
_METHOD = Method(
    "rules of glTF 2.0, by the codes of the Khronos validator",
    "1",
    "Khronos Group 2021, glTF 2.0.1; ISSUES.md of glTF-Validator",
)


def outcome_of(report: Report | None) -> Outcome:
    """What became of the check; ``None`` is a mesh of another format."""
    if report is None:
        return skipped(CHECK, SkipReason.NOT_APPLICABLE, "this is no glTF")
    if report.unchecked:  # what was found before is reported all the same
        return skipped(CHECK, SkipReason.UNCERTAIN, f"not checked: {'; '.join(report.unchecked)}")
    return judged(CHECK)


def measurements_of(report: Report) -> Iterator[Measurement]:
    """One for each place that is named; the value is how many there are of the code."""
    for issue in report.issues:
        count = report.counts[issue.code]
        yield Measurement(
            code=issue.code,
            value=float(count),
            check=CHECK,
            method=_METHOD,
            region=JsonPointer(issue.pointer) if issue.pointer else None,
            detail=_detail(issue, count),
        )


def _detail(issue: Issue, count: int) -> str:
    where = "" if issue.offset is None else f"at byte {issue.offset}"
    more = f"the first {PLACES} places are named" if count > PLACES else ""
    return ", ".join(part for part in (issue.detail, where, more) if part)
