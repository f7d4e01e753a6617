"""Materials that will not look as they are meant to: alpha, base colours, metal by default."""

from __future__ import annotations

import numpy as np

from gencheck.codes import quantity
from gencheck.media.appearance import AlphaMode, Appearance, ImageState, Materials, Slot
from gencheck.media.types import Mesh
from gencheck.mesh.places import Checked, Gauge, Place
from gencheck.mesh.sampling import Floats, sample
from gencheck.render.colours import to_srgb

CHECK = "mesh.material"
MAX_MATERIALS = 1_000
"""Materials that are looked at, the first in use."""

_POINTS, _POINTS_OF_ONE = 500_000, 10_000
_SEE_THROUGH = 0.05
_SOFT = 0.25
_DARK, _BRIGHT = 30, 240
_OUTSIDE = 0.5
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])

_METHODS = {
    "ALPHA_MODE": (
        "alpha of factor, texture and vertex colours at points spread over the faces, against "
        "what alphaMode does with it",
        "glTF 2.0, 3.9.4",
    ),
    "ALBEDO_RANGE": (
        f"luminance of the base colour at such points below {_DARK} or above {_BRIGHT} in 8-bit "
        "sRGB, of what is lit and no metal",
        "Allegorithmic 2018, The PBR guide, part 2",
    ),
    "DEFAULT_METAL": (
        "metallic 1, roughness 1 and no texture of them, which is what a document has that does "
        "not say",
        "glTF 2.0, 3.9.2",
    ),
}


def check_materials(mesh: Mesh) -> Checked:
    """ALPHA_MODE, ALBEDO_RANGE and DEFAULT_METAL, of the materials in use."""
    gauge = Gauge(CHECK, mesh, _METHODS)
    appearance = mesh.appearance
    if appearance is None or appearance.materials is None:
        return gauge.absent("nothing is known of materials")
    used = np.unique(appearance.parts[:, 2])
    used = used[used >= 0]
    if not len(used):
        return gauge.absent("no face has a material")
    alpha: list[Place] = []
    albedo: list[Place] = []
    metal: list[Place] = []
    unseen = 0
    points = min(_POINTS // min(len(used), MAX_MATERIALS), _POINTS_OF_ONE)
    for row in used[:MAX_MATERIALS].tolist():
        colours = sample(mesh, appearance, row, points)
        unseen += colours is None
        alpha += _at(row, _alpha(mesh, appearance, appearance.materials, row, colours))
        albedo += _at(row, _albedo(appearance.materials, row, colours))
        metal += _at(row, _metal(appearance.materials, row))
    looked = f"of {quantity(min(len(used), MAX_MATERIALS), 'materials')}"
    if len(used) > MAX_MATERIALS:
        looked += f" looked at, out of {len(used)}"
    if unseen:
        looked += f", {unseen} of them without their texture"
    return gauge.judged(
        gauge.count("ALPHA_MODE", alpha, looked),
        gauge.count("ALBEDO_RANGE", albedo, looked),
        gauge.count("DEFAULT_METAL", metal, looked),
    )


def _at(row: int, why: str) -> list[Place]:
    return [Place("materials", row, why)] if why else []


def _alpha(
    mesh: Mesh, appearance: Appearance, materials: Materials, row: int, colours: Floats | None
) -> str:
    """What the alpha mode does that the alpha does not ask for; empty where it fits."""
    mode = AlphaMode(int(materials.alpha_mode[row]))
    if mode is AlphaMode.OPAQUE:
        if colours is not None:
            clear = float((colours[:, 3] < 0.5).mean())
            if clear >= _SEE_THROUGH:
                return f"OPAQUE, though {clear:.0%} of the points on it have alpha below 0.5"
        return ""
    of_texture = _alpha_of_texture(appearance, materials, row)
    if of_texture is None:
        return ""
    below, between = of_texture
    if not below and not _fades(mesh, appearance, materials, row):
        return f"{mode.name}, though nothing of it has alpha below 1"
    if mode is AlphaMode.MASK and between >= _SOFT and colours is not None:
        soft = float(((colours[:, 3] > 0.1) & (colours[:, 3] < 0.9)).mean())
        if soft >= _SOFT:
            return f"MASK, though {soft:.0%} of the points on it are half transparent"
    return ""


def _alpha_of_texture(
    appearance: Appearance, materials: Materials, row: int
) -> tuple[float, float] | None:
    """Shares of texels with alpha below 1, and strictly between; ``None`` where not known."""
    texture = int(materials.texture[row, Slot.BASE_COLOUR])
    if texture < 0:
        return 0.0, 0.0
    images = appearance.images
    image = int(images.of_texture[texture]) if images is not None else -1
    if images is None or image < 0 or images.state[image] != ImageState.FINE:
        return None
    below, between, _ = images.alpha[image].tolist()
    return below, between


def _fades(mesh: Mesh, appearance: Appearance, materials: Materials, row: int) -> bool:
    """Whether the factor or a vertex colour has alpha below 1."""
    if materials.base_colour[row, 3] < 1:
        return True
    if appearance.colours is None:
        return False
    first = appearance.parts[:, 3]
    ends = np.append(first[1:], len(mesh.vertices))
    return any(
        bool((appearance.colours[first[part] : ends[part], 3] < 1).any())
        for part in np.flatnonzero(appearance.parts[:, 2] == row)
    )


def _albedo(materials: Materials, row: int, colours: Floats | None) -> str:
    """Base colours that no material has which is no metal."""
    if colours is None or materials.unlit[row] or materials.metallic[row] >= 0.5:
        return ""
    levels = to_srgb(colours[:, :3] @ _LUMINANCE)
    dark, bright = float((levels < _DARK).mean()), float((levels > _BRIGHT).mean())
    if dark >= _OUTSIDE:
        return f"{dark:.0%} of the points on it darker than {_DARK} of 255"
    if bright >= _OUTSIDE:
        return f"{bright:.0%} of the points on it brighter than {_BRIGHT} of 255"
    return ""


def _metal(materials: Materials, row: int) -> str:
    plain = materials.texture[row, Slot.METALLIC_ROUGHNESS] < 0 and not materials.unlit[row]
    rough = materials.metallic[row] == 1 and materials.roughness[row] == 1
    return "a rough metal" if plain and rough else ""
