"""Animations: what channels move, and what samplers give them (glTF 2.0, 3.11)."""

from __future__ import annotations

from dataclasses import dataclass

from gencheck.gltf.document import Document
from gencheck.gltf.elements import format_name, format_of
from gencheck.gltf.kinds import Object
from gencheck.gltf.views import Views

_SCALARS = frozenset(
    ("SCALAR", component, normalized)
    for component, normalized in (
        (5126, False),
        (5120, True),
        (5121, True),
        (5122, True),
        (5123, True),
    )
)
_ROTATIONS = frozenset(("VEC4", component, normalized) for _, component, normalized in _SCALARS)
_OUTPUTS = {
    "translation": frozenset([("VEC3", 5126, False)]),
    "scale": frozenset([("VEC3", 5126, False)]),
    "rotation": _ROTATIONS,
    "weights": _SCALARS,
}
_POINTER = "KHR_animation_pointer"


@dataclass(frozen=True, slots=True)
class Rotation:
    """An accessor of quaternions: where, and whether each stands between two tangents."""

    accessor: int
    pointer: str
    cubic: bool


def check_animations(document: Document, views: Views) -> list[Rotation]:
    """All rules of animations. Returns the outputs that hold quaternions."""
    rotations: list[Rotation] = []
    for index, animation in document.all("animations"):
        rotations += _Animation(document, views, animation, f"/animations/{index}").check()
    return rotations


class _Animation:
    """Checks one animation."""

    def __init__(self, document: Document, views: Views, animation: Object, at: str) -> None:
        self._document = document
        self._views = views
        self._log = document.log
        self._samplers: list[Object | None] = animation.get("samplers") or []
        self._channels: list[Object | None] = animation.get("channels") or []
        self._at = at
        self._used: set[int] = set()
        self._targets: dict[tuple[object, object], int] = {}
        self._rotations: dict[int, Rotation] = {}

    def check(self) -> list[Rotation]:
        for index, sampler in enumerate(self._samplers):
            if sampler is not None:
                self._check_sampler(sampler, f"{self._at}/samplers/{index}")
        for index, channel in enumerate(self._channels):
            if channel is not None:
                self._check_channel(index, channel, f"{self._at}/channels/{index}")
        for index, sampler in enumerate(self._samplers):
            if self._channels and sampler is not None and index not in self._used:
                self._log.add("UNUSED_OBJECT", f"{self._at}/samplers/{index}")
        return list(self._rotations.values())

    def _check_sampler(self, sampler: Object, at: str) -> None:
        for name in ("input", "output"):
            accessor = self._document.get("accessors", sampler.get(name))
            if accessor is None:
                continue
            self._views.use(sampler[name], f"animation {name}", "other", f"{at}/{name}")
            if self._views.has_stride(accessor):
                self._log.add("ANIMATION_SAMPLER_ACCESSOR_WITH_BYTESTRIDE", f"{at}/{name}")
            if name == "input":
                self._check_input(sampler, accessor, f"{at}/input")

    def _check_input(self, sampler: Object, accessor: Object, at: str) -> None:
        if format_of(accessor) != ("SCALAR", 5126, False):
            code = "ANIMATION_SAMPLER_INPUT_ACCESSOR_INVALID_FORMAT"
            self._log.add(code, at, format_name(accessor))
        if not ("min" in accessor and "max" in accessor):
            self._log.add("ANIMATION_SAMPLER_INPUT_ACCESSOR_WITHOUT_BOUNDS", at)
        if sampler.get("interpolation") == "CUBICSPLINE" and accessor.get("count", 2) < 2:
            code = "ANIMATION_SAMPLER_INPUT_ACCESSOR_TOO_FEW_ELEMENTS"
            self._log.add(code, at, f"{accessor['count']} of 2")

    def _check_channel(self, index: int, channel: Object, at: str) -> None:
        target = channel.get("target") or {}
        pointed = _POINTER in (target.get("extensions") or {})
        node = self._document.get("nodes", target.get("node"))
        self._check_pointed(target, pointed, at)
        if node is not None:
            self._check_target(target, node, at)
        number = channel.get("sampler")
        if number is not None:
            if number < len(self._samplers):
                self._used.add(number)
                self._check_output(self._samplers[number] or {}, target, node, at)
            else:
                self._log.add("UNRESOLVED_REFERENCE", f"{at}/sampler", number)
        if "node" in target and "path" in target:
            first = self._targets.setdefault((target["node"], target["path"]), index)
            if first != index:
                where = f"{self._at}/channels/{first}/target"
                self._log.add("ANIMATION_DUPLICATE_TARGETS", where, f"channel {index}")

    def _check_pointed(self, target: Object, pointed: bool, at: str) -> None:
        path, here = target.get("path"), f"{at}/target/extensions/{_POINTER}"
        if pointed and "node" in target:
            code = "KHR_ANIMATION_POINTER_ANIMATION_CHANNEL_TARGET_NODE"
            self._log.add(code, here)
        if pointed and path not in (None, "pointer"):
            code = "KHR_ANIMATION_POINTER_ANIMATION_CHANNEL_TARGET_PATH"
            self._log.add(code, here, path)
        if path == "pointer" and _POINTER not in self._document.extensions:
            self._log.add("VALUE_NOT_IN_LIST", f"{at}/target/path", path)

    def _check_target(self, target: Object, node: Object, at: str) -> None:
        path = target.get("path")
        at = f"{at}/target"
        moves = path in ("translation", "rotation", "scale")
        if moves and "matrix" in node:
            self._log.add("ANIMATION_CHANNEL_TARGET_NODE_MATRIX", at)
        if moves and "skin" in node:
            self._log.add("ANIMATION_CHANNEL_TARGET_NODE_SKIN", f"{at}/path")
        if path == "weights" and not self._morphs(node):
            self._log.add("ANIMATION_CHANNEL_TARGET_NODE_WEIGHTS_NO_MORPHS", at)

    def _morphs(self, node: Object) -> int:
        """Morph targets of the mesh of a node."""
        mesh = self._document.get("meshes", node.get("mesh")) or {}
        primitives = [p for p in mesh.get("primitives") or () if p is not None]
        return len(primitives[0].get("targets") or ()) if primitives else 0

    def _check_output(self, sampler: Object, target: Object, node: Object | None, at: str) -> None:
        path, at = target.get("path"), f"{at}/sampler"
        output = self._document.get("accessors", sampler.get("output"))
        times = self._document.get("accessors", sampler.get("input"))
        if output is None or path not in _OUTPUTS:
            return
        if format_of(output) not in _OUTPUTS[path]:
            code = "ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_FORMAT"
            self._log.add(code, at, f"{format_name(output)} for {path}")
        elif path == "rotation" and output["componentType"] == 5126:
            cubic = sampler.get("interpolation") == "CUBICSPLINE"
            self._rotations.setdefault(sampler["output"], Rotation(sampler["output"], at, cubic))
        if times is None or "count" not in times or "count" not in output:
            return
        expected = times["count"] * (3 if sampler.get("interpolation") == "CUBICSPLINE" else 1)
        if path == "weights":
            expected *= self._morphs(node or {})
        if expected and output["count"] != expected:
            code = "ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_COUNT"
            self._log.add(code, at, f"{output['count']}, not {expected}")
