"""The node hierarchy of glTF: which mesh stands where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.media.gltf.accessors import GltfError

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
    for node, world, pointer in _walk(nodes, _roots(document, nodes)):
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
        placed = _primitives(meshes, index, f"{pointer}/mesh")
        yield Placed(index, placed, _UNMOVED if skinned else world.matrix(), node.get("skin"))
    if count == 0:
        for index in range(len(meshes)):
            notes["meshes_without_node"] += 1
            yield Placed(index, _primitives(meshes, index, f"/meshes/{index}"), _UNMOVED)


def worlds_of(document: dict[str, Any]) -> dict[int, World]:
    """Where every node of the default scene stands. Raises as :func:`placed_meshes`."""
    nodes = _list(document, "nodes")
    walked = _walk(nodes, _roots(document, nodes))
    return {int(at.rpartition("/")[2]): world for _, world, at in walked}


def _roots(document: dict[str, Any], nodes: list[Any]) -> list[tuple[object, str]]:
    scenes = _list(document, "scenes")
    if not scenes:
        children = {
            child
            for node in nodes
            if isinstance(node, dict) and isinstance(node.get("children"), list)
            for child in node["children"]
            if isinstance(child, int)
        }
        return [(i, f"/nodes/{i}") for i in range(len(nodes)) if i not in children]
    default = document.get("scene", 0)
    if (
        isinstance(default, bool)
        or not isinstance(default, int)
        or default not in range(len(scenes))
    ):
        raise GltfError(f"{str(default)[:40]} is no index of {len(scenes)} scenes", "/scene")
    scene = scenes[default]
    roots = scene.get("nodes", []) if isinstance(scene, dict) else None
    if not isinstance(roots, list):
        raise GltfError("not a list", f"/scenes/{default}/nodes")
    return [(root, f"/scenes/{default}/nodes/{i}") for i, root in enumerate(roots)]


class World:
    """The world transform of a node, made when it is asked for: most nodes carry no mesh."""

    __slots__ = ("_known", "_node", "_parent", "_pointer")

    def __init__(self, node: dict[str, Any], pointer: str, parent: World | None) -> None:
        self._node, self._pointer, self._parent = node, pointer, parent
        self._known: Matrix | None = None

    def matrix(self) -> Matrix:
        """``float64 [4, 4]``. Raises ``GltfError`` where this or a parent says no transform."""
        if self._known is None:
            local = _local(self._node, self._pointer)
            self._known = local if self._parent is None else self._parent.matrix() @ local
        return self._known


def _walk(
    nodes: list[Any], roots: list[tuple[object, str]]
) -> Iterator[tuple[dict[str, Any], World, str]]:
    """Every node below the roots with its world transform, parents first."""
    seen: set[int] = set()
    stack: list[tuple[object, str, World | None, int]] = [
        (index, pointer, None, 0) for index, pointer in reversed(roots)
    ]
    while stack:
        index, pointer, parent, depth = stack.pop()
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(nodes):
            raise GltfError(f"{str(index)[:40]} is no index of {len(nodes)} nodes", pointer)
        here = f"/nodes/{index}"
        node = nodes[index]
        if index in seen or not isinstance(node, dict):
            raise GltfError("a node in a cycle, or with two parents, or no object", here)
        if depth > _MAX_DEPTH:
            raise GltfError(f"nodes nested deeper than {_MAX_DEPTH}", here)
        seen.add(index)
        world = World(node, here, parent)
        yield node, world, here
        children = node.get("children", [])
        if not isinstance(children, list):
            raise GltfError("not a list", f"{here}/children")
        for i, child in reversed(list(enumerate(children))):
            stack.append((child, f"{here}/children/{i}", world, depth + 1))


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
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(meshes):
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
