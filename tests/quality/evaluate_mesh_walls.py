"""Faces inside and thin walls of real meshes: what is found, and who says so too.

Where all components are solid and the mesh is small, the winding number on both sides of each face
is worked out again as the sum of all solid angles (Van Oosterom and Strackee, 1983), which shares
no code with the check. A face inside in a mesh that neither cuts itself nor nests would be a false
alarm; such files are counted. ``GENCHECK_DATA`` names the folder with the sets.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from evaluate_mesh import over_sets, read
from evaluate_mesh_pairs import welded
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import GencheckError
from gencheck.findings import Measurement, MeshElements
from gencheck.mesh.check import MeshReport, check_mesh
from gencheck.mesh.walls import MAX_RAYS

_FACES = 3_000
_LISTED = 1_000  # as many faces as a finding names
_OFFSET = 1e-7
_DOUBT = 0.01

Floats = NDArray[np.float64]


def winding(corners: Floats, points: Floats) -> Floats:
    """Winding number at each point, by solid angles."""
    turns = np.empty(len(points))
    for i, at in enumerate(points):
        a, b, c = np.moveaxis(corners - at, 1, 0)
        la, lb, lc = (np.linalg.norm(x, axis=1) for x in (a, b, c))
        above = (a * np.cross(b, c)).sum(1)
        below = la * lb * lc + (a * b).sum(1) * lc + (b * c).sum(1) * la + (c * a).sum(1) * lb
        turns[i] = np.arctan2(above, below).sum() / (2.0 * np.pi)
    return turns


def inside(vertices: Floats, faces: NDArray[np.int32]) -> tuple[NDArray[np.bool_], int]:
    """Faces with a winding number on both sides, and how many that does not tell of."""
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    sizes = np.linalg.norm(normals, axis=1, keepdims=True)
    step = _OFFSET * np.ptp(vertices, axis=0).max() * normals / np.where(sizes > 0.0, sizes, 1.0)
    middles = corners.mean(axis=1)
    front, back = winding(corners, middles + step), winding(corners, middles - step)
    clear = (abs(front - np.rint(front)) < _DOUBT) & (abs(back - np.rint(back)) < _DOUBT)
    clear &= np.rint(back - front) == 1.0  # else another face is between or in the same place
    return (np.rint(front) != 0) & (np.rint(back) != 0) & clear, int((~clear).sum())


def faces_of(found: Measurement) -> set[int]:
    """The faces that a measurement names."""
    return set(found.region.faces) if isinstance(found.region, MeshElements) else set()


def again(
    path: Path, report: MeshReport, found: Measurement, cut: Measurement
) -> tuple[int, int, int, int] | None:
    """Faces missed, invented, inside and compared; ``None`` where brute force is no help."""
    if (
        report.welded.faces > _FACES
        or report.welded.volume is None
        or max(found.value, cut.value) > _LISTED
    ):
        return None
    mesh = read(path)
    vertices, faces = welded(mesh.vertices, mesh.faces)
    expected, unclear = inside(vertices, faces)
    named, touching = faces_of(found), faces_of(cut)
    wanted = set(np.flatnonzero(expected).tolist()) - touching
    return len(wanted - named), len(named - wanted), len(wanted), len(faces) - unclear


def evaluate(folder: Path) -> None:
    """Print what one set has."""
    judged = quiet = 0
    alarms: list[str] = []
    totals = np.zeros(5, np.int64)
    print(f"\n{folder.name}: at most {MAX_RAYS:,} rays a mesh")
    for path in sorted(folder.iterdir()):
        try:
            report = check_mesh(read(path), deadline=Deadline.after(60.0))
        except (GencheckError, TypeError, IsADirectoryError):
            continue
        values = {m.code: m for m in report.measurements}
        if "INTERIOR_FACES" not in values:
            continue
        judged += 1
        interior, thin = values["INTERIOR_FACES"], values["THIN_WALL"]
        quiet += not interior.value and not thin.value
        if interior.value and not values["SELF_INTERSECTION"].value:
            alarms.append(path.name)
        counted = again(path, report, interior, values["SELF_INTERSECTION"])
        if counted:
            totals += (*counted, 1)
        if interior.value:
            print(f"  {path.name}: inside {interior.value:.0f} {interior.detail}")
        if thin.value:
            print(f"  {path.name}: thin 1/{thin.value:.0f}, {thin.detail}")
    print(f"  {judged} with a solid component, {quiet} of them without a finding")
    print(f"  inside though nothing cuts: {len(alarms)} {' '.join(alarms)}")
    missed, invented, inner, faces, files = totals
    print(f"  by solid angles, {files} files, {faces} faces, {inner} of them inside: "
          f"{missed} missed, {invented} invented")  # fmt: skip


if __name__ == "__main__":
    sys.exit(over_sets(evaluate))
