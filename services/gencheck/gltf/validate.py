"""The whole validation: a file taken apart in, a report out."""

from __future__ import annotations

from gencheck.gltf.animations import check_animations
from gencheck.gltf.data import Data
from gencheck.gltf.document import Document, read_document
from gencheck.gltf.hierarchy import check_nodes
from gencheck.gltf.log import Report
from gencheck.gltf.materials import check_materials
from gencheck.gltf.meshes import check_meshes
from gencheck.gltf.resources import Loader, Resources
from gencheck.gltf.source import Source
from gencheck.gltf.views import Views

_UNUSED = (
    "accessors",
    "buffers",
    "bufferViews",
    "cameras",
    "images",
    "lights",
    "materials",
    "meshes",
    "nodes",
    "samplers",
    "skins",
    "textures",
    "variants",
)
_POINTERS = {
    "lights": "/extensions/KHR_lights_punctual/lights",
    "variants": "/extensions/KHR_materials_variants/variants",
}


def validate(source: Source, load: Loader | None = None) -> Report:
    """Hold a document to the letter of glTF 2.0, once. Never raises for bad input.

    Args:
        load: reads files beside it; without, they are counted.
    """
    if source.root is not None:
        document = read_document(source.root, source.log)
        if document is not None:
            _check(document, source, load)
    return source.log.report()


def _check(document: Document, source: Source, load: Loader | None) -> None:
    views = Views(document)
    views.check()
    check_materials(document)
    check_meshes(document, views)
    check_nodes(document, views)
    keyframes = check_animations(document, views)
    _check_unused(document)
    resources = Resources(document, source.uris, packed=source.packed)
    resources.check_uris()
    if source.container.whole:
        resources.check_buffers(source.container.binary, load)
        resources.check_images(load)
        Data(document, resources).check(keyframes)


def _check_unused(document: Document) -> None:
    for name in _UNUSED:
        used, pointer = document.used[name], _POINTERS.get(name, f"/{name}")
        unused = [index for index, _ in document.all(name) if index not in used]
        document.log.add_objects("UNUSED_OBJECT", pointer, unused)
    _check_weights(document)


def _check_weights(document: Document) -> None:
    """Weights of a mesh that each node which shows it overrides."""
    used, overriding = document.used["meshes"], dict[int, bool]()
    weighted = [index for index, mesh in document.all("meshes") if "weights" in mesh]
    for _, node in document.all("nodes") if weighted else ():
        mesh = document.get("meshes", node["mesh"]) if "mesh" in node else None
        if mesh is not None and mesh.get("primitives"):
            known = overriding.get(node["mesh"], True)
            overriding[node["mesh"]] = known and "weights" in node
    for index in weighted:
        if index in used and overriding.get(index, True):
            document.log.add("UNUSED_MESH_WEIGHTS", f"/meshes/{index}/weights")
