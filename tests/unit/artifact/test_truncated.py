"""What a file does not hold, and what it holds broken, each with its place."""

import numpy as np
import pytest

from gencheck.artifact.truncated import measure_damaged, measure_truncated
from gencheck.findings import Box, TimeSpan
from gencheck.media.facts import Damage, Facts
from gencheck.media.types import Image, Sound


def image(missing: float = 0.0, damage: Damage | None = None) -> Image:
    pixels = np.zeros((200, 100, 3), np.uint8)
    return Image(pixels, None, "PNG", missing=missing, facts=Facts(damage=damage))


def test_rows_that_are_missing() -> None:
    found = measure_truncated(image(missing=0.25))
    assert (found.value, found.region) == (0.25, Box(0, 150, 100, 50))
    assert measure_damaged(image(missing=0.25)).value == 0


def test_seconds_that_are_missing() -> None:
    sound = Sound(np.zeros((1, 16_000), np.float32), 8_000, "mp3", missing=0.5)
    found = measure_truncated(sound)
    assert (found.value, found.region) == (0.5, TimeSpan(2.0, 4.0))


def test_rows_that_are_broken_are_not_called_cut_off() -> None:
    broken = image(missing=0.4, damage=Damage("the scan", 0.4))
    found = measure_damaged(broken)
    assert (found.value, found.region, found.detail) == (0.4, Box(0, 120, 100, 80), "the scan")
    assert measure_truncated(broken).value == 0


def test_damage_beside_the_pixels_has_no_place() -> None:
    found = measure_damaged(image(damage=Damage("the checksum of gAMA is wrong")))
    assert found.value == pytest.approx(0.001)
    assert found.region is None
