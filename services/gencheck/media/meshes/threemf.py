"""3MF: the objects of a package where its build places them.

Source: 3MF Core Specification 1.3, Production Extension 1.1. Materials, beams and slices are left
out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import GencheckError
from gencheck.media.meshes.pieces import Pieces
from gencheck.media.meshes.threemf_model import Model, Placing, read_model
from gencheck.media.meshes.xml_stream import XmlError, read_xml
from gencheck.media.meshes.zips import Package
from gencheck.media.types import Limits, Mesh

_ROOT = "3D/3dmodel.model"
_MODEL = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"
_METRES = {
    "micron": 1e-6,
    "millimeter": 1e-3,
    "centimeter": 1e-2,
    "inch": 0.0254,
    "foot": 0.3048,
    "meter": 1.0,
}
_MAX_DEPTH = 32
_MAX_STEPS = 50_000


def decode_3mf(data: bytes, name: str, limits: Limits) -> Mesh:
    """All objects that the build places, or all that there are where it places none.

    Raises:
        DecodeFailed: no package, XML that is none, an object or a vertex that is not there.
        LimitExceeded: more faces or vertices than the limits, or a package of too much.
    """
    return _Reader(data, name, limits).mesh()


class _Reader:
    def __init__(self, data: bytes, name: str, limits: Limits) -> None:
        self._package = Package(data, name)
        self._name = name
        self._limits = limits
        self._pieces = Pieces("3MF", name, limits)
        self._models: dict[str, Model] = {}
        self._placed: set[int] = set()
        self._steps = 0

    def mesh(self) -> Mesh:
        root = self._root()
        model = self._model(root)
        for item in model.items:
            self._place(root, item, np.eye(4), 0)
        notes = self._pieces.notes
        if not model.items:
            for index in model.objects:
                notes["objects_without_item"] += 1
                self._place(root, Placing(index, np.eye(4)), np.eye(4), 0)
        for known in self._models.values():
            notes.update(known.skipped)
            meshes = (found for found in known.objects.values() if len(found.faces))
            notes["objects_not_built"] += sum(id(found) not in self._placed for found in meshes)
        metres = _METRES.get(model.unit)
        notes["units_not_read"] += metres is None
        return replace(self._pieces.mesh(), metres=metres)

    def _place(self, path: str, placing: Placing, matrix: NDArray[np.float64], depth: int) -> None:
        """An object and what it is made of. Of one that holds itself the depth comes to an end."""
        self._steps += 1
        if depth > _MAX_DEPTH or self._steps > _MAX_STEPS:
            raise self._pieces.failure(
                f"components nested deeper than {_MAX_DEPTH}, or more than {_MAX_STEPS}"
            )
        if placing.path:
            path = self._entry(placing.path)
        found = self._model(path).objects.get(placing.object)
        if found is None:
            raise self._pieces.failure(
                f"object {placing.object[:40]!r} of {path[:60]} is not there"
            )
        matrix = matrix @ placing.matrix
        self._placed.add(id(found))
        if len(found.faces) or len(found.vertices):
            self._pieces.add(found.vertices, found.faces, matrix)
        for component in found.components:
            self._place(path, component, matrix, depth + 1)

    def _model(self, path: str) -> Model:
        if path not in self._models:
            try:
                self._models[path] = read_model(self._package.chunks(path), self._limits)
            except XmlError as error:
                raise self._pieces.failure(f"{path[:60]}: {error}") from None
            except GencheckError as error:
                error.where = self._name
                raise
        return self._models[path]

    def _root(self) -> str:
        """The part that the relationships of the package name as the model."""
        rels = self._package.find("_rels/.rels")
        targets = _Relationships()
        if rels is not None:
            try:
                read_xml(self._package.chunks(rels), targets)
            except XmlError as error:
                raise self._pieces.failure(f"_rels/.rels: {error}") from None
        return self._entry(targets.model or _ROOT)

    def _entry(self, path: str) -> str:
        entry = self._package.find(path)
        if entry is None:
            raise self._pieces.failure(f"{path[:60]!r} is not in the package")
        return entry


class _Relationships:
    """Finds the target of the model's relationship (Open Packaging Conventions)."""

    def __init__(self) -> None:
        self.model = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("Type") == _MODEL:
            self.model = self.model or attributes.get("Target", "")

    def end(self, name: str) -> None:
        pass

    def text(self, text: str) -> None:
        pass
