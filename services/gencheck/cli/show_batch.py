"""Figures of catalogues for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
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


def _parts(parts: Sequence[Part], name: str) -> Table:
    table = Table(name, "assets", "pass", box=None)
    for part in parts[:_SHOWN]:
        table.add_row(part.name or "–", f"{part.passed.whole:,}", _rate(part.passed))
    if len(parts) > _SHOWN:
        table.add_row(f"and {len(parts) - _SHOWN:,} more", "", "")
    return table


def _rate(rate: Rate) -> str:
    return f"{rate.share:.1%} ({rate.low:.1%} to {rate.high:.1%})"
