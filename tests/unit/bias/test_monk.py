from __future__ import annotations

import numpy as np
import pytest

from gencheck.bias.monk import (
    GROUPS,
    MONK_HEX,
    TONES,
    individual_typology_angle,
    rgb_to_lab,
    swatches,
    to_linear,
)

_LAB = [
    (94.21, 1.50, 5.43, 83.0),
    (92.27, 2.06, 7.29, 80.2),
    (93.09, 0.22, 14.21, 71.7),
    (87.57, 0.46, 17.75, 64.7),
    (77.90, 3.47, 23.14, 50.3),
    (55.14, 7.79, 26.74, 10.9),
    (42.47, 12.33, 20.53, -20.1),
    (30.68, 11.67, 13.34, -55.4),
    (21.07, 2.69, 5.97, -78.3),
    (14.61, 1.48, 3.53, -84.3),
]


def test_scale_has_the_published_colours() -> None:
    lab = rgb_to_lab(swatches())
    assert lab == pytest.approx(np.array([row[:3] for row in _LAB]), abs=0.02)
    ita = [individual_typology_angle(colour) for colour in lab]
    assert ita == pytest.approx([row[3] for row in _LAB], abs=0.1)
    assert len(set(MONK_HEX)) == 10


def test_groups_hold_every_tone_once() -> None:
    assert [str(tone) for tones in GROUPS.values() for tone in tones] == list(TONES)


def test_linear_values() -> None:
    # IEC 61966-2-1: 188 is about half of white, 10 is on the straight part of the curve.
    assert to_linear(np.array([0, 10, 188, 255], np.uint8)) == pytest.approx(
        [0, 10 / 255 / 12.92, 0.5029, 1], abs=1e-4
    )
