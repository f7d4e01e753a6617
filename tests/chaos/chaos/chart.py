"""Lines over time as an SVG: no library for one picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT, _MARGIN, _LEGEND = 720, 260, 50, 150
_COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#7f7f7f", "#bcbd22")


@dataclass(frozen=True, slots=True)
class Line:
    """Values, one a moment; NaN leaves a gap."""

    name: str
    values: Sequence[float]


def chart(minutes: Sequence[float], panels: Mapping[str, Sequence[Line]]) -> str:
    """A panel under the other, each from 0 up, over the same minutes."""
    height = len(panels) * (_HEIGHT + _MARGIN) + _MARGIN
    width = _WIDTH + _MARGIN + _LEGEND
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for number, (title, lines) in enumerate(panels.items()):
        parts += _panel(title, lines, minutes, _MARGIN + number * (_HEIGHT + _MARGIN))
    return "\n".join((*parts, "</svg>", ""))


def _panel(title: str, lines: Sequence[Line], minutes: Sequence[float], top: float) -> list[str]:
    known = [v for line in lines for v in line.values if not math.isnan(v)]
    high = max([*known, 1e-9])
    end = max([*minutes, 1e-9])
    bottom = top + _HEIGHT
    parts = [
        f'<text x="{_MARGIN}" y="{top - 8}" font-weight="bold">{escape(title)}</text>',
        f'<path d="M{_MARGIN} {top}V{bottom}H{_MARGIN + _WIDTH}" fill="none" stroke="black"/>',
        f'<text x="{_MARGIN - 4}" y="{top + 10}" text-anchor="end">{high:.3g}</text>',
        f'<text x="{_MARGIN - 4}" y="{bottom}" text-anchor="end">0</text>',
        f'<text x="{_MARGIN + _WIDTH}" y="{bottom + 16}" text-anchor="end">{end:.3g} min</text>',
    ]
    for number, line in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        points = " ".join(
            f"{_MARGIN + _WIDTH * minute / end:.1f},{bottom - _HEIGHT * value / high:.1f}"
            for minute, value in zip(minutes, line.values, strict=True)
            if not math.isnan(value)
        )
        parts += [
            f'<polyline points="{points}" fill="none" stroke="{colour}"/>',
            f'<text x="{_MARGIN + _WIDTH + 8}" y="{top + 14 + 16 * number}" fill="{colour}">'
            f"{escape(line.name)}</text>",
        ]
    return parts
