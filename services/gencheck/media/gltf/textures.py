"""The textures of a glTF document: how they are sampled, and the texels of those that are drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.media.appearance import (
    CLAMP,
    MIRROR,
    REPEAT,
    Appearance,
    Images,
    ImageState,
    Materials,
    Slot,
    Textures,
)
from gencheck.media.gltf.accessors import Accessors
from gencheck.media.gltf.entries import Entry, dropped, entries
from gencheck.media.gltf.images import MAX_ROWS, ImageReader
from gencheck.media.gltf.materials import most_uv_sets, read_materials
from gencheck.media.types import Limits

MAX_TEXTURES = 1 << 16
_WRAPS = (REPEAT, CLAMP, MIRROR)
# Whose image a texture shows, where it names several: the first that can be decoded.
_SOURCES = ("", "EXT_texture_webp", "EXT_texture_avif", "KHR_texture_basisu")
_STATES = {
    ImageState.ELSEWHERE: "images_in_other_files",
    ImageState.MISSING: "images_missing",
    ImageState.BROKEN: "images_broken",
    ImageState.NOT_DECODED: "images_not_decoded",
    ImageState.BEYOND: "images_over_the_bounds",
}


def with_materials(
    appearance: Appearance,
    document: dict[str, Any],
    accessors: Accessors,
    limits: Limits,
    notes: Counter[str],
) -> Appearance:
    """The appearance with materials and textures, and its parts held to them.

    Args:
        notes: counts what could not be read: materials, textures, and images by what became of
            them.
    """
    listed = entries(document, "textures", MAX_TEXTURES)
    materials = read_materials(document, len(listed), notes)
    wrap, of_texture = _read_textures(document, listed, notes)
    reader = ImageReader(document, accessors, of_texture, limits)
    texels = reader.read(
        _images_of(materials, of_texture, Slot.BASE_COLOUR),
        _images_of(materials, of_texture, Slot.NORMAL),
    )
    _note(reader.images, notes)
    notes[_STATES[ImageState.BEYOND]] += dropped(document, "images", MAX_ROWS)
    parts = appearance.parts.copy()
    parts[parts[:, 2] >= len(materials.metallic), 2] = -1
    return replace(
        appearance,
        parts=parts,
        materials=materials,
        textures=_textures(wrap, of_texture, texels),
        images=reader.images,
        uv_sets=most_uv_sets(document),
    )


def _images_of(materials: Materials, of_texture: NDArray[np.int32], slot: Slot) -> set[int]:
    """The images that materials use for something."""
    textures = materials.texture[:, slot]
    images = of_texture[textures[textures >= 0]]
    return set(images[images >= 0].tolist())


def _read_textures(
    document: dict[str, Any], listed: list[Any], notes: Counter[str]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """How each texture wraps, and which image it shows."""
    samplers = [_wrap(Entry(s)) for s in entries(document, "samplers", MAX_TEXTURES)]
    images = len(entries(document, "images", MAX_ROWS))
    wrap = np.full((len(listed), 2), REPEAT, np.int32)
    of_texture = np.full(len(listed), -1, np.int32)
    for row, texture in enumerate(listed):
        entry = Entry(texture)
        sampler = entry.index("sampler", -1, len(samplers))
        if sampler >= 0:
            wrap[row] = samplers[sampler]
        of_texture[row] = _source(entry, images)
        notes["textures_not_read"] += bool(entry.faults)
    notes["textures_not_read"] += dropped(document, "textures", MAX_TEXTURES)
    return wrap, of_texture


def _wrap(sampler: Entry) -> tuple[int, int]:
    """``wrapS`` and ``wrapT``; what is no way to wrap is told by the conformance check."""
    found = [sampler.index(key, REPEAT, max(_WRAPS) + 1) for key in ("wrapS", "wrapT")]
    across, down = (value if value in _WRAPS else REPEAT for value in found)
    return across, down


def _source(texture: Entry, images: int) -> int:
    for name in _SOURCES:
        place = texture.extension(name) if name else texture
        source = place.index("source", -1, images) if place else -1
        if source >= 0:
            return source
    return -1


def _note(images: Images, notes: Counter[str]) -> None:
    for state, count in zip(*np.unique(images.state, return_counts=True), strict=True):
        if state != ImageState.FINE:
            notes[_STATES[ImageState(int(state))]] += int(count)


def _textures(
    wrap: NDArray[np.int32], of_texture: NDArray[np.int32], texels: dict[int, NDArray[np.uint8]]
) -> Textures:
    """Textures of one image share its texels."""
    shape = np.zeros((len(of_texture), 2), np.int32)
    start = np.zeros(len(of_texture), np.int64)
    first = 0
    for image, found in texels.items():
        rows = of_texture == image
        shape[rows], start[rows] = found.shape[:2], first
        first += found.shape[0] * found.shape[1]
    flat = [found.reshape(-1, 4) for found in texels.values()]
    kept = np.concatenate(flat) if flat else np.zeros((0, 4), np.uint8)
    return Textures(wrap, shape, start, kept)
