"""The layers of a scene as anonymous ones in memory: nothing that they name outside is ever opened.

Each layer is parsed alone, every path in it is looked up among the files of the package, and what
is not there is taken out before anything is composed. So the resolver of OpenUSD, which would open
any file of the machine, has nothing to resolve.
"""

from __future__ import annotations

from pathlib import Path

from pxr import Sdf, UsdUtils

from gencheck.errors import DecodeFailed, LimitExceeded, UnsupportedMedia
from gencheck.gltf.log import Issue
from gencheck.media.meshes.usdz import LAYERS, Usdz

_MAX_LAYERS = 1_000
_MAX_SPECS = 1_000_000
_CRATE = b"PXR-USDC"


class Layers:
    """Opens the scene and whatever layers of the package it is composed of.

    Attributes:
        scene: the root layer.
        issues: files that are named and not in the package.
        elsewhere: pictures and sounds beside a scene that is no package.
    """

    def __init__(self, package: Usdz | None, data: bytes, name: str, folder: str) -> None:
        """Args: folder: a private one, for OpenUSD reads its binary form from files only.

        Raises:
            UnsupportedMedia: a part of the scene is in a file that is not here.
            Tf.ErrorException: a layer that cannot be parsed.
        """
        self._package = package
        self._name = name
        self._folder = Path(folder)
        self._opened: dict[str, Sdf.Layer] = {}
        self.issues: list[Issue] = []
        self.elsewhere = 0
        self.scene = self._open("", data) if package is None else self._entry(package.scene)

    def _entry(self, file: str) -> Sdf.Layer:
        assert self._package is not None
        if file not in self._opened:
            return self._open(file, self._package.read(file))
        return self._opened[file]

    def _open(self, file: str, data: bytes) -> Sdf.Layer:
        if len(self._opened) >= _MAX_LAYERS:
            raise LimitExceeded(f"more than {_MAX_LAYERS} layers", where=self._name)
        suffix = "usdc" if data.startswith(_CRATE) else "usda"
        path = self._folder / f"{len(self._opened)}.{suffix}"
        path.write_bytes(data)
        layer = Sdf.Layer.OpenAsAnonymous(str(path))
        self._check(layer)
        self._opened[file] = layer
        parts = set(layer.GetCompositionAssetDependencies())
        UsdUtils.ModifyAssetPaths(layer, lambda named: self._moved(named, file, named in parts))
        return layer

    def _check(self, layer: Sdf.Layer) -> None:
        """Refuse a layer that names parts it does not have: OpenUSD ends the process over them."""
        count, is_whole = 0, True

        def visit(path: Sdf.Path) -> None:
            nonlocal count, is_whole
            count += 1
            known = path != Sdf.Path.emptyPath
            if path.IsPrimPath():
                known = bool(layer.GetPrimAtPath(path))
            elif path.IsPrimPropertyPath():
                known = bool(layer.GetPropertyAtPath(path))
            is_whole = is_whole and known and count <= _MAX_SPECS

        layer.Traverse(Sdf.Path.absoluteRootPath, visit)
        if not is_whole:
            raise DecodeFailed(
                f"a layer names a part that it does not have, or has more than {_MAX_SPECS}",
                where=self._name,
                fix="Export it again.",
            )

    def _moved(self, named: str, layer: str, is_part: bool) -> str:
        """What a path in a layer is replaced by: a layer in memory, a name, or nothing."""
        if not named or named.startswith("anon:"):
            return ""
        found = self._package.find(named, layer) if self._package else None
        if found is not None and found.lower().endswith(LAYERS):
            return str(self._entry(found).identifier)
        if is_part or named.lower().endswith((*LAYERS, ".usdz")):
            raise UnsupportedMedia(
                f"a part of the scene is in another file ({named[:60]}), which is not read",
                where=self._name,
                fix="Export it as one USDZ that holds all of its files.",
                metadata={"reference": named[:200]},
            )
        if found is not None:
            return str(self._folder / "there" / Path(found).name)
        if self._package is None:
            self.elsewhere += 1
        else:
            self.issues.append(
                Issue("USD_ERROR", "", None, f"MissingFile: {named[:100]!r} is not in the package")
            )
        return ""
