"""From the issues of a glTF or USD file to measurements, and to what became of the check."""

from __future__ import annotations

from collections.abc import Iterator

from gencheck.findings import (
    JsonPointer,
    Measurement,
    Method,
    Outcome,
    PrimPath,
    SkipReason,
    judged,
    skipped,
)
from gencheck.gltf.log import Issue
from gencheck.gltf.summary import PLACES
from gencheck.media.types import Mesh

CHECKS = ("mesh.gltf", "mesh.usd")
_FORMATS = {
    "GLB": "mesh.gltf",
    "GLTF": "mesh.gltf",
    "USDA": "mesh.usd",
    "USDC": "mesh.usd",
    "USDZ": "mesh.usd",
}
_NAMES = {"mesh.gltf": "glTF", "mesh.usd": "USD"}
_METHODS = {
    "mesh.gltf": Method(
        "rules of glTF 2.0, by the codes of the Khronos validator",
        "1",
        "Khronos Group 2021, glTF 2.0.1; ISSUES.md of glTF-Validator",
    ),
    "mesh.usd": Method(
        "UsdValidation of OpenUSD, and the layout of USDZ",
        "1",
        "OpenUSD, UsdValidation; Usdz File Format Specification",
    ),
}


def outcomes_of(mesh: Mesh) -> Iterator[Outcome]:
    """What became of the check of each specification; a mesh is of one at most."""
    for check in CHECKS:
        report = mesh.conformance if _FORMATS.get(mesh.format) == check else None
        if report is None:
            yield skipped(check, SkipReason.NOT_APPLICABLE, f"this is no {_NAMES[check]}")
        elif report.unchecked:  # what was found before is reported all the same
            what = f"not checked: {'; '.join(report.unchecked)}"
            yield skipped(check, SkipReason.UNCERTAIN, what)
        else:
            yield judged(check)


def measurements_of(mesh: Mesh) -> Iterator[Measurement]:
    """One for each place that is named; the value is how many there are of the code."""
    check = _FORMATS.get(mesh.format, "")
    if mesh.conformance is None or not check:
        return
    for issue in mesh.conformance.issues:
        count = mesh.conformance.counts[issue.code]
        yield Measurement(
            code=issue.code,
            value=float(count),
            check=check,
            method=_METHODS[check],
            region=_region(issue, check),
            detail=_detail(issue, count),
        )


def _region(issue: Issue, check: str) -> JsonPointer | PrimPath | None:
    if not issue.pointer:
        return None
    return PrimPath(issue.pointer) if check == "mesh.usd" else JsonPointer(issue.pointer)


def _detail(issue: Issue, count: int) -> str:
    where = "" if issue.offset is None else f"at byte {issue.offset}"
    more = f"the first {PLACES} places are named" if count > PLACES else ""
    return ", ".join(part for part in (issue.detail, where, more) if part)
