"""What rays through the samples of a picture meet, by Embree: ``python picture_rays.py IN OUT``.

It runs in ``.venv-mesh-peers`` (``make mesh-peers``), where gencheck is not installed. ``IN`` is an
``.npz`` with ``corners`` (``[F, 3, 3]``, x to the right and y down in samples, z towards the eye)
and ``size``; ``OUT`` gets ``depth`` (``[size, size]``), -inf where a ray meets nothing.
"""

from __future__ import annotations

import sys

import numpy as np


def main(source: str, target: str) -> None:
    """Send one ray through the middle of each sample."""
    from embreex import rtcore_scene
    from embreex.mesh_construction import TriangleMesh

    arrays = np.load(source)
    corners, size = arrays["corners"].astype(np.float32), int(arrays["size"])
    scene = rtcore_scene.EmbreeScene()
    TriangleMesh(scene, corners)
    middles = np.arange(size, dtype=np.float32) + 0.5
    start = float(corners[:, :, 2].max()) + size
    x, y = np.meshgrid(middles, middles)
    origins = np.stack([x, y, np.full_like(x, start)], axis=2).reshape(-1, 3)
    directions = np.tile(np.array([0.0, 0.0, -1.0], np.float32), (len(origins), 1))
    met = scene.run(origins, directions, query="INTERSECT", output=True)
    depth = np.where(met["primID"] >= 0, start - met["tfar"], -np.inf)
    np.savez(target, depth=depth.reshape(size, size))


if __name__ == "__main__":
    main(*sys.argv[1:])
