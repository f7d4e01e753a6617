from __future__ import annotations

import numpy as np
import pytest

from gencheck.hearing.golden import noise
from gencheck.hearing.mel import _filters, relative_mel
from gencheck.hearing.samples import RATE


def tone(hertz: float, seconds: float = 1.0) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    time = np.arange(int(seconds * RATE)) / RATE
    return np.sin(2 * np.pi * hertz * time).astype(np.float32)


def test_a_window_of_dnsmos_has_900_frames() -> None:
    assert relative_mel(noise(144_000)).shape == (900, 120)


def test_every_filter_has_the_same_area() -> None:
    areas = _filters().sum(axis=1) * RATE / 321
    wide = areas[60:]  # low ones are narrower than a bin of the spectrum
    np.testing.assert_allclose(wide, 1.0, atol=0.1)


@pytest.mark.parametrize("hertz", [200, 1000, 3000, 7000])
def test_a_tone_is_loudest_in_its_band(hertz: float) -> None:
    bands = relative_mel(tone(hertz))[50]
    # Mel by Slaney's formula, an independent writing of it.
    mel = hertz * 3 / 200 if hertz < 1000 else 15 + 27 * np.log(hertz / 1000) / np.log(6.4)
    top = 15 + 27 * np.log(8.0) / np.log(6.4)
    assert abs(int(bands.argmax()) - (mel / top * 121 - 1)) <= 1.5


def test_the_loudest_is_0_db_and_the_floor_80_below() -> None:
    mel = relative_mel(np.concatenate([tone(1000), np.zeros(RATE, np.float32)]))
    assert mel.max() == pytest.approx(1.0)
    assert mel.min() == pytest.approx(-1.0)


def test_loudness_alone_changes_nothing() -> None:
    sound = noise(RATE)
    np.testing.assert_allclose(relative_mel(sound), relative_mel(sound * 0.1), atol=1e-4)


def test_silence_is_finite() -> None:
    assert np.isfinite(relative_mel(np.zeros(RATE, np.float32))).all()
