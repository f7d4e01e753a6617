"""Animated pictures are clips: all frames at their times; one frame is a picture."""

import io

import numpy as np
import pytest
from PIL import Image as PillowImage

from gencheck.errors import LimitExceeded
from gencheck.media.animation import CODECS, still_of
from gencheck.media.decode import decode
from gencheck.media.types import Image, Limits, Sound, Video

COLOURS = ("red", "lime", "blue")
RGB = ([255, 0, 0], [0, 255, 0], [0, 0, 255])
KINDS = ("GIF", "WEBP", "PNG", "AVIF")


def animated(
    kind: str, count: int = 3, size: tuple[int, int] = (40, 20), **options: object
) -> bytes:
    frames = [PillowImage.new("RGB", size, COLOURS[i % 3]) for i in range(count)]
    file = io.BytesIO()
    settings = {"duration": 200, "lossless": True, "quality": 95, **options}
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], **settings)
    return file.getvalue()


def clip(data: bytes, limits: Limits | None = None) -> Video:
    media = decode(data, limits or Limits(), name="animation")
    assert isinstance(media, Video)
    return media


@pytest.mark.parametrize("kind", KINDS)
def test_every_frame_at_its_time(kind: str) -> None:
    got = clip(animated(kind))
    assert got.codec in CODECS
    assert got.small.shape == (3, 20, 40)
    assert got.frames.shape == (3, 20, 40, 3)
    np.testing.assert_allclose(got.times, [0, 0.2, 0.4])
    np.testing.assert_allclose(got.frame_times, [0, 0.2, 0.4])
    assert got.duration == pytest.approx(0.6)
    assert got.missing == 0
    assert got.sound is None
    for frame, colour in zip(got.frames, RGB, strict=True):
        assert np.abs(frame[10, 20].astype(int) - colour).max() <= 12


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_frames_of_different_length(kind: str) -> None:
    got = clip(animated(kind, duration=[50, 300, 100]))
    np.testing.assert_allclose(got.times, [0, 0.05, 0.35])


def test_a_frame_of_no_length_is_shown_as_browsers_do() -> None:
    np.testing.assert_allclose(clip(animated("GIF", duration=10)).times, [0, 0.1, 0.2])


@pytest.mark.parametrize("kind", KINDS)
def test_one_frame_is_a_picture(kind: str) -> None:
    file = io.BytesIO()
    PillowImage.new("RGB", (40, 20), "red").save(file, kind, save_all=True)
    assert isinstance(decode(file.getvalue(), Limits()), Image)


@pytest.mark.parametrize("kind", KINDS)
def test_the_cap_on_frames_holds(kind: str) -> None:
    data = animated(kind, count=6)
    assert len(clip(data, Limits(max_frames=6)).times) == 6
    with pytest.raises(LimitExceeded, match="6 frames"):
        decode(data, Limits(max_frames=5))


def test_a_long_animation_keeps_a_few_frames_in_full() -> None:
    got = clip(animated("GIF", count=100))
    assert len(got.small) == len(got.times) == 100
    assert len(got.frames) == len(got.frame_times) == 8
    assert np.all(np.diff(got.frame_times) > 0)
    for frame, time in zip(got.frames, got.frame_times, strict=True):
        assert frame[0, 0].tolist() == RGB[round(time / 0.2) % 3]


def test_what_is_transparent_shows_grey() -> None:
    clear = PillowImage.new("RGBA", (8, 8), (255, 255, 255, 0))
    other = PillowImage.new("RGBA", (8, 8), (255, 0, 0, 255))
    file = io.BytesIO()
    clear.save(file, "WEBP", save_all=True, append_images=[other], lossless=True)
    got = clip(file.getvalue())
    assert got.frames[0, 0, 0].tolist() == [128, 128, 128]
    assert got.frames[1, 0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("kind", ["GIF", "PNG"])
def test_half_an_animation_misses_its_end(kind: str) -> None:
    rng = np.random.default_rng(0)
    frames = [
        PillowImage.fromarray(rng.integers(0, 255, (60, 80, 3), dtype=np.uint8)) for _ in range(8)
    ]
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], duration=100)
    data = file.getvalue()
    got = clip(data[: len(data) // 2])
    assert 2 <= len(got.times) <= 5
    assert got.missing > 0


def test_a_still_stands_for_an_animation_but_not_for_a_video() -> None:
    got = clip(animated("GIF"))
    still = still_of(got)
    assert still is not None
    assert still[0, 0].tolist() == [255, 0, 0]
    video = Video(got.small, got.times, got.frames, got.frame_times, "h264")
    assert still_of(video) is None
    assert still_of(Sound(np.zeros((1, 8), np.float32), 8_000, "pcm")) is None
