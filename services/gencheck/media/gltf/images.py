"""The images of a glTF document: headers of all, pixels only of those that somebody looks at."""

from __future__ import annotations

import warnings
from collections.abc import Set
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from gencheck.errors import GencheckError, UnsupportedMedia
from gencheck.gltf.uris import InvalidUri
from gencheck.media.appearance import Images, ImageState
from gencheck.media.gltf.accessors import Accessors, GltfError
from gencheck.media.gltf.entries import entries
from gencheck.media.gltf.ktx2 import MAGIC, read_ktx2
from gencheck.media.gltf.texels import Texels, lean_of, read_texels
from gencheck.media.image import PILLOW_ERRORS, bit_depth, open_image
from gencheck.media.sniff import sniff
from gencheck.media.types import Limits

MAX_ROWS = 1 << 16
MAX_IMAGES = 4_096
"""Images of which the header is read."""

MAX_SIDE = 1_024
MAX_TEXELS = 1 << 24
_MAX_BYTES = 1 << 30
_PICTURES = 2
"""Pixels that are decoded in all, in pictures of as many as one may have."""
_ANY_SIZE = Limits(max_pixels=1 << 62)  # what is not decoded may have any
_FORMATS = ("PNG", "JPEG", "WEBP", "AVIF")


class ImageReader:
    """Reads the images of one document, each once.

    Args:
        of_texture: ``int32 [T]`` the image of each texture; -1 for none.
    """

    def __init__(
        self,
        document: dict[str, Any],
        accessors: Accessors,
        of_texture: NDArray[np.int32],
        limits: Limits,
    ) -> None:
        listed = entries(document, "images", MAX_ROWS)
        self._entries = listed[:MAX_IMAGES]
        self._accessors = accessors
        self._limits = limits
        self._pixels_left = _PICTURES * limits.max_pixels
        self._bytes_left = _MAX_BYTES
        self._pictures: dict[int, PillowImage.Image] = {}
        self.images = _empty(len(listed), of_texture)
        self.images.state[MAX_IMAGES:] = ImageState.BEYOND

    def read(self, drawn: Set[int], normal: Set[int]) -> dict[int, Texels]:
        """Read all headers, and the pixels of some.

        Args:
            drawn: images whose texels are kept.
            normal: images that are normal maps.

        Returns:
            ``uint8 [H, W, 4]`` of each that is drawn and could be decoded.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata
            for row, entry in enumerate(self._entries):
                self.images.state[row] = self._head(row, entry, keep=row in drawn or row in normal)
            texels: dict[int, Texels] = {}
            side = self._side(drawn)
            for row in sorted({*drawn, *normal} & self._pictures.keys()):
                self._decode(row, side if row in drawn else 0, texels, normal=row in normal)
        return texels

    def _head(self, row: int, entry: object, *, keep: bool) -> ImageState:
        """Read a header; what is to be decoded stays open."""
        data = self._bytes(entry, f"/images/{row}")
        if isinstance(data, ImageState):
            return data
        self.images.size[row] = len(data)
        if data.startswith(MAGIC):
            return self._ktx2(row, data)
        try:
            kind = sniff(data).format
            if kind not in _FORMATS:
                return ImageState.BROKEN
            picture, data = open_image(data, "", kind, _ANY_SIZE)
        except PillowImage.DecompressionBombError:
            return ImageState.BEYOND
        except (GencheckError, *PILLOW_ERRORS):
            return ImageState.BROKEN
        self.images.shape[row] = picture.height, picture.width
        self.images.channels[row] = len(picture.getbands())
        self.images.bits[row] = bit_depth(picture, data, kind)
        if keep:
            self._pictures[row] = picture
        return ImageState.FINE

    def _bytes(self, entry: object, at: str) -> bytes | ImageState:
        if not isinstance(entry, dict):
            return ImageState.MISSING
        uri, view = entry.get("uri"), entry.get("bufferView")
        try:
            if isinstance(uri, str):
                data = self._accessors.uris.read(uri).data
                if data is None:
                    return ImageState.ELSEWHERE
            elif view is not None:
                found = self._accessors.view(view, f"{at}/bufferView")
                data = bytes(found) if len(found) <= self._bytes_left else None
            else:
                return ImageState.MISSING
        except UnsupportedMedia:
            return ImageState.ELSEWHERE
        except (GltfError, InvalidUri):
            return ImageState.MISSING
        if data is None or len(data) > self._bytes_left:
            return ImageState.BEYOND
        self._bytes_left -= len(data)
        return data

    def _ktx2(self, row: int, data: bytes) -> ImageState:
        header = read_ktx2(data)
        if header is None:
            return ImageState.BROKEN
        self.images.shape[row] = header.height, header.width
        self.images.levels[row] = header.levels
        return ImageState.NOT_DECODED if header.for_gltf else ImageState.BROKEN

    def _side(self, drawn: Set[int]) -> int:
        """How many pixels a side are kept, so that all that is drawn fits."""
        shape = self.images.shape[sorted(drawn)].astype(np.int64)
        longest = shape.max(axis=1, initial=1)
        side = MAX_SIDE
        while side > 1:
            small = -(-shape // -(-longest // side)[:, None])
            if int(small.prod(axis=1).sum()) <= MAX_TEXELS:
                break
            side //= 2
        return side

    def _decode(self, row: int, side: int, texels: dict[int, Texels], *, normal: bool) -> None:
        """Look at the pixels of a picture, and keep them where a side is given; then let it go."""
        picture = self._pictures.pop(row)
        pixels = picture.width * picture.height
        if pixels > min(self._pixels_left, self._limits.max_pixels):
            self.images.state[row] = ImageState.BEYOND
            return
        self._pixels_left -= pixels
        try:
            if side:
                found = read_texels(picture, side)
                texels[row], self.images.alpha[row], self.images.plain[row] = found
            if normal:
                self.images.lean[row] = lean_of(picture)
        except PILLOW_ERRORS:
            self.images.state[row] = ImageState.BROKEN


def _empty(count: int, of_texture: NDArray[np.int32]) -> Images:
    return Images(
        of_texture=of_texture,
        state=np.zeros(count, np.uint8),
        shape=np.zeros((count, 2), np.int32),
        channels=np.zeros(count, np.uint8),
        bits=np.zeros(count, np.uint8),
        size=np.zeros(count, np.int64),
        levels=np.zeros(count, np.int32),
        alpha=np.full((count, 3), np.nan, np.float32),
        plain=np.zeros(count, np.bool_),
        lean=np.full(count, np.nan, np.float32),
    )
