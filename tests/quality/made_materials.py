"""Materials that tests and evaluations start from."""

from __future__ import annotations

import numpy as np

from gencheck.media.appearance import Materials


def white(count: int = 1) -> Materials:
    """White materials without textures, no metal."""
    return Materials(
        base_colour=np.ones((count, 4), np.float32),
        metallic=np.zeros(count, np.float32),
        roughness=np.ones(count, np.float32),
        emissive=np.zeros((count, 3), np.float32),
        alpha_mode=np.zeros(count, np.uint8),
        alpha_cutoff=np.full(count, 0.5, np.float32),
        double_sided=np.zeros(count, np.bool_),
        unlit=np.zeros(count, np.bool_),
        texture=np.full((count, 5), -1, np.int32),
        uv_set=np.zeros((count, 5), np.int32),
        uv_transform=np.tile(np.eye(2, 3, dtype=np.float32), (count, 5, 1, 1)),
    )
