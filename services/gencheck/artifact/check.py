"""Is it broken? The public face of the artifact detector: pictures, video and sound."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact import clicks, frames, loudness, truncated
from gencheck.artifact.panel import DETECTORS, run_panel
from gencheck.artifact.picture import prepare
from gencheck.artifact.regions import heat_map
from gencheck.artifact.timeline import Track, sound_tracks, video_tracks
from gencheck.deadline import Deadline
from gencheck.errors import UnsupportedMedia
from gencheck.findings import (
    Box,
    Measurement,
    Outcome,
    SkipReason,
    TimeSpan,
    Timing,
    judged,
    skipped,
)
from gencheck.media.types import Image, Media, Mesh, Sound, Video
from gencheck.policy import summarise

__all__ = ["ArtifactReport", "Track", "check_image", "check_media", "check_sound", "check_video"]

_SUMMARY = "artifact"
_MIN_SAMPLES = 1024
# A photo may repeat itself between two frames of a clip only by accident, and ORB is the dearest.
_NOT_IN_VIDEO = frozenset({"DUPLICATED_REGION"})
# One soft frame is motion, one with a dark ceiling no bar: these count where every frame has them.
_IN_EVERY_FRAME = frozenset({"BLUR", "LETTERBOX", "CLIPPING"})


@dataclass(frozen=True, slots=True)
class ArtifactReport:
    """What the detectors measured on one medium.

    Attributes:
        outcomes: one for each detector, named ``artifact.<code in lower case>``, and ``artifact``
            for all of them together.
        heat_map: ``uint8 [h, w]``, the picture's size divided by a whole number, rounded up: 0 is
            nothing, 128 where a region begins, 255 twice that. The boxes come from these maps.
        timeline: how a video or sound measures over time, at most 240 values a track.
    """

    measurements: tuple[Measurement, ...]
    outcomes: tuple[Outcome, ...]
    timings: tuple[Timing, ...]
    heat_map: NDArray[np.uint8] | None = field(default=None, repr=False)
    timeline: tuple[Track, ...] = field(default=(), repr=False)


def check_media(media: Media, *, deadline: Deadline, want_heat_map: bool = False) -> ArtifactReport:
    """The check that fits the medium.

    Raises:
        UnsupportedMedia: for a mesh.
        DeadlineExceeded, Cancelled: between two detectors.
    """
    match media:
        case Image():
            return check_image(media, deadline=deadline, want_heat_map=want_heat_map)
        case Video():
            return check_video(media, deadline=deadline)
        case Sound():
            return check_sound(media, deadline=deadline)
        case Mesh():
            raise UnsupportedMedia(
                "artifacts are looked for in pictures, video and sound, this is a mesh",
                fix="Ask the mesh checker.",
            )


def check_image(image: Image, *, deadline: Deadline, want_heat_map: bool = False) -> ArtifactReport:
    """All detectors of pictures.

    A picture that is too small for a detector skips it (``TOO_SMALL``, with the size that would
    do). Rows that the file does not hold are not looked at. Nothing is calibrated: every
    ``confidence`` is ``None``.

    Raises:
        DeadlineExceeded, Cancelled: between two detectors.
    """
    started = time.perf_counter()
    picture = prepare(image)
    prepared = Timing("artifact.prepare", time.perf_counter() - started)
    result = run_panel(picture, deadline)
    measurements = [m for reading in result.readings for m in reading.measurements]
    measurements.append(truncated.measure_truncated(image))
    heat = None
    if want_heat_map:
        heat = heat_map((reading.level for reading in result.readings), picture.size)
    return ArtifactReport(
        tuple(measurements),
        _with_summary([*result.outcomes, judged(truncated.CHECK)]),
        (prepared, *result.timings),
        heat,
    )


def check_video(video: Video, *, deadline: Deadline) -> ArtifactReport:
    """Frozen and black stretches, the picture detectors on the sampled frames, and the sound.

    Raises:
        DeadlineExceeded, Cancelled: between two detectors and while comparing frames.
    """
    started = time.perf_counter()
    mean, most = frames.changes(video, deadline)
    measurements, outcomes = _still_and_black(video, most)
    timings = [Timing(frames.FROZEN, time.perf_counter() - started)]
    started = time.perf_counter()
    pictures, picture_outcomes = _sampled_frames(video, deadline)
    timings.append(Timing("artifact.frames", time.perf_counter() - started))
    measurements += [*pictures, truncated.measure_truncated(video)]
    outcomes += [*picture_outcomes, judged(truncated.CHECK)]
    tracks = video_tracks(video, mean)
    if video.sound is not None:
        heard = _hear(video.sound, deadline)
        measurements, outcomes = [*measurements, *heard[0]], [*outcomes, *heard[1]]
        timings += heard[2]
        tracks = (*tracks, *sound_tracks(video.sound))
    return ArtifactReport(
        tuple(measurements), _with_summary(outcomes), tuple(timings), timeline=tracks
    )


def check_sound(sound: Sound, *, deadline: Deadline) -> ArtifactReport:
    """All detectors of sound.

    Raises:
        DeadlineExceeded, Cancelled: between two detectors.
    """
    measurements, outcomes, timings = _hear(sound, deadline)
    measurements.append(truncated.measure_truncated(sound))
    return ArtifactReport(
        tuple(measurements),
        _with_summary([*outcomes, judged(truncated.CHECK)]),
        tuple(timings),
        timeline=sound_tracks(sound),
    )


def _with_summary(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    return (*outcomes, summarise(_SUMMARY, outcomes))


def _still_and_black(
    video: Video, most: NDArray[np.float64]
) -> tuple[list[Measurement], list[Outcome]]:
    if len(video.small) < 2:
        message = f"{len(video.small)} frames could be decoded, it needs 2"
        checks = (frames.FROZEN, frames.BLACK)
        return [], [skipped(check, SkipReason.TOO_SMALL, message) for check in checks]
    measurements = [*frames.measure_frozen(video, most), *frames.measure_black(video)]
    return measurements, [judged(frames.FROZEN), judged(frames.BLACK)]


def _sampled_frames(video: Video, deadline: Deadline) -> tuple[list[Measurement], list[Outcome]]:
    """Per code one measurement over the sampled frames, with the time of the frame it is of."""
    by_code: dict[str, list[Measurement]] = {}
    outcomes: dict[str, Outcome] = {}
    for pixels, moment in zip(video.frames, video.frame_times, strict=True):
        if pixels.max(initial=0) <= frames.DARK:
            continue
        picture = prepare(Image(pixels, None, "frame"))
        result = run_panel(picture, deadline, leave_out=_NOT_IN_VIDEO)
        for outcome in result.outcomes:
            outcomes.setdefault(outcome.check, outcome)
        for reading in result.readings:
            worst = max(reading.measurements, key=lambda m: m.value)
            by_code.setdefault(worst.code, []).append(_at(worst, float(moment)))
    for detector in DETECTORS:
        if detector.code not in _NOT_IN_VIDEO and detector.check not in outcomes:
            message = "no frame with a picture"
            outcomes[detector.check] = skipped(detector.check, SkipReason.NOT_APPLICABLE, message)
    chosen = [
        (min if code in _IN_EVERY_FRAME else max)(found, key=lambda m: m.value)
        for code, found in by_code.items()
    ]
    return chosen, list(outcomes.values())


def _at(measurement: Measurement, moment: float) -> Measurement:
    """The measurement of a frame as one of the clip: its place moves into the detail."""
    box = measurement.region
    where = f"frame at {moment:.2f} s"
    if isinstance(box, Box):
        where += f", {box.width:.0f}×{box.height:.0f} pixels at {box.x:.0f}, {box.y:.0f}"
    detail = f"{where}; {measurement.detail}" if measurement.detail else where
    return replace(measurement, region=TimeSpan(moment, moment), detail=detail)


def _hear(
    sound: Sound, deadline: Deadline
) -> tuple[list[Measurement], list[Outcome], list[Timing]]:
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
