"""The page about a whole catalogue: rates with intervals, codes, gaps, the audit, the worst."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gencheck.report.audits import audit_groups
from gencheck.report.model import NO_RELATIONS, AuditChart, Entry, Relations
from gencheck.report.page import draw


@dataclass(frozen=True, slots=True)
class RateRow:
    """A share with its 95 % interval, all 0..1.

    Attributes:
        name: of the group, the policy or the code.
        counts: words and counts to show beside it, such as ``("FAIL", 12)``.
    """

    name: str
    counts: tuple[tuple[str, int], ...]
    part: int
    whole: int
    share: float
    low: float
    high: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class CountRow:
    """How many assets something happened to."""

    name: str
    why: str
    assets: int


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that the page shows.

    Attributes:
        facts: pairs of words about the run.
        hidden_groups: groups that are not in ``groups``.
        audit_verdict: of the audit by the policy; empty where there is none.
        audit_notes: what is to be known about the audit.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    whole: RateRow
    policies: tuple[RateRow, ...]
    groups: tuple[RateRow, ...]
    hidden_groups: int
    codes: tuple[RateRow, ...]
    gaps: tuple[CountRow, ...]
    errors: tuple[CountRow, ...]
    latency: tuple[tuple[str, float], ...]
    audits: tuple[AuditChart, ...] = ()
    relations: Relations = NO_RELATIONS
    audit_verdict: str = ""
    audit_notes: tuple[str, ...] = ()


def render_catalogue(
    catalogue: Catalogue, worst: Sequence[Entry], *, made: dt.datetime | None = None
) -> str:
    """The page as HTML, self-contained; see :func:`gencheck.report.page.render_report`.

    Args:
        worst: the assets to show one by one.
        made: when the shards were merged; now where ``None``.
    """
    return draw(
        "catalogue.html.j2",
        made=made,
        entries=worst,
        catalogue=catalogue,
        audits=audit_groups(catalogue.audits, catalogue.relations),
        widths=_widths(catalogue.whole.counts),
    )


def _widths(counts: Sequence[tuple[str, int]]) -> Mapping[str, int]:
    return {name: count for name, count in counts if count}
