"""Flashes by WCAG 2.3.1, beside the filter of FFmpeg that looks for the same."""

from __future__ import annotations

import av
import numpy as np
import pytest
from av.filter import Graph

from gencheck.artifact.video.strobe import Strobe
from gencheck.media.clip import TINT_HEIGHT, TINT_WIDTH
from tests.unit.artifact.video.clips import RATE, Clip, pan, watched, worst

LIMIT = 3  # flashes a second


def flashing(hertz: float, area: float = 1.0, dark: int = 20, bright: int = 235) -> Clip:
    """A part of the picture that is dark and bright in turn."""
    clip = np.full((75, 180, 320), dark, np.uint8)
    on = (np.arange(75) * hertz / RATE) % 1 >= 0.5
    clip[on, :, : round(320 * area)] = bright
    return clip


def strobe(clip: Clip) -> float:
    return worst(watched(Strobe(), clip, compare=False))


@pytest.mark.parametrize("hertz", [1, 2, 5, 8, 12.5])
def test_flashes_are_counted(hertz: float) -> None:
    assert strobe(flashing(hertz)) == pytest.approx(hertz, abs=0.51)


def test_a_fifth_of_the_picture_is_too_little() -> None:
    assert strobe(flashing(8, area=0.2)) == 0
    assert strobe(flashing(8, area=0.3)) > LIMIT


def test_a_tenth_of_the_luminance_is_the_least() -> None:
    assert strobe(flashing(8, dark=100, bright=112)) == 0
    assert strobe(flashing(8, dark=100, bright=140)) > LIMIT


def test_bright_on_brighter_does_not_count() -> None:
    assert strobe(flashing(8, dark=232, bright=255)) == 0


def test_a_pan_and_single_changes_of_light_are_no_strobe() -> None:
    assert strobe(pan(75, 3.0)) <= 1
    lamp = pan(75)
    lamp[30:] //= 3
    assert strobe(lamp) <= 1


def test_red_flashes_count_though_their_luminance_is_low() -> None:
    tint = np.zeros((75, TINT_HEIGHT, TINT_WIDTH, 3), np.uint8)
    tint[(np.arange(75) // 2) % 2 == 1, ..., 0] = 130
    found = watched(Strobe(), flashing(0.1), tint=tint, compare=False)
    assert worst(found) > LIMIT
    assert found[0].detail == "red flashes"


def badness(clip: Clip) -> float:
    """What FFmpeg's ``photosensitivity`` says of the worst frame; from 1 on it blends it away."""
    graph = Graph()
    source = graph.add("buffer", "video_size=320x180:pix_fmt=rgb24:time_base=1/25:pixel_aspect=1")
    seen, sink = graph.add("photosensitivity", "bypass=1"), graph.add("buffersink")
    source.link_to(seen)
    seen.link_to(sink)
    graph.configure()
    most = 0.0
    for index, grey in enumerate(clip):
        frame = av.VideoFrame.from_ndarray(np.repeat(grey[..., None], 3, axis=2), format="rgb24")
        frame.pts = index
        graph.push(frame)
        out = graph.pull()
        if index > RATE:  # it takes the first frame for a flash after black
            most = max(most, float(out.metadata["lavfi.photosensitivity.badness"]))  # type: ignore[union-attr]
    return most


def test_as_the_filter_of_ffmpeg_sees_it() -> None:
    calm, wild = pan(75, 0.1), flashing(8)
    assert badness(calm) < 1 < badness(wild)
    assert strobe(calm) < LIMIT < strobe(wild)
