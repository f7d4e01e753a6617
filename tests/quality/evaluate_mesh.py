"""Agreement of the mesh check with MeshLab on real files, column by column.

``GENCHECK_DATA`` names the folder with ``mesh_trimesh`` and ``mesh_manifold``; each holds
``reference_meshlab.csv``, measured with pymeshlab (VCGlib) after its "merge duplicate vertices".
Known differences of definition, none of them hidden by a tolerance:

- MeshLab reads single precision and drops faces that collapse in the merge; gencheck keeps them
  and says DEGENERATE_FACE.
- Volume: MeshLab gives one only for closed 2-manifolds; gencheck for closed, consistently wound
  ones. Both are compared where both give one, by size.
- Self-intersection: MeshLab leaves out faces that share a vertex (it sees contact between them
  only in part) and coplanar ones; gencheck counts any contact beyond the shared vertex or edge,
  exactly, and duplicate faces too. So gencheck says yes where MeshLab says no on touching and
  coplanar parts.
- Components: both go over shared edges; a non-manifold edge joins its faces in both.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from contact_oracle import contacts, is_flat
from evaluate_mesh_pairs import welded

from gencheck.deadline import Deadline
from gencheck.errors import GencheckError
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh
from gencheck.mesh.check import check_mesh, warm_up
from gencheck.mesh.statistics import MeshCounts

SETS = ("mesh_trimesh", "mesh_manifold")
_FACES = 2_500  # as many as exact arithmetic does in seconds
Reader = Callable[[Path], Mesh]
Row = dict[str, str]


@dataclass
class Tally:
    """How often both agree on one column, and where not."""

    agree: int = 0
    total: int = 0
    unlike: list[str] = field(default_factory=list)

    def add(self, name: str, ours: object, theirs: object, same: bool) -> None:
        self.total += 1
        self.agree += same
        if not same:
            self.unlike.append(f"{name} (gencheck {ours}, MeshLab {theirs})")


def read(path: Path) -> Mesh:
    """Read a mesh by the package's own decoder."""
    media = decode(path.read_bytes(), Limits(), name=path.name)
    if not isinstance(media, Mesh):
        raise TypeError(f"{path.name} is no mesh")
    return media


def compare(name: str, row: Row, counts: MeshCounts, columns: dict[str, Tally]) -> None:
    """Compare one file, column by column."""
    watertight = counts.boundary_edges == 0 and counts.non_manifold_edges == 0
    reference = row["boundary_edges"] == "0" and row["non_two_manifold_edges"] == "0"
    columns["watertight"].add(name, watertight, reference, watertight == reference)
    manifold = counts.non_manifold_edges == 0 and counts.non_manifold_vertices == 0
    flat = row["is_mesh_two_manifold"] == "True" and row["non_two_manifold_vertices"] == "0"
    columns["manifold"].add(name, manifold, flat, manifold == flat)
    parts = int(row["connected_components_number"])
    columns["components"].add(name, counts.components, parts, counts.components == parts)
    if row["mesh_volume"] and counts.volume is not None:
        ours, theirs = abs(counts.volume), abs(float(row["mesh_volume"]))
        near = abs(ours - theirs) <= 0.01 * max(ours, theirs)
        columns["volume within 1 %"].add(name, f"{ours:.6g}", f"{theirs:.6g}", near)
    if counts.self_intersecting_faces is not None:
        cut, count = counts.self_intersecting_faces, int(row["self_intersecting_faces"])
        columns["self-intersection"].add(name, cut, count, (cut > 0) == (count > 0))


def rejudged(mesh: Mesh) -> str:
    """What numpy and exact arithmetic say of a mesh on which the two do not agree."""
    vertices, faces = welded(mesh.vertices, mesh.faces)
    sides = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    counts = np.unique(sides, axis=0, return_counts=True)[1]
    edges = f"{(counts == 1).sum()} open edges, {(counts > 2).sum()} of more than two faces"
    if len(faces) > _FACES:
        return edges
    whole = faces[[not is_flat(vertices, face) for face in faces]]
    return f"{edges}; {len({f for pair in contacts(vertices, whole) for f in pair})} faces touch"


def evaluate(folder: Path) -> None:
    """Print the table of one set."""
    names = ("watertight", "manifold", "components", "volume within 1 %", "self-intersection")
    columns = {name: Tally() for name in names}
    refused: list[str] = []
    crashes: list[str] = []
    doubtful: list[str] = []
    slowest = (0.0, "")
    with (folder / "reference_meshlab.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        path = folder / row["file"]
        try:
            mesh = read(path)
            start = time.perf_counter()
            report = check_mesh(mesh, deadline=Deadline.after(60.0))
            slowest = max(slowest, (time.perf_counter() - start, f"{len(mesh.faces)} faces"))
        except GencheckError as error:
            refused.append(f"{row['file']}: {type(error).__name__}: {error.what}")
            continue
        except Exception as error:  # a harness counts crashes
            crashes.append(f"{row['file']}: {type(error).__name__}: {error}")
            continue
        if row["faces_number"]:
            before = [len(tally.unlike) for tally in columns.values()]
            compare(row["file"], row, report.welded, columns)
            if before != [len(tally.unlike) for tally in columns.values()]:
                doubtful.append(f"{row['file']}: {rejudged(mesh)}")
    print(f"\n{folder.name}: {len(rows)} files, {len(refused)} refused, {len(crashes)} crashes")
    for name, tally in columns.items():
        print(f"  {name:18} {tally.agree:3} of {tally.total}")
        for line in tally.unlike:
            print(f"      {line}")
    print(f"  slowest check {slowest[0] * 1e3:.0f} ms ({slowest[1]})")
    reports = (("by exact arithmetic", doubtful), ("refused", refused), ("crashed", crashes))
    for title, lines in reports:
        for line in lines:
            print(f"  {title}: {line}")


def folders_of(root: Path, names: Sequence[str] = SETS) -> list[Path]:
    """The folders of the sets that are there; says which are not."""
    for name in names:
        if not (root / name).is_dir():
            print(f"{name} is not in GENCHECK_DATA: skipped")
    return [root / name for name in names if (root / name).is_dir()]


def over_sets(run: Callable[[Path], None]) -> int:
    """Run over the folder of each set that is there."""
    root = os.environ.get("GENCHECK_DATA")
    if not root:
        print("GENCHECK_DATA is not set: there is nothing to evaluate the mesh check on")
        return 0
    warm_up()
    for folder in folders_of(Path(root)):
        run(folder)
    return 0


if __name__ == "__main__":
    sys.exit(over_sets(evaluate))
