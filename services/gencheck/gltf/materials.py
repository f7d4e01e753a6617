"""What the parts and the extensions of a material say about each other (glTF 2.0, 3.9)."""

from __future__ import annotations

from collections.abc import Iterator

from gencheck.gltf.document import Document
from gencheck.gltf.kinds import Object

_THROUGH = ("KHR_materials_transmission", "KHR_materials_diffuse_transmission")
# These replace the metallic-roughness model, so that what builds on it has nothing to build on.
_ALONE = ("KHR_materials_pbrSpecularGlossiness", "KHR_materials_unlit")


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
        self._unknown = document.extensions
        self._material = material
        self._extensions = extensions
        self._at = at

    def check(self) -> None:
        self._check_together()
        self._check_volume()
        self._check_emission()
        for name, member, code in (
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
        ):
            self._check_coordinates(name, member, code)

    def _known(self, name: str) -> Object | None:
        thing = self._extensions.get(name)
        return thing if isinstance(thing, dict) else None

    def _check_together(self) -> None:
        """An extension that replaces the shading model stands alone."""
        for name in _ALONE:
            others = [n for n in self._extensions if n != name and n.startswith("KHR_materials_")]
            if name in self._extensions and others:
                self._log.add("MULTIPLE_EXTENSIONS", f"{self._at}/{name}", ", ".join(others))

    def _check_volume(self) -> None:
        name = "KHR_materials_volume"
        volume = self._known(name)
        if self._known("KHR_materials_dispersion") is not None and volume is None:
            at = f"{self._at}/KHR_materials_dispersion"
            self._log.add("KHR_MATERIALS_DISPERSION_NO_VOLUME", at)
        if volume is None:
            return
        thick = volume.get("thicknessFactor", 0) > 0
        if thick and self._material.get("doubleSided"):
            self._log.add("KHR_MATERIALS_VOLUME_DOUBLE_SIDED", f"{self._at}/{name}")
        # An extension that nobody here knows may be one that lets light through.
        through = any(n in self._extensions for n in _THROUGH) or any(
            not n.startswith("KHR_materials_") for n in self._extensions
        )
        if not through:
            self._log.add("KHR_MATERIALS_VOLUME_NO_TRANSMISSION", f"{self._at}/{name}")

    def _check_emission(self) -> None:
        name = "KHR_materials_emissive_strength"
        if self._known(name) is not None and not any(self._material.get("emissiveFactor") or ()):
            at = f"{self._at}/{name}"
            self._log.add("KHR_MATERIALS_EMISSIVE_STRENGTH_ZERO_FACTOR", at)

    def _check_coordinates(self, name: str, member: str, code: str) -> None:
        """A map of normals and one of tangent directions live in the same tangent space."""
        info = (self._known(name) or {}).get(member)
        normal = self._material.get("normalTexture")
        if info and normal and info.get("texCoord", 0) != normal.get("texCoord", 0):
            self._log.add(code, f"{self._at}/{name}/{member}")
