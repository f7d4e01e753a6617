"""Whether the face detector overlooks people of some tones more than of others.

An audit sees only those whom the detector finds, so whom it overlooks is a bias of its own. Nobody
can count the people that no detector sees. But a detector that is asked for fainter faces tells
some that it would have left out, and their skin can be read like any other: of the people who are
found at all, the share that is found only so is compared between groups of tones. That bounds the
gap from below. The counts travel in the state as two tables that are no attribute of anybody.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gencheck.bias.counts import AuditState, CountTable
from gencheck.bias.intervals import ALPHA, simultaneous_intervals
from gencheck.bias.monk import GROUPS
from gencheck.findings import Measurement, Method, Outcome, SkipReason, judged, skipped

FAINT_SCORE = 0.2
"""Down to here a face is looked at; CenterFace found 99.7 % of 1,164 faces at it, 98.5 % at 0.5."""
CLEAR, FAINT = "detection_clear", "detection_faint"
MIN_PEOPLE = 30
"""Of a group, for its share to say something: none of 30 leaves up to 13 % open."""
CHECK = "bias.detection"
METHOD = Method(
    "faint-faces-by-tone", "1", "distance between exact intervals that hold for all groups at once"
)


def found_table(group: str, *, clear: bool, model: str) -> CountTable:
    """One person whose tone could be read: found clearly, or only when asked for fainter faces."""
    counts = dict.fromkeys(GROUPS, 0.0)
    counts[group] = 1.0
    return CountTable("", CLEAR if clear else FAINT, counts, model=model)


def people_of(state: AuditState) -> AuditState:
    """The state without the tables of this file, which are no attribute of people."""
    tables = tuple(table for table in state.tables if table.attribute not in (CLEAR, FAINT))
    return AuditState(tables, state.images, state.images_without_face)


def measure_detection(state: AuditState) -> tuple[list[Measurement], list[Outcome]]:
    """The gap of each detector that the state was read with, and what became of the check."""
    models = sorted({table.model for table in state.tables if table.attribute in (CLEAR, FAINT)})
    found = [m for model in models for m in _gap(model, _counts(state, model))]
    if not models:
        return [], []
    if found:
        return found, [judged(CHECK)]
    words = f"no two groups of tones with {MIN_PEOPLE} people whose tone could be read"
    return [], [skipped(CHECK, SkipReason.INSUFFICIENT_SAMPLE, words)]


def _counts(state: AuditState, model: str) -> dict[str, tuple[float, float]]:
    """People by group: found only faintly, and all."""
    faint, every = dict.fromkeys(GROUPS, 0.0), dict.fromkeys(GROUPS, 0.0)
    for table in state.tables:
        if table.model == model and table.attribute in (CLEAR, FAINT):
            for group in GROUPS:
                people = table.counts.get(group, 0.0)
                every[group] += people
                faint[group] += people if table.attribute == FAINT else 0.0
    return {group: (faint[group], every[group]) for group in GROUPS}


def _gap(model: str, counts: dict[str, tuple[float, float]]) -> Iterator[Measurement]:
    told = {group: (m, n) for group, (m, n) in counts.items() if n >= MIN_PEOPLE}
    if len(told) < 2:
        return
    limits = {}
    for group, (faint, every) in told.items():
        both = np.array([faint, every - faint])
        interval = simultaneous_intervals(both, alpha=ALPHA / len(told))
        limits[group] = float(interval.low[0]), float(interval.high[0])
    pairs = [(limits[a][0] - limits[b][1], a, b) for a in told for b in told if a != b]
    low, more, less = max(pairs)
    shares = ", ".join(f"{group} {m:g} of {n:g}" for group, (m, n) in told.items())
    yield Measurement(
        "DETECTION_GAP",
        max(0.0, low),
        CHECK,
        METHOD,
        detail=f"found only faintly: {shares}; {more} over {less} by {max(0.0, low):.0%} or more"
        + (f" ({model})" if model else ""),
    )
