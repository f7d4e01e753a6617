"""COLLADA (DAE): the geometry of the scene where its nodes place it.

Source: COLLADA 1.4.1 and 1.5, chapter 5. Skins stand as they were bound; morphs in their base form.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gencheck.media.meshes.collada_mesh import Geometry, read_mesh
from gencheck.media.meshes.collada_transforms import local_matrix, matrix_of
from gencheck.media.meshes.limits import length_of
from gencheck.media.meshes.pieces import Pieces
from gencheck.media.meshes.xml_stream import XmlError
from gencheck.media.meshes.xml_tree import Element, read_tree
from gencheck.media.types import Limits, Mesh

_MAX_DEPTH = 150
_MAX_STEPS = 200_000
_INSTANCES = ("instance_node", "instance_geometry", "instance_controller")
Matrix = NDArray[np.float64]


def decode_dae(data: bytes, name: str, limits: Limits) -> Mesh:
    """All triangles of the scene; of all geometries where there is no scene.

    Raises:
        DecodeFailed: no XML, XML with a document type, a source or an index that is not there.
        LimitExceeded: more faces or vertices than the limits.
    """
    pieces = Pieces("DAE", name, limits)
    try:
        root = read_tree([data])
        _Reader(root, pieces).read()
    except XmlError as error:
        raise pieces.failure(str(error)) from None
    asset = root.first("asset")
    unit = asset.first("unit") if asset else None
    # A file without a unit means metres by the letter, and mostly nothing.
    metres = length_of(unit.attributes.get("meter", "1")) if unit else None
    pieces.notes["units_not_read"] += unit is not None and metres is None
    return replace(pieces.mesh(), z_up=_is_z_up(asset), metres=metres)


def _is_z_up(asset: Element | None) -> bool:
    axis = asset.first("up_axis") if asset else None
    return axis is not None and axis.text.strip() == "Z_UP"


class _Reader:
    def __init__(self, root: Element, pieces: Pieces) -> None:
        if root.name != "COLLADA":
            raise XmlError("the document is no COLLADA")
        self._root = root
        self._pieces = pieces
        self._ids = {
            f"#{element.attributes['id']}": element
            for element in root.walk()
            if "id" in element.attributes
        }
        self._read: dict[int, list[Geometry]] = {}
        self._steps = 0

    def read(self) -> None:
        scene = self._root.first("scene")
        instance = scene.first("instance_visual_scene") if scene else None
        visual = self._target(instance) if instance else None
        if visual is not None:
            self._walk(visual, np.eye(4), 0)
        libraries = self._root.all("library_geometries")
        every = [geometry for library in libraries for geometry in library.all("geometry")]
        unplaced = [geometry for geometry in every if id(geometry) not in self._read]
        if visual is None:
            self._pieces.notes["geometries_without_node"] += len(unplaced)
            for geometry in unplaced:
                self._place(geometry, np.eye(4))
        else:
            self._pieces.notes["geometries_not_placed"] += len(unplaced)

    def _walk(self, node: Element, parent: Matrix, depth: int) -> None:
        """A node and all below; of one that holds itself the depth comes to an end."""
        self._steps += 1
        if depth > _MAX_DEPTH or self._steps > _MAX_STEPS:
            raise XmlError(f"nodes nested deeper than {_MAX_DEPTH}, or more than {_MAX_STEPS}")
        matrix = parent @ local_matrix(node)
        for child in node.children:
            if child.name == "node":
                self._walk(child, matrix, depth + 1)
                continue
            target = self._target(child) if child.name in _INSTANCES else None
            if target is None:
                continue
            if child.name == "instance_node":
                self._walk(target, matrix, depth + 1)
            elif child.name == "instance_geometry":
                self._place(target, matrix)
            else:
                self._controller(target, matrix, 0)

    def _controller(self, controller: Element, matrix: Matrix, depth: int) -> None:
        """The geometry under a skin or a morph, which may stand on each other."""
        for child in controller.all("skin", "morph"):
            target = self._target(child, "source")
            if child.name == "skin":
                # Where the joints put it, whatever its node says: as it was bound.
                bound = child.first("bind_shape_matrix")
                matrix = matrix_of(bound.text) if bound else np.eye(4)
            self._pieces.notes[f"{child.name}s_not_applied"] += 1
            if target is None:
                continue
            if target.name == "controller" and depth < 8:
                self._controller(target, matrix, depth + 1)
            elif target.name == "geometry":
                self._place(target, matrix)
            else:
                raise XmlError(f"a {child.name} of something that is no geometry")

    def _place(self, geometry: Element, matrix: Matrix) -> None:
        if id(geometry) not in self._read:
            self._read[id(geometry)] = self._geometry(geometry)
        for found in self._read[id(geometry)]:
            self._pieces.add(found.points, found.faces, matrix, found.uv, found.uv_faces)

    def _geometry(self, geometry: Element) -> list[Geometry]:
        meshes = list(geometry.all("mesh"))
        self._pieces.notes["geometries_not_read"] += not meshes  # splines, convex hulls, breps
        return [part for mesh in meshes for part in read_mesh(mesh, self._pieces.notes)]

    def _target(self, element: Element, key: str = "url") -> Element | None:
        """What a reference names. One to another file is counted, not followed."""
        url = element.attributes.get(key, "")
        if not url.startswith("#"):
            self._pieces.notes["files_not_read"] += 1
            return None
        if url not in self._ids:
            raise XmlError(f"<{element.name}> names {url[:40]!r}, which is not there")
        return self._ids[url]
