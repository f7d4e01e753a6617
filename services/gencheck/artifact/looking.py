"""What models see and hear in a medium, beside what signals measure.

Each model has a check of its own. One that fails costs its check and no other; one that nobody
plays is said to be missing. A policy that cannot do without such a check requires it by name.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from gencheck.artifact.image import distorted, text
from gencheck.artifact.reading import FloatMap, Reading
from gencheck.artifact.report import ArtifactReport, extended
from gencheck.artifact.sound import speech
from gencheck.deadline import Deadline
from gencheck.errors import Cancelled, DeadlineExceeded, GencheckError
from gencheck.findings import (
    Measurement,
    ModelUsed,
    Outcome,
    SkipReason,
    TimeSpan,
    Timing,
    box_of,
    judged,
    skipped,
)
from gencheck.hearing.roles import HearingRoles
from gencheck.media.types import Image, Media, Sound, Video
from gencheck.vision.roles import MISSING_ROLE_FIX, Picture, Roles

_MOST_FRAMES = 4
"""Frames of a video that models look at: each costs them as much as a picture."""

_MISSING = "nobody plays {role}. {fix}"
_HEARING_FIX = "Install one with: gencheck models install standard"


@dataclass(frozen=True, slots=True)
class Seen:
    """What one check says.

    Attributes:
        level: as in :class:`Reading`.
        models: those that had a say.
        failure: why it could not judge, where its model failed; there is no outcome then.
        seconds: that it took.
    """

    check: str
    measurements: tuple[Measurement, ...] = ()
    outcome: Outcome | None = None
    level: FloatMap | None = field(default=None, repr=False)
    models: tuple[ModelUsed, ...] = ()
    failure: GencheckError | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Looker:
    """A check that looks at pictures.

    Attributes:
        role: what it asks.
        model: that plays the role; ``None`` where nobody does.
        min_side: smallest shorter side of a picture, pixels.
    """

    check: str
    role: str
    model: ModelUsed | None
    look: Callable[[Picture], Awaitable[Reading]]
    min_side: int


async def look(
    media: Media, roles: Roles, hearing: HearingRoles, *, deadline: Deadline
) -> tuple[Seen, ...]:
    """All checks of models that apply to a medium, at once.

    Raises:
        DeadlineExceeded, Cancelled: no check is tried to the end then.
    """
    asks: list[Awaitable[Seen]] = []
    lookers = _lookers(roles, deadline)
    match media:
        case Image():
            asks += [_guarded(looker.check, _picture(media, looker)) for looker in lookers]
        case Video():
            asks += [_guarded(looker.check, _frames(media, looker)) for looker in lookers]
    sound = media.sound if isinstance(media, Video) else media
    if isinstance(sound, Sound):
        asks.append(_guarded(speech.CHECK, _listen(sound, hearing, deadline)))
    return tuple(await together(*asks))


def added(
    report: ArtifactReport, seen: Sequence[Seen], failed: Iterable[Outcome]
) -> ArtifactReport:
    """The report of the signals with what models say.

    Args:
        failed: outcomes of the checks that have a failure.
    """
    return extended(
        report,
        measurements=[m for one in seen for m in one.measurements],
        outcomes=[*(one.outcome for one in seen if one.outcome is not None), *failed],
        timings=[Timing(one.check, one.seconds) for one in seen if one.seconds],
        levels=[one.level for one in seen],
    )


async def together(*asks: Awaitable[Seen]) -> list[Seen]:
    """The answers of all. Where one raises, the others are cancelled before it is raised here."""
    tasks = [asyncio.ensure_future(ask) for ask in asks]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _lookers(roles: Roles, deadline: Deadline) -> tuple[Looker, ...]:
    reader = roles.text

    async def read(picture: Picture) -> Reading:
        assert reader is not None
        return await text.measure_text(picture, reader, deadline=deadline)

    segmenter = roles.artifacts

    async def locate(picture: Picture) -> Reading:
        assert segmenter is not None
        return await distorted.measure_distorted(picture, segmenter, deadline=deadline)

    return (
        Looker(text.CHECK, "text", None if reader is None else reader.model, read, text.MIN_SIDE),
        Looker(
            distorted.CHECK,
            "artifacts",
            None if segmenter is None else segmenter.model,
            locate,
            distorted.MIN_SIDE,
        ),
    )


async def _guarded(check: str, ask: Awaitable[Seen]) -> Seen:
    started = time.perf_counter()
    try:
        seen = await ask
    except (Cancelled, DeadlineExceeded):
        raise
    except GencheckError as error:
        return Seen(check, failure=error)
    took = time.perf_counter() - started if seen.models else 0.0
    return replace(seen, seconds=took)


async def _picture(image: Image, looker: Looker) -> Seen:
    pixels = await asyncio.to_thread(visible, image)
    gap = _gap(looker, *pixels.shape[:2])
    if gap is not None or looker.model is None:
        return Seen(looker.check, outcome=gap)
    reading = await looker.look(pixels)
    outcome, models = judged(looker.check), (looker.model,)
    return Seen(looker.check, reading.measurements, outcome, reading.level, models)


async def _frames(video: Video, looker: Looker) -> Seen:
    count = len(video.frames)
    if count == 0:
        message = "no frame could be decoded"
        return Seen(looker.check, outcome=skipped(looker.check, SkipReason.TOO_SMALL, message))
    gap = _gap(looker, *video.frames[0].shape[:2])
    if gap is not None or looker.model is None:
        return Seen(looker.check, outcome=gap)
    chosen = np.unique(np.linspace(0, count - 1, min(count, _MOST_FRAMES)).round().astype(int))
    found = []
    for index in chosen:
        reading = await looker.look(video.frames[index])
        worst = max(reading.measurements, key=lambda m: m.value)
        found.append(_at(worst, float(video.frame_times[index])))
    worst = max(found, key=lambda m: m.value)
    return Seen(looker.check, (worst,), judged(looker.check), models=(looker.model,))


async def _listen(sound: Sound, hearing: HearingRoles, deadline: Deadline) -> Seen:
    activity, quality = hearing.activity, hearing.quality
    if activity is None or quality is None:
        role = "SpeechActivity" if activity is None else "SpeechQuality"
        return Seen(speech.CHECK, outcome=_missing(speech.CHECK, role, _HEARING_FIX))
    if sound.duration < speech.LEAST:
        message = f"the sound lasts {sound.duration:.1f} s, it needs {speech.LEAST:.0f}"
        return Seen(speech.CHECK, outcome=skipped(speech.CHECK, SkipReason.TOO_SMALL, message))
    found = await speech.measure_speech(sound, activity, quality, deadline=deadline)
    if not found:
        message = f"nobody speaks for {speech.LEAST:.0f} s"
        outcome = skipped(speech.CHECK, SkipReason.NOT_APPLICABLE, message)
        return Seen(speech.CHECK, outcome=outcome, models=(activity.model,))
    models = (activity.model, quality.model)
    return Seen(speech.CHECK, tuple(found), judged(speech.CHECK), models=models)


def visible(image: Image) -> Picture:
    """What there is to see, ``uint8 [H, W, 3]``: mid-grey where it is transparent or missing."""
    height = image.pixels.shape[0]
    held = height - round(height * min(max(image.missing, 0.0), 1.0))
    if held == height and (image.alpha is None or bool((image.alpha == 255).all())):
        return image.pixels
    pixels = image.pixels.copy()
    if image.alpha is not None:
        share = image.alpha[:, :, None].astype(np.uint16)
        pixels = np.asarray((pixels * share + 128 * (255 - share) + 127) // 255, np.uint8)
    pixels[held:] = 128
    return pixels


def _gap(looker: Looker, height: int, width: int) -> Outcome | None:
    if looker.model is None:
        fix = MISSING_ROLE_FIX[looker.role]
        return _missing(looker.check, _ROLE_NAMES[looker.role], fix)
    if min(height, width) >= looker.min_side:
        return None
    message = f"the picture has {width}×{height} pixels, it needs {looker.min_side} a side"
    return skipped(looker.check, SkipReason.TOO_SMALL, message)


_ROLE_NAMES = {"text": "TextReader", "artifacts": "ArtifactSegmenter"}


def _missing(check: str, role: str, fix: str) -> Outcome:
    return skipped(check, SkipReason.MODEL_MISSING, _MISSING.format(role=role, fix=fix))


def _at(measurement: Measurement, moment: float) -> Measurement:
    """The measurement of a frame as one of the clip: its place moves into the detail."""
    where = f"frame at {moment:.2f} s"
    box = box_of(measurement.region)
    if box is not None:
        where += f", {box.width:.0f}×{box.height:.0f} pixels at {box.x:.0f}, {box.y:.0f}"
    detail = f"{where}; {measurement.detail}" if measurement.detail else where
    return replace(measurement, region=TimeSpan(moment, moment), detail=detail)
