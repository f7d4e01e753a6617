"""Overlay: the correlation against its definition; what a shift lays on itself, and how often."""

from __future__ import annotations

import numpy as np
import pytest

from gencheck.artifact.image.overlay import Overlay, local_correlation
from tests.unit.artifact.image.pictures import texture


def test_the_correlation_is_that_of_numpy() -> None:
    rng = np.random.default_rng(1)
    a = rng.normal(100, 20, (40, 50)).astype(np.float32)
    b = (0.6 * a + rng.normal(0, 8, a.shape)).astype(np.float32)
    correlation, deviation = local_correlation(a, b, 9)
    here = np.s_[20 - 4 : 20 + 5, 30 - 4 : 30 + 5]
    expected = np.corrcoef(a[here].ravel(), b[here].ravel())[0, 1]
    assert correlation[20, 30] == pytest.approx(expected, abs=0.01)
    assert deviation[20, 30] == pytest.approx(min(a[here].std(), b[here].std()), rel=0.01)


def test_a_shift_shows_the_copy_and_its_source() -> None:
    grey = texture().astype(np.uint8)
    grey[300:400, 280:380] = grey[101:201, 77:177]
    overlay = Overlay.of(grey, 0.003)
    shift = np.array([[1.0, 0.0, 203.0], [0.0, 1.0, 199.0]])
    hint = overlay.hint(shift)
    same = overlay.same(shift, hint)
    assert same[310:390, 290:370].mean() > 0.9
    assert same[111:191, 87:167].mean() > 0.9
    assert same.mean() < 0.1
    assert not overlay.often([shift], [hint], 2).any()
    assert overlay.often([shift, shift], [hint, hint], 2).any()
