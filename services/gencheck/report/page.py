"""One self-contained HTML page: no script, no network, opens from disk for years."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from gencheck.codes import EFFECTS
from gencheck.findings import Verdict
from gencheck.policy import worst
from gencheck.report.audits import MONK, MOST_BARS, MOST_PAIRS, audit_groups, reach
from gencheck.report.layout import clock, data_uri, lines, mark, outcome_words, segments
from gencheck.report.model import Entry

_ORDER = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.REVIEW, Verdict.PASS)
_MARKS = 60
"""Findings of an entry whose box and list item light up together; all are listed."""


def render_report(
    entries: Sequence[Entry], *, title: str = "gencheck report", made: dt.datetime | None = None
) -> str:
    """The page as HTML.

    Everything is escaped; a Content-Security-Policy in the page forbids scripts and all loading
    but of what is embedded.

    Args:
        made: when the checks ran; now where ``None``.
    """
    verdicts = Counter(entry.judgement.verdict for entry in entries)
    return draw(
        "report.html.j2",
        made=made,
        entries=entries,
        title=title,
        counts=[(verdict.value, verdicts[verdict]) for verdict in _ORDER if verdicts[verdict]],
        worst=worst(verdicts).value,
    )


def draw(
    template: str, *, made: dt.datetime | None, entries: Sequence[Entry], **values: object
) -> str:
    """A page of this room from its template."""
    moment = (made or dt.datetime.now(dt.UTC)).astimezone(dt.UTC)
    return (
        drawing()
        .get_template(template)
        .render(
            made=moment.strftime("%-d %B %Y, %H:%M UTC"),
            entries=[_drawn(number, entry) for number, entry in enumerate(entries, 1)],
            marks=range(1, _MARKS + 1),
            **values,
        )
    )


def drawing() -> Environment:
    """What draws pages in the look of reports: templates, filters, everything escaped."""
    environment = Environment(
        loader=PackageLoader("gencheck.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        data_uri=data_uri,
        clock=clock,
        outcome_words=outcome_words,
        number=_number,
        points=_points,
        reach=reach,
    )
    environment.globals.update(
        monk=MONK, most_bars=MOST_BARS, most_pairs=MOST_PAIRS, effect_names=EFFECTS
    )
    return environment


def _drawn(number: int, entry: Entry) -> dict[str, object]:
    marked = mark(entry)
    return {
        "id": f"a{number}",
        "number": number,
        "entry": entry,
        "verdict": entry.judgement.verdict.value,
        "marked": marked,
        "boxed": [item for item in marked if item.box is not None],
        "prompt": segments(entry.prompt, entry.claims, entry.uncovered),
        "audits": audit_groups(entry.audits, entry.relations),
        "lines": lines(entry.timeline, marked) if entry.timeline else [],
    }


def _points(difference: float) -> str:
    """A difference of shares in whole points."""
    return f"{whole:+d}".replace("-", "−") if (whole := round(100 * difference)) else "0"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
