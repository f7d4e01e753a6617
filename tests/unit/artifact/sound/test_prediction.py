"""Linear prediction against a solver that knows nothing of Levinson."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import scipy.signal

from gencheck.artifact.sound.prediction import (
    ORDER,
    correlations,
    filtered,
    levinson,
    prediction_error,
)


def frames() -> np.ndarray:
    wave = scipy.signal.lfilter([1], [1, -1.6, 0.9], np.random.default_rng(0).normal(0, 0.1, 4000))
    return wave.reshape(4, 1000).astype(np.float32)


def test_levinson_solves_the_normal_equations() -> None:
    correlation = correlations(frames())
    expected = [scipy.linalg.solve_toeplitz(row[:-1], -row[1:]) for row in correlation]
    np.testing.assert_allclose(levinson(correlation)[:, 1:], expected, atol=1e-4)


def test_the_filter_of_an_autoregressive_wave_is_found() -> None:
    taps = levinson(correlations(frames().reshape(1, 4000), 2))
    np.testing.assert_allclose(taps[0], [1, -1.6, 0.9], atol=0.05)


def test_filtering_is_that_of_scipy() -> None:
    taps = levinson(correlations(frames()))
    expected = [
        scipy.signal.lfilter(f, [1], x)[ORDER:] for f, x in zip(taps, frames(), strict=True)
    ]
    np.testing.assert_allclose(filtered(frames(), taps), expected, atol=1e-5)


@pytest.mark.parametrize("rate", [8000, 11_025, 48_000])
def test_only_what_is_new_is_left(rate: int) -> None:
    time = np.arange(rate) / rate
    tones = 0.4 * np.sin(2 * np.pi * 330 * time) + 0.2 * np.sin(2 * np.pi * 870 * time)
    wave = tones.astype(np.float32)
    wave[rate // 2] += 0.2
    error = prediction_error(np.stack([0 * wave, wave]), rate)
    assert error.shape == (2, rate)
    assert not error[0].any()
    error = error[1]
    inside = np.abs(error[rate // 10 : -rate // 10])
    assert inside.argmax() + rate // 10 == rate // 2
    assert inside.max() == pytest.approx(0.2, abs=0.03)
    assert np.median(inside) < 0.01
