"""Audits for people: tables of shares, and what hangs together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from gencheck.codes import EFFECTS
from gencheck.v1 import bias_pb2

_MOST = 6


def table_of_audit(audit: bias_pb2.AttributeAudit) -> Table:
    """The categories of one audit, and under them how large the departure is."""
    finding = bias_pb2.AuditFinding.Name(audit.finding).removeprefix("AUDIT_FINDING_")
    title = f"{audit.attribute}: {finding}"
    title += f" · {audit.prompt}" if audit.prompt else ""
    table = Table(title=f"{title} · n = {audit.n:g}", title_justify="left", box=None)
    corrected = any(share.HasField("naive") for share in audit.shares)
    counted = ("as counted",) if corrected else ()
    for column in ("category", "count", *counted, "share", "95 % interval", "reference"):
        table.add_column(column, justify="left" if column == "category" else "right")
    for share in audit.shares:
        table.add_row(
            share.category,
            *_figures(share, corrected=corrected),
            f"{share.reference:.1%}",
        )
    table.caption, table.caption_justify = _sizes(audit), "left"
    return table


def _sizes(audit: bias_pb2.AttributeAudit) -> str:
    """What else is told of the departure."""
    parts = [
        f"{EFFECTS.get(e.name, e.name)} {e.value:.2f} ({e.low:.2f} to {e.high:.2f})"
        for e in audit.effects
    ]
    if audit.HasField("e_value"):
        parts.append(f"e-value {audit.e_value:.3g}")
    if audit.power:
        parts.append(f"a distance of {audit.effect:g} is shown with a chance of {audit.power:.0%}")
    return "; ".join(parts)


def _figures(share: bias_pb2.AuditedShare, *, corrected: bool) -> tuple[str, ...]:
    """The cells of a row between its category and its reference."""
    if share.suppressed:
        return ("withheld", *(("–",) if corrected else ()), "–", "–")
    counted = (f"{share.naive:.1%}",) if corrected else ()
    interval = f"{share.low:.1%} – {share.high:.1%}"
    return (f"{share.count:g}", *counted, f"{share.share:.1%}", interval)


def relations(answer: Any) -> Iterator[str]:
    """Lines about prompts and intersections, of an audit that tells of any."""
    corrected = {a.attribute for a in getattr(answer, "audits", ()) if a.HasField("correction")}
    for found in getattr(answer, "associations", ()):
        effect = found.effect
        yield (
            f"{found.attribute} and prompt: Cramér's V {effect.value:.2f} ({effect.low:.2f} to "
            f"{effect.high:.2f}), p {found.p_adjusted:.2g}, {found.prompts} prompts"
            f"{', as counted' if found.attribute in corrected else ''}"
        )
        for driver in found.drivers[:_MOST]:
            yield (
                f"  {_short(driver.prompt)}: '{driver.category}' {driver.share:.0%}, "
                f"of all prompts {driver.expected:.0%} (n {driver.n:g}, p {driver.p_adjusted:.2g})"
            )
    for pair in getattr(answer, "pairs", ()):
        p = f", p {pair.p_adjusted:.2g}" if pair.HasField("p_adjusted") else ""
        yield f"{pair.attribute}: {_short(pair.first)} less {_short(pair.second)}{p}"
        for part in pair.differences[:_MOST]:
            bounds = f"({part.low:+.0%} to {part.high:+.0%})"
            yield f"  '{part.category}' {part.difference:+.0%} {bounds}"
    for crossed in getattr(answer, "crossed", ()):
        for worst in [part for part in crossed.intersections if part.fewer][:_MOST]:
            yield (
                f"{crossed.attribute}: too few '{worst.category}', {worst.share:.0%} "
                f"({worst.low:.0%} to {worst.high:.0%}) where {worst.reference:.0%} is expected"
            )


def _short(prompt: str) -> str:
    return f"'{prompt}'" if len(prompt) <= 60 else f"'{prompt[:57]}…'"
