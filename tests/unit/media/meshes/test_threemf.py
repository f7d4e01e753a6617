"""3MF: objects where the build places them, and packages that are not what they say."""

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
import trimesh

from gencheck.errors import DecodeFailed, GencheckError, LimitExceeded
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh

CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
PRODUCTION = "http://schemas.microsoft.com/3dmanufacturing/production/2015/06"
RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r" Target="{}" '
    'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
)
TRIANGLE = (
    '<mesh><vertices><vertex x="0" y="0" z="0"/><vertex x="1" y="0" z="0"/>'
    '<vertex x="0" y="1e0" z="0"/></vertices><triangles>'
    '<triangle v1="0" v2="1" v3="2"/></triangles></mesh>'
)
MESH_1 = f'<object id="1">{TRIANGLE}</object>'
TURNED = "0 1 0 -1 0 0 0 0 1 10 20 30"  # a quarter turn about z, and a step


def model(resources: str = MESH_1, build: str = '<item objectid="1"/>', head: str = "") -> str:
    return (
        f'<?xml version="1.0"?>{head}<model xmlns="{CORE}" xmlns:p="{PRODUCTION}">'
        f"<resources>{resources}</resources><build>{build}</build></model>"
    )


def package(**parts: str) -> bytes:
    """A package of a root model and other parts, by their paths."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in parts.items():
            archive.writestr(path, text)
    return held.getvalue()


def made(text: str) -> bytes:
    return package(**{"3D/3dmodel.model": text})


def read(data: bytes, limits: Limits | None = None) -> Mesh:
    mesh = decode(data, limits or Limits(), name="mesh.3mf")
    assert isinstance(mesh, Mesh)
    assert mesh.format == "3MF"
    return mesh


def test_an_item_places_an_object() -> None:
    mesh = read(made(model(build=f'<item objectid="1" transform="{TURNED}"/>')))
    assert mesh.faces.tolist() == [[0, 1, 2]]
    assert mesh.vertices.tolist() == [[10, 20, 30], [10, 21, 30], [9, 20, 30]]
    assert mesh.notes == {}


@pytest.mark.parametrize(
    ("said", "metres"),
    [("", 0.001), (' unit="inch"', 0.0254), (' unit="micron"', 1e-6), (' unit="mile"', None)],
)
def test_the_unit_is_that_of_the_root(said: str, metres: float | None) -> None:
    mesh = read(made(model().replace("<model", f"<model{said}")))
    assert mesh.metres == metres
    assert mesh.notes == ({} if metres else {"units_not_read": 1})


def test_components_are_placed_under_their_item_each_time() -> None:
    resources = (
        MESH_1
        + '<object id="2"><components><component objectid="1"/>'
        + f'<component objectid="1" transform="{TURNED}"/></components></object>'
    )
    mesh = read(made(model(resources, '<item objectid="2" transform="2 0 0 0 2 0 0 0 2 0 0 1"/>')))
    assert mesh.faces.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert mesh.vertices[1].tolist() == [2, 0, 1]
    assert mesh.vertices[4].tolist() == [20, 42, 61]


def test_a_mirror_turns_faces_so_that_outside_stays_outside() -> None:
    item = '<item objectid="1" transform="-1 0 0 0 1 0 0 0 1 0 0 0"/>'
    mesh = read(made(model(build=item)))
    assert mesh.faces.tolist() == [[0, 2, 1]]
    assert mesh.notes == {"mirrored_parts": 1}


def test_what_nobody_builds_is_counted_and_read_where_nothing_is_built() -> None:
    other = MESH_1.replace('id="1"', 'id="2"')
    assert read(made(model(MESH_1 + other))).notes == {"objects_not_built": 1}
    mesh = read(made(model(MESH_1 + other, build="")))
    assert len(mesh.faces) == 2
    assert mesh.notes == {"objects_without_item": 2}


def test_what_is_left_out_is_counted() -> None:
    look = (
        '<basematerials id="5"><base name="a" displaycolor="#FFFFFF"/></basematerials>'
        '<m:colorgroup xmlns:m="m" id="6"><m:color color="#FFFFFF"/></m:colorgroup>'
        '<m:texture2dgroup xmlns:m="m" id="7" texid="8">'
        + '<m:tex2coord u="0" v="0"/>' * 3
        + "</m:texture2dgroup>"
    )
    notes = {"materials_not_read": 2, "texture_coordinates_not_read": 3}
    assert read(made(model(look + MESH_1))).notes == notes


def test_the_root_is_the_part_that_the_relationships_name_and_parts_name_others() -> None:
    root = model(
        '<object id="1"><components><component p:path="/3D/Objects/a.model" objectid="7"/>'
        "</components></object>"
    )
    other = model(f'<object id="7">{TRIANGLE}</object><object id="8">{TRIANGLE}</object>', "")
    parts = {"3D/main.model": root, "3D/Objects/a.model": other}
    mesh = read(package(**parts, **{"_rels/.rels": RELS.format("/3D/main.model")}))
    assert len(mesh.faces) == 1
    assert mesh.notes == {"objects_not_built": 1}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (model(MESH_1.replace('v2="1"', 'v2="3"')), "vertex 3 of 3"),
        (model(MESH_1.replace('v2="1"', 'v2="-1"')), "vertex -1 of 3"),
        (model(MESH_1.replace('v2="1"', 'v2="one"')), "a number that is none"),
        (model(MESH_1.replace('v2="1"', "")), "has no 'v2'"),
        (model(MESH_1 + MESH_1), "stands twice"),
        (model(build='<item objectid="9"/>'), "'9' of 3D/3dmodel.model is not there"),
        (model(build='<item objectid="1" transform="1 2"/>'), "a number that is none"),
        (model(build='<item objectid="1" p:path="/3D/b.model"/>'), "is not in the package"),
        (model()[:-9], "no well-formed XML"),
        (model(head='<!DOCTYPE x [<!ENTITY a "b">]>'), "document type"),
        ("<other/>", "no 3MF model"),
        (model().replace("?>", " encoding='x-8'?>"), "an encoding that nobody knows"),
    ],
)
def test_what_is_wrong_is_said(text: str, what: str) -> None:
    with pytest.raises(DecodeFailed, match=what):
        read(made(text))


def test_objects_that_hold_themselves_come_to_an_end() -> None:
    loop = '<object id="1"><components><component objectid="1"/></components></object>'
    with pytest.raises(DecodeFailed, match="nested"):
        read(made(model(loop)))
    ten = "".join('<component objectid="{0}"/>' for _ in range(10))
    fan = MESH_1 + "".join(
        f'<object id="{n}"><components>{ten.format(n - 1)}</components></object>'
        for n in range(2, 12)
    )
    with pytest.raises(GencheckError):
        read(made(model(fan, '<item objectid="11"/>')))


def test_the_caps_hold() -> None:
    with pytest.raises(LimitExceeded):
        read(made(model(build='<item objectid="1"/>' * 3)), Limits(max_faces=2))
    with pytest.raises(LimitExceeded):
        read(made(model()), Limits(max_vertices=2))
    with pytest.raises(LimitExceeded, match="2 faces and 6 vertices"):
        read(made(model(MESH_1 + MESH_1.replace('id="1"', 'id="2"'))), Limits(max_faces=1))


@pytest.mark.parametrize("name", ["counterX.3MF", "featuretype.3MF", "P_XPM_0331_01.3mf"])
def test_real_files_are_read_as_trimesh_reads_them(name: str) -> None:
    folder = os.environ.get("GENCHECK_DATA")
    if not folder:
        pytest.skip("GENCHECK_DATA names no folder of real files")
    data = (Path(folder) / "mesh_trimesh" / name).read_bytes()
    scene = trimesh.load_scene(trimesh.util.wrap_as_stream(data), file_type="3mf", process=False)
    ours = read(data)
    assert np.allclose(ours.vertices[ours.faces], scene.to_mesh().triangles, atol=1e-12)
