"""All detectors of video over one clip, and those of sound over its sound."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact import truncated
from gencheck.artifact.image.panel import DETECTORS, run_panel
from gencheck.artifact.image.picture import prepare
from gencheck.artifact.report import ArtifactReport, with_summary
from gencheck.artifact.sound.check import listen
from gencheck.artifact.timeline import sound_tracks, video_tracks
from gencheck.artifact.video import frames
from gencheck.deadline import Deadline
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
from gencheck.media.types import Image, Video

# A photo may repeat itself between two frames of a clip only by accident, and ORB is the dearest.
_NOT_IN_VIDEO = frozenset({"DUPLICATED_REGION"})
# One soft frame is motion, one with a dark ceiling no bar: these count where every frame has them.
_IN_EVERY_FRAME = frozenset({"BLUR", "LETTERBOX", "CLIPPING"})


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
        heard = listen(video.sound, deadline)
        measurements, outcomes = [*measurements, *heard[0]], [*outcomes, *heard[1]]
        timings += heard[2]
        tracks = (*tracks, *sound_tracks(video.sound))
    return ArtifactReport(
        tuple(measurements), with_summary(outcomes), tuple(timings), timeline=tracks
    )


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
