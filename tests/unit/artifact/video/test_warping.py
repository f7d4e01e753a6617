"""Texture that boils, told from whatever moves on."""

from __future__ import annotations

import numpy as np
import pytest

from gencheck.artifact.video.warping import Warping
from gencheck.findings import TimeSpan
from tests.unit.artifact.video.clips import (
    Clip,
    boiling,
    flickering,
    moving,
    pan,
    watched,
    worst,
    zoom,
)


@pytest.mark.parametrize(
    "clip", [pan(), zoom(), moving(48, lambda i: (80 + 40 * np.sin(i / 6), 40.0, 1.0))]
)
def test_what_moves_on_does_not_boil(clip: Clip) -> None:
    assert worst(watched(Warping(), clip)) < 0.25


def test_more_is_worse_and_a_pixel_is_a_finding() -> None:
    values = [worst(watched(Warping(), boiling(pan(36), pixels))) for pixels in (0.25, 0.5, 1)]
    assert values == sorted(values)
    assert values[2] > 0.5


def test_it_is_located_in_time() -> None:
    clip = pan(80)
    clip[40:] = boiling(clip[40:], 1.5)
    span = watched(Warping(), clip)[0].region
    assert isinstance(span, TimeSpan)
    assert span.start == pytest.approx(40 / 25, abs=0.5)


def test_flicker_is_no_boiling() -> None:
    assert worst(watched(Warping(), flickering(pan(), 0.03))) < 0.3
