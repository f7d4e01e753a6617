"""What the panels must get right before the service takes calls.

It also loads their libraries and has OpenCV make its tables of CIELAB, which takes it 0.1 s.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.check import check_media
from gencheck.deadline import Deadline
from gencheck.errors import ModelNotReady
from gencheck.media.types import Image, Media, Sound

_RATE = 16_000
_WARM = np.array([1.0, 0.8, 0.6])  # of red, green and blue, in sRGB


def judge_golden(*, deadline: Deadline) -> None:
    """Pictures and a sound, whole and damaged: the damage must measure far more.

    Raises:
        ModelNotReady: it does not.
    """
    row = np.linspace(0.0, 3.0 * np.pi, 256)
    waves = 128 + 60 * np.sin(row)[None, :] * np.cos(row)[:, None]
    blocks = waves.reshape(32, 8, 32, 8).mean(axis=(1, 3)).repeat(8, axis=0).repeat(8, axis=1)
    _compare("BLOCKING", _picture(waves), _picture(blocks), 0.1, deadline)
    warm = waves[:, :, None] * _WARM
    _compare("COLOUR_CAST", _picture(waves), _picture(warm), 3.0, deadline)
    tone = 0.3 * np.sin(2 * np.pi * 220 * np.arange(2 * _RATE) / _RATE)
    clicked = tone.copy()
    clicked[_RATE] += 0.5
    _compare("CLICK", _sound(tone), _sound(clicked), 0.25, deadline)


def _compare(code: str, whole: Media, damaged: Media, least: float, deadline: Deadline) -> None:
    without, found = (_value_of(code, media, deadline) for media in (whole, damaged))
    if not found > 2 * max(without, least):
        raise ModelNotReady(
            f"golden input: {code} measures {found:.3g} with damage, {without:.3g} without",
            where="artifact",
        )


def _value_of(code: str, media: Media, deadline: Deadline) -> float:
    report = check_media(media, deadline=deadline)
    return max((m.value for m in report.measurements if m.code == code), default=0.0)


def _picture(levels: NDArray[np.float64]) -> Image:
    """Of levels of grey, or of three channels."""
    pixels = levels.astype(np.uint8)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    return Image(pixels=pixels, alpha=None, format="PNG")


def _sound(samples: NDArray[np.float64]) -> Sound:
    return Sound(samples=samples.astype(np.float32)[None], rate=_RATE, codec="pcm_f32le")
