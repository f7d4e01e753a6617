from __future__ import annotations

import numpy as np
import pytest

from gencheck.errors import InvalidArgument
from gencheck.hearing.samples import RATE, samples_of
from gencheck.media.types import Sound


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 44_100, 48_000])
def test_a_tone_stays_that_tone(rate: int) -> None:
    time = np.arange(rate * 2) / rate
    found = samples_of(Sound(np.sin(2 * np.pi * 440 * time)[None].astype(np.float32), rate, ""))
    assert found.dtype == np.float32
    assert abs(found.size - 2 * RATE) <= 1
    expected = np.sin(2 * np.pi * 440 * np.arange(found.size) / RATE)
    inner = slice(1000, -1000)
    np.testing.assert_allclose(found[inner], expected[inner], atol=0.01)


def test_what_16_khz_cannot_hold_is_taken_out() -> None:
    time = np.arange(48_000) / 48_000
    found = samples_of(
        Sound(np.sin(2 * np.pi * 12_000 * time)[None].astype(np.float32), 48_000, "")
    )
    assert np.abs(found[1000:-1000]).max() < 0.01


def test_channels_are_mixed() -> None:
    both = np.stack([np.full(RATE, 0.5), np.full(RATE, -0.1)]).astype(np.float32)
    np.testing.assert_allclose(samples_of(Sound(both, RATE, "")), 0.2, atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 0), (0, 5)])
def test_no_sound_is_said(shape: tuple[int, int]) -> None:
    with pytest.raises(InvalidArgument, match="empty"):
        samples_of(Sound(np.zeros(shape, np.float32), RATE, ""))
