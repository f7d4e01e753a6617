"""The node hierarchy of glTF: which mesh stands where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.media.gltf.accessors import GltfError
from gencheck.media.gltf.entries import is_index

_MAX_DEPTH = 256
_MAX_INSTANCES = 100_000

Matrix = NDArray[np.float64]


_UNMOVED = np.eye(4)


@dataclass(slots=True)
class Placed:
    """A mesh with its world transform, ``float64 [4, 4]``, row-major.

    Attributes:
        skin: what moves its vertices, as the document has it; ``None`` for nothing.
        is_moved: whether the transform changes anything.
        is_mirrored: whether it turns faces inside out (glTF 2.0, 3.7.4: by its determinant).
    """

    mesh: int
    primitives: list[Any]
    matrix: Matrix
    skin: object = None
    is_moved: bool = field(init=False)
    is_mirrored: bool = field(init=False)

    def __post_init__(self) -> None:
        """Once for all primitives, of which there may be very many."""
        self.is_moved = not np.array_equal(self.matrix, _UNMOVED)
        self.is_mirrored = self.is_moved and bool(np.linalg.det(self.matrix[:3, :3]) < 0)


def placed_meshes(document: dict[str, Any], notes: Counter[str]) -> Iterator[Placed]:
    """The meshes of the default scene; of all scenes' roots without one; all where no node has any.

    Raises:
        GltfError: an index out of range, a cycle, a depth beyond 256.
    """
    nodes = _list(document, "nodes")
    meshes = _list(document, "meshes")
    count = 0
    for number, node, world in _walk(nodes, *_roots(document, nodes)):
        index = node.get("mesh")
        if index is None:
            continue
        count += 1
        if count > _MAX_INSTANCES:
            raise GltfError(f"more than {_MAX_INSTANCES} nodes with a mesh", "/nodes")
        # A skinned mesh stands where its joints put it, whatever its node says (glTF 2.0, 3.7.3.3).
        # The joints are not applied: this is the pose in which it was bound.
        skinned = "skin" in node
        notes["skins_not_applied"] += skinned
        placed = _primitives(meshes, index, f"/nodes/{number}/mesh")
        yield Placed(index, placed, _UNMOVED if skinned else world.matrix(), node.get("skin"))
    if count == 0:
        for index in range(len(meshes)):
            notes["meshes_without_node"] += 1
            yield Placed(index, _primitives(meshes, index, f"/meshes/{index}"), _UNMOVED)


def worlds_of(document: dict[str, Any]) -> dict[int, World]:
    """Where every node of the default scene stands. Raises as :func:`placed_meshes`."""
    nodes = _list(document, "nodes")
    return {number: world for number, _, world in _walk(nodes, *_roots(document, nodes))}


def _roots(document: dict[str, Any], nodes: list[Any]) -> tuple[list[Any], str]:
    """Where the trees begin, and the pointer of the list that says so."""
    scenes = _list(document, "scenes")
    if not scenes:
        children = {
            child
            for node in nodes
            if isinstance(node, dict) and "children" in node and isinstance(node["children"], list)
            for child in node["children"]
            if isinstance(child, int)
        }
        return [i for i in range(len(nodes)) if i not in children], "/nodes"
    default = document.get("scene", 0)
    if not is_index(default, len(scenes)):
        raise GltfError(f"{str(default)[:40]} is no index of {len(scenes)} scenes", "/scene")
    scene = scenes[default]
    roots = scene.get("nodes", []) if isinstance(scene, dict) else None
    if not isinstance(roots, list):
        raise GltfError("not a list", f"/scenes/{default}/nodes")
    return roots, f"/scenes/{default}/nodes"


class World:
    """The world transform of a node, made when it is asked for: most nodes carry no mesh."""

    __slots__ = ("_known", "_node", "_number", "_parent")

    def __init__(self, node: dict[str, Any], number: int, parent: World | None) -> None:
        self._node, self._number, self._parent = node, number, parent
        self._known: Matrix | None = None

    def matrix(self) -> Matrix:
        """``float64 [4, 4]``. Raises ``GltfError`` where this or a parent says no transform."""
        if self._known is None:
            local = _local(self._node, f"/nodes/{self._number}")
            self._known = local if self._parent is None else self._parent.matrix() @ local
        return self._known


def _walk(
    nodes: list[Any], roots: list[Any], pointer: str
) -> Iterator[tuple[int, dict[str, Any], World]]:
    """Every node below the roots with its number and world transform, parents first.

    Args:
        pointer: of the list of roots.
    """
    seen = bytearray(len(nodes))
    stack = _pushed(roots, pointer, None, 0)
    while stack:
        index, pointer, place, parent, depth = stack.pop()
        if not is_index(index, len(nodes)):
            where = f"{pointer}/{place}"
            raise GltfError(f"{str(index)[:40]} is no index of {len(nodes)} nodes", where)
        node = nodes[index]
        if seen[index] or not isinstance(node, dict):
            here = f"/nodes/{index}"
            raise GltfError("a node in a cycle, or with two parents, or no object", here)
        if depth > _MAX_DEPTH:
            raise GltfError(f"nodes nested deeper than {_MAX_DEPTH}", f"/nodes/{index}")
        seen[index] = 1
        world = World(node, index, parent)
        yield index, node, world
        if "children" in node:
            here = f"/nodes/{index}/children"
            if not isinstance(node["children"], list):
                raise GltfError("not a list", here)
            stack += _pushed(node["children"], here, world, depth + 1)


def _pushed(
    indices: list[Any], pointer: str, parent: World | None, depth: int
) -> list[tuple[Any, str, int, World | None, int]]:
    """What is put on the stack of a walk: of a list of nodes the last first."""
    return [
        (indices[place], pointer, place, parent, depth) for place in reversed(range(len(indices)))
    ]


def _local(node: dict[str, Any], pointer: str) -> Matrix:
    if "matrix" in node:
        return _numbers(node["matrix"], 16, f"{pointer}/matrix").reshape(4, 4).T
    matrix = np.eye(4)
    x, y, z, w = _numbers(node.get("rotation", [0, 0, 0, 1]), 4, f"{pointer}/rotation")
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, :3] *= _numbers(node.get("scale", [1, 1, 1]), 3, f"{pointer}/scale")
    matrix[:3, 3] = _numbers(node.get("translation", [0, 0, 0]), 3, f"{pointer}/translation")
    return matrix


def _primitives(meshes: list[Any], index: object, pointer: str) -> list[Any]:
    if not is_index(index, len(meshes)):
        raise GltfError(f"{str(index)[:40]} is no index of {len(meshes)} meshes", pointer)
    mesh = meshes[index]
    primitives = mesh.get("primitives") if isinstance(mesh, dict) else None
    if not isinstance(primitives, list):
        raise GltfError("not a list", f"/meshes/{index}/primitives")
    return primitives


def _list(document: dict[str, Any], key: str) -> list[Any]:
    value = document.get(key, [])
    if not isinstance(value, list):
        raise GltfError("not a list", f"/{key}")
    return value


def _numbers(value: object, count: int, pointer: str) -> Matrix:
    numbers = value if isinstance(value, list) else []
    if len(numbers) != count or any(
        isinstance(n, bool) or not isinstance(n, int | float) for n in numbers
    ):
        raise GltfError(f"not {count} numbers", pointer)
    try:
        return np.array(numbers, np.float64)
    except OverflowError:
        raise GltfError("a number is too large", pointer) from None
