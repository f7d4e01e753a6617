"""USD: meshes where the stage places them, what is told of them, what is never opened."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from gencheck.errors import DecodeFailed, LimitExceeded, UnsupportedMedia
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh

pytest.importorskip("pxr", reason="needs usd-core: pip install 'gencheck[usd]'")
from pxr import Sdf

HEAD = '#usda 1.0\n(\n defaultPrim = "A"\n metersPerUnit = 1\n upAxis = "Y"\n)\n'
SQUARE = """
  uniform token subdivisionScheme = "none"
  point3f[] points = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1)]
  int[] faceVertexCounts = [4, 3]
  int[] faceVertexIndices = [0, 1, 2, 3, 0, 1, 4]
"""
FACES = [[0, 1, 2], [0, 2, 3], [0, 1, 4]]


def scene(mesh: str = SQUARE, around: str = "", more: str = "") -> bytes:
    text = f'{HEAD}def Xform "A" {{\n{around}\n def Mesh "m" {{\n{mesh}\n}}\n{more}\n}}\n'
    return text.encode()


def read(data: bytes, limits: Limits | None = None) -> Mesh:
    mesh = decode(data, limits or Limits(), name="mesh.usd")
    assert isinstance(mesh, Mesh)
    return mesh


def crate(text: bytes, folder: Path) -> bytes:
    layer = Sdf.Layer.CreateAnonymous(".usda")
    layer.ImportFromString(text.decode())
    path = folder / "made.usdc"
    layer.Export(str(path))
    return path.read_bytes()


def package(folder: Path, *files: tuple[str, bytes]) -> bytes:
    """A USDZ as OpenUSD itself writes it."""
    path = folder / "made.usdz"
    with Sdf.ZipFileWriter.CreateNew(str(path)) as writer:
        for name, data in files:
            file = folder / "src" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            writer.AddFile(str(file), name)
    return path.read_bytes()


def issues(mesh: Mesh) -> list[tuple[str, str, str]]:
    assert mesh.conformance is not None
    return [(i.code, i.detail.partition(":")[0], i.pointer) for i in mesh.conformance.issues]


def test_the_three_forms_are_one_mesh(tmp_path: Path) -> None:
    text = scene()
    packed = crate(text, tmp_path)
    for data, kind in (
        (text, "USDA"), (packed, "USDC"), (package(tmp_path, ("a.usdc", packed)), "USDZ"),
        (package(tmp_path, ("a.usd", text)), "USDZ"),
    ):  # fmt: skip
        mesh = read(data)
        assert mesh.format == kind
        assert mesh.faces.tolist() == FACES
        assert mesh.vertices.shape == (5, 3)
        assert mesh.notes == {"polygons": 1}
        assert issues(mesh) == []


def test_transforms_apply_through_the_tree_and_mirrors_keep_outside() -> None:
    around = (
        "double3 xformOp:translate = (1, 2, 3)\n double3 xformOp:scale = (-2, 1, 1)\n"
        'uniform token[] xformOpOrder = ["xformOp:translate", "xformOp:scale"]'
    )
    mesh = read(scene(around=around))
    assert mesh.vertices[1].tolist() == [-1, 2, 3]
    assert mesh.faces.tolist() == [[a, c, b] for a, b, c in FACES]
    assert mesh.notes == {"polygons": 1, "mirrored_parts": 1}


def test_which_way_is_up_is_told() -> None:
    assert not read(scene()).z_up
    assert read(scene().replace(b'upAxis = "Y"', b'upAxis = "Z"')).z_up


def test_the_unit_is_what_the_scene_says_of_itself() -> None:
    assert read(scene()).metres == 1
    said = b"metersPerUnit = 1\n"
    assert read(scene().replace(said, b"metersPerUnit = 0.01\n")).metres == 0.01
    assert read(scene().replace(said, b"")).metres is None
    odd = read(scene().replace(said, b"metersPerUnit = 0\n"))
    assert odd.metres is None
    assert odd.notes == {"polygons": 1, "units_not_read": 1}


def test_what_is_not_applied_is_counted() -> None:
    shapes = 'uniform token[] skel:blendShapes = ["smile", "frown"]'
    bound = scene(SQUARE + shapes).replace(
        b'def Mesh "m"', b'def Mesh "m" (prepend apiSchemas = ["SkelBindingAPI"])'
    )
    counted = {"polygons": 1, "skins_not_applied": 1, "morph_targets_not_applied": 2}
    assert read(bound).notes == counted


def test_holes_hands_and_subdivision_are_told() -> None:
    odd = SQUARE.replace('uniform token subdivisionScheme = "none"', "int[] holeIndices = [0]")
    mesh = read(scene(odd + 'uniform token orientation = "leftHanded"'))
    assert mesh.faces.tolist() == [[0, 4, 1]]
    assert mesh.notes == {
        "faces_that_are_holes": 1,
        "left_handed_meshes": 1,
        "subdivision_not_applied": 1,
    }


@pytest.mark.parametrize("kind", ["vertex", "faceVarying"])
def test_texture_coordinates_of_vertices_or_corners_grow_downwards(kind: str) -> None:
    uv = "[(0, 0), (1, 0), (1, 1), (0, .25)]"
    rows = "[0, 1, 2, 3, 3]" if kind == "vertex" else "[0, 1, 2, 3, 0, 1, 3]"
    mesh = read(
        scene(
            SQUARE + f'texCoord2f[] primvars:st = {uv} (interpolation = "{kind}")\n'
            f"int[] primvars:st:indices = {rows}"
        )
    )
    look = mesh.appearance
    assert look is not None and look.uv is not None and look.uv_faces is not None
    assert look.uv[look.uv_faces].tolist() == [
        [[0, 1], [1, 1], [1, 0]], [[0, 1], [1, 0], [0, 0.75]], [[0, 1], [1, 1], [0, 0.75]]
    ]  # fmt: skip


def test_what_a_renderer_does_not_show_is_counted() -> None:
    more = (
        f'def Mesh "i" {{ {SQUARE}\n token visibility = "invisible"\n}}\n'
        f'def Mesh "g" {{ {SQUARE}\n uniform token purpose = "guide"\n}}\n'
        'def Sphere "s" {\n}\n'
    )
    mesh = read(scene(more=more))
    assert len(mesh.faces) == 3
    assert mesh.notes == {
        "polygons": 1,
        "invisible_meshes": 1,
        "proxy_or_guide_meshes": 1,
        "shapes_not_read": 1,
    }


def test_instances_are_placed_as_openusd_places_them() -> None:
    more = f"""def PointInstancer "p" {{
  rel prototypes = [</A/p/one>]
  int[] protoIndices = [0, 0, 0]
  int64[] invisibleIds = [2]
  point3f[] positions = [(0, 0, 0), (5, 0, 0), (9, 9, 9)]
  def Xform "one" {{
    double3 xformOp:translate = (0, 0, 7)
    uniform token[] xformOpOrder = ["xformOp:translate"]
    def Mesh "n" {{ {SQUARE} }}
  }}
}}"""
    mesh = read(scene(around="", more=more))
    assert len(mesh.faces) == 9
    assert mesh.vertices[5].tolist() == [0, 0, 7]
    assert mesh.vertices[10].tolist() == [5, 0, 7]
    assert mesh.notes["invisible_instances"] == 1


def test_layers_of_a_package_are_composed(tmp_path: Path) -> None:
    root = f'{HEAD}def "A" (\n references = @./parts/b.usda@</A>\n) {{\n}}\n'.encode()
    part = scene(around="asset x = @../t/a.png@")
    mesh = read(package(tmp_path, ("a.usda", root), ("parts/b.usda", part), ("t/a.png", b"png")))
    assert mesh.faces.tolist() == FACES
    assert issues(mesh) == []


@pytest.mark.parametrize(
    "reference",
    [
        "/etc/passwd",
        "http://127.0.0.1/a.usda",
        "../../etc/passwd.usda",
        "b.usda",
        "./a.usdz[b.usda]",
    ],
)
@pytest.mark.parametrize("arc", ["references", "payload", "subLayers", "clips"])
def test_nothing_outside_of_the_file_is_opened(reference: str, arc: str, tmp_path: Path) -> None:
    if arc == "subLayers":
        data = scene().replace(b"(\n", f"(\n subLayers = [@{reference}@]\n".encode(), 1)
    elif arc == "clips":
        named = f'string templateAssetPath = "{reference}.#.usda"'
        clips = f"(\n clips = {{\n dictionary default = {{\n {named}\n }}\n }}\n)"
        data = scene().replace(b'"A" {', f'"A" {clips} {{'.encode())
    else:
        data = scene().replace(b'"A" {', f'"A" (\n {arc} = @{reference}@\n) {{'.encode())
    for sent in (data, package(tmp_path, ("a.usda", data))):
        with pytest.raises(UnsupportedMedia, match="in another file") as caught:
            read(sent)
        assert caught.value.metadata["reference"].startswith(reference)


def test_a_scene_beside_a_file_of_the_machine_does_not_read_it(tmp_path: Path) -> None:
    (tmp_path / "b.usda").write_bytes(scene())
    data = scene().replace(b'"A" {', f'"A" (\n references = @{tmp_path}/b.usda@\n) {{'.encode())
    with pytest.raises(UnsupportedMedia, match="in another file"):
        read(data)


def test_pictures_that_are_not_there_are_told(tmp_path: Path) -> None:
    data = scene(around="asset x = @/etc/passwd@\n asset y = @t/a.png@")
    assert read(data).notes["files_not_checked"] == 2
    mesh = read(package(tmp_path, ("a.usda", data)))
    assert issues(mesh) == [("USD_ERROR", "MissingFile", "")] * 2


def test_validators_of_openusd_are_asked_and_name_the_prim() -> None:
    mesh = read(b'#usda 1.0\ndef Mesh "m" { rel material:binding = </x>\n}\n')
    found = issues(mesh)
    assert ("USD_ERROR", "MissingMaterialBindingAPI", "/m") in found
    assert ("USD_ERROR", "MissingUpAxisMetadata", "/") in found
    assert mesh.conformance is not None
    assert not any("anon:" in issue.detail for issue in mesh.conformance.issues)


def test_the_container_is_held_to_its_rules(tmp_path: Path) -> None:
    path = tmp_path / "odd.usdz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.usda", scene())
        archive.writestr("notes.txt", "x")
    mesh = read(path.read_bytes())
    assert mesh.faces.tolist() == FACES
    rules = [rule for _, rule, _ in issues(mesh)]
    assert rules == ["CompressedFile", "UnalignedFile"] * 2 + ["ForeignFile"]


@pytest.mark.parametrize(
    ("mesh", "what"),
    [
        (SQUARE.replace("[4, 3]", "[4, 4]"), "8 corners, 7 are given"),
        (SQUARE.replace("[4, 3]", "[-1, 8]"), "corners"),
        (SQUARE.replace("1, 4]", "1, 5]"), "vertex 5 of 5"),
        (SQUARE.replace("1, 4]", "1, -1]"), "vertex -1 of 5"),
        (SQUARE + "int[] holeIndices = [2]", "a hole names face 2 of 2"),
        (
            SQUARE.replace("int[] faceVertexCounts = [4, 3]", 'string faceVertexCounts = "x"'),
            "type",
        ),
        (SQUARE + "}}", "OpenUSD cannot read"),
    ],
)
def test_what_is_wrong_is_said(mesh: str, what: str) -> None:
    with pytest.raises(DecodeFailed, match=what):
        read(scene(mesh))


def test_the_caps_hold() -> None:
    with pytest.raises(LimitExceeded):
        read(scene(), Limits(max_faces=2))


def test_without_usd_core_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pxr", None)
    with pytest.raises(UnsupportedMedia, match=r"gencheck\[usd\]"):
        read(scene())


def test_points_that_are_not_given_are_none() -> None:
    mesh = read(scene(""))
    assert mesh.vertices.shape == (0, 3)
    assert np.array_equal(mesh.faces, np.zeros((0, 3), np.int32))


def test_folders_of_killed_processes_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    old, new = tmp_path / "gencheck-usd-old", tmp_path / "gencheck-usd-new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "0.usdc").touch()
    os.utime(old, (0, 0))
    read(scene())
    assert list(tmp_path.iterdir()) == [new]
