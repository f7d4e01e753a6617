"""COLLADA: primitives, inputs, transforms, references; documents that are hostile."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
import trimesh

from gencheck.errors import DecodeFailed, GencheckError, LimitExceeded
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh

POINTS = "0 0 0 1 0 0 1 1 0 0 1 0 0 0 1"
UV = "0 0 1 0 1 1 0 .25"


def source(name: str, values: str, params: str = "XYZ") -> str:
    stride = len(params)
    named = "".join(
        f'<param name="{p}" type="float"/>' if p != "-" else "<param type='float'/>" for p in params
    )
    count = len(values.split()) // stride
    return (
        f'<source id="{name}"><float_array id="{name}-a">{values}</float_array><technique_common>'
        f'<accessor source="#{name}-a" count="{count}" stride="{stride}">{named}</accessor>'
        "</technique_common></source>"
    )


def geometry(primitives: str, points: str | None = None, name: str = "g") -> str:
    return (
        f'<geometry id="{name}"><mesh>{points or source("p", POINTS)}{source("t", UV, "ST")}'
        '<vertices id="v"><input semantic="POSITION" source="#p"/></vertices>'
        f"{primitives}</mesh></geometry>"
    )


VERTEX = '<input semantic="VERTEX" source="#v" offset="0"/>'
TEXTURE = '<input semantic="TEXCOORD" source="#t" offset="1" set="0"/>'
TRIANGLE = f'<triangles count="1">{VERTEX}<p>0 1 2</p></triangles>'


def document(
    geometries: str, nodes: str = '<node><instance_geometry url="#g"/></node>', extra: str = ""
) -> bytes:
    return (
        '<?xml version="1.0"?>'
        '<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">'
        f"<library_geometries>{geometries}</library_geometries>{extra}"
        f'<library_visual_scenes><visual_scene id="s">{nodes}</visual_scene>'
        '</library_visual_scenes><scene><instance_visual_scene url="#s"/></scene></COLLADA>'
    ).encode()


def read(data: bytes, limits: Limits | None = None) -> Mesh:
    mesh = decode(data, limits or Limits(), name="mesh.dae")
    assert isinstance(mesh, Mesh)
    assert mesh.format == "DAE"
    return mesh


@pytest.mark.parametrize(
    ("said", "metres"),
    [
        ("", None),
        ('<unit name="centimeter" meter="0.01"/>', 0.01),
        ('<unit name="meter"/>', 1.0),
        ('<unit meter="-1"/>', None),
        ('<unit meter="1_0"/>', None),
        ('<unit meter="nan"/>', None),
    ],
)
def test_the_unit_is_what_the_file_says_of_itself(said: str, metres: float | None) -> None:
    data = document(geometry(TRIANGLE)).replace(
        b"<library_geometries>", f"<asset>{said}</asset><library_geometries>".encode()
    )
    mesh = read(data)
    assert mesh.metres == metres
    assert mesh.notes == ({"units_not_read": 1} if said and metres is None else {})


@pytest.mark.parametrize(
    ("primitive", "faces"),
    [
        (TRIANGLE, [[0, 1, 2]]),
        (f"<polylist>{VERTEX}<vcount>4 3</vcount><p>0 1 2 3 0 1 4</p></polylist>",
         [[0, 1, 2], [0, 2, 3], [0, 1, 4]]),
        (f"<polygons>{VERTEX}<p>0 1 2 3</p><p>0 1 4</p></polygons>",
         [[0, 1, 2], [0, 2, 3], [0, 1, 4]]),
        (f"<tristrips>{VERTEX}<p>0 1 2 3</p><p>0 1 4</p></tristrips>",
         [[0, 1, 2], [1, 3, 2], [0, 1, 4]]),
        (f"<trifans>{VERTEX}<p>0 1 2 3</p></trifans>", [[0, 1, 2], [0, 2, 3]]),
    ],
)  # fmt: skip
def test_primitives(primitive: str, faces: list[list[int]]) -> None:
    mesh = read(document(geometry(primitive)))
    assert mesh.faces.tolist() == faces
    assert mesh.vertices.tolist() == np.array(POINTS.split(), float).reshape(-1, 3).tolist()


def test_corners_have_texture_coordinates_of_their_own() -> None:
    both = f'<triangles count="1">{VERTEX}{TEXTURE}<p>0 3 1 0 2 1</p></triangles>'
    mesh = read(document(geometry(both + TRIANGLE)))
    look = mesh.appearance
    assert look is not None and look.uv is not None and look.uv_faces is not None
    assert look.uv[look.uv_faces[0]].tolist() == [[0, 0.75], [0, 1], [1, 1]]
    assert np.isnan(look.uv[look.uv_faces[1]]).all()


def test_parameters_without_a_name_are_skipped() -> None:
    points = source("p", "9 0 0 0 9 1 0 0 9 1 1 0", "-XYZ")
    assert read(document(geometry(TRIANGLE, points))).vertices[1].tolist() == [1, 0, 0]


def test_transforms_apply_in_order_and_through_the_tree() -> None:
    nodes = (
        "<node><translate>0 0 5</translate><node><rotate>0 0 2 90</rotate><scale>2 1 1</scale>"
        '<instance_geometry url="#g"/></node></node>'
        "<node><matrix>1 0 0 7 0 1 0 0 0 0 1 0 0 0 0 1</matrix>"
        '<instance_node url="#n"/></node>'
    )
    library = (
        '<library_nodes><node id="n"><scale>-1 1 1</scale><instance_geometry url="#g"/></node>'
        "</library_nodes>"
    )
    mesh = read(document(geometry(TRIANGLE), nodes, library))
    assert np.allclose(mesh.vertices[1], [0, 2, 5])
    assert np.allclose(mesh.vertices[6], [6, 0, 0])
    assert mesh.faces.tolist() == [[0, 1, 2], [5, 7, 6]]
    assert mesh.notes == {"mirrored_parts": 1}


def test_look_at_and_skew_are_as_the_specification_says() -> None:
    look = "<node><lookat>1 2 3 1 2 0 0 1 0</lookat><instance_geometry url='#g'/></node>"
    mesh = read(document(geometry(TRIANGLE), look))
    assert np.allclose(mesh.vertices[1], [2, 2, 3])  # looking along -z already: a step only
    skew = "<node><skew>45 0 1 0 1 0 0</skew><instance_geometry url='#g'/></node>"
    mesh = read(document(geometry(TRIANGLE), skew))
    assert np.allclose(mesh.vertices[3], [1, 1, 0])
    assert np.allclose(mesh.vertices[1], [1, 0, 0])


def test_skins_stand_as_they_were_bound() -> None:
    skin = (
        '<library_controllers><controller id="c"><skin source="#g"><bind_shape_matrix>'
        "1 0 0 3 0 1 0 0 0 0 1 0 0 0 0 1</bind_shape_matrix></skin></controller>"
        "</library_controllers>"
    )
    node = '<node><translate>9 9 9</translate><instance_controller url="#c"/></node>'
    mesh = read(document(geometry(TRIANGLE), node, skin))
    assert mesh.vertices[0].tolist() == [3, 0, 0]
    assert mesh.notes == {"skins_not_applied": 1}


def test_what_is_left_out_is_counted() -> None:
    odd = (
        f'<lines count="2">{VERTEX}<p>0 1 1 2</p></lines>'
        f'<triangles count="1">{VERTEX}<p>0 1 2 3 4</p></triangles>'
        f"<polygons>{VERTEX}<ph><p>0 1 2 3</p><h>4 4 4</h></ph></polygons>"
    )
    node = '<node><instance_geometry url="#g"/><instance_node url="other.dae#n"/></node>'
    geometries = (
        geometry(odd) + geometry(TRIANGLE, name="h") + '<geometry id="i"><spline/></geometry>'
    )
    mesh = read(document(geometries, node))
    assert len(mesh.faces) == 3
    assert mesh.notes == {
        "lines_or_points": 2,
        "indices_left_over": 2,
        "holes_filled": 1,
        "polygons": 1,
        "files_not_read": 1,
        "geometries_not_placed": 2,
    }


def test_which_way_is_up_is_told() -> None:
    data = document(geometry(TRIANGLE))
    assert not read(data).z_up
    asset = b"<asset><up_axis>Z_UP</up_axis></asset><library_geometries>"
    assert read(data.replace(b"<library_geometries>", asset)).z_up


def test_without_a_scene_all_geometries_are_read() -> None:
    data = document(geometry(TRIANGLE)).replace(b'<instance_visual_scene url="#s"/>', b"")
    assert read(data).notes == {"geometries_without_node": 1}


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (document(geometry(TRIANGLE.replace("0 1 2", "0 1 5"))), "vertex 5 of 5"),
        (document(geometry(TRIANGLE.replace("0 1 2", "0 1 -1"))), "vertex -1 of 5"),
        (document(geometry(TRIANGLE.replace("0 1 2", "0 1 x"))), "something else in it"),
        (document(geometry(TRIANGLE.replace("#v", "#w"))), "the source of VERTEX"),
        (document(geometry(TRIANGLE), '<node><instance_geometry url="#x"/></node>'), "'#x'"),
        (document(geometry(TRIANGLE), "<node><matrix>1 2</matrix></node>"), "of 2 numbers"),
        (document(geometry(TRIANGLE.replace('offset="0"', 'offset="-1"'))), "no number from 0"),
        (document(geometry(TRIANGLE.replace('offset="0"', 'offset="1"'))), "no multiple of 2"),
        (document(geometry(TRIANGLE, source("p", POINTS).replace('count="5"', 'count="6"'))),
         "does not fit"),
        (document(geometry(f"<polylist>{VERTEX}<vcount>-1 4</vcount><p>0 1 2</p></polylist>")),
         "do not agree"),
        (document("", '<node id="n"><instance_node url="#n"/></node>'), "nested"),
        (document("")[:-5], "no well-formed XML"),
        (document("").replace(b"?>", b'?><!DOCTYPE a [<!ENTITY a "b">]>', 1), "document type"),
        (b"<a>" * 300 + b"<COLLADA />", "deeper than"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(data: bytes, what: str) -> None:
    with pytest.raises(DecodeFailed, match=what):
        read(data)


def test_an_external_entity_is_never_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("0 1 2")
    head = f'?><!DOCTYPE COLLADA [<!ENTITY e SYSTEM "file://{secret}">]>'.encode()
    data = document(geometry(TRIANGLE.replace("0 1 2", "&e;"))).replace(b"?>", head, 1)
    with pytest.raises(DecodeFailed, match="document type"):
        read(data)


def test_nodes_that_multiply_come_to_an_end() -> None:
    ten = "".join('<instance_node url="#n{0}"/>' for _ in range(10))
    fan = "".join(f'<node id="n{n}">{ten.format(n - 1)}</node>' for n in range(1, 12))
    library = f'<library_nodes><node id="n0"/>{fan}</library_nodes>'
    with pytest.raises(GencheckError, match="more than"):
        read(document("", '<node><instance_node url="#n11"/></node>', library))


def test_the_caps_hold() -> None:
    node = '<node><instance_geometry url="#g"/></node>' * 3
    with pytest.raises(LimitExceeded):
        read(document(geometry(TRIANGLE), node), Limits(max_faces=2))
    mapped = geometry(f'<triangles count="1">{VERTEX}{TEXTURE}<p>0 3 1 0 2 1</p></triangles>')
    assert len(read(document(mapped, node), Limits(max_vertices=15)).faces) == 3
    more = mapped.replace(UV, UV + " 0 0").replace('count="4"', 'count="5"')
    with pytest.raises(LimitExceeded):
        read(document(more, node), Limits(max_vertices=15))


@pytest.mark.parametrize("name", ["blue_cube.dae", "shoulder.zae"])
def test_real_files_are_read_as_trimesh_and_pycollada_read_them(name: str) -> None:
    folder = os.environ.get("GENCHECK_DATA")
    if not folder:
        pytest.skip("GENCHECK_DATA names no folder of real files")
    path = Path(folder) / "mesh_trimesh" / name
    data = path.read_bytes()
    if name.endswith(".zae"):
        data = zipfile.ZipFile(path).read("shoulder.dae")
    scene = trimesh.load_scene(trimesh.util.wrap_as_stream(data), file_type="dae", process=False)
    ours = read(data)
    assert np.allclose(ours.vertices[ours.faces], scene.to_mesh().triangles, atol=1e-6)
