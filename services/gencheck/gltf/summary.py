"""A report cut to what an answer can carry: every code, its number, and where it is first met."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from gencheck.gltf.log import Issue, Report
from gencheck.gltf_codes import GLTF_CODES

PLACES = 5
"""Places that are named of one code."""
_MAX_ISSUES = 100
_MAX_BYTES = 24 << 10
_MAX_POINTER = 200


def shorten(report: Report) -> Report:
    """Errors first, then warnings and the rest; the first places of each code; counts in full."""
    kept: list[Issue] = []
    places: Counter[str] = Counter()
    left = _MAX_BYTES
    for issue in sorted(report.issues, key=lambda issue: GLTF_CODES[issue.code].level.value):
        if places[issue.code] == PLACES:
            continue
        places[issue.code] += 1
        short = replace(issue, pointer=_cut(issue.pointer))
        left -= len((short.pointer + short.detail).encode("utf-8", "replace"))
        if left < 0 or len(kept) == _MAX_ISSUES:
            break
        kept.append(short)
    return replace(report, issues=tuple(kept))


def _cut(pointer: str) -> str:
    return pointer if len(pointer) <= _MAX_POINTER else f"{pointer[:_MAX_POINTER]}…"
