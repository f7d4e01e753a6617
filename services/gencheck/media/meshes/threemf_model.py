"""One model part of a 3MF package: objects of triangles or components, and what is to be built."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.media.meshes.limits import check_counts
from gencheck.media.meshes.xml_stream import XmlError, read_xml
from gencheck.media.types import Limits

_CORNERS = ("v1", "v2", "v3")
_LEFT_OUT = {
    "beam": "beams_not_read",
    "slice": "slices_not_read",
    "base": "materials_not_read",
    "color": "materials_not_read",
    "tex2coord": "texture_coordinates_not_read",
}


@dataclass(frozen=True, slots=True)
class Placing:
    """An object under a transform, ``float64 [4, 4]`` for columns; of another part by its path."""

    object: str
    matrix: NDArray[np.float64] = field(repr=False)
    path: str = ""


@dataclass(slots=True)
class Object:
    """What an id stands for.

    Attributes:
        vertices: ``float64 [V, 3]``.
        faces: ``int64 [F, 3]`` as written, not held to V.
        components: other objects, which are placed with it.
    """

    vertices: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)), repr=False)
    faces: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 3), np.int64), repr=False)
    components: list[Placing] = field(default_factory=list)


@dataclass(slots=True)
class Model:
    """The objects of a part by their ids, the items of its build, what was left out, the unit."""

    objects: dict[str, Object] = field(default_factory=dict)
    items: list[Placing] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    unit: str = "millimeter"


def read_model(chunks: Iterable[bytes], limits: Limits) -> Model:
    """Read a part.

    Raises:
        XmlError: no XML, an attribute that is missing, a number that is none, an id that stands
            twice.
        LimitExceeded: more vertices or triangles than the limits, in all of its objects.
    """
    reader = _Reader(limits)
    read_xml(chunks, reader)
    if not reader.is_model:
        raise XmlError("the document is no 3MF model")
    return reader.model


class _Reader:
    """Told of the elements one by one; numbers go straight into arrays."""

    def __init__(self, limits: Limits) -> None:
        self.model = Model()
        self.is_model = False
        self._limits = limits
        self._object = Object()
        self._points = array("d")
        self._corners = array("q")
        self._most_points = 3 * limits.max_vertices
        self._most_corners = 3 * limits.max_faces

    def start(self, name: str, attributes: dict[str, str]) -> None:
        try:
            if name == "vertex":  # these two are nearly all that there is
                for key in "xyz":
                    self._points.append(float(attributes[key]))
            elif name == "triangle":
                for key in _CORNERS:
                    self._corners.append(int(attributes[key]))
            else:
                self._start_other(name, attributes)
        except KeyError as error:
            raise XmlError(f"<{name[:40]}> has no {error}") from None
        except (ValueError, OverflowError):
            raise XmlError(f"<{name[:40]}> has a number that is none") from None
        if len(self._points) > self._most_points or len(self._corners) > self._most_corners:
            self._check()

    def _check(self) -> None:
        """Hold what all objects have so far to the limits."""
        vertices = self._limits.max_vertices + (len(self._points) - self._most_points) // 3
        faces = self._limits.max_faces + (len(self._corners) - self._most_corners) // 3
        check_counts(vertices, faces, "", self._limits)

    def _start_other(self, name: str, attributes: dict[str, str]) -> None:
        if name == "object":
            self._object = Object()
            if attributes["id"] in self.model.objects:
                raise XmlError(f"object {attributes['id'][:40]!r} stands twice")
            self.model.objects[attributes["id"]] = self._object
        elif name == "component":
            self._object.components.append(_placing(attributes))
        elif name == "item":
            self.model.items.append(_placing(attributes))
        elif name == "model":
            self.is_model = True
            self.model.unit = attributes.get("unit", self.model.unit)
        elif name in _LEFT_OUT:
            self.model.skipped[_LEFT_OUT[name]] += 1

    def end(self, name: str) -> None:
        if name == "mesh":
            self._object.vertices = np.array(self._points).reshape(-1, 3)
            self._object.faces = np.array(self._corners, np.int64).reshape(-1, 3)
            self._most_points -= len(self._points)
            self._most_corners -= len(self._corners)
            self._points, self._corners = array("d"), array("q")

    def text(self, text: str) -> None:
        pass


def _placing(attributes: dict[str, str]) -> Placing:
    matrix = np.eye(4)
    if "transform" in attributes:  # rows of a matrix for row vectors, without its last column
        words = attributes["transform"].split()
        matrix[:3] = np.array([float(word) for word in words]).reshape(4, 3).T
    # Of the Production Extension, under whatever prefix.
    path = next((value for key, value in attributes.items() if key.endswith(":path")), "")
    return Placing(attributes["objectid"], matrix, path)
