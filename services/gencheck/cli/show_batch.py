"""Figures of catalogues for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from gencheck.batch.compare import Change, Comparison
    from gencheck.batch.rates import Rate
    from gencheck.batch.summary import Part, Summary

_SHOWN = 15


def json_document(document: dict[str, Any]) -> None:
    """One line of JSON on standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")


def summary(found: Summary) -> None:
    """Pass rates with intervals, codes, gaps."""
    console = Console(highlight=False, soft_wrap=True)
    verdicts = ", ".join(f"{n:,} {verdict}" for verdict, n in found.whole.verdicts.items())
    console.print(f"{found.whole.passed.whole:,} assets: {verdicts}", markup=False)
    console.print(f"pass: {_rate(found.whole.passed)}", markup=False)
    if len(found.policies) > 1:
        console.print(_parts(found.policies, "policy"))
    if len(found.groups) > 1:
        console.print(_parts(found.groups, "group"))
    if found.codes:
        table = Table("code", "assets", "share", "findings", box=None)
        for code in found.codes[:_SHOWN]:
            severities = ", ".join(f"{n:,} {name}" for name, n in code.severities.items())
            table.add_row(code.code, f"{code.assets.part:,}", _rate(code.assets), severities)
        console.print(table)
    for gap in found.gaps[:_SHOWN]:
        why = gap.reason.lower().replace("_", " ")
        console.print(f"not judged: {gap.check}, {why}: {gap.assets:,} assets", markup=False)
    for reason, assets in found.errors.items():
        console.print(f"could not be checked: {reason}: {assets:,} assets", markup=False)


def comparison(found: Comparison) -> None:
    """What changed, what surely did first."""
    console = Console(highlight=False, soft_wrap=True)
    for what, before, after in found.terms:
        console.print(f"the runs differ: {what} {before} → {after}", markup=False)
    if found.only_before or found.only_after:
        alone = f"{found.only_before:,} only before, {found.only_after:,} only after"
        console.print(f"assets of one run only: {alone}", markup=False)
    changed = [(a, b, n) for a, b, n in found.verdicts if a != b]
    total = sum(n for *_, n in changed)
    console.print(
        f"{found.whole.difference.whole:,} assets in both; the verdict of {total:,} changed"
    )
    for before, after, assets in changed:
        console.print(f"  {before} → {after}: {assets:,}", markup=False)
    console.print(_changes([replace(found.whole, name="all")], "", "pass"))
    if len(found.groups) > 1:
        console.print(_changes(found.groups, "group", "pass"))
    if found.codes:
        console.print(_changes(found.codes, "code", "have it"))


def _changes(changes: Sequence[Change], name: str, what: str) -> Table:
    table = Table(name, f"{what} before", "after", "change", "95 % interval", box=None)
    for change in changes[:_SHOWN]:
        d = change.difference
        style = "bold" if d.certain else "dim"
        cells = (f"{change.before:,}", f"{change.after:,}", f"{d.change:+.1%}")
        interval = f"{d.low:+.1%} to {d.high:+.1%}"
        table.add_row(change.name or "–", *cells, interval, style=style)
    if len(changes) > _SHOWN:
        table.add_row(f"and {len(changes) - _SHOWN:,} more; see --json", style="dim")
    return table


def _parts(parts: Sequence[Part], name: str) -> Table:
    table = Table(name, "assets", "pass", box=None)
    for part in parts[:_SHOWN]:
        table.add_row(part.name or "–", f"{part.passed.whole:,}", _rate(part.passed))
    if len(parts) > _SHOWN:
        table.add_row(f"and {len(parts) - _SHOWN:,} more", "", "")
    return table


def _rate(rate: Rate) -> str:
    return f"{rate.share:.1%} ({rate.low:.1%} to {rate.high:.1%})"
