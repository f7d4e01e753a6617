"""From what is reported to what is drawn: positions, spans and words. Pure."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass

from gencheck.findings import (
    Box,
    Finding,
    JsonPointer,
    Mask,
    MeshElements,
    Outcome,
    OutcomeStatus,
    PrimPath,
    TextSpan,
    TimeSpan,
    box_of,
)
from gencheck.report.model import ClaimRow, Entry, Preview, Timeline, Track
from gencheck.report.outline import outline

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class Marked:
    """A finding with its number in the entry, from 1, and where it is in words.

    Attributes:
        path: the outline of its mask as an SVG path; empty where it has none.
    """

    number: int
    finding: Finding
    where: str
    box: Box | None
    path: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the prompt: its text, the status of its claim (or ``""``), and a tooltip."""

    text: str
    status: str
    hint: str


@dataclass(frozen=True, slots=True)
class Span:
    """A marked part of a timeline: percent of its length, and the finding's number."""

    number: int
    left: float
    width: float
    severity: str
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """A track as drawn: its spans and the points of its curve in a 1000 × 100 field."""

    name: str
    spans: tuple[Span, ...]
    curve: str


def data_uri(data: bytes) -> str:
    """A ``data:`` URI of a PNG or JPEG; empty where the bytes are neither."""
    if data.startswith(_PNG):
        kind = "png"
    elif data.startswith(_JPEG):
        kind = "jpeg"
    else:
        return ""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def mark(entry: Entry) -> list[Marked]:
    """The findings, numbered."""
    return [
        Marked(
            number, finding, _where(finding), _box(finding, entry), _path(finding, entry.preview)
        )
        for number, finding in enumerate(entry.findings, 1)
    ]


def _path(finding: Finding, preview: Preview | None) -> str:
    if preview is None or not isinstance(finding.region, Mask):
        return ""
    return outline(finding.region, preview.width, preview.height)


def _box(finding: Finding, entry: Entry) -> Box | None:
    box = box_of(finding.region)
    if box is None or entry.preview is None:
        return None
    sides = (box.x, box.y, box.width, box.height)
    return box if all(map(math.isfinite, sides)) else None


def _where(finding: Finding) -> str:
    match finding.region:
        case Box(x, y, width, height) | Mask(box=Box(x, y, width, height)):
            return f"{width:.0f} × {height:.0f} px at {x:.0f}, {y:.0f}"
        case TimeSpan(start, end):
            return f"{clock(start)} to {clock(end)}"
        case MeshElements(words=words):
            return words
        case TextSpan(text=text):
            return f"“{text}”"
        case JsonPointer(place) | PrimPath(place):
            return place
    return ""


def clock(seconds: float) -> str:
    """Seconds as ``m:ss.d``."""
    if not math.isfinite(seconds):
        return "?"
    tenths = round(max(0.0, seconds) * 10)
    return f"{tenths // 600}:{tenths % 600 // 10:02d}.{tenths % 10}"


def segments(
    prompt: str, claims: Sequence[ClaimRow], uncovered: Sequence[tuple[int, int]]
) -> list[Segment]:
    """The prompt cut at the spans of its claims.

    Where spans overlap, a contradicted claim is shown before an unverified one, and that before a
    supported one.
    """
    rank = {"SUPPORTED": 1, "UNVERIFIED": 2, "CONTRADICTED": 3}
    owner: list[tuple[int, str, str]] = [(0, "", "")] * len(prompt)
    pieces = [(s, e, 0, "UNCOVERED", "in no claim") for s, e in uncovered]
    pieces += [
        (
            c.start,
            c.end,
            rank.get(c.status, 0),
            c.status,
            f"{c.kind}: {c.text} ({c.status.lower()})",
        )
        for c in claims
    ]
    for start, end, level, status, hint in pieces:
        for i in range(max(0, start), min(len(prompt), end)):
            if not owner[i][1] or level > owner[i][0]:
                owner[i] = (level, status, hint)
    found: list[Segment] = []
    for char, (_, status, hint) in zip(prompt, owner, strict=True):
        if found and (found[-1].status, found[-1].hint) == (status, hint):
            found[-1] = Segment(found[-1].text + char, status, hint)
        else:
            found.append(Segment(char, status, hint))
    return found


def lines(timeline: Timeline, marked: Sequence[Marked]) -> list[Line]:
    """The tracks of a timeline with the findings that lie on them."""
    duration = timeline.duration if timeline.duration > 0 else 1.0
    return [
        Line(track.name, tuple(_spans(track, marked, duration)), _curve(track.levels))
        for track in timeline.tracks
    ]


def _spans(track: Track, marked: Sequence[Marked], duration: float) -> list[Span]:
    found = []
    for item in marked:
        region, finding = item.finding.region, item.finding
        named = not track.checks or {finding.check, finding.code} & set(track.checks)
        if not isinstance(region, TimeSpan) or not named:
            continue
        left = _percent(region.start / duration)
        right = _percent(region.end / duration)
        found.append(
            Span(
                item.number,
                min(left, 99.4),
                max(0.6, right - left),
                finding.severity.name.lower(),
                f"{finding.code}, {item.where}",
            )
        )
    return found


def _percent(share: float) -> float:
    return 100 * min(1.0, max(0.0, share)) if math.isfinite(share) else 0.0


def _curve(levels: Sequence[float]) -> str:
    if len(levels) < 2:
        return ""
    points = [
        f"{1000 * i / (len(levels) - 1):.1f},{100 - _percent(level):.1f}"
        for i, level in enumerate(levels)
    ]
    return " ".join(["0,100", *points, "1000,100"])


def outcome_words(outcome: Outcome) -> str:
    """``judged``, ``skipped: …`` or ``error: …`` in small letters."""
    if outcome.status is OutcomeStatus.JUDGED:
        return "judged"
    reason = outcome.reason.lower().replace("_", " ")
    return f"{outcome.status.value.lower()}: {reason}" if reason else outcome.status.value.lower()
