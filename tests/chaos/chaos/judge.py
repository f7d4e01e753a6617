"""One trial: what callers saw while something was broken, and how soon it was over."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from chaos.assets import Ask
from chaos.faults import Trial
from chaos.load import Answer, Caller, Golden, Kind, Load

RECOVERY_SECONDS = 60.0
_BEFORE_SECONDS = 0.4


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of a trial.

    Attributes:
        errors: calls that ended with a status, by its name.
        overshoot: the longest that an answer came after its deadline, in seconds; 0 for never.
        recovered: seconds from the end of the fault until nothing but right answers came;
            infinite where that did not happen within a minute.
        lag: how late the harness itself was at worst, in seconds: that much of ``overshoot`` may
            be its own.
    """

    target: str
    fault: str
    calls: int
    right: int
    inconclusive: int
    errors: dict[str, int]
    wrong: int
    wrong_passes: int
    overshoot: float
    recovered: float
    lag: float

    @property
    def broken_promises(self) -> list[str]:
        """What must not be, and was."""
        found = {
            "a wrong PASS": self.wrong_passes,
            "a wrong or lost answer": self.wrong,
            "INTERNAL": self.errors.get("INTERNAL", 0) + self.errors.get("UNKNOWN", 0),
            "a hanging call": self.errors.get("HANG", 0),
            "an unreadable answer": self.errors.get("UNREADABLE", 0),
            "no recovery": math.isinf(self.recovered),
        }
        return [name for name, count in found.items() if count]

    def as_json(self) -> dict[str, Any]:
        """For a program; an infinity is no JSON."""
        recovered = None if math.isinf(self.recovered) else self.recovered
        return {**asdict(self), "recovered": recovered, "broken": self.broken_promises}


async def run_trial(
    trial: Trial,
    caller: Caller,
    asks: Sequence[Ask],
    golden: Golden,
    *,
    rate: float,
    deadline: float,
    seconds: float,
) -> Row:
    """Hurt, wait, heal, and ask all the time; at the end wait until every question is right."""
    asks = mixed(asks, golden, trial.target)
    load = Load(caller, asks, rate, deadline)
    load.start()
    await asyncio.sleep(_BEFORE_SECONDS)
    async with trial.hurt():
        await asyncio.sleep(seconds)
    healed = time.monotonic()
    while time.monotonic() - healed < RECOVERY_SECONDS:
        await asyncio.sleep(0.1)
        if _tail_is_right(load.answers, golden, healed, len(asks)):
            break
    await load.stop()
    return _row(trial, load, golden, healed)


def mixed(asks: Sequence[Ask], golden: Golden, target: str) -> list[Ask]:
    """Every question, and every other one of those that need the target."""
    needs = {"triton": "consistency"}.get(target, target)
    close = [ask for ask in asks if needs in golden.answers[ask.name].judged]
    if target in ("bias", "triton"):  # nobody else audits a set
        close += [ask for ask in asks if ask.is_set]
    others = [ask for ask in asks if ask not in close]
    if not close or not others:
        return list(asks)
    turns = max(len(close), len(others))
    pairs = [(close[n % len(close)], others[n % len(others)]) for n in range(turns)]
    return [ask for pair in pairs for ask in pair]


def _tail_is_right(answers: Sequence[Answer], golden: Golden, healed: float, count: int) -> bool:
    since = sorted((a for a in answers if a.scheduled >= healed), key=lambda a: a.scheduled)
    tail = since[-count:]
    return len(tail) == count and all(golden.kind(a) is Kind.RIGHT for a in tail)


def _recovered(answers: Sequence[Answer], golden: Golden, healed: float) -> float:
    since = sorted((a for a in answers if a.scheduled >= healed), key=lambda a: a.scheduled)
    bad = [n for n, answer in enumerate(since) if golden.kind(answer) is not Kind.RIGHT]
    if not bad:
        return 0.0
    after = since[bad[-1] + 1 :]
    return after[0].scheduled - healed if after else math.inf


def _row(trial: Trial, load: Load, golden: Golden, healed: float) -> Row:
    kinds = Counter(golden.kind(answer) for answer in load.answers)
    return Row(
        trial.target,
        trial.fault,
        len(load.answers),
        kinds[Kind.RIGHT],
        kinds[Kind.INCONCLUSIVE],
        dict(Counter(answer.code for answer in load.answers if answer.code != "OK")),
        kinds[Kind.WRONG] + kinds[Kind.LOST],
        kinds[Kind.WRONG_PASS],
        max(0.0, *(answer.overshoot for answer in load.answers)),
        _recovered(load.answers, golden, healed),
        load.lag,
    )


def table_of(rows: Sequence[Row]) -> Table:
    """For people."""
    table = Table(box=None, padding=(0, 1))
    for name in ("target", "fault"):
        table.add_column(name, no_wrap=True)
    for name in ("calls", "right", "inconcl.", "wrong", "wrong PASS", "late ms", "back s"):
        table.add_column(name, justify="right")
    table.add_column("errors")
    for row in rows:
        figures = (row.calls, row.right, row.inconclusive, row.wrong, row.wrong_passes)
        table.add_row(
            row.target,
            row.fault,
            *map(str, figures),
            f"{row.overshoot * 1e3:.0f}",
            f"{row.recovered:.1f}",
            ", ".join(f"{code} {n}" for code, n in sorted(row.errors.items())),
            style="bold red" if row.broken_promises else None,
        )
    return table


def summary_of(rows: Sequence[Row]) -> str:
    """One line over all trials."""
    total = sum(row.calls for row in rows)
    internal = sum(row.errors.get("INTERNAL", 0) + row.errors.get("UNKNOWN", 0) for row in rows)
    return (
        f"{len(rows)} faults, {total} calls: "
        f"{sum(row.right for row in rows)} right, "
        f"{sum(row.inconclusive for row in rows)} inconclusive, "
        f"{sum(sum(row.errors.values()) for row in rows)} errors ({internal} INTERNAL), "
        f"{sum(row.wrong for row in rows)} wrong, "
        f"{sum(row.wrong_passes for row in rows)} wrong PASS; "
        f"{max(row.overshoot for row in rows) * 1e3:.0f} ms after the deadline at worst; "
        f"back after {max(row.recovered for row in rows):.1f} s at worst"
    )
