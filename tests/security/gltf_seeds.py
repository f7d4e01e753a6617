"""Seeds for mutants of glTF: a document with something of everything, and the Khronos suite."""

from __future__ import annotations

import base64
import json
import os
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

from gltf_mutants import Asset, document_of

WHOLE: dict[str, Any] = {
    "asset": {"version": "2.0", "minVersion": "2.0"},
    "extensionsUsed": ["KHR_lights_punctual", "KHR_materials_variants", "KHR_materials_volume"],
    "extensions": {
        "KHR_lights_punctual": {"lights": [{"type": "spot", "spot": {"innerConeAngle": 0.1}}]},
        "KHR_materials_variants": {"variants": [{"name": "red"}]},
    },
    "scene": 0,
    "scenes": [{"nodes": [0]}],
    "nodes": [
        {"children": [1], "extensions": {"KHR_lights_punctual": {"light": 0}}},
        {"mesh": 0, "skin": 0, "weights": [0.5], "rotation": [0, 0, 0, 1]},
        {"camera": 0, "matrix": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1]},
    ],
    "cameras": [{"type": "perspective", "perspective": {"yfov": 1, "znear": 1, "zfar": 2}}],
    "skins": [{"joints": [0, 1], "inverseBindMatrices": 4, "skeleton": 0}],
    "meshes": [
        {
            "weights": [0.5],
            "primitives": [
                {
                    "attributes": {"POSITION": 0, "NORMAL": 0, "JOINTS_0": 2, "WEIGHTS_0": 3},
                    "indices": 1,
                    "material": 0,
                    "targets": [{"POSITION": 0}],
                    "extensions": {
                        "KHR_materials_variants": {"mappings": [{"variants": [0], "material": 0}]}
                    },
                }
            ],
        }
    ],
    "materials": [
        {
            "normalTexture": {"index": 0, "texCoord": 1},
            "emissiveFactor": [0, 0, 0],
            "extensions": {"KHR_materials_volume": {"thicknessFactor": 1}},
        }
    ],
    "textures": [{"source": 0, "sampler": 0}],
    "samplers": [{"wrapS": 33071}],
    "images": [{"bufferView": 0, "mimeType": "image/png"}],
    "animations": [
        {
            "channels": [{"sampler": 0, "target": {"node": 1, "path": "rotation"}}],
            "samplers": [{"input": 5, "output": 3, "interpolation": "CUBICSPLINE"}],
        }
    ],
    "accessors": [
        {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3", "min": [0, 0, 0]},
        {"bufferView": 1, "componentType": 5123, "count": 3, "type": "SCALAR"},
        {"bufferView": 0, "componentType": 5121, "count": 3, "type": "VEC4"},
        {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC4"},
        {"bufferView": 2, "componentType": 5126, "count": 2, "type": "MAT4"},
        {
            "bufferView": 1,
            "componentType": 5126,
            "count": 1,
            "type": "SCALAR",
            "sparse": {
                "count": 1,
                "indices": {"bufferView": 1, "componentType": 5121},
                "values": {"bufferView": 0},
            },
        },
    ],
    "bufferViews": [
        {"buffer": 0, "byteLength": 120, "byteStride": 16},
        {"buffer": 0, "byteLength": 12},
        {"buffer": 0, "byteLength": 128},
    ],
    "buffers": [{"byteLength": 129, "uri": "data:;base64," + "AACAPw8B" * 22}],
}


def seeds() -> list[Asset]:
    """The document above, and where ``GENCHECK_DATA`` has them, the assets of the Khronos suite."""
    text = json.dumps(WHOLE).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", 8, b"BIN\0")
    glb = struct.pack("<4sII", b"glTF", 2, 12 + len(chunks) + 8) + chunks + bytes(8)
    made = [Asset("whole.gltf", text), Asset("whole.glb", glb, packed=True)]
    return made + suite(Path(os.environ.get("GENCHECK_DATA", "")) / "mesh_gltf_validator")


def suite(folder: Path) -> list[Asset]:
    """The assets of the suite; not those of an extension that the released validator lacks."""
    found = []
    for report in sorted(folder.rglob("*.report.json")) if folder.is_dir() else ():
        path = report.with_name(report.name.removesuffix(".report.json"))
        data = path.read_bytes()
        if b"KHR_node_visibility" not in data:
            found.append(Asset(path.name, data, path.suffix == ".glb", path.parent))
            found += _inlined(found[-1])
    return found


def _inlined(asset: Asset) -> list[Asset]:
    """The same with its buffers as data URIs, where it has files of them, to be changed too."""
    document = document_of(asset)
    buffers = document.get("buffers") if document else None
    inlined = False
    for buffer in buffers if isinstance(buffers, list) and asset.folder else ():
        uri = buffer.get("uri") if isinstance(buffer, dict) else None
        if isinstance(uri, str) and uri.endswith(".bin") and (asset.folder / uri).is_file():
            encoded = base64.b64encode((asset.folder / uri).read_bytes()).decode()
            buffer["uri"] = f"data:application/octet-stream;base64,{encoded}"
            inlined = True
    data = json.dumps(document).encode()
    return [replace(asset, name=f"{asset.name}, inlined", data=data)] if inlined else []
