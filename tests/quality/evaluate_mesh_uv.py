"""UV maps, normals and tangents of real meshes: what is found, and whether areas are exact.

Where a layout is small, all areas are worked out again in rational arithmetic (``uv_oracle.py``),
which shares no code with the check: pairs missed and invented are counted, and how far areas are
off. Then each real layout is damaged in a known way, and the damage looked for. ``GENCHECK_DATA``
names the folder with the sets; ``--draw FOLDER`` writes a picture of each layout.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from evaluate_mesh import folders_of, read
from numpy.typing import NDArray
from uv_oracle import exact_overlaps

from gencheck.deadline import Deadline
from gencheck.errors import GencheckError
from gencheck.media.types import Mesh
from gencheck.mesh.check import MeshReport, check_mesh
from gencheck.mesh.uv_view import draw_uv_map
from gencheck.render.png import encode_png

SETS = ("mesh_trimesh", "mesh_manifold", "mesh_gltf_validator")
_FACES = 60  # as many as rational arithmetic does in seconds
_SHORT = {"UV_OUT_OF_RANGE": "out", "UV_DEGENERATE": "flat", "UV_INVERTED": "folded",
          "UV_GUTTER": "narrow", "TEXEL_DENSITY": "spread", "UV_OVERLAP": "overlap",
          "NORMAL_MISMATCH": "normals", "TANGENT_MISMATCH": "tangents"}  # fmt: skip

_SHARES = {"UV_OVERLAP", "NORMAL_MISMATCH", "TANGENT_MISMATCH"}


def values(report: MeshReport) -> dict[str, float]:
    """What was measured of the first set, by code."""
    second_last = reversed(report.measurements)
    return {m.code: m.value for m in second_last if m.code in _SHORT}


def mapped(root: Path) -> Iterator[tuple[str, Mesh]]:
    """The meshes of the sets that have texture coordinates or normals."""
    for folder in folders_of(root, SETS):
        for path in sorted(folder.rglob("*")):
            try:
                mesh = read(path)
            except (GencheckError, TypeError, IsADirectoryError):
                continue
            looks = mesh.appearance
            if len(mesh.faces) and looks and not (looks.uv is None and looks.normals is None):
                yield path.name, mesh


def is_seen(report: MeshReport) -> bool:
    """Whether a face has area in space, and in UV where there is any."""
    return bool(report.welded.area) and (report.uv is None or len(report.uv.layout.mapped) > 0)


def compare(report: MeshReport) -> tuple[int, int, int, float] | None:
    """Overlapping faces, missed, invented, and how far the areas are off; ``None``: too large."""
    uv = report.uv
    if uv is None or not 0 < len(uv.layout.mapped) <= _FACES:
        return None
    missed = invented = faces = 0
    off = area = covered = 0.0
    for space in np.unique(uv.layout.space[uv.layout.mapped]):
        chosen = uv.layout.mapped[uv.layout.space[uv.layout.mapped] == space]
        places = np.ldexp(uv.layout.uv[:, :2], uv.layout.exponent)[uv.layout.corners[chosen]]
        wanted, _, exact_area, exact_covered, _ = exact_overlaps(places)
        named = set(np.flatnonzero(np.isin(chosen, uv.overlaps.faces)).tolist())
        missed, invented = missed + len(wanted - named), invented + len(named - wanted)
        faces += len(wanted)
        area, covered = area + float(exact_area), covered + float(exact_covered)
    for ours, exact in ((uv.overlaps.area, area), (uv.overlaps.covered, covered)):
        off = max(off, abs(ours - exact) / exact if exact else abs(ours))
    return faces, missed, invented, off


def damaged(mesh: Mesh) -> Iterator[tuple[str, str, Mesh]]:
    """A name for the damage, the code that must tell of it, and the mesh.

    Its value must be above what it was, or as large as it gets.
    """
    looks = mesh.appearance
    assert looks is not None
    if looks.uv is not None and np.isfinite(looks.uv).all():
        doubled = _doubled(mesh, looks.uv)
        yield "all faces twice in one place", "UV_OVERLAP", doubled
        squeezed = looks.uv.copy()
        squeezed[: len(squeezed) // 2] = squeezed[0]
        yield "half of the UV in one point", "UV_DEGENERATE", _with(mesh, uv=squeezed)
        yield "moved by two", "UV_OUT_OF_RANGE", _with(mesh, uv=looks.uv + np.float32(2.0))
    if looks.normals is not None:
        yield "normals turned round", "NORMAL_MISMATCH", _with(mesh, normals=-looks.normals)
    if looks.tangents is not None:
        flipped = looks.tangents * np.array([1, 1, 1, -1], np.float32)
        yield "handedness turned round", "TANGENT_MISMATCH", _with(mesh, tangents=flipped)


def _with(mesh: Mesh, **arrays: NDArray[np.float32]) -> Mesh:
    assert mesh.appearance is not None
    return replace(mesh, appearance=replace(mesh.appearance, **arrays))  # type: ignore[arg-type]


def _doubled(mesh: Mesh, uv: NDArray[np.float32]) -> Mesh:
    """A copy beside, as one part with the first: the same texture, the same place in it."""
    assert mesh.appearance is not None
    looks = replace(mesh.appearance, uv=np.vstack([uv, uv]), parts=np.zeros((0, 5), np.int32),
                    normals=None, tangents=None, materials=None)  # fmt: skip
    aside = np.ptp(mesh.vertices, axis=0) + 1.0
    vertices = np.vstack([mesh.vertices, mesh.vertices + aside])
    faces = np.vstack([mesh.faces, mesh.faces + len(mesh.vertices)])
    return replace(mesh, vertices=vertices, faces=faces, appearance=looks, conformance=None)


def check(mesh: Mesh) -> MeshReport:
    """The report, as the service has it."""
    return check_mesh(mesh, deadline=Deadline.after(60.0))


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draw", type=Path, help="a folder for pictures of the layouts")
    options = parser.parse_args()
    root = os.environ.get("GENCHECK_DATA")
    if not root:
        print("GENCHECK_DATA is not set: there is nothing to evaluate UV maps on")
        return 0
    exact = np.zeros(4)
    worst = 0.0
    told: dict[str, list[int]] = {}
    for name, mesh in mapped(Path(root)):
        report = check(mesh)
        found = values(report)
        row = " ".join(f"{short} {found[c]:.4g}" for c, short in _SHORT.items() if c in found)
        islands = f"{report.uv.islands.count} islands " if report.uv else ""
        print(f"  {name}: {len(mesh.faces)} faces {islands}{row}")
        if options.draw and report.uv:
            options.draw.mkdir(parents=True, exist_ok=True)
            picture = encode_png(draw_uv_map(report.uv, deadline=Deadline()))
            (options.draw / f"{name}.png").write_bytes(picture)
        compared = compare(report)
        if compared:
            exact += (1, *compared[:3])
            worst = max(worst, compared[3])
        for damage, code, hurt in damaged(mesh) if is_seen(report) else ():
            score = told.setdefault(damage, [0, 0])
            value = values(check(hurt)).get(code, 0.0)
            score[0] += value > found.get(code, 0.0) or (code in _SHARES and value > 0.999)
            score[1] += 1
    files, faces, missed, invented = exact.astype(int).tolist()
    print(f"by rational arithmetic, {files} files of up to {_FACES} faces: {faces} overlapping "
          f"faces, {missed} missed, {invented} invented; areas within {worst:.1e}")  # fmt: skip
    for damage, (seen, made) in told.items():
        print(f"  {damage}: told in {seen} of {made}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
