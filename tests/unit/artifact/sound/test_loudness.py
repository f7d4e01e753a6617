"""Loudness against FFmpeg's ``ebur128``, and the tones of the standard."""

from __future__ import annotations

import av
import av.filter
import numpy as np
import pytest

from gencheck.artifact.sound.loudness import Loudness, k_weighting
from gencheck.artifact.sound.page import Pager
from gencheck.findings import OutcomeStatus
from tests.unit.artifact.sound.waves import RATE, hear, noise, of, tone


def measured(wave: np.ndarray, rate: int = RATE) -> Loudness:
    listener, pager = Loudness(rate, len(wave)), Pager(rate, len(wave))
    for page in [*pager.add(wave.astype(np.float32)), *pager.rest()]:
        listener.listen(page)
    return listener


def ffmpeg(wave: np.ndarray, rate: int = RATE) -> tuple[float, float]:
    """Integrated loudness and range by FFmpeg's filter."""
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(wave)]
    graph = av.filter.Graph()
    source = graph.add_abuffer(format="fltp", sample_rate=rate, layout=layout, time_base=None)
    meter = graph.add("ebur128", "metadata=1")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(wave, np.float32), format="fltp", layout=layout
    )
    frame.sample_rate = rate
    source.push(frame)
    source.push(None)
    last: dict[str, str] = {}
    while True:
        try:
            last = dict(sink.pull().metadata)
        except (av.EOFError, av.BlockingIOError):
            return float(last["lavfi.r128.I"]), float(last["lavfi.r128.LRA"])


def programme(channels: int, seconds: float, rate: int = RATE) -> np.ndarray:
    """Noise and tones whose level goes up and down, with a pause."""
    rng = np.random.default_rng(5)
    time = np.arange(int(seconds * rate)) / rate
    level = 10 ** (-1.0 + 0.5 * np.sin(2 * np.pi * time / 9))
    level[int(seconds * rate * 0.4) : int(seconds * rate * 0.5)] = 0
    return level * rng.normal(0, 0.3, (channels, len(time)))


@pytest.mark.parametrize(("channels", "rate"), [(1, 48_000), (2, 44_100), (6, 48_000), (2, 16_000)])
def test_it_agrees_with_ffmpeg(channels: int, rate: int) -> None:
    wave = programme(channels, 20, rate)
    mine = measured(wave, rate)
    integrated, spread = ffmpeg(wave, rate)
    assert mine.integrated() == pytest.approx(integrated, abs=0.1)
    assert mine.range() == pytest.approx(spread, abs=0.5)


def test_the_tone_of_the_standard() -> None:
    """EBU Tech 3341, case 1: 1 kHz in stereo at -23 dBFS measures -23 LUFS."""
    wave = tone(1000, 20.0, 10 ** (-23 / 20))
    assert measured(np.stack([wave, wave])).integrated() == pytest.approx(-23.0, abs=0.1)


def test_quiet_parts_do_not_count() -> None:
    """EBU Tech 3341, case 3: -36, -23 and -36 dBFS measure -23 LUFS."""
    wave = np.concatenate(
        [tone(1000, s, 10 ** (d / 20)) for s, d in ((10, -36), (60, -23), (10, -36))]
    )
    assert measured(np.stack([wave, wave])).integrated() == pytest.approx(-23.0, abs=0.1)


def test_the_range_of_two_levels() -> None:
    """EBU Tech 3342, case 1: 20 s at -20 and 20 s at -30 dBFS have a range of 10 LU."""
    wave = np.concatenate([tone(1000, 20, 0.1), tone(1000, 20, 10**-1.5)])
    assert measured(np.stack([wave, wave])).range() == pytest.approx(10.0, abs=1.0)


def test_the_filters_are_those_of_the_standard() -> None:
    shelf = (
        (1.53512485958697, -2.69169618940638, 1.19839281085285),
        (-1.69065929318241, 0.73248077421585),
    )
    high_pass = ((1, -2, 1), (-1.99004745483398, 0.99007225036621))
    expected = [[*zeros, 1, *poles] for zeros, poles in (shelf, high_pass)]
    np.testing.assert_allclose(k_weighting(48_000), expected, atol=1e-6)


def test_the_finding_says_how_far_it_is_from_the_target() -> None:
    found = of(hear(tone(1000, 5.0, 0.5)), "LOUDNESS")[0]
    assert found.value == pytest.approx(-9.03 + 23, abs=0.1)
    assert "-9.0 LUFS, range 0.0 LU" in found.detail


@pytest.mark.parametrize("wave", [np.zeros(2 * RATE), noise(0.3, 0.1)])
def test_silence_and_shreds_have_none(wave: np.ndarray) -> None:
    report = hear(wave)
    assert of(report, "LOUDNESS") == []
    outcome = next(o for o in report.outcomes if o.check == "artifact.loudness")
    assert outcome.status is OutcomeStatus.SKIPPED
    assert outcome.reason == "NOT_APPLICABLE"
