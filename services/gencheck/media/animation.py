"""Animated pictures (GIF, WebP, APNG, AVIF) as what they are: short clips without sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from gencheck.errors import LimitExceeded
from gencheck.media.colour import to_srgb
from gencheck.media.types import Image, Limits, Media, Video

CODECS = ("gif", "webp", "apng", "avif")
"""What the codec of a clip is called that was an animated picture."""

_SMALL_HEIGHT = 180
_SMALL_WIDTH = 320
_FULL_FRAMES = 8
_FULL_BYTES = 256 << 20
_SHORTEST = 0.011  # seconds: browsers show a frame of 10 ms or less …
_INSTEAD = 0.1  # … for this long
_BEHIND = 128  # grey level shown through what is transparent


def read_animation(
    picture: PillowImage.Image, name: str, limits: Limits, errors: tuple[type[Exception], ...]
) -> Video | None:
    """All frames of an animated picture; ``None`` where fewer than two can be read.

    Args:
        picture: opened, nothing decoded yet; held to the cap on pixels.
        errors: what its reader raises on damaged bytes: the frames before that one count.

    Raises:
        LimitExceeded: more than ``limits.max_frames``.
    """
    clip = _Clip()
    announced = 0
    try:
        if picture.format != "GIF":  # whose header does not say: all of it would be read twice
            announced = int(getattr(picture, "n_frames", 1))
            announced -= bool(picture.info.get("default_image"))
        for pixels, seconds in _frames(picture):
            if clip.count >= limits.max_frames:
                raise _too_many(max(announced, clip.count + 1), name, limits)
            clip.add(pixels, seconds)
    except errors:
        announced = max(announced, clip.count + 1)
    if clip.count < 2:
        return None
    codec = "apng" if picture.format == "PNG" else str(picture.format).lower()
    return clip.video(codec, missing=max(0.0, 1 - clip.count / max(announced, 1)))


def still_of(media: Media) -> NDArray[np.uint8] | None:
    """The picture that stands for a medium where one is asked for: ``uint8 [H, W, 3]``.

    Of an animated picture that is its first frame, as where nothing moves; a video has none.
    """
    if isinstance(media, Image):
        return media.pixels
    if isinstance(media, Video) and media.codec in CODECS:
        return np.asarray(media.frames[0])
    return None


def _frames(picture: PillowImage.Image) -> Iterator[tuple[NDArray[np.uint8], float]]:
    """Each frame over grey, and how long it is shown, seconds."""
    index = 1 if picture.info.get("default_image") else 0  # which is no part of the animation
    while True:
        try:
            picture.seek(index)
        except EOFError:
            return
        picture.load()
        pixels, alpha, _ = to_srgb(picture)
        if alpha is not None:
            share = alpha[:, :, None].astype(np.float32) / 255
            pixels = np.rint(pixels * share + _BEHIND * (1 - share)).astype(np.uint8)
        stated = picture.info.get("duration")
        seconds = float(stated) / 1000 if isinstance(stated, int | float) else 0.0
        yield pixels, seconds if seconds >= _SHORTEST else _INSTEAD
        index += 1


@dataclass
class _Clip:
    """What is kept of the frames while they go by."""

    small: list[NDArray[np.uint8]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    full: list[tuple[int, NDArray[np.uint8]]] = field(default_factory=list)
    stride: int = 1

    @property
    def count(self) -> int:
        return len(self.small)

    def add(self, pixels: NDArray[np.uint8], seconds: float) -> None:
        if self.full and pixels.shape != self.full[0][1].shape:
            height, width = self.full[0][1].shape[:2]
            pixels = np.asarray(cv2.resize(pixels, (width, height)), np.uint8)
        height, width = pixels.shape[:2]
        if self.count % self.stride == 0:
            self.full.append((self.count, pixels))
            if len(self.full) >= 2 * self._wanted():
                del self.full[1::2]
                self.stride *= 2
        scale = min(1.0, _SMALL_HEIGHT / height, _SMALL_WIDTH / width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        self.small.append(np.asarray(small, np.uint8))
        self.seconds.append(seconds)

    def _wanted(self) -> int:
        return max(1, min(_FULL_FRAMES, _FULL_BYTES // self.full[0][1].nbytes))

    def video(self, codec: str, *, missing: float) -> Video:
        times = np.cumsum([0.0, *self.seconds[:-1]])
        wanted = min(self._wanted(), len(self.full))
        chosen = [
            self.full[i] for i in np.linspace(0, len(self.full) - 1, wanted).round().astype(int)
        ]
        return Video(
            small=np.stack(self.small),
            times=times,
            frames=np.stack([pixels for _, pixels in chosen]),
            frame_times=times[[index for index, _ in chosen]],
            codec=codec,
            missing=missing,
        )


def _too_many(frames: int, name: str, limits: Limits) -> LimitExceeded:
    return LimitExceeded(
        f"the animation has {frames} frames, at most {limits.max_frames} are decoded",
        where=name,
        fix="Send a shorter animation.",
        metadata={"frames": str(frames), "limit": str(limits.max_frames)},
    )
