"""Small meshes in every format that is read, to be damaged."""

from __future__ import annotations

import base64
import io
import json
import struct
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import trimesh

TESTS = Path(__file__).parents[1]
UNIT = TESTS / "unit/media/gltf"
sys.path.insert(0, str(TESTS / "quality"))


def seeds() -> dict[str, bytes]:
    """Two cubes that cut each other, and a sphere, in every format and form.

    Those of optional readers are left out where these are not installed.
    """
    cubes = trimesh.util.concatenate([trimesh.creation.box(), trimesh.creation.box()])
    cubes.vertices[8:] += 0.3
    ball = trimesh.creation.icosphere(subdivisions=2)
    made = {}
    for name, mesh in (("cubes", cubes), ("ball", ball)):
        for kind in ("glb", "obj", "stl", "stl_ascii", "ply", "off", "3mf", "dae"):
            data = mesh.export(file_type=kind)
            made[f"{name}.{kind}"] = data.encode() if isinstance(data, str) else data
        made[f"{name}.ply_ascii"] = mesh.export(file_type="ply", encoding="ascii")
        plain = io.StringIO()
        np.savetxt(plain, mesh.vertices, fmt="v %.18e %.17g %.1f")
        np.savetxt(plain, mesh.faces - len(mesh.vertices), fmt="f %d//7 %d/1/2 %d")
        made[f"{name}.usda"] = usda(mesh)
        made |= {f"{name}.{kind}": data for kind, data in _optional(mesh)}
        made[f"{name}_odd.obj"] = plain.getvalue().encode()
    made["meshopt.glb"] = meshopt_glb()
    made |= dressed()
    return made


def dressed() -> Iterator[tuple[str, bytes]]:
    """GLB files with materials, textures, skins and animations."""
    import material_plants as odd
    import material_sound as sound

    rng = np.random.default_rng(1)
    for plant in (
        sound.textured_jpeg, sound.leaves, sound.atlas_with_clear_ground, sound.bumps,
        sound.packed_maps, sound.faded_by_vertices, sound.skinned, odd.many_weights,
        sound.animated, odd.two_uv_sets, odd.sound_ktx2,
    ):  # fmt: skip
        yield f"{plant.__name__}.glb", plant(rng).glb()


def usda(mesh: trimesh.Trimesh) -> bytes:
    """A scene of one mesh, placed by a transform, with texture coordinates."""
    points = ", ".join(f"({x:.9g}, {y:.9g}, {z:.9g})" for x, y, z in mesh.vertices.tolist())
    corners = ", ".join(map(str, mesh.faces.ravel().tolist()))
    uv = ", ".join(f"({x:.3f}, {y:.3f})" for x, y, _ in mesh.vertices.tolist())
    return f"""#usda 1.0
(
    defaultPrim = "World"
    metersPerUnit = 1
    upAxis = "Z"
)
def Xform "World" {{
    double3 xformOp:translate = (1, 2, 3)
    uniform token[] xformOpOrder = ["xformOp:translate"]
    def Mesh "Mesh" {{
        uniform token subdivisionScheme = "none"
        int[] faceVertexCounts = [{", ".join(["3"] * len(mesh.faces))}]
        int[] faceVertexIndices = [{corners}]
        point3f[] points = [{points}]
        texCoord2f[] primvars:st = [{uv}] (interpolation = "vertex")
        asset picture = @a.png@
    }}
}}
""".encode()


def is_package(data: bytes) -> bool:
    """Whether there are files in it, whose checksums would hide most damage."""
    return data.startswith(b"PK")


def with_damage_inside(data: bytes, damage: Callable[[bytes], bytes]) -> bytes:
    """A package like this whose largest file is damaged; its checksums are right."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(held, "w") as new:
        largest = max(old.infolist(), key=lambda entry: entry.file_size).filename
        for entry in old.infolist():
            kept = old.read(entry)
            new.writestr(entry.filename, damage(kept) if entry.filename == largest else kept)
    return held.getvalue()


def _optional(mesh: trimesh.Trimesh) -> Iterator[tuple[str, bytes]]:
    if find_spec("pxr") is not None:
        yield from _packed_usd(mesh)
    if find_spec("DracoPy") is not None:
        yield "draco.glb", draco_glb(mesh)


def _packed_usd(mesh: trimesh.Trimesh) -> Iterator[tuple[str, bytes]]:
    from pxr import Sdf

    with tempfile.TemporaryDirectory() as folder:
        layer = Sdf.Layer.CreateAnonymous(".usda")
        layer.ImportFromString(usda(mesh).decode())
        crate, package = Path(folder, "a.usdc"), Path(folder, "a.usdz")
        layer.Export(str(crate))
        yield "usdc", crate.read_bytes()
        with Sdf.ZipFileWriter.CreateNew(str(package)) as writer:
            writer.AddFile(str(crate), "a.usdc")
        yield "usdz", package.read_bytes()


def draco_glb(mesh: trimesh.Trimesh) -> bytes:
    """A GLB whose only primitive is compressed."""
    import DracoPy

    packed = DracoPy.encode(mesh.vertices.astype(np.float32), mesh.faces.astype(np.uint32))
    extension = {"bufferView": 0, "attributes": {"POSITION": 0}}
    primitive = {
        "attributes": {"POSITION": 0},
        "indices": 1,
        "extensions": {"KHR_draco_mesh_compression": extension},
    }
    document = {
        "asset": {"version": "2.0"},
        "extensionsUsed": ["KHR_draco_mesh_compression"],
        "extensionsRequired": ["KHR_draco_mesh_compression"],
        "buffers": [{"byteLength": len(packed)}],
        "bufferViews": [{"buffer": 0, "byteLength": len(packed)}],
        "accessors": [
            {"componentType": 5126, "count": len(mesh.vertices), "type": "VEC3"},
            {"componentType": 5125, "count": mesh.faces.size, "type": "SCALAR"},
        ],
        "meshes": [{"primitives": [primitive]}],
        "nodes": [{"mesh": 0}],
        "scenes": [{"nodes": [0]}],
    }
    return _glb(document, packed)


def meshopt_glb() -> bytes:
    """A GLB whose views are compressed, by the encoder that the unit tests are held to."""
    held = json.loads((UNIT / "meshopt.json").read_text(encoding="utf-8"))["ball"]
    points, corners = (len(base64.b64decode(held[part])) for part in ("positions", "faces"))
    packed = [base64.b64decode(held[part]) for part in ("attributes", "triangles")]
    views = [
        {"count": points // 12, "byteStride": 12, "mode": "ATTRIBUTES"},
        {"count": corners // 2, "byteStride": 2, "mode": "TRIANGLES"},
    ]
    offset = 0
    for view, data in zip(views, packed, strict=True):
        view |= {"buffer": 0, "byteOffset": offset, "byteLength": len(data)}
        offset += len(data)
    document = {
        "asset": {"version": "2.0"},
        "extensionsUsed": ["EXT_meshopt_compression"],
        "extensionsRequired": ["EXT_meshopt_compression"],
        "buffers": [{"byteLength": offset}, {"byteLength": points + corners}],
        "bufferViews": [
            {
                "buffer": 1,
                "byteOffset": start,
                "byteLength": length,
                "extensions": {"EXT_meshopt_compression": view},
            }
            for view, start, length in zip(views, (0, points), (points, corners), strict=True)
        ],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": points // 12, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5123, "count": corners // 2, "type": "SCALAR"},
        ],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "nodes": [{"mesh": 0}],
        "scenes": [{"nodes": [0]}],
    }
    return _glb(document, b"".join(packed))


def _glb(document: object, packed: bytes) -> bytes:
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    packed += bytes(-len(packed) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", len(packed), b"BIN\0") + packed
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks
