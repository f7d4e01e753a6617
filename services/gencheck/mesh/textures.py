"""Textures that are not there, not what they are used for, or without content."""

from __future__ import annotations

import numpy as np

from gencheck.codes import quantity
from gencheck.findings import Measurement
from gencheck.media.appearance import Images, ImageState, Materials, Slot
from gencheck.media.types import Mesh
from gencheck.mesh.places import Checked, Gauge, Place

CHECK = "mesh.texture"
_PLAIN_FROM = 64 * 64
_COLOURS = (Slot.BASE_COLOUR, Slot.EMISSIVE)
_MISSING = {
    ImageState.MISSING: "no bytes",
    ImageState.BROKEN: "cannot be decoded",
}
_UNSEEN = {
    ImageState.ELSEWHERE: "in another file",
    ImageState.NOT_DECODED: "KTX2",
    ImageState.BEYOND: "over the bounds",
}
_METHODS = {
    "TEXTURE_MISSING": ("images without bytes, or that no viewer can decode", "glTF 2.0, 3.8"),
    "TEXTURE_NOT_DECODED": ("images of which nothing, or only the header, was read", ""),
    "TEXTURE_COLOUR_SPACE": (
        "images that are a base colour or emission and a map of numbers too: one is sRGB, the "
        "other linear",
        "glTF 2.0, 3.9",
    ),
    "NORMAL_MAP": (
        "angle between the mean of the vectors of a normal map and +z; black and white left out",
        "glTF 2.0, 3.9.3",
    ),
    "TEXTURE_BLANK": (f"base colours of more than {_PLAIN_FROM:,} equal pixels", ""),
}


def check_textures(mesh: Mesh) -> Checked:
    """TEXTURE_MISSING, _NOT_DECODED, _COLOUR_SPACE, _BLANK and NORMAL_MAP."""
    gauge = Gauge(CHECK, mesh, _METHODS)
    appearance = mesh.appearance
    if appearance is None or appearance.materials is None or appearance.images is None:
        return gauge.absent("nothing is known of textures")
    images = appearance.images
    if not len(images.state):
        return gauge.absent("it has no textures")
    of = f"of {quantity(len(images.state), 'images')}"
    area = images.shape.astype(np.int64).prod(axis=1)
    blank = np.flatnonzero(images.plain & (area > _PLAIN_FROM))
    mixed = _mixed(appearance.materials, images)
    return gauge.judged(
        gauge.count("TEXTURE_MISSING", _in_state(images, _MISSING), of),
        gauge.count("TEXTURE_NOT_DECODED", _in_state(images, _UNSEEN), of),
        gauge.count("TEXTURE_COLOUR_SPACE", [Place("images", i, "") for i in mixed], of),
        gauge.count("TEXTURE_BLANK", [Place("images", i, "") for i in blank.tolist()], of),
        *_normal_map(gauge, images),
    )


def _used(materials: Materials, images: Images, slots: tuple[Slot, ...]) -> set[int]:
    textures = materials.texture[:, list(slots)].ravel()
    found = images.of_texture[textures[textures >= 0]]
    return set(found[found >= 0].tolist())


def _in_state(images: Images, states: dict[ImageState, str]) -> list[Place]:
    rows = np.flatnonzero(np.isin(images.state, list(states)))
    return [
        Place("images", row, states[ImageState(int(images.state[row]))]) for row in rows.tolist()
    ]


def _mixed(materials: Materials, images: Images) -> list[int]:
    data = tuple(slot for slot in Slot if slot not in _COLOURS)
    return sorted(_used(materials, images, _COLOURS) & _used(materials, images, data))


def _normal_map(gauge: Gauge, images: Images) -> list[Measurement]:
    known = np.flatnonzero(~np.isnan(images.lean))
    if not len(known):
        return []
    worst = int(known[np.argmax(images.lean[known])])
    place = Place("images", worst, "")
    detail = f"the worst of {len(known)} normal maps is {place}"
    return [gauge.value("NORMAL_MAP", float(images.lean[worst]), [place], detail)]
