"""What repeats in a picture, where nearly all of it is even."""

import numpy as np
import pytest

from gencheck.artifact.image.repeats import repeats


@pytest.mark.parametrize("seed", range(4))
def test_an_even_ground_has_a_likeness_everywhere(seed: int) -> None:
    rng = np.random.default_rng(seed)
    picture = np.full((512, 512), 234, np.uint8)
    side = int(rng.integers(5, 60))
    picture[20 : 20 + side, 20 : 20 + side] = rng.integers(0, 255, (side, side))
    found = repeats(picture)
    assert np.isfinite(found.z).all()
    assert np.isfinite(found.likeness).all()
