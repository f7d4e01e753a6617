"""From answers to the HTML report: everything on one page, nothing fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gencheck.cli import show_mesh
from gencheck.cli.run import Done
from gencheck.cli.show import claim_words
from gencheck.cli.writing import write_file
from gencheck.errors import GencheckError
from gencheck.findings import Finding, Judgement, ModelUsed, Timing, Verdict
from gencheck.media.decode import decode
from gencheck.media.sniff import sniff
from gencheck.media.types import Limits, Media, Video
from gencheck.report.audits import chart_of
from gencheck.report.model import (
    AuditChart,
    ClaimRow,
    Entry,
    StatisticRow,
    Statistics,
    Timeline,
    Track,
    View,
)
from gencheck.report.page import render_report
from gencheck.report.preview import frames_of, preview_of
from gencheck.report.relations import relations_of
from gencheck.v1 import artifact_pb2, bias_pb2, consistency_pb2, mesh_pb2
from gencheck.wire import finding_from, outcome_from, verdict_from

_QUIETEST_DBFS = -60.0
_COMPONENTS = 10


def write_report(
    folder: Path, done: Sequence[Done], prompts: Mapping[str, str], *, base: Path = Path()
) -> Path:
    """Write ``index.html`` into a folder and return its path.

    Args:
        prompts: by asset, as it was named.
        base: the folder that the assets' names start from, for their pictures.

    Raises:
        InvalidArgument: it cannot be written there.
    """
    entries = [_entry(item, prompts.get(item.asset, ""), base / item.asset) for item in done]
    return write_file(folder / "index.html", render_report(entries).encode())


def _entry(done: Done, prompt: str, path: Path) -> Entry:
    if done.answer is None:
        nobody = Judgement(Verdict.INCONCLUSIVE, (), "", "", "")
        return Entry(done.asset, "", nobody, prompt, error=str(done.error))
    answer: Any = getattr(done.answer, "audit", done.answer)
    kind, media = _media(path)
    preview = None
    if media is not None:
        preview = preview_of(media, heat_map=getattr(answer, "heat_map", b""))
    findings = tuple(finding_from(finding) for finding in answer.findings)
    tracks = getattr(answer, "timeline", ())
    return Entry(
        name=done.asset,
        kind="set" if isinstance(answer, bias_pb2.AuditResponse) else kind,
        judgement=Judgement(
            verdict_from(answer.verdict),
            tuple(answer.reasons),
            answer.policy.name,
            answer.policy.version,
            answer.policy.sha256,
        ),
        prompt=prompt,
        findings=findings,
        outcomes=tuple(outcome_from(outcome) for outcome in answer.outcomes),
        claims=tuple(_claim(result) for result in getattr(answer, "claims", ())),
        uncovered=tuple((span.start, span.end) for span in getattr(answer, "uncovered", ())),
        preview=preview,
        frames=frames_of(media, findings) if isinstance(media, Video) else (),
        views=tuple(View(view.name, view.png) for view in getattr(answer, "views", ())),
        timeline=_timeline(tracks, findings) if tracks else None,
        statistics=_statistics(answer),
        components=_components(answer),
        audits=tuple(_audit(audit) for audit in getattr(answer, "audits", ())),
        relations=relations_of(answer),
        models=tuple(ModelUsed(m.role, m.name, m.version) for m in answer.models),
        timings=tuple(Timing(t.stage, t.seconds) for t in answer.timings),
    )


def _media(path: Path) -> tuple[str, Media | None]:
    """The kind of a file, and what it holds where it can be shown."""
    if not path.is_file():
        return "", None
    data = path.read_bytes()
    try:
        kind = sniff(data, str(path)).kind.value
        shown = kind in ("image", "video")
        return kind, decode(data, Limits(), name=str(path)) if shown else None
    except GencheckError:
        return "", None


def _claim(result: consistency_pb2.ClaimResult) -> ClaimRow:
    status = consistency_pb2.ClaimStatus.Name(result.status).removeprefix("CLAIM_STATUS_")
    return ClaimRow(
        status=status,
        kind=result.claim.WhichOneof("claim") or "",
        text=claim_words(result.claim),
        explanation=result.explanation,
        role=result.role,
        start=result.claim.span.start,
        end=result.claim.span.end,
        probability=result.probability if result.HasField("probability") else None,
    )


def _timeline(tracks: Sequence[artifact_pb2.Track], findings: Sequence[Finding]) -> Timeline:
    """The tracks, each with its own findings; the first also with those that have no track."""
    duration = max(track.start + track.step * len(track.values) for track in tracks)
    own = {track.check for track in tracks}
    homeless = {finding.check for finding in findings} - own
    return Timeline(
        duration,
        tuple(
            Track(t.name, (t.check, *(() if number else sorted(homeless))), _levels(t))
            for number, t in enumerate(tracks)
        ),
    )


def _levels(track: artifact_pb2.Track) -> tuple[float, ...]:
    """The values between 0 and 1: decibels from -60 to 0, everything else from 0 to its largest."""
    values = np.array(track.values, np.float64)
    if track.unit == "dBFS":
        values = 1 - np.maximum(values, _QUIETEST_DBFS) / _QUIETEST_DBFS
    else:
        values = values / max(float(values.max(initial=0.0)), 1e-9)
    return tuple(float(value) for value in np.clip(values, 0.0, 1.0))


def _statistics(answer: Any) -> Statistics | None:
    if not _counts_a_mesh(answer):
        return None
    told: mesh_pb2.MeshStatistics = answer.statistics
    notes = show_mesh.note_words(told)
    remarks = (
        f"{show_mesh.read_as(told)}.",
        *([f"On reading: {'; '.join(notes)}."] if notes else []),
    )
    rows = tuple(StatisticRow(name, tuple(cells)) for name, *cells in show_mesh.count_rows(told))
    return Statistics(
        ("raw", "welded"),
        rows,
        remarks=remarks,
        method=show_mesh.how_counted(told),
    )


def _components(answer: Any) -> Statistics | None:
    """The largest components, where there are several."""
    if not _counts_a_mesh(answer) or len(answer.statistics.largest_components) < 2:
        return None
    cells = show_mesh.component_rows(answer.statistics, _COMPONENTS)
    head, *columns = show_mesh.COMPONENT_COLUMNS
    rows = tuple(StatisticRow(name, tuple(figures)) for name, *figures in cells)
    title = show_mesh.components_title(answer.statistics, len(rows))
    return Statistics(tuple(columns), rows, title[:1].upper() + title[1:], head)


def _counts_a_mesh(answer: Any) -> bool:
    return "statistics" in answer.DESCRIPTOR.fields_by_name and answer.HasField("statistics")


def _audit(audit: bias_pb2.AttributeAudit) -> AuditChart:
    finding = bias_pb2.AuditFinding.Name(audit.finding).removeprefix("AUDIT_FINDING_")
    return chart_of(audit, finding=finding)
