from __future__ import annotations

import numpy as np
import pytest

from gencheck.artifact.sound.speech import excerpts, stretches_of
from gencheck.hearing.roles import SpeechSpan
from gencheck.media.types import Sound


def sound_of(seconds: float) -> Sound:
    return Sound(np.zeros((2, round(8000 * seconds)), np.float32), 8000, "pcm")


def test_an_hour_is_heard_in_as_little_as_a_minute() -> None:
    parts = excerpts(sound_of(3600))
    assert len(parts) == 6
    assert all(part.duration == pytest.approx(12) for _, part in parts)
    assert parts[0][0] == 0
    assert parts[-1][0] == pytest.approx(3588)


@pytest.mark.parametrize("seconds", [0.5, 12, 20, 72])
def test_a_short_sound_is_heard_whole(seconds: float) -> None:
    parts = excerpts(sound_of(seconds))
    ends = [0.0, *(start + part.duration for start, part in parts)]
    assert all(start <= end + 1e-3 for (start, _), end in zip(parts, ends, strict=False))
    assert ends[-1] == pytest.approx(seconds, abs=1e-3)


def test_breath_does_not_end_a_stretch() -> None:
    spans = [SpeechSpan(0, 1), SpeechSpan(1.5, 3), SpeechSpan(5, 6)]
    assert stretches_of(spans) == [SpeechSpan(0, 3), SpeechSpan(5, 6)]
    assert stretches_of([]) == []
