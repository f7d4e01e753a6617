"""Charts as data for the page: points and ticks in the units of its SVG. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from loadtests.histogram import Latencies
from loadtests.records import Fate, Records
from loadtests.summary import Window

WIDTH, HEIGHT = 1000.0, 260.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 14.0, 14.0, 30.0

Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: its place in the SVG and its text."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line or, where it is closed, an area; ``css`` names its colour in the style sheet."""

    name: str
    css: str
    points: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart.

    Attributes:
        bands: phases as (x, width, name).
    """

    title: str
    note: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    areas: tuple[Line, ...] = ()
    lines: tuple[Line, ...] = ()
    bands: tuple[tuple[float, float, str], ...] = ()


def linear(low: float, high: float, start: float, end: float) -> Scale:
    """A scale from values to places."""
    span = (high - low) or 1.0
    return lambda value: start + (value - low) / span * (end - start)


def logarithmic(low: float, high: float, start: float, end: float) -> Scale:
    """The same for the logarithm; values below ``low`` are put there."""
    line = linear(math.log10(low), math.log10(high), start, end)
    return lambda value: line(math.log10(max(value, low)))


def nice_steps(highest: float, count: int = 5) -> list[float]:
    """From 0 to at least ``highest`` in steps of 1, 2 or 5 times a power of ten."""
    rough = max(highest, 1e-9) / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * k for k in (1, 2, 5, 10) if power * k >= rough * (1 - 1e-9))
    return [step * i for i in range(math.ceil(highest / step - 1e-9) + 1)]


def rates(windows: Sequence[Window], phases: Sequence[tuple[str, float]]) -> Chart:
    """What was offered, and what became of it, a second, stacked."""
    x, x_ticks, bands = _time_axis(windows, phases)
    highest = max((w.offered / w.seconds for w in windows), default=1.0)
    steps = nice_steps(max(highest, 1.0))
    y = linear(0.0, steps[-1], HEIGHT - BOTTOM, TOP)
    layers = [("answered", [w.answered / w.seconds for w in windows])]
    layers.append(("refused", [w.refused / w.seconds for w in windows]))
    layers.append(("others", [w.other / w.seconds for w in windows]))
    floor = [0.0] * len(windows)
    areas = []
    middles = [x(w.at + w.seconds / 2) for w in windows]
    for name, values in layers:
        top = [a + b for a, b in zip(floor, values, strict=True)]
        if any(values):
            back = [(px, y(f)) for px, f in zip(middles, floor, strict=True)][::-1]
            front = [(px, y(t)) for px, t in zip(middles, top, strict=True)]
            areas.append(Line(name, name, _points([*front, *back])))
        floor = top
    offered = _points((px, y(t)) for px, t in zip(middles, floor, strict=True))
    return Chart(
        "Offered, answered, refused",
        "Assets a second by the instant at which they were to be sent.",
        x_ticks,
        tuple(Tick(y(step), f"{step:g}") for step in steps),
        areas=tuple(areas),
        lines=(Line("offered", "offered", offered),),
        bands=bands,
    )


def latencies(windows: Sequence[Window], phases: Sequence[tuple[str, float]]) -> Chart:
    """Median and p99 of every window."""
    x, x_ticks, bands = _time_axis(windows, phases)
    values = [v for w in windows for v in (w.p50, w.p99) if v]
    y, y_ticks = _latency_axis(values)
    lines = []
    for name in ("p99", "p50"):
        known = [(w, getattr(w, name)) for w in windows]
        points = [(x(w.at + w.seconds / 2), y(v)) for w, v in known if v]
        lines.append(Line(name, name, _points(points)))
    return Chart(
        "Latency over time",
        "Of those answered, from the scheduled instant; logarithmic.",
        x_ticks,
        y_ticks,
        lines=tuple(lines),
        bands=bands,
    )


def percentiles(records: Records, phases: Sequence[tuple[str, float]]) -> Chart:
    """Latency by percentile, one line a phase, as HdrHistogram plots it."""
    found: list[tuple[str, list[tuple[float, float]]]] = []
    for number, (name, _) in enumerate(phases):
        mask = (records.phase == number) & (records.fate == Fate.ANSWERED)
        latency = Latencies(records.latency[mask])
        found.append((name, _curve(latency)))
    values = [v for _, curve in found for _, v in curve]
    y, y_ticks = _latency_axis(values)
    deepest = max((n for _, curve in found for n, _ in curve), default=2.0)
    x = logarithmic(1.0, max(deepest, 100.0), LEFT, WIDTH - RIGHT)
    marks = [(1.0, "0 %"), (2.0, "50 %"), (10.0, "90 %"), (100.0, "99 %")]
    marks += [(1e3, "99.9 %"), (1e4, "99.99 %"), (1e5, "99.999 %")]
    return Chart(
        "Latency by percentile",
        "Each phase as far as it has answers to show; both axes logarithmic.",
        tuple(Tick(x(n), text) for n, text in marks if n <= max(deepest, 100.0)),
        y_ticks,
        lines=tuple(
            Line(name, f"series{i % 6}", _points((x(n), y(v)) for n, v in curve))
            for i, (name, curve) in enumerate(found)
            if curve
        ),
    )


def _curve(latency: Latencies) -> list[tuple[float, float]]:
    """Points (1 / (1 - p), seconds) down to one answer in ``count``."""
    if not latency.count:
        return []
    depths = np.geomspace(1.0, max(2.0, latency.count), 80)
    values = [(float(n), latency.at(100 * (1 - 1 / float(n)))) for n in depths]
    return [(n, v) for n, v in values if v is not None]


def _latency_axis(values: Sequence[float]) -> tuple[Scale, tuple[Tick, ...]]:
    low, high = (min(values), max(values)) if values else (0.001, 1.0)
    steps = [m * 10.0**e for e in range(-5, 4) for m in (1, 2, 5)]
    first = max((s for s in steps if s <= low), default=steps[0])
    last = min((s for s in steps if s >= high), default=steps[-1])
    if first == last:
        last = steps[min(steps.index(last) + 1, len(steps) - 1)]
    y = logarithmic(first, last, HEIGHT - BOTTOM, TOP)
    shown = [s for s in steps if first <= s <= last]
    if len(shown) > 8:
        shown = [s for s in shown if f"{s:e}".startswith("1.")]
    return y, tuple(Tick(y(s), seconds_text(s)) for s in shown)


def _time_axis(
    windows: Sequence[Window], phases: Sequence[tuple[str, float]]
) -> tuple[Scale, tuple[Tick, ...], tuple[tuple[float, float, str], ...]]:
    end = windows[-1].at + windows[-1].seconds if windows else 1.0
    x = linear(0.0, end, LEFT, WIDTH - RIGHT)
    ticks = tuple(Tick(x(s), clock(s)) for s in nice_seconds(end))
    bands, start = [], 0.0
    for name, seconds in phases:
        bands.append((x(start), x(start + seconds) - x(start), name))
        start += seconds
    return x, ticks, tuple(bands)


def nice_seconds(end: float) -> list[float]:
    """About eight instants from 0 to the end, in steps that a clock has."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
    step = next((s for s in steps if end / s <= 9), 14400)
    return [float(i * step) for i in range(int(end // step) + 1)]


def clock(seconds: float) -> str:
    """Seconds as ``m:ss``."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def seconds_text(seconds: float) -> str:
    """A latency for people."""
    if seconds >= 1:
        return f"{seconds:.3g} s"
    return f"{seconds * 1e3:.3g} ms"


def _points(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
