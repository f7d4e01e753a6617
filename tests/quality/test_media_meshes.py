"""Real odd meshes: read, checked and drawn, or refused with reasons; counts as trimesh has them."""

import io
import os
import time
from pathlib import Path

import pytest
import trimesh

from gencheck.deadline import Deadline
from gencheck.errors import GencheckError
from gencheck.findings import OutcomeStatus
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh
from gencheck.mesh.check import check_mesh
from gencheck.mesh.uv_view import draw_uv_map
from gencheck.render.views import prepare, render_views

DATA = os.environ.get("GENCHECK_DATA", "")
pytestmark = pytest.mark.skipif(
    not DATA, reason="set GENCHECK_DATA to the folder of real material to run this"
)
SETS = ("mesh_gltf_validator", "mesh_trimesh", "mesh_manifold")
SECONDS = 5.0
# Whose vertices trimesh counts otherwise, although told to leave them: only faces are compared.
SPLIT_BY_TEXTURE = ("fuze.ply", "fuze_ascii.ply")
MERGED_WITHIN_A_SOLID = ("multibody.stl", "two_objects_mixed_case_names.stl")
FACES_ONLY = (*SPLIT_BY_TEXTURE, *MERGED_WITHIN_A_SOLID)


def files(name: str) -> list[Path]:
    return sorted(path for path in (Path(DATA) / name).rglob("*") if path.is_file())


@pytest.mark.parametrize("name", SETS)
def test_every_file_is_read_or_refused_with_reasons(name: str) -> None:
    read = 0
    for path in files(name):
        started = time.process_time()
        try:
            decode(path.read_bytes(), Limits(), name=path.name)
            read += 1
        except GencheckError as error:
            assert error.what, path.name
            assert error.fix, path.name
            assert "cause" not in error.metadata, (path.name, str(error))
        assert time.process_time() - started < SECONDS, path.name
    assert read > 0


@pytest.mark.parametrize("name", SETS)
def test_every_file_that_is_read_is_checked_and_drawn(name: str) -> None:
    """What one room makes of a file is what the next takes: no part of it is made up here."""
    drawn = 0
    for path in files(name):
        try:
            mesh = decode(path.read_bytes(), Limits(), name=path.name)
        except GencheckError:
            continue
        if not isinstance(mesh, Mesh):
            continue
        report = check_mesh(mesh, deadline=Deadline())
        assert not [o for o in report.outcomes if o.status is OutcomeStatus.ERROR], path.name
        model = prepare(mesh)
        for marked in ([0], None):
            views = render_views(
                model, marked_faces=marked, size=64, views=("front",), deadline=Deadline()
            )
            assert views["front"].shape == (64, 64, 3)
        if report.uv is not None:
            draw_uv_map(report.uv, deadline=Deadline())
        drawn += 1
    assert drawn > 0


def peer(path: Path) -> trimesh.Trimesh | None:
    """The mesh as trimesh reads it, nothing merged; `None` where it reads none."""
    try:
        kind = path.suffix[1:].lower()
        loaded = trimesh.load(
            io.BytesIO(path.read_bytes()), file_type=kind, process=False, maintain_order=True
        )
    except Exception:
        return None
    geometry = loaded.to_geometry() if isinstance(loaded, trimesh.Scene) else loaded
    return geometry if isinstance(geometry, trimesh.Trimesh) else None


@pytest.mark.filterwarnings("ignore")
def test_counts_agree_with_trimesh() -> None:
    compared, wrong = 0, {}
    for path in [*files("mesh_trimesh"), *files("mesh_manifold")]:
        if path.suffix.lower() not in (".obj", ".stl", ".ply", ".glb"):
            continue
        theirs = peer(path)
        try:
            ours = decode(path.read_bytes(), Limits(), name=path.name)
        except GencheckError:
            continue
        if theirs is None or not isinstance(ours, Mesh) or not len(theirs.faces):
            continue
        compared += 1
        # trimesh splits the vertices of an OBJ by texture and drops those that no face uses.
        counts = [len(ours.faces)], [len(theirs.faces)]
        if ours.format != "OBJ" and path.name not in FACES_ONLY:
            counts[0].append(len(ours.vertices))
            counts[1].append(len(theirs.vertices))
        if counts[0] != counts[1]:
            wrong[path.name] = counts
    assert compared > 30
    assert not wrong
