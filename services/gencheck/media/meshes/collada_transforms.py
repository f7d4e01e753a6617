"""The transforms of a COLLADA node, applied in the order in which they stand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.media.meshes.limits import numbers
from gencheck.media.meshes.xml_stream import XmlError
from gencheck.media.meshes.xml_tree import Element

Matrix = NDArray[np.float64]


def local_matrix(node: Element) -> Matrix:
    """The product of all transforms of a node, ``float64 [4, 4]`` for columns.

    Raises:
        XmlError: not as many numbers as the transform takes.
    """
    matrix = np.eye(4)
    for child in node.children:
        if child.name == "matrix":
            matrix = matrix @ matrix_of(child.text)
        elif child.name in _KINDS:
            count, make = _KINDS[child.name]
            matrix = matrix @ make(_values(child.text, count))
    return matrix


def matrix_of(text: str) -> Matrix:
    """Sixteen numbers, row by row."""
    return _values(text, 16).reshape(4, 4)


def _translate(values: Matrix) -> Matrix:
    matrix = np.eye(4)
    matrix[:3, 3] = values
    return matrix


def _scale(values: Matrix) -> Matrix:
    return np.diag([*values, 1.0])


def _rotate(values: Matrix) -> Matrix:
    """About an axis by degrees (Rodrigues)."""
    length = float(np.linalg.norm(values[:3]))
    matrix = np.eye(4)
    if length > 0:
        x, y, z = values[:3] / length
        angle = np.deg2rad(values[3])
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        matrix[:3, :3] += np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return matrix


def _look_at(values: Matrix) -> Matrix:
    """At an eye, with -z towards a point of interest and y upwards (COLLADA 1.4.1, lookat)."""
    eye, interest, up = values[:3], values[3:6], values[6:]
    back = _unit(eye - interest)
    right = _unit(np.cross(up, back))
    matrix = np.eye(4)
    matrix[:3] = np.column_stack([right, np.cross(back, right), back, eye])
    return matrix


def _skew(values: Matrix) -> Matrix:
    """By degrees about an axis, along another (RenderMan, as COLLADA says)."""
    along, about = _unit(values[4:]), _unit(values[1:4])
    across = _unit(about - along * float(along @ about))
    rise, run = float(about @ across), float(about @ along)
    angle = np.deg2rad(values[0])
    turned = float(np.cos(angle) * rise - np.sin(angle) * run)
    if turned <= 0:
        raise XmlError("a <skew> beyond what its axes allow")
    shift = (np.sin(angle) * rise + np.cos(angle) * run) / turned - run / rise
    matrix = np.eye(4)
    matrix[:3, :3] += shift * np.outer(along, across)
    return matrix


def _unit(vector: Matrix) -> Matrix:
    length = np.linalg.norm(vector)
    if not length > 0:
        raise XmlError("a transform along an axis of no length")
    found: Matrix = vector / length
    return found


_KINDS = {
    "translate": (3, _translate),
    "scale": (3, _scale),
    "rotate": (4, _rotate),
    "lookat": (9, _look_at),
    "skew": (7, _skew),
}


def _values(text: str, count: int) -> Matrix:
    try:
        values: Matrix = numbers(text.encode())
    except ValueError:
        raise XmlError("a transform with something else than numbers") from None
    if len(values) != count:
        raise XmlError(f"a transform of {len(values)} numbers where {count} are due")
    return values
