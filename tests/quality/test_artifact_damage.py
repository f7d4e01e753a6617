"""The harness's damage is what it says: its own place, stronger by steps, the same every time."""

from __future__ import annotations

import numpy as np
import pytest
from artifact_damage import Damage, Damaged
from artifact_damage_content import EDITS, SHAMS
from artifact_damage_layout import LAYOUT
from artifact_damage_signal import SIGNAL

PHOTO = np.kron(
    np.random.default_rng(0).integers(40, 216, (24, 36, 3)), np.ones((10, 10, 1))
).astype(np.uint8)


@pytest.mark.parametrize("damage", [*SIGNAL, *LAYOUT], ids=lambda d: f"{d.code} {d.name}")
def test_damage_is_where_it_says_and_the_same_again(damage: Damage) -> None:
    made = [damage.make(PHOTO, step, damage.seeded("photo")) for step in damage.steps]
    again = damage.make(PHOTO, damage.steps[1], damage.seeded("photo"))
    assert damage.sham(PHOTO, damage.seeded("photo")) is not None
    for one in made:
        assert isinstance(one, Damaged)
        assert one.image.pixels.dtype == np.uint8
        if one.mask is not None:
            assert one.mask.shape == one.image.pixels.shape[:2]
            assert 0 < one.mask.mean() < 1
    assert again is not None
    assert made[1] is not None
    np.testing.assert_array_equal(made[1].image.pixels, again.image.pixels)


@pytest.mark.parametrize(
    "damage", [d for d in SIGNAL if d.name.endswith("patch")], ids=lambda d: f"{d.code}"
)
def test_a_patch_changes_nothing_beside_it(damage: Damage) -> None:
    made = damage.make(PHOTO, damage.steps[2], damage.seeded("photo"))
    assert made is not None
    assert made.mask is not None
    np.testing.assert_array_equal(made.image.pixels[~made.mask], PHOTO[~made.mask])
    assert (made.image.pixels[made.mask] != PHOTO[made.mask]).any()


@pytest.mark.parametrize("name", [*EDITS, *SHAMS])
def test_an_edit_changes_its_place_and_no_other(name: str) -> None:
    edit = {**EDITS, **SHAMS}[name]
    out, mask = edit(PHOTO, np.random.default_rng(3))
    again, _ = edit(PHOTO, np.random.default_rng(3))
    change = np.abs(out.astype(np.float32) - PHOTO).max(axis=2)
    np.testing.assert_array_equal(out, again)
    assert 0 < mask.mean() < 0.5
    if name in EDITS:
        assert change[mask].mean() > 5
        assert np.quantile(change[~mask], 0.99) < 12
    else:
        assert change.max() <= 12
