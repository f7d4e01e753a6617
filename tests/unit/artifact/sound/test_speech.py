from __future__ import annotations

import numpy as np
import pytest

from gencheck.artifact.sound.speech import excerpts, stretches_of, window_of
from gencheck.hearing.roles import SpeechSpan
from gencheck.media.types import Sound


def sound_of(seconds: float) -> Sound:
    return Sound(np.zeros((2, round(8000 * seconds)), np.float32), 8000, "pcm")


def test_an_hour_is_heard_in_as_little_as_a_minute() -> None:
    parts = excerpts(sound_of(3600))
    assert len(parts) == 4
    assert all(part.duration == pytest.approx(10) for _, part in parts)
    assert parts[0][0] == 0
    assert parts[-1][0] == pytest.approx(3590)


@pytest.mark.parametrize("seconds", [0.5, 10, 17, 40])
def test_a_short_sound_is_heard_whole(seconds: float) -> None:
    parts = excerpts(sound_of(seconds))
    ends = [0.0, *(start + part.duration for start, part in parts)]
    assert all(start <= end + 1e-3 for (start, _), end in zip(parts, ends, strict=False))
    assert ends[-1] == pytest.approx(seconds, abs=1e-3)


def test_breath_does_not_end_a_stretch() -> None:
    spans = [SpeechSpan(0, 1), SpeechSpan(1.5, 3), SpeechSpan(5, 6)]
    assert stretches_of(spans) == [SpeechSpan(0, 3), SpeechSpan(5, 6)]
    assert stretches_of([]) == []


@pytest.mark.parametrize("seconds", [2.0, 4.6, 9.02])
def test_the_model_hears_one_window(seconds: float) -> None:
    sound = Sound(np.arange(8000 * 10, dtype=np.float32)[None], 8000, "pcm")
    heard = window_of(sound, 0.5, 0.5 + seconds)
    assert heard.duration == pytest.approx(9.02)
    count = round(8000 * seconds)
    repeated = np.resize(sound.samples[0, 4000 : 4000 + count], heard.samples.shape[1])
    assert np.array_equal(heard.samples[0], repeated)
