"""Damage to clips: what goes wrong from one frame to the next, and between picture and sound."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from artifact_clips import RATE, Clip, with_sound
from artifact_damage import Pixels, Rng, as_bytes

Span = tuple[float, float]


@dataclass(frozen=True)
class Torn:
    """A damaged clip, and from when to when it is; ``None``: all of it."""

    clip: Clip
    span: Span | None = None
    codec: str = "libx264"
    quality: int = 20


@dataclass(frozen=True)
class ClipDamage:
    """A way to damage a clip; see ``artifact_damage.Damage``."""

    code: str
    name: str
    unit: str
    steps: tuple[float, float, float]
    make: Callable[[Clip, float, Rng], Torn]
    sham: Callable[[Clip, Rng], Torn] = lambda clip, _: Torn(clip)

    def seeded(self, clip: str) -> Rng:
        """The same chance for one clip at every strength."""
        return np.random.default_rng(zlib.crc32(f"{clip} {self.code} {self.name}".encode()))


def _rate(clip: Clip) -> float:
    return 1 / float(np.median(np.diff(clip.times)))


def _place(clip: Clip, count: int, rng: Rng) -> int:
    """A first frame, some frames away from both ends."""
    return int(rng.integers(4, max(5, len(clip.frames) - count - 4)))


def _frozen(clip: Clip, seconds: float, rng: Rng) -> Torn:
    """One frame for so long; the scene has moved on in the meantime."""
    count = round(seconds * _rate(clip))
    first = _place(clip, count, rng)
    frames = list(clip.frames)
    frames[first : first + count] = [frames[first]] * count
    return Torn(replace(clip, frames=frames), (clip.times[first], clip.times[first + count]))


def _black(clip: Clip, seconds: float, rng: Rng) -> Torn:
    count = max(1, round(seconds * _rate(clip)))
    first = _place(clip, count, rng)
    frames = list(clip.frames)
    frames[first : first + count] = [np.zeros_like(frames[0])] * count
    return Torn(replace(clip, frames=frames), (clip.times[first], clip.times[first + count]))


def _dropped(clip: Clip, count: float, rng: Rng, *, gap: bool) -> Torn:
    """Some frames in a row are gone: the times keep the gap, or close it."""
    first = _place(clip, int(count), rng)
    keep = [n for n in range(len(clip.frames)) if not first <= n < first + int(count)]
    frames = [clip.frames[n] for n in keep]
    times = clip.times[keep] if gap else clip.times[: len(keep)]
    after = clip.times[first + int(count)] if gap else clip.times[first]
    return Torn(replace(clip, frames=frames, times=times), (clip.times[first - 1], after))


def _doubled(clip: Clip, count: float, rng: Rng) -> Torn:
    """So many frames, here and there, show the one before them again."""
    places: list[int] = []
    for place in rng.permutation(np.arange(4, len(clip.frames) - 4)):
        if len(places) < count and all(abs(place - other) > 2 for other in places):
            places.append(place)
    frames = list(clip.frames)
    for place in places:
        frames[place] = clip.frames[place - 1]
    return Torn(replace(clip, frames=frames))


def _lit(frames: list[Pixels], gains: np.ndarray) -> list[Pixels]:
    return [as_bytes(frame * gain) for frame, gain in zip(frames, gains, strict=True)]


def _flicker(clip: Clip, percent: float, rng: Rng, *, kind: str) -> Torn:
    """Luminance up and down by at most so many per cent of itself, each way."""
    count = len(clip.frames)
    match kind:
        case "alternating":
            waves = np.where(np.arange(count) % 2, 1.0, -1.0)
        case "6 Hz":
            waves = np.sin(2 * np.pi * 6 * np.arange(count) / _rate(clip))
        case _:
            waves = rng.uniform(-1, 1, count)
    return Torn(replace(clip, frames=_lit(clip.frames, 1 + percent / 100 * waves)))


def _boiling(clip: Clip, reach: float, rng: Rng) -> Torn:
    """Each frame warped by a smooth field of its own, of so many pixels (RMS)."""
    height, width = clip.frames[0].shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    frames = []
    for frame in clip.frames:
        field = [cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 12)
                 for _ in range(2)]  # fmt: skip
        moves = [reach * part / part.std() for part in field]
        frames.append(cv2.remap(frame, x + moves[0], y + moves[1], cv2.INTER_LINEAR,
                                borderMode=cv2.BORDER_REFLECT))  # fmt: skip
    return Torn(replace(clip, frames=frames))


def _strobe(clip: Clip, share: float, rng: Rng) -> Torn:
    """Six flashes a second for a second over the whole picture: mixed with white by a share."""
    rate = _rate(clip)
    count = min(round(rate), len(clip.frames) - 10)
    first = _place(clip, count, rng)
    frames = list(clip.frames)
    for index in range(first, first + count):
        if int((index - first) / rate * 12) % 2 == 0:
            frames[index] = as_bytes((1 - share) * frames[index] + share * 255)
    return Torn(replace(clip, frames=frames), (clip.times[first], clip.times[first + count]))


def _short_sound(clip: Clip, seconds: float, _: Rng) -> Torn:
    heard = with_sound(clip)
    assert heard.sound is not None
    return Torn(replace(heard, sound=heard.sound[: -int(seconds * RATE)]))


def _late_sound(clip: Clip, seconds: float, _: Rng) -> Torn:
    heard = with_sound(clip)
    assert heard.sound is not None
    return Torn(replace(heard, sound=heard.sound[: -int(seconds * RATE)], sound_start=seconds))


def _compressed(clip: Clip, quality: float, _: Rng) -> Torn:
    return Torn(clip, codec="mpeg4", quality=int(quality))


VIDEO = (
    ClipDamage("FROZEN", "one frame", "seconds", (0.3, 0.6, 1.2), _frozen),
    ClipDamage("BLACK_FRAMES", "black", "seconds", (0.1, 0.3, 0.8), _black),
    ClipDamage("DROPPED_FRAMES", "gone, a gap", "frames", (1, 3, 8),
               lambda c, s, r: _dropped(c, s, r, gap=True)),
    ClipDamage("DROPPED_FRAMES", "gone, closed up", "frames", (3, 6, 12),
               lambda c, s, r: _dropped(c, s, r, gap=False)),
    ClipDamage("DROPPED_FRAMES", "doubled", "frames", (1, 3, 8), _doubled),
    *(
        ClipDamage("FLICKER", kind, "percent", (1, 2, 4),
                   lambda c, s, r, kind=kind: _flicker(c, s, r, kind=kind))
        for kind in ("alternating", "6 Hz", "random")
    ),
    ClipDamage("TEMPORAL_WARPING", "boiling", "pixels", (0.5, 1, 2), _boiling),
    ClipDamage("STROBE", "6 flashes", "of white", (0.15, 0.35, 0.7), _strobe),
    ClipDamage("AV_SYNC", "sound ends early", "seconds", (0.2, 0.4, 0.8), _short_sound,
               lambda c, _: Torn(with_sound(c))),
    ClipDamage("AV_SYNC", "sound begins late", "seconds", (0.2, 0.4, 0.8), _late_sound,
               lambda c, _: Torn(with_sound(c))),
    ClipDamage("BLOCKING", "MPEG-4", "quantiser", (8, 16, 31), _compressed,
               lambda c, _: Torn(c, codec="mpeg4", quality=2)),
)  # fmt: skip


def fade_to_black(clip: Clip) -> Clip:
    """Over the last half, as an editor makes it; black only at its very end."""
    count = len(clip.frames)
    gains = np.clip((count - 1 - np.arange(count)) / (count / 2), 0.02, 1)
    return replace(clip, name=f"fade {clip.name}", frames=_lit(clip.frames, gains))


def lights_on(clip: Clip) -> Clip:
    """Somebody turns on a lamp in the middle: a fifth more light, within three frames."""
    gains = 1 + 0.2 * np.clip((np.arange(len(clip.frames)) - len(clip.frames) / 2) / 3, 0, 1)
    return replace(clip, name=f"lamp {clip.name}", frames=_lit(clip.frames, gains))


def cut(one: Clip, other: Clip) -> Clip:
    """From one scene to another, hard."""
    half = len(one.frames) // 2
    size = one.frames[0].shape[1::-1]
    rest = [cv2.resize(f, size, interpolation=cv2.INTER_AREA) for f in other.frames[:half]]
    frames = [*one.frames[:half], *rest]
    return replace(one, name=f"cut {one.name}", frames=frames, times=one.times[: len(frames)])


def variable_rate(clip: Clip) -> Clip:
    """The same motion, sampled at 24 and at 30 frames a second in turns, as phones do."""
    steps = np.where(np.arange(len(clip.frames)) // 12 % 2, 1 / 24, 1 / 30)
    times = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    return replace(clip, name=f"VFR {clip.name}", times=times)


def on_twos(clip: Clip) -> Clip:
    """Drawn at half the rate: each frame is shown twice, all along."""
    frames = [clip.frames[n // 2 * 2] for n in range(len(clip.frames))]
    return replace(clip, name=f"on twos {clip.name}", frames=frames)


def hand_held(clip: Clip, seed: int) -> Clip:
    """Shaken by some pixels, as a hand does."""
    rng = np.random.default_rng(seed)
    walk = cv2.GaussianBlur(rng.normal(0, 1, (len(clip.frames), 2)), (1, 9), 0) * 5
    frames = [
        cv2.warpAffine(frame, np.array([[1, 0, dx], [0, 1, dy]]), frame.shape[1::-1],
                       flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        for frame, (dx, dy) in zip(clip.frames, walk, strict=True)
    ]  # fmt: skip
    return replace(clip, name=f"hand {clip.name}", frames=frames)
