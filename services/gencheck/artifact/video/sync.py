"""AV_SYNC: sound and picture that do not begin together, end together or keep together."""

from __future__ import annotations

from gencheck.artifact.reading import finite
from gencheck.artifact.video.watcher import Kind
from gencheck.findings import Measurement, Method, Outcome, SkipReason, skipped
from gencheck.media.clip import ClipEnd

CHECK = "artifact.av_sync"
METHOD = Method(
    "time stamps of the streams", "1", "ITU-R BT.1359-1: noticed from 45 ms early, 125 ms late on"
)
KIND = Kind("AV_SYNC", CHECK, METHOD)

_AT_THE_END = 0.25  # seconds: both streams end with a whole frame, and nobody notices which first
_STAMPS = 0.02  # seconds: by so much the stamps of whole packets are off anyway


def measure_sync(end: ClipEnd) -> list[Measurement] | Outcome:
    """Seconds by which the streams differ: at the start, on the way, at the end.

    At the end a quarter of a second is free. What the sound itself says is not listened to: lips
    that do not fit a voice are not found where the stamps are right.
    """
    pictures, sound = end.pictures, end.sound
    if sound is None or pictures is None:
        return skipped(CHECK, SkipReason.NOT_APPLICABLE, "the clip has no sound")
    late = sound.start - pictures.start
    slip = max(0.0, sound.slip - _STAMPS)
    tail = abs(sound.end - pictures.end)
    first, last = min(sound.start, pictures.start), max(sound.end, pictures.end)
    found = [
        KIND.at(finite(abs(late)), first, first + abs(late), f"{_who(late)} begins later"),
        KIND.at(finite(slip), sound.start, sound.end, "stamps of the sound stray from its samples"),
        KIND.at(
            finite(tail - _AT_THE_END),
            last - tail,
            last,
            f"{_who(sound.end - pictures.end)} goes on for {tail:.2f} s more",
        ),
    ]
    worst = max(found, key=lambda one: one.value)
    return [worst] if worst.value > 0 else [KIND.overall(0.0)]


def _who(seconds: float) -> str:
    return "the sound" if seconds > 0 else "the picture"
