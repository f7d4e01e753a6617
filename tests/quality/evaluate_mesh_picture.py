"""Whether pictures of meshes show what is there: beside rays through the same samples, by Embree.

The reference places the mesh in the picture by itself, in double precision, as the camera says:
the middle of the bounding box, as seen, in the middle of the picture, of which its longer side
fills 86 %. Embree (``make mesh-peers``) then tells what a ray through each sample meets. Printed
are the IoU of both silhouettes, and of the samples that both cover the share of equal depth. Faces
seen exactly edge-on cover nothing, and Embree is not given them. A view in which fewer than a
thousand samples are covered, as of a wire thinner than one, is counted apart: of so few, single
samples on edges are a share. ``GENCHECK_DATA`` names the folder with the sets.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from evaluate_mesh import over_sets, read
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import GencheckError
from gencheck.media.types import Mesh
from gencheck.render.camera import DEEP, VIEWS, look_at, view_rotation
from gencheck.render.raster import NOTHING, draw
from gencheck.render.shade import scene_of
from gencheck.render.views import prepare

_PEER = Path(__file__).parents[2] / ".venv-mesh-peers" / "bin" / "python"
_SIZE = 1024  # samples a side, as in a picture of 512 pixels
_ENOUGH = 0.995
_FEW = 1_000  # samples
_SAME = 1.0  # sample: depths within it count as equal
_FILL = 0.86

Floats = NDArray[np.float64]


def ours(mesh: Mesh) -> Iterator[Floats]:
    """The depth of each sample in samples, from the nearest vertex on, view by view."""
    model = prepare(mesh)
    for view in VIEWS:
        screen = look_at(model.unit, model.used, view_rotation(view, mesh.format), _SIZE)
        scene = scene_of(screen, model.unit, model.faces, model.look)
        seen = draw(scene, np.flatnonzero(model.whole).astype(np.int32), _SIZE, Deadline())
        depth = (seen >> 31) * (screen.scale / DEEP)
        yield np.where(seen == NOTHING, -np.inf, depth)


def placed(mesh: Mesh, view: str) -> Floats:
    """The corners of all faces in the picture, ``[F, 3, 3]``, in samples."""
    corners = mesh.vertices[mesh.faces]
    corners = corners[np.isfinite(corners).all(axis=(1, 2))]
    turned = corners @ view_rotation(view, mesh.format).T
    points = turned.reshape(-1, 3)
    lower, upper = points.min(axis=0), points.max(axis=0)
    extent = (upper - lower)[:2].max()
    sides = turned[:, 1:, :2] - turned[:, :1, :2]
    turned = turned[sides[:, 0, 0] * sides[:, 1, 1] != sides[:, 0, 1] * sides[:, 1, 0]]
    turned = (turned - (lower + upper) / 2) * (_FILL * _SIZE / extent)
    return turned * (1.0, -1.0, 1.0) + (_SIZE / 2, _SIZE / 2, 0.0)


def by_rays(corners: Floats, folder: Path) -> Floats:
    """What Embree says."""
    if not len(corners):
        return np.full((_SIZE, _SIZE), -np.inf)
    source, target = folder / "in.npz", folder / "out.npz"
    np.savez(source, corners=corners, size=_SIZE)
    script = Path(__file__).with_name("picture_rays.py")
    subprocess.run([str(_PEER), str(script), str(source), str(target)], check=True, timeout=300)
    depth: Floats = np.load(target)["depth"]
    return depth


def compare(mesh: Mesh, folder: Path) -> list[tuple[float, float]]:
    """IoU and share of equal depth of each view that covers enough."""
    results = []
    for view, depth in zip(VIEWS, ours(mesh), strict=True):
        reference = by_rays(placed(mesh, view), folder)
        mine, theirs = np.isfinite(depth), np.isfinite(reference)
        both = mine & theirs
        if (mine | theirs).sum() < _FEW:
            continue
        apart = np.abs(depth[both] - reference[both])
        results.append((both.sum() / (mine | theirs).sum(), float((apart <= _SAME).mean())))
    return results


def evaluate(folder: Path) -> None:
    """Print one set."""
    if not _PEER.exists():
        print("no peers here: make mesh-peers installs Embree")
        return
    worst: list[float] = []
    few = 0
    print(f"\n{folder.name}: IoU and share of equal depth, the lowest of the views")
    with tempfile.TemporaryDirectory() as scratch:
        for path in sorted(folder.iterdir()):
            try:
                mesh = read(path)
            except (GencheckError, TypeError, IsADirectoryError):
                continue
            if not len(mesh.faces):
                continue
            results = compare(mesh, Path(scratch))
            few += len(VIEWS) - len(results)
            if not results:
                print(f"  {path.name:44} no view covers {_FEW} samples")
                continue
            low, deep = (min(values) for values in zip(*results, strict=True))
            worst.append(low)
            print(f"  {path.name:44} {len(results)} views  {low:.5f}  {deep:.5f}", flush=True)
    good = sum(low >= _ENOUGH for low in worst)
    print(f"  {good} of {len(worst)} meshes have {_ENOUGH} or more in each view; "
          f"{few} views cover fewer than {_FEW} samples")  # fmt: skip


if __name__ == "__main__":
    sys.exit(over_sets(evaluate))
