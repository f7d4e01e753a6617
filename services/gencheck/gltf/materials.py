"""What the parts and the extensions of a material say about each other (glTF 2.0, 3.9)."""

from __future__ import annotations

from collections.abc import Iterator

from gencheck.gltf.document import Document
from gencheck.gltf.kinds import Object

_SAME_COORDINATES = (
    (
        "KHR_materials_anisotropy",
        "anisotropyTexture",
        "KHR_MATERIALS_ANISOTROPY_ANISOTROPY_TEXTURE_TEXCOORD",
    ),
    (
        "KHR_materials_clearcoat",
        "clearcoatNormalTexture",
        "KHR_MATERIALS_CLEARCOAT_CLEARCOAT_NORMAL_TEXTURE_TEXCOORD",
    ),
)


def texture_infos(material: Object) -> Iterator[tuple[str, Object]]:
    """Every use of a texture in a material, with the pointer from the material on."""
    parts = [("", material), ("/pbrMetallicRoughness", material.get("pbrMetallicRoughness") or {})]
    for name, extension in (material.get("extensions") or {}).items():
        if isinstance(extension, dict):
            parts.append((f"/extensions/{name}", extension))
    for at, part in parts:
        for name, value in part.items():
            if name.endswith("Texture") and isinstance(value, dict):
                yield f"{at}/{name}", value


def check_materials(document: Document) -> None:
    """All rules between the parts of materials."""
    for index, material in document.all("materials"):
        extensions = material.get("extensions")
        if extensions:
            _Extensions(document, material, extensions, f"/materials/{index}/extensions").check()


class _Extensions:
    """Checks the extensions of one material."""

    def __init__(self, document: Document, material: Object, extensions: Object, at: str) -> None:
        self._log = document.log
        self._material = material
        self._extensions = extensions
        self._at = at

    def check(self) -> None:
        self._check_volume()
        for name, member, code in _SAME_COORDINATES:
            self._check_coordinates(name, member, code)

    def _known(self, name: str) -> Object | None:
        thing: Object | None = self._extensions.get(name)
        return thing

    def _check_volume(self) -> None:
        name = "KHR_materials_volume"
        volume = self._known(name)
        if self._known("KHR_materials_dispersion") is not None and name not in self._extensions:
            at = f"{self._at}/KHR_materials_dispersion"
            self._log.add("KHR_MATERIALS_DISPERSION_NO_VOLUME", at)
        if volume is None:
            return
        if volume.get("thicknessFactor", 0) > 0 and self._material.get("doubleSided"):
            self._log.add("KHR_MATERIALS_VOLUME_DOUBLE_SIDED", f"{self._at}/{name}")
        # An extension that nobody here knows may be one that lets light through.
        through = "KHR_materials_transmission" in self._extensions
        if not through and None not in self._extensions.values():
            self._log.add("KHR_MATERIALS_VOLUME_NO_TRANSMISSION", f"{self._at}/{name}")

    def _check_coordinates(self, name: str, member: str, code: str) -> None:
        """A map of normals and one of tangent directions live in the same tangent space."""
        info = (self._known(name) or {}).get(member)
        normal = self._material.get("normalTexture")
        if info is None or normal is None:
            return
        if info.get("texCoord", 0) != normal.get("texCoord", 0):
            self._log.add(code, f"{self._at}/{name}/{member}")
