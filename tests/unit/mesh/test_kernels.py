"""Kernels are compiled for what there is: no input makes a worker compile anything anew."""

import sys

import numpy as np
import pytest
import trimesh
from numba.core.dispatcher import Dispatcher

from gencheck.deadline import Deadline
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh
from gencheck.mesh.check import check_mesh, warm_up
from gencheck.mesh.uv_view import draw_uv_map
from gencheck.render.views import prepare, render_views


def signatures() -> dict[str, set[str]]:
    """What each kernel was compiled for, or loaded."""
    modules = [module for name, module in [*sys.modules.items()] if name.startswith("gencheck.")]
    kernels = [k for module in modules for k in vars(module).values() if isinstance(k, Dispatcher)]
    return {
        f"{kernel.py_func.__module__}.{kernel.py_func.__name__}": {*map(str, kernel.signatures)}
        for kernel in kernels
    }


def read_check_and_draw(data: bytes, name: str) -> None:
    mesh = decode(data, Limits(), name=name)
    assert isinstance(mesh, Mesh)
    report = check_mesh(mesh, deadline=Deadline())
    render_views(prepare(mesh), marked_faces=[0], size=64, views=("front",), deadline=Deadline())
    if report.uv is not None:
        draw_uv_map(report.uv, deadline=Deadline())


def textured() -> trimesh.Trimesh:
    """A sphere with texture coordinates."""
    mesh = trimesh.creation.uv_sphere(count=(12, 12))
    uv = np.abs(mesh.vertices[:, :2]) / 2 + 0.25
    mesh.visual = trimesh.visual.TextureVisuals(uv=uv)
    return mesh


@pytest.mark.parametrize("kind", ["glb", "obj", "stl", "stl_ascii", "ply", "off", "dae", "3mf"])
def test_no_format_compiles_anything(kind: str) -> None:
    warm_up()
    before = signatures()
    mesh = textured() if kind in ("glb", "obj", "dae") else trimesh.creation.torus(2, 1)
    exported = mesh.export(file_type=kind)
    data = exported if isinstance(exported, bytes) else exported.encode()
    read_check_and_draw(data, f"mesh.{kind.partition('_')[0]}")
    assert signatures() == before


def test_a_file_of_many_slabs_compiles_nothing() -> None:
    warm_up()
    before = signatures()
    ball = trimesh.creation.icosphere().export(file_type="obj").encode()
    read_check_and_draw(ball + b"# so much that it is read in parts\n" * 100_000, "ball.obj")
    assert signatures() == before
