"""Clips as they go by: the same answer whatever the chunks, and odd clips without surprise."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from gencheck.artifact.report import ArtifactReport
from gencheck.artifact.watching import Watch, check_video, parts_of
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.errors import Cancelled
from gencheck.findings import Measurement, OutcomeStatus, SkipReason
from gencheck.media.clip import Chunk, ClipEnd, ClipHead, ClipPart, Frames, SoundBlock, Span
from gencheck.media.types import Sound, Video
from tests.unit.artifact.video.clips import RATE, Clip, boiling, flickering, pan


def damaged() -> Clip:
    clip = pan(100, 1.0)
    clip[10:40] = flickering(clip[10:40], 0.05)
    clip[45:58] = clip[45]
    clip[60:66] = 2
    clip[70:] = boiling(clip[70:], 1.5)
    return clip


def video(clip: Clip, sound: Sound | None = None) -> Video:
    full = np.repeat(clip[::20, :, :, None], 3, axis=3)
    times = np.arange(len(clip)) / RATE
    return Video(clip, times, full, times[::20], "h264", sound)


def in_chunks(whole: Video, size: int) -> Iterator[ClipPart]:
    """The parts of a clip with so many frames, and so many thousand samples, in each chunk."""
    for part in parts_of(whole):
        if not isinstance(part, Chunk):
            yield part
            continue
        if (frames := part.frames) is not None:
            edges = [*frames.times[::size], np.inf]
            for start, end in pairwise(edges):
                some = (frames.times >= start) & (frames.times < end)
                full = (frames.full_times >= start) & (frames.full_times < end)
                yield Chunk(
                    Frames(
                        frames.small[some],
                        frames.tint[some],
                        frames.times[some],
                        frames.full[full],
                        frames.full_times[full],
                    )
                )
        if (sound := part.sound) is not None:
            for at in range(0, sound.samples.shape[1], 1_000 * size):
                block = sound.samples[:, at : at + 1_000 * size]
                yield Chunk(sound=SoundBlock(block, sound.rate))


def watch(parts: Iterator[ClipPart]) -> tuple[list[Measurement], ArtifactReport]:
    watching, told = Watch(), []
    for part in parts:
        told += watching.see(part, NO_DEADLINE)
    return told, watching.report()


def test_the_answer_does_not_depend_on_the_chunks() -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 0.1, (1, 4 * 8_000)).astype(np.float32)
    samples[0, 9_000:9_400] = 0
    whole = video(damaged(), Sound(samples, 8_000, "pcm"))
    expected = check_video(whole, deadline=NO_DEADLINE)
    told, report = watch(in_chunks(whole, 7))
    assert report.measurements == expected.measurements
    assert report.outcomes == expected.outcomes
    assert report.timeline == expected.timeline
    assert told
    assert all(one in report.measurements for one in told)
    located = {one.code for one in report.measurements if one.value and one.region}
    assert {"FLICKER", "FROZEN", "BLACK_FRAMES", "TEMPORAL_WARPING"} <= located


def head(*, has_pictures: bool = True) -> ClipHead:
    return ClipHead("h264", 320, 180, RATE, 1.0, has_pictures, True)


def frames(clip: Clip) -> Frames:
    (part,) = (p for p in parts_of(video(clip)) if isinstance(p, Chunk))
    assert part.frames is not None
    return part.frames


def statuses(report: ArtifactReport) -> dict[str, tuple[OutcomeStatus, str]]:
    return {one.check: (one.status, one.reason) for one in report.outcomes}


def test_a_clip_of_one_frame_says_what_it_lacks() -> None:
    report = check_video(video(pan(1)), deadline=NO_DEADLINE)
    found = statuses(report)
    for name in ("frozen", "flicker", "dropped_frames", "temporal_warping", "strobe"):
        assert found[f"artifact.{name}"] == (OutcomeStatus.SKIPPED, SkipReason.TOO_SMALL.value)
    assert found["artifact.blocking"][0] is OutcomeStatus.JUDGED


@pytest.mark.parametrize("shape", [(1, 1), (2, 320), (180, 2), (47, 47), (48, 48), (7, 320)])
def test_pictures_of_any_size(shape: tuple[int, int]) -> None:
    clip = np.random.default_rng(0).integers(0, 256, (12, *shape), dtype=np.uint8)
    report = check_video(video(clip), deadline=NO_DEADLINE)
    motion = statuses(report)["artifact.flicker"]
    assert (motion[0] is OutcomeStatus.JUDGED) is (min(shape) >= 48)
    assert all(np.isfinite(one.value) and one.value >= 0 for one in report.measurements)


def test_no_frame_at_all() -> None:
    report = check_video(video(pan(1)[:0]), deadline=NO_DEADLINE)
    assert statuses(report)["artifact"][0] is not OutcomeStatus.ERROR


def test_stamps_that_stand_still_do_no_harm() -> None:
    clip = pan(40)
    still = Video(clip, np.zeros(40), np.zeros((0, 1, 1, 3), np.uint8), np.zeros(0), "h264")
    report = check_video(still, deadline=NO_DEADLINE)
    assert all(np.isfinite(one.value) for one in report.measurements)


@pytest.mark.parametrize(
    ("sound", "seconds"),
    [
        (Span(0.0, 4.0), 0.0),
        (Span(0.4, 4.0), 0.4),
        (Span(0.0, 2.0), 1.75),
        (Span(0.0, 4.2), 0.0),
        (Span(0.0, 4.0, slip=0.3), 0.28),
    ],
)
def test_sound_and_picture_keep_together(sound: Span, seconds: float) -> None:
    end = ClipEnd("aac", Span(0.0, 4.0), sound)
    _, report = watch(iter([head(), Chunk(frames(pan(2))), end]))
    (found,) = (one for one in report.measurements if one.code == "AV_SYNC")
    assert found.value == pytest.approx(seconds)


def test_a_clip_without_sound_has_no_sync() -> None:
    report = check_video(video(pan(2)), deadline=NO_DEADLINE)
    assert statuses(report)["artifact.av_sync"][1] == SkipReason.NOT_APPLICABLE.value


def test_a_sound_alone_is_heard_alone() -> None:
    tone = np.sin(np.arange(16_000) / 5)[None].astype(np.float32)
    end = ClipEnd("pcm", None, Span(0.0, 2.0), missing_sound=0.5)
    _, report = watch(iter([head(has_pictures=False), Chunk(sound=SoundBlock(tone, 8_000)), end]))
    assert "artifact.frozen" not in statuses(report)
    (torn,) = (one for one in report.measurements if one.code == "TRUNCATED")
    assert torn.value == pytest.approx(0.5)


def test_who_has_gone_stops_it() -> None:
    deadline = Deadline()
    deadline.cancel()
    with pytest.raises(Cancelled):
        check_video(video(pan(4)), deadline=deadline)
