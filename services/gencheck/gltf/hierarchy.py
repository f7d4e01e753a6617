"""Nodes, scenes and skins: one tree, no loops (glTF 2.0, 3.5 and 3.7.3). Nothing here recurses."""

from __future__ import annotations

from gencheck.gltf.document import Document
from gencheck.gltf.elements import format_name, format_of
from gencheck.gltf.formats import BIND_MATRICES
from gencheck.gltf.kinds import Object
from gencheck.gltf.tree import Tree
from gencheck.gltf.views import Views

_TRANSFORMS: dict[str, list[float]] = {
    "matrix": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    "translation": [0, 0, 0],
    "rotation": [0, 0, 0, 1],
    "scale": [1, 1, 1],
}
_MAX_SHOWN = 1_000_000


def check_nodes(document: Document, views: Views) -> None:
    """All rules of nodes, scenes and skins."""
    tree = Tree(document)
    log = document.log
    for index in sorted(tree.in_loop):
        log.add("NODE_LOOP", f"/nodes/{index}")
    joints = _check_skins(document, tree, views)
    _check_roots(document, tree)
    _check_skinned(document, tree)
    skinned = _skinned_meshes(document)
    nodes = document.all("nodes")
    empty = [i for i, node in nodes if (not node or _is_empty(node)) and i not in joints]
    log.add_objects("NODE_EMPTY", "/nodes", empty)
    for index, node in nodes:
        if "mesh" in node:
            _check_mesh(document, index, node, skinned)


def _is_empty(node: Object) -> bool:
    """Whether a node carries nothing."""
    if "children" in node or "mesh" in node or "camera" in node:
        return False
    return not node.get("extensions") and node.get("extras") is None


def _skinned_meshes(document: Document) -> set[int]:
    """The meshes of which some primitive has joints and weights."""
    return {
        index
        for index, mesh in document.all("meshes")
        if any(document.names_of(part).influences for part in mesh.get("primitives") or ())
    }


def _check_mesh(document: Document, index: int, node: Object, skinned: set[int]) -> None:
    """Morph weights and skinning of the mesh of a node."""
    mesh = document.get("meshes", node.get("mesh")) or {}
    primitives = mesh.get("primitives")
    if not primitives:
        return
    at, log = f"/nodes/{index}", document.log
    if "weights" in node:
        targets = len(primitives[0].get("targets") or ())
        if len(node["weights"]) != targets:
            found = f"{len(node['weights'])} weights, {targets} targets"
            log.add("NODE_WEIGHTS_INVALID", f"{at}/weights", found)
    if "skin" in node and node["mesh"] not in skinned:
        log.add("NODE_SKIN_WITH_NON_SKINNED_MESH", at)
    elif node["mesh"] in skinned and "skin" not in node:
        log.add("NODE_SKINNED_MESH_WITHOUT_SKIN", at)


def _check_roots(document: Document, tree: Tree) -> None:
    for index, scene in document.all("scenes"):
        for i, node in enumerate(scene.get("nodes") or ()):
            if node is not None and tree.parents[node] >= 0:
                document.log.add("SCENE_NON_ROOT_NODE", f"/scenes/{index}/nodes/{i}", node)


def _check_skinned(document: Document, tree: Tree) -> None:
    """What skinning leaves without effect, and joints that are not in the scene."""
    scenes: dict[int, set[int]] | None = None
    moved: dict[int, bool] = {}
    roots = {index: _root_of(skin, tree) for index, skin in document.all("skins")}
    for index, node in document.all("nodes") if roots else ():
        skin = document.get("skins", node["skin"]) if "skin" in node else None
        if skin is None:
            continue
        at, log = f"/nodes/{index}", document.log
        if tree.parents[index] >= 0:
            log.add("NODE_SKINNED_MESH_NON_ROOT", at)
            if _moved_above(document, tree, index, moved):
                log.add("NODE_SKINNED_MESH_PARENT_TRANSFORMS", at)
        if _moves(node):
            log.add("NODE_SKINNED_MESH_LOCAL_TRANSFORMS", at)
        root = roots[node["skin"]]
        if root is not None:
            scenes = _scenes_of_nodes(document) if scenes is None else scenes
            if not scenes.get(index, set()) <= scenes.get(root, set()):
                log.add("NODE_SKIN_NO_SCENE", at)


def _root_of(skin: Object, tree: Tree) -> int | None:
    """The root above all joints of a skin, where there is one."""
    roots = {tree.roots[joint] for joint in skin.get("joints") or () if joint is not None}
    root = roots.pop() if len(roots) == 1 else None
    return None if root is None or tree.parents[root] >= 0 else root


def _scenes_of_nodes(document: Document) -> dict[int, set[int]]:
    """The scenes that show each node, as far as the work is bounded."""
    found: dict[int, set[int]] = {}
    nodes, left = document.lists["nodes"], _MAX_SHOWN
    for index, scene in document.all("scenes"):
        stack = [node for node in scene.get("nodes") or () if node is not None]
        while stack and left:
            node = stack.pop()
            left -= 1  # also of a node that is named again, as each scene may do
            scenes = found.setdefault(node, set())
            if index in scenes:
                continue
            scenes.add(index)
            children = (nodes[node] or {}).get("children") or ()
            stack += [child for child in children if child is not None]
    if not left:
        document.log.skip(f"which of more than {_MAX_SHOWN} nodes the scenes show")
    return found


def _moves(node: Object) -> bool:
    """Whether a node has a transform that does something."""
    return any(node.get(name, rest) != rest for name, rest in _TRANSFORMS.items())


def _moved_above(document: Document, tree: Tree, index: int, moved: dict[int, bool]) -> bool:
    """Whether a node above has a transform; each node is looked at once for all that ask."""
    chain: list[int] = []
    answer = False
    node = tree.parents[index]
    while node >= 0 and node != index:
        if node in moved:
            answer = moved[node]
            break
        chain.append(node)
        moved[node] = False
        if _moves(document.lists["nodes"][node] or {}):
            answer = True
            break
        node = tree.parents[node]
    moved.update(dict.fromkeys(chain, answer))
    return answer


def _check_skins(document: Document, tree: Tree, views: Views) -> set[int]:
    """Joints with one root, and matrices for them. Returns all joints."""
    every: set[int] = set()
    for index, skin in document.all("skins"):
        at = f"/skins/{index}"
        joints = [j for j in skin.get("joints") or () if j is not None]
        every.update(joints)
        if "joints" in skin and len({tree.roots[joint] for joint in joints}) != 1:
            document.log.add("SKIN_NO_COMMON_ROOT", f"{at}/joints")
        skeleton = skin.get("skeleton")
        if skeleton is not None and not (
            joints and all(tree.is_above(skeleton, joint) for joint in joints)
        ):
            document.log.add("SKIN_SKELETON_INVALID", f"{at}/skeleton", skeleton)
        _check_matrices(document, views, skin, at)
    return every


def _check_matrices(document: Document, views: Views, skin: Object, at: str) -> None:
    """Inverse bind matrices: 4×4 floats, one for each joint."""
    joints = len(skin.get("joints") or ())
    here, log = f"{at}/inverseBindMatrices", document.log
    accessor = document.get("accessors", skin.get("inverseBindMatrices"))
    if accessor is None:
        return
    views.use(skin["inverseBindMatrices"], "IBM", "IBM", here)
    if format_of(accessor) not in BIND_MATRICES:
        log.add("SKIN_IBM_INVALID_FORMAT", here, format_name(accessor))
    if joints and accessor.get("count", -1) < joints:
        found = f"{accessor.get('count', 'no')} matrices, {joints} joints"
        log.add("INVALID_IBM_ACCESSOR_COUNT", here, found)
    if views.has_stride(accessor):
        log.add("SKIN_IBM_ACCESSOR_WITH_BYTESTRIDE", here)
