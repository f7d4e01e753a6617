"""Nodes, scenes and skins: one tree, no loops (glTF 2.0, 3.5 and 3.7.3). Nothing here recurses."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from gencheck.gltf.document import Document
from gencheck.gltf.elements import format_name, format_of
from gencheck.gltf.kinds import Object
from gencheck.gltf.views import Views

_TRANSFORMS: dict[str, list[float]] = {
    "matrix": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    "translation": [0, 0, 0],
    "rotation": [0, 0, 0, 1],
    "scale": [1, 1, 1],
}
_FORMAT = ("MAT4", 5126, False)


class Hierarchy:
    """Parents and roots of all nodes.

    Attributes:
        parents: the parent of each node, -1 for none.
        roots: the root above each node; -1 for the nodes of a loop and below it.
        depths: how many nodes are above each.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._nodes = document.lists["nodes"]
        self.parents = [-1] * len(self._nodes)
        for index, node in document.all("nodes"):
            self._adopt(index, node)
        self.roots, self.depths = self._walk()

    def _adopt(self, index: int, node: Object) -> None:
        for i, child in enumerate(node.get("children") or ()):
            if child is None:
                continue
            if self.parents[child] >= 0:
                where = f"/nodes/{index}/children/{i}"
                self._document.log.add("NODE_PARENT_OVERRIDE", where, child)
            else:
                self.parents[child] = index

    def _walk(self) -> tuple[list[int], list[int]]:
        count = len(self._nodes)
        roots, depths = [-1] * count, [0] * count
        children: list[list[int]] = [[] for _ in range(count)]
        for child, parent in enumerate(self.parents):
            if parent >= 0:
                children[parent].append(child)
        stack = [i for i in range(count) if self.parents[i] < 0]
        for root in stack:
            roots[root] = root
        while stack:
            index = stack.pop()
            for child in children[index]:
                roots[child], depths[child] = roots[index], depths[index] + 1
                stack.append(child)
        return roots, depths

    def loops(self) -> list[int]:
        """The nodes that are part of a loop: those that come back to themselves, upwards."""
        state = [0] * len(self.parents)  # 0 unseen, else the number of the walk that saw it
        found: set[int] = set()
        for start in range(len(self.parents)):
            if self.roots[start] >= 0 or state[start]:
                continue
            index, walk = start, start + 1
            while index >= 0 and not state[index]:
                state[index] = walk
                index = self.parents[index]
            if index >= 0 and state[index] == walk:
                first = index
                found.add(first)
                while (index := self.parents[index]) != first:
                    found.add(index)
        return sorted(found)

    def common_root(self, nodes: list[int]) -> bool:
        """Whether some node has all of these below it, or is one of them."""
        return len({self.roots[node] for node in nodes}) <= 1

    def ancestors(self, node: int) -> Iterator[int]:
        """The node itself and all above it; of a loop, the node only."""
        yield node
        if self.roots[node] < 0:
            return
        while (node := self.parents[node]) >= 0:
            yield node


def check_nodes(document: Document, views: Views) -> None:
    """All rules of nodes, scenes and skins."""
    tree = Hierarchy(document)
    log = document.log
    for index in tree.loops():
        log.add("NODE_LOOP", f"/nodes/{index}")
    joints = _check_skins(document, tree, views)
    _check_scenes(document, tree)
    _check_skinned(document, tree)
    bare = _BareNodes(document, joints)
    for index, node in document.all("nodes"):
        if bare.is_empty(index, node):
            log.add("NODE_EMPTY", f"/nodes/{index}")
        _check_mesh(document, index, node)


class _BareNodes:
    """Which nodes carry nothing and are named by nothing that needs them as they are."""

    def __init__(self, document: Document, joints: set[int]) -> None:
        self._document = document
        self._joints = joints

    def is_empty(self, index: int, node: Object) -> bool:
        if index in self._joints or "extras" in node:
            return False
        if any(name in node for name in ("children", "mesh", "camera")):
            return False
        return not node.get("extended")


def _check_mesh(document: Document, index: int, node: Object) -> None:
    """Morph weights and skinning of the mesh of a node."""
    mesh = document.get("meshes", node.get("mesh"))
    if mesh is None:
        return
    at, log = f"/nodes/{index}", document.log
    primitives = [p for p in mesh.get("primitives") or () if p is not None]
    if "weights" in node and primitives:
        targets = len(primitives[0].get("targets") or ())
        if len(node["weights"]) != targets:
            found = f"{len(node['weights'])} weights, {targets} targets"
            log.add("NODE_WEIGHTS_INVALID", f"{at}/weights", found)
    skinned = any({"JOINTS_0", "WEIGHTS_0"} <= set(p.get("attributes") or ()) for p in primitives)
    if "skin" in node and not skinned:
        log.add("NODE_SKIN_WITH_NON_SKINNED_MESH", at)
    elif skinned and "skin" not in node:
        log.add("NODE_SKINNED_MESH_WITHOUT_SKIN", at)


def _check_scenes(document: Document, tree: Hierarchy) -> None:
    log = document.log
    for index, scene in document.all("scenes"):
        roots = [n for n in scene.get("nodes") or () if n is not None]
        for i, node in enumerate(scene.get("nodes") or ()):
            if node is not None and tree.parents[node] >= 0:
                log.add("SCENE_NON_ROOT_NODE", f"/scenes/{index}/nodes/{i}", node)
        _check_scene_skins(document, tree, set(roots))


def _check_scene_skins(document: Document, tree: Hierarchy, roots: set[int]) -> None:
    """Skinned meshes of a scene need their joints in the same scene."""
    for index, node in document.all("nodes"):
        skin = document.get("skins", node.get("skin"))
        if skin is None or "mesh" not in node or tree.roots[index] not in roots:
            continue
        joints = [j for j in skin.get("joints") or () if j is not None]
        if any(tree.roots[joint] not in roots for joint in joints):
            document.log.add("NODE_SKIN_NO_SCENE", f"/nodes/{index}")


def _check_skinned(document: Document, tree: Hierarchy) -> None:
    """Transforms that skinning leaves without effect."""
    moved: dict[int, bool] = {}
    for index, node in document.all("nodes"):
        if "skin" not in node or "mesh" not in node:
            continue
        at, log = f"/nodes/{index}", document.log
        if tree.parents[index] >= 0:
            log.add("NODE_SKINNED_MESH_NON_ROOT", at)
            if _moved_above(document, tree, index, moved):
                log.add("NODE_SKINNED_MESH_PARENT_TRANSFORMS", at)
        if _moves(node):
            log.add("NODE_SKINNED_MESH_LOCAL_TRANSFORMS", at)


def _moves(node: Object) -> bool:
    """Whether a node has a transform that does something."""
    return any(node.get(name, rest) != rest for name, rest in _TRANSFORMS.items())


def _moved_above(document: Document, tree: Hierarchy, index: int, moved: dict[int, bool]) -> bool:
    """Whether a node above has a transform; each node is looked at once for all that ask."""
    chain: list[int] = []
    answer = False
    for node in islice(tree.ancestors(index), 1, None):
        if node in moved:
            answer = moved[node]
            break
        chain.append(node)
        thing = document.lists["nodes"][node] or {}
        if _moves(thing):
            answer = True
            break
    moved.update(dict.fromkeys(chain, answer))
    return answer


def _check_skins(document: Document, tree: Hierarchy, views: Views) -> set[int]:
    """Joints with one root, and matrices for them. Returns all joints."""
    every: set[int] = set()
    for index, skin in document.all("skins"):
        at = f"/skins/{index}"
        joints = [j for j in skin.get("joints") or () if j is not None]
        every.update(joints)
        _check_skeleton(document, tree, skin, joints, at)
        _check_matrices(document, views, skin, len(joints), at)
    return every


def _check_skeleton(
    document: Document, tree: Hierarchy, skin: Object, joints: list[int], at: str
) -> None:
    if not tree.common_root(joints):
        document.log.add("SKIN_NO_COMMON_ROOT", f"{at}/joints")
    skeleton = skin.get("skeleton")
    if skeleton is None:
        return
    below: dict[int, bool] = {skeleton: True}
    for joint in joints:
        chain: list[int] = []
        for node in tree.ancestors(joint):
            chain.append(node)
            if node in below:
                break
        answer = below.get(chain[-1], False)
        below.update(dict.fromkeys(chain, answer))
        if not answer:
            document.log.add("SKIN_SKELETON_INVALID", f"{at}/skeleton", skeleton)
            return


def _check_matrices(document: Document, views: Views, skin: Object, joints: int, at: str) -> None:
    """Inverse bind matrices: 4×4 floats, one for each joint."""
    here, log = f"{at}/inverseBindMatrices", document.log
    accessor = document.get("accessors", skin.get("inverseBindMatrices"))
    if accessor is None:
        return
    views.use(skin["inverseBindMatrices"], "IBM", "IBM", here)
    if format_of(accessor) != _FORMAT:
        log.add("SKIN_IBM_INVALID_FORMAT", here, format_name(accessor))
    if accessor.get("count", joints) < joints:
        found = f"{accessor['count']} matrices, {joints} joints"
        log.add("INVALID_IBM_ACCESSOR_COUNT", here, found)
    if views.has_stride(accessor):
        log.add("SKIN_IBM_ACCESSOR_WITH_BYTESTRIDE", here)
