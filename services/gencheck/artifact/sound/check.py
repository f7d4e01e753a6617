"""All detectors of sound over one sound."""

from __future__ import annotations

import time
from collections.abc import Callable

from gencheck.artifact import truncated
from gencheck.artifact.report import ArtifactReport, with_summary
from gencheck.artifact.sound import clicks, loudness
from gencheck.artifact.timeline import sound_tracks
from gencheck.deadline import Deadline
from gencheck.findings import Measurement, Outcome, SkipReason, Timing, judged, skipped
from gencheck.media.types import Sound

_MIN_SAMPLES = 1024


def check_sound(sound: Sound, *, deadline: Deadline) -> ArtifactReport:
    """All detectors of sound.

    Raises:
        DeadlineExceeded, Cancelled: between two detectors.
    """
    measurements, outcomes, timings = listen(sound, deadline)
    measurements.append(truncated.measure_truncated(sound))
    return ArtifactReport(
        tuple(measurements),
        with_summary([*outcomes, judged(truncated.CHECK)]),
        tuple(timings),
        timeline=sound_tracks(sound),
    )


def listen(
    sound: Sound, deadline: Deadline
) -> tuple[list[Measurement], list[Outcome], list[Timing]]:
    """What the detectors of sound measure: of a sound, or of the sound of a video."""
    checks = (loudness.CLIPPING, loudness.SILENCE, clicks.CHECK)
    if sound.samples.shape[0] == 0 or sound.samples.shape[1] < _MIN_SAMPLES:
        message = f"{sound.samples.shape[1]} samples could be decoded, it needs {_MIN_SAMPLES}"
        return [], [skipped(check, SkipReason.TOO_SMALL, message) for check in checks], []
    measurements: list[Measurement] = []
    timings = []
    listeners: tuple[tuple[str, Callable[[], list[Measurement]]], ...] = (
        (loudness.CLIPPING, lambda: [loudness.measure_clipping(sound)]),
        (loudness.SILENCE, lambda: loudness.measure_silence(sound)),
        (clicks.CHECK, lambda: [clicks.measure_clicks(sound, deadline)]),
    )
    for check, measure in listeners:
        deadline.check()
        started = time.perf_counter()
        measurements += measure()
        timings.append(Timing(check, time.perf_counter() - started))
    return measurements, [judged(check) for check in checks], timings
