"""Models beside the signals: one that fails or is missing costs its own check only."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import numpy as np
import pytest
import skimage.data

from gencheck.artifact.check import check_image
from gencheck.artifact.image import text
from gencheck.artifact.looking import Seen, added, look, together, visible
from gencheck.artifact.sound import speech
from gencheck.artifact.sound.check import check_sound
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.errors import Cancelled, DeadlineExceeded, GencheckError, ModelError
from gencheck.findings import (
    Mask,
    ModelUsed,
    Outcome,
    OutcomeStatus,
    SkipReason,
    TimeSpan,
    Verdict,
)
from gencheck.hearing.roles import HearingRoles, SpeechScores, SpeechSpan
from gencheck.media.types import Image, Sound, Video
from gencheck.policy import Policy, judge
from gencheck.vision.roles import ExaminedLine, Picture, Roles, TextLine, WorthReading

PHOTO = Image(np.asarray(skimage.data.coffee()), None, "PNG")
STRIPES = np.tile(np.asarray([[[20], [230]]], np.uint8).repeat(4, axis=1), (400, 75, 3))


def garbled(score: float = 0.4) -> ExaminedLine:
    quad = np.asarray([[40, 40], [340, 40], [340, 80], [40, 80]], np.float32)
    letters = "RESSMPSMSN"
    return ExaminedLine(quad, 0.85, letters, (score,) * len(letters), (letters, letters))


@dataclass
class Reader:
    """Examines as told; raises what it is given."""

    lines: list[ExaminedLine]
    error: GencheckError | None = None
    asked: int = 0
    model: ModelUsed = field(default=ModelUsed("text_recognizer", "fake", "1"))

    async def read(self, picture: Picture, *, deadline: Deadline) -> list[TextLine]:
        raise AssertionError

    async def examine(
        self, picture: Picture, *, most: int, worth: WorthReading, deadline: Deadline
    ) -> list[ExaminedLine]:
        self.asked += 1
        deadline.check()
        if self.error is not None:
            raise self.error
        return self.lines[:most]


@dataclass
class Ears:
    """Plays both roles of sound."""

    spans: list[SpeechSpan]
    overall: float = 2.0
    model: ModelUsed = field(default=ModelUsed("speech_quality", "fake", "1"))

    async def find(self, sound: Sound, *, deadline: Deadline) -> list[SpeechSpan]:
        return [span for span in self.spans if span.end <= sound.duration]

    async def rate(self, sound: Sound, *, deadline: Deadline) -> SpeechScores:
        return SpeechScores(3.0, 3.5, self.overall, None, 1)


def sound_of(seconds: float) -> Sound:
    return Sound(np.zeros((1, int(16000 * seconds)), np.float32), 16000, "pcm")


def clip(frames: int, sound: Sound | None = None) -> Video:
    times = np.arange(frames) / 10
    small = np.zeros((frames, 90, 150), np.uint8)
    full = np.broadcast_to(STRIPES, (frames, *STRIPES.shape))
    return Video(small, times, full, times, "h264", sound)


async def seen_of(
    media: Image | Sound | Video, reader: Reader | None = None, ears: Ears | None = None
) -> dict[str, Seen]:
    hearing = HearingRoles(ears, ears)
    seen = await look(media, Roles(text=reader), hearing, deadline=NO_DEADLINE)
    return {one.check: one for one in seen}


async def test_garbled_text_of_a_picture_has_a_mask_and_a_model() -> None:
    seen = (await seen_of(Image(STRIPES, None, "PNG"), Reader([garbled()])))[text.CHECK]
    (measurement,) = seen.measurements
    assert measurement.value == pytest.approx(6.0)
    assert isinstance(measurement.region, Mask)
    assert seen.outcome is not None
    assert seen.outcome.status is OutcomeStatus.JUDGED
    assert [model.name for model in seen.models] == ["fake"]
    assert seen.level is not None


async def test_a_role_that_nobody_plays_is_missing_and_does_not_block() -> None:
    seen = await look(PHOTO, Roles(), HearingRoles(), deadline=NO_DEADLINE)
    assert [one.outcome.reason for one in seen if one.outcome] == ["MODEL_MISSING"] * len(seen)
    assert all("gencheck models install" in one.outcome.message for one in seen if one.outcome)
    report = added(check_image(PHOTO, deadline=NO_DEADLINE), seen, ())
    assert report.outcomes[-1].status is OutcomeStatus.JUDGED
    judged = judge(report.outcomes, (), Policy("p", "1"))
    assert judged.verdict is Verdict.PASS
    strict = judge(report.outcomes, (), Policy("p", "1", required=(text.CHECK,)))
    assert strict.verdict is Verdict.INCONCLUSIVE
    assert text.CHECK in strict.reasons[0]


async def test_a_model_that_fails_costs_its_check_and_is_a_gap() -> None:
    error = ModelError("no tensor", where="model fake")
    seen = (await seen_of(PHOTO, Reader([], error)))[text.CHECK]
    assert seen.failure is error
    assert seen.outcome is None
    failed = Outcome(text.CHECK, OutcomeStatus.ERROR, error.reason, str(error), 13)
    report = added(check_image(PHOTO, deadline=NO_DEADLINE), [seen], [failed])
    assert report.outcomes[-1].status is OutcomeStatus.ERROR
    assert {m.code for m in report.measurements} >= {"BLOCKING", "BLUR"}


@pytest.mark.parametrize("error", [Cancelled("gone"), DeadlineExceeded("late")])
async def test_who_has_gone_gets_no_outcome(error: GencheckError) -> None:
    with pytest.raises(type(error)):
        await seen_of(PHOTO, Reader([], error))


async def test_when_one_raises_the_others_are_stopped() -> None:
    stopped = asyncio.Event()

    async def slow() -> Seen:
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()
        raise AssertionError

    async def bad() -> Seen:
        await asyncio.sleep(0)
        raise Cancelled("gone")

    with pytest.raises(Cancelled):
        await together(slow(), bad())
    assert stopped.is_set()


async def test_a_long_clip_is_looked_at_in_a_few_frames() -> None:
    reader = Reader([garbled()])
    seen = (await seen_of(clip(30), reader))[text.CHECK]
    assert reader.asked == 4
    (measurement,) = seen.measurements
    assert measurement.region == TimeSpan(0.0, 0.0)
    assert "frame at 0.00 s" in measurement.detail


async def test_a_picture_that_is_too_small_is_skipped() -> None:
    small = Image(STRIPES[:20, :20], None, "PNG")
    seen = (await seen_of(small, Reader([garbled()])))[text.CHECK]
    assert seen.outcome is not None
    assert seen.outcome.reason == SkipReason.TOO_SMALL.value
    assert "48" in seen.outcome.message


async def test_speech_is_rated_where_it_is_and_nowhere_else() -> None:
    ears = Ears([SpeechSpan(0.5, 1.5), SpeechSpan(2.0, 4.0)])
    seen = (await seen_of(clip(3, sound_of(6)), ears=ears))[speech.CHECK]
    (measurement,) = seen.measurements
    assert measurement.region == TimeSpan(0.5, 4.0)
    assert measurement.value == pytest.approx(3.0)
    quiet = (await seen_of(sound_of(6), ears=Ears([])))[speech.CHECK]
    assert quiet.outcome is not None
    assert quiet.outcome.reason == SkipReason.NOT_APPLICABLE.value
    assert quiet.measurements == ()


async def test_sound_without_models_passes_and_says_so() -> None:
    sound = Sound(np.full((1, 48000), 0.1, np.float32), 48000, "pcm")
    (seen,) = await look(sound, Roles(), HearingRoles(), deadline=NO_DEADLINE)
    report = added(check_sound(sound, deadline=NO_DEADLINE), [seen], ())
    assert report.outcomes[-1].status is OutcomeStatus.JUDGED
    assert seen.outcome is not None
    assert seen.outcome.reason == SkipReason.MODEL_MISSING.value


async def test_the_heat_map_holds_what_models_see() -> None:
    image = Image(np.full((400, 600, 3), 128, np.uint8), None, "PNG")
    report = check_image(image, deadline=NO_DEADLINE, want_heat_map=True)
    level = np.zeros((40, 60), np.float32)
    level[10:20, 10:20] = 2
    both = added(report, [Seen("artifact.garbled_text", level=level)], ())
    assert both.heat_map is not None
    assert both.heat_map[150, 150] == 255
    assert report.heat_map is not None
    assert both.heat_map.shape == report.heat_map.shape


def test_what_is_transparent_or_missing_shows_nothing() -> None:
    pixels = np.full((100, 60, 3), 250, np.uint8)
    alpha = np.full((100, 60), 255, np.uint8)
    alpha[:, :30] = 0
    shown = visible(Image(pixels, alpha, "PNG", missing=0.2))
    assert (shown[:, :30] == 128).all()
    assert (shown[:80, 30:] == 250).all()
    assert (shown[80:] == 128).all()
    opaque = Image(pixels, None, "PNG")
    assert visible(opaque) is pixels
