"""All detectors of video over the pictures of one clip, seen chunk by chunk."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from gencheck.artifact.ledger import Ledger
from gencheck.artifact.reading import Grey
from gencheck.artifact.timeline import Gauge, Track
from gencheck.artifact.video import dropped, sync
from gencheck.artifact.video.black import Black, is_dark
from gencheck.artifact.video.dropped import Dropped
from gencheck.artifact.video.flicker import Flicker
from gencheck.artifact.video.motion import MIN_SIDE, Comparer
from gencheck.artifact.video.sampled import CHECK as SAMPLED
from gencheck.artifact.video.sampled import Sampled
from gencheck.artifact.video.still import Frozen
from gencheck.artifact.video.strobe import Strobe
from gencheck.artifact.video.warping import Warping
from gencheck.artifact.video.watcher import Moment, Watcher
from gencheck.deadline import Deadline
from gencheck.findings import Measurement, Outcome, SkipReason, Timing, judged, skipped
from gencheck.media.clip import ClipEnd, Frames

MOTION = "artifact.motion"


@dataclass(frozen=True, slots=True)
class VideoReport:
    """What the detectors measured on the pictures of one clip.

    Attributes:
        measurements: those that ``see`` returned, and those that the end made certain.
        outcomes: one for each detector.
    """

    measurements: tuple[Measurement, ...]
    outcomes: tuple[Outcome, ...]
    timings: tuple[Timing, ...]
    timeline: tuple[Track, ...] = field(default=(), repr=False)


class VideoPanel:
    """Sees a clip in chunks of any size; what it finds does not depend on their sizes.

    Memory is bounded, however long the clip is. Each call belongs to one clip and one thread.
    """

    def __init__(self, *, animated: bool = False) -> None:
        """Args: animated: it is an animated picture: each frame lasts as long as it says."""
        self._animated = animated
        self._flicker, self._warping, self._strobe = Flicker(), Warping(), Strobe()
        self._watchers: tuple[Watcher, ...] = (
            Frozen(),
            Black(),
            *(() if animated else (Dropped(),)),
            self._flicker,
            self._warping,
            self._strobe,
        )
        self._sampled = Sampled()
        self._ledger = Ledger()
        self._gauges = _Gauges()
        self._seconds = dict.fromkeys((MOTION, *(w.check for w in self._watchers), SAMPLED), 0.0)
        self._comparer: Comparer | None = None
        self._before: Grey | None = None
        self._time = 0.0
        self._count = 0
        self._side = 0

    def see(self, frames: Frames, deadline: Deadline) -> list[Measurement]:
        """Takes the next pictures.

        Returns:
            What became certain by them, each once; ``finish`` has them too.

        Raises:
            DeadlineExceeded, Cancelled: between two pictures.
        """
        found: list[Measurement] = []
        for small, tint, moment in zip(frames.small, frames.tint, frames.times, strict=True):
            deadline.check()
            found += self._look(self._moment(small, tint, float(moment)))
        started = time.perf_counter()
        self._sampled.see(frames, deadline)
        self._seconds[SAMPLED] += time.perf_counter() - started
        return found

    def _moment(self, small: Grey, tint: Grey, at: float) -> Moment:
        started = time.perf_counter()
        change = None
        if self._before is None:
            self._comparer, self._side = Comparer(small.shape), min(small.shape)
        elif self._comparer is not None:
            change = self._comparer.compare(self._before, small)
        step = at - self._time if self._count else 0.0
        luma = float(np.mean(small))
        moment = Moment(self._count, at, step, luma, is_dark(small), small, tint, change)
        self._before, self._time, self._count = small, at, self._count + 1
        self._seconds[MOTION] += time.perf_counter() - started
        return moment

    def _look(self, moment: Moment) -> list[Measurement]:
        found: list[Measurement] = []
        for watcher in self._watchers:
            started = time.perf_counter()
            found += self._ledger.enter(watcher.see(moment))
            self._seconds[watcher.check] += time.perf_counter() - started
        self._gauges.add(moment, self._flicker.value, self._warping.value, self._strobe.value)
        return found

    def finish(self, end: ClipEnd) -> VideoReport:
        """What was found in all of it. Nothing may be seen after it."""
        outcomes = [self._finished(watcher) for watcher in self._watchers]
        if self._animated:
            message = "the frames of an animated picture have no common rate"
            outcomes.append(skipped(dropped.CHECK, SkipReason.NOT_APPLICABLE, message))
        synchronous = sync.measure_sync(end)
        if isinstance(synchronous, Outcome):
            outcomes.append(synchronous)
        else:
            self._ledger.enter(synchronous)
            outcomes.append(judged(sync.CHECK))
        pictures, picture_outcomes = self._sampled.finish()
        self._ledger.enter(pictures)
        timings = tuple(Timing(check, seconds) for check, seconds in self._seconds.items())
        listed = tuple(self._ledger.listed)
        return VideoReport(listed, (*outcomes, *picture_outcomes), timings, self._gauges.tracks())

    def _finished(self, watcher: Watcher) -> Outcome:
        gap = self._gap(watcher)
        if gap:
            return skipped(watcher.check, SkipReason.TOO_SMALL, gap)
        answer = watcher.finish()
        if isinstance(answer, Outcome):
            return answer
        self._ledger.enter(answer)
        return self._ledger.outcome(watcher.check)

    def _gap(self, watcher: Watcher) -> str:
        """Why a detector cannot judge; empty where it can."""
        if self._count < 2:
            return f"{self._count} frames could be decoded, it needs 2"
        if watcher.needs_motion and self._side < MIN_SIDE:
            return f"pictures of {self._side} pixels a side, it needs {MIN_SIDE} to see motion"
        return ""


class _Gauges:
    """The tracks of a clip as it goes by."""

    def __init__(self) -> None:
        self._luma = Gauge("artifact.black_frames", "mean luma", "8-bit levels")
        self._change = Gauge("artifact.frozen", "frame difference", "8-bit levels")
        self._cuts = Gauge("artifact.cuts", "cuts", "cuts", total=True)
        self._flicker = Gauge("artifact.flicker", "brightness swings", "share of luma")
        self._warping = Gauge("artifact.temporal_warping", "motion taken back", "pixels of 320")
        self._strobe = Gauge("artifact.strobe", "flashes", "flashes a second")

    def add(self, moment: Moment, flicker: float, warping: float, strobe: float) -> None:
        """One picture."""
        change = moment.change
        self._luma.add(moment.time, moment.luma)
        self._change.add(moment.time, 0.0 if change is None else change.mean)
        self._cuts.add(moment.time, float(change is not None and change.is_cut))
        self._flicker.add(moment.time, flicker)
        self._warping.add(moment.time, warping)
        self._strobe.add(moment.time, strobe)

    def tracks(self) -> tuple[Track, ...]:
        """All of them."""
        gauges = (
            self._luma,
            self._change,
            self._cuts,
            self._flicker,
            self._warping,
            self._strobe,
        )
        return tuple(track for gauge in gauges if (track := gauge.track()) is not None)
