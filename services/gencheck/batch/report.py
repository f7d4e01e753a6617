"""The HTML report of a merged run: its figures, its audit, its worst assets with pictures."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from google.protobuf import json_format

from gencheck.batch.audit import CatalogueAudit
from gencheck.batch.plan import Plan
from gencheck.batch.sources import Sources
from gencheck.batch.summary import Code, Part, Summary
from gencheck.bias.results import AttributeAudit, AuditFinding
from gencheck.codes import describe
from gencheck.deadline import Deadline
from gencheck.errors import GencheckError
from gencheck.findings import Finding, Judgement, Method, Severity, Verdict
from gencheck.media.pool import DecodePool
from gencheck.media.sniff import sniff
from gencheck.media.types import Limits
from gencheck.report.audits import chart_of
from gencheck.report.catalogue import Catalogue, CountRow, RateRow, render_catalogue
from gencheck.report.model import Entry
from gencheck.report.preview import preview_of
from gencheck.report.relations import relations_of
from gencheck.v1 import common_pb2
from gencheck.wire import region_from

MAX_GROUPS = 50
MAX_AUDITS = 200
_THUMBNAIL_SIDE = 480
_SECONDS = 30.0
_UNKNOWN = Method("", "", "")


def render(
    plan: Plan,
    summary: Summary,
    audit: CatalogueAudit | None,
    worst: Sequence[dict[str, Any]],
    sources: Sources,
) -> str:
    """The page as HTML.

    Args:
        worst: rows of results to show one by one.
        sources: where their pictures are; one that cannot be read is shown without.
    """
    page = Catalogue(
        title="Catalogue report",
        facts=_facts(plan, summary),
        whole=_part(summary.whole),
        policies=tuple(map(_part, summary.policies)),
        groups=tuple(map(_part, summary.groups[:MAX_GROUPS])),
        hidden_groups=max(0, len(summary.groups) - MAX_GROUPS),
        codes=tuple(map(_code, summary.codes)),
        gaps=tuple(CountRow(g.check, _words(g.reason), g.assets) for g in summary.gaps),
        errors=tuple(CountRow(name, "", n) for name, n in summary.errors.items()),
        latency=_latency(summary),
    )
    if audit is not None:
        notes = (*audit.notes, *audit.judgement.reasons)
        shown = sorted(audit.told.audits, key=_interest)[:MAX_AUDITS]
        if hidden := len(audit.told.audits) - len(shown):
            notes += (f"{hidden:,} more audits of groups are in summary.json.",)
        page = replace(
            page,
            audits=tuple(chart_of(audit, finding=audit.finding.value) for audit in shown),
            relations=relations_of(audit.told),
            audit_verdict=audit.judgement.verdict.value,
            audit_notes=notes,
        )
    return render_catalogue(page, asyncio.run(_entries(worst, sources)))


def _facts(plan: Plan, summary: Summary) -> tuple[tuple[str, str], ...]:
    missing = plan.manifest.rows - summary.whole.passed.whole
    facts = (
        ("manifest", plan.manifest.uri),
        ("sha256", plan.manifest.sha256[:12]),
        ("policy", plan.terms.policy),
        ("profile", plan.terms.profile or "all installed models"),
        ("shards", f"{plan.shards:,}"),
        ("gencheck", plan.version),
    )
    return (*facts, ("not merged yet", f"{missing:,} assets")) if missing else facts


def _part(part: Part) -> RateRow:
    rate = part.passed
    counts = tuple(part.verdicts.items())
    return RateRow(part.name, counts, rate.part, rate.whole, rate.share, rate.low, rate.high)


def _code(code: Code) -> RateRow:
    rate, counts = code.assets, tuple(code.severities.items())
    return RateRow(
        code.code,
        counts,
        rate.part,
        rate.whole,
        rate.share,
        rate.low,
        rate.high,
        describe(code.code).title,
    )


def _latency(summary: Summary) -> tuple[tuple[str, float], ...]:
    timings = summary.timings
    if not timings.total:
        return ()
    return (
        ("half are faster", timings.p50),
        ("90 % are faster", timings.p90),
        ("99 % are faster", timings.p99),
        ("the slowest", timings.longest),
        ("all together", timings.total),
    )


def _words(reason: str) -> str:
    return reason.lower().replace("_", " ")


def _interest(audit: AttributeAudit) -> tuple[bool, bool]:
    """All groups together first, then the groups that are skewed."""
    return bool(audit.prompt), audit.finding is not AuditFinding.SKEWED


async def _entries(rows: Sequence[dict[str, Any]], sources: Sources) -> list[Entry]:
    """The rows with thumbnails, decoded in a process that a hostile file may kill."""
    if not rows:
        return []
    pool = DecodePool(1, Limits())
    await pool.start()
    try:
        return [await _entry(row, sources, pool) for row in rows]
    finally:
        await pool.aclose()


async def _entry(row: dict[str, Any], sources: Sources, pool: DecodePool) -> Entry:
    kind, preview = "", None
    with suppress(GencheckError):  # gone, forbidden or broken: the words are enough
        deadline = Deadline.after(_SECONDS)
        data = await sources.read(row["uri"], deadline=deadline)
        kind = sniff(data, row["uri"]).kind.value
        if kind in ("image", "video"):
            media = await pool.decode(data, name=row["uri"], deadline=deadline)
            preview = preview_of(media, side=_THUMBNAIL_SIDE)
    policy = (row["policy"], row["policy_version"], row["policy_sha256"])
    return Entry(
        name=row["id"],
        kind=kind,
        judgement=Judgement(Verdict(row["verdict"]), tuple(row["reasons"]), *policy),
        prompt=row["prompt"],
        findings=tuple(_finding(fields) for fields in row["findings"]),
        preview=preview,
    )


def _finding(fields: dict[str, Any]) -> Finding:
    region = common_pb2.Region()
    if fields["region"]:
        json_format.ParseDict(json.loads(fields["region"]), region, ignore_unknown_fields=True)
    return Finding(
        code=fields["code"],
        severity=Severity[fields["severity"]],
        check=fields["check"],
        message=fields["message"],
        measured=fields["measured"],
        threshold=fields["threshold"],
        unit=fields["unit"],
        method=_UNKNOWN,
        remedy=describe(fields["code"]).remedy,
        region=region_from(region),
        confidence=fields["confidence"],
        waived=fields["waived"],
    )
