"""The bytes of buffers and the headers of images (glTF 2.0, 3.6.1 and 3.8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from gencheck.gltf.document import Document
from gencheck.gltf.headers import JPEG, PNG, WEBP, Broken, Cut, read_header, recognise
from gencheck.gltf.kinds import Object
from gencheck.gltf.uris import InvalidUri, read_uri

Loader: TypeAlias = Callable[[str], bytes | None]
"""Reads a file beside the document by its relative URI; ``None`` where there is none."""

_BUFFER_TYPES = ("application/octet-stream", "application/gltf-buffer")
_WEBP = "EXT_texture_webp"


class Resources:
    """Reads what a document points to.

    Args:
        binary: the binary chunk of a GLB.
        packed: whether the document is one of a GLB.
        load: reads other files; without, what lies in them is not checked.
    """

    def __init__(
        self,
        document: Document,
        *,
        binary: memoryview | None,
        packed: bool,
        load: Loader | None,
    ) -> None:
        self._document = document
        self._log = document.log
        self._binary = binary
        self._packed = packed
        self._load = load
        self._buffers: dict[int, memoryview] = {}

    def check_buffers(self) -> None:
        """Read all buffers and hold them to their lengths."""
        for index, buffer in self._document.all("buffers"):
            data = self._buffer(index, buffer)
            if data is None or "byteLength" not in buffer:
                continue
            at, declared = f"/buffers/{index}", buffer["byteLength"]
            if len(data) < declared:
                found = f"{len(data)} of {declared}"
                self._log.add("BUFFER_BYTE_LENGTH_MISMATCH", at, found)
                continue
            if "uri" not in buffer and len(data) > declared + 3:
                self._log.add("BUFFER_GLB_CHUNK_TOO_BIG", at, len(data) - declared)
            self._buffers[index] = data[:declared]

    def check_images(self) -> None:
        """Recognise all images, and hold them to what is declared and where they are used."""
        kinds: dict[int, str] = {}
        for index, image in self._document.all("images"):
            at = f"/images/{index}"
            declared = image.get("mimeType", "")
            if declared and declared not in self._allowed():
                self._log.add("VALUE_NOT_IN_LIST", f"{at}/mimeType", declared)
            data, found = self._image(image, at)
            declared = declared or found
            kind = self._check_image(data, declared, at) if data is not None else None
            kinds[index] = kind or declared
        self._check_textures(kinds)

    def view_bytes(self, index: object) -> memoryview | None:
        """The bytes of a buffer view, where all of them are there."""
        view = self._document.get("bufferViews", index)
        if view is None or "byteLength" not in view:
            return None
        data = self._buffers.get(view.get("buffer", -1))
        start, length = view.get("byteOffset", 0), view["byteLength"]
        if data is None or start + length > len(data):
            return None
        return data[start : start + length]

    def _allowed(self) -> tuple[str, ...]:
        return (PNG, JPEG, WEBP) if _WEBP in self._document.extensions else (PNG, JPEG)

    def _buffer(self, index: int, buffer: Object) -> memoryview | None:
        at = f"/buffers/{index}"
        if "uri" in buffer:
            data, kind = self._uri(buffer["uri"], f"{at}/uri")
            if kind and kind not in _BUFFER_TYPES:
                self._log.add("BUFFER_DATA_URI_MIME_TYPE_INVALID", f"{at}/uri", kind)
                return None
            return data
        if self._packed and not index:
            if self._binary is None:
                self._log.add("BUFFER_MISSING_GLB_DATA", at)
            return self._binary
        return None

    def _uri(self, uri: str, at: str) -> tuple[memoryview | None, str]:
        """The bytes that a URI stands for, and the media type of a data URI."""
        if self._packed:
            self._log.add("URI_GLB", at)
        try:
            parsed = read_uri(uri)
        except InvalidUri as error:
            self._log.add("INVALID_URI", at, error)
            return None, ""
        if parsed.data is not None:
            if self._packed:
                self._log.add("DATA_URI_GLB", at)
            return memoryview(parsed.data), parsed.media_type
        if not parsed.relative:
            self._log.add("NON_RELATIVE_URI", at, uri)
            return None, ""
        if self._load is None:
            self._log.elsewhere += 1
            return None, ""
        data = self._load(uri)
        if data is None:
            self._log.add("IO_ERROR", at, uri)
            return None, ""
        return memoryview(data), ""

    def _image(self, image: Object, at: str) -> tuple[memoryview | None, str]:
        """The bytes of an image, and the media type that its data URI has."""
        if "uri" in image:
            data, kind = self._uri(image["uri"], f"{at}/uri")
            if kind and kind not in (PNG, JPEG, WEBP):
                self._log.add("INVALID_URI", f"{at}/uri", f"data of {kind}")
                return None, ""
            return data, kind
        if "bufferView" in image:
            return self.view_bytes(image["bufferView"]), ""
        return None, ""

    def _check_image(self, data: memoryview, declared: str, at: str) -> str | None:
        """Hold an image to its header. Returns its media type, where it is recognised."""
        kind = recognise(data)
        if kind is None:
            self._log.add("IMAGE_UNRECOGNIZED_FORMAT", at)
            return None
        if declared and declared != kind:
            self._log.add("IMAGE_MIME_TYPE_INVALID", at, f"{kind} declared as {declared}")
        try:
            header = read_header(data, kind)
        except Cut:
            self._log.add("IMAGE_UNEXPECTED_EOS", at)
            return kind
        except Broken as error:
            self._log.add("IMAGE_DATA_INVALID", at, error)
            return kind
        if kind not in self._allowed():
            self._log.add("IMAGE_NON_ENABLED_MIME_TYPE", at, kind)
        if header.width & (header.width - 1) or header.height & (header.height - 1):
            self._log.add("IMAGE_NPOT_DIMENSIONS", at, f"{header.width}x{header.height}")
        if header.odd:
            self._log.add("IMAGE_FEATURES_UNSUPPORTED", at)
        return kind

    def _check_textures(self, kinds: dict[int, str]) -> None:
        for index, texture in self._document.all("textures"):
            at = f"/textures/{index}"
            source = kinds.get(texture.get("source", -1))
            if source and source not in (PNG, JPEG):
                self._log.add("TEXTURE_INVALID_IMAGE_MIME_TYPE", f"{at}/source", source)
            webp = (texture.get("extensions") or {}).get(_WEBP) or {}
            source = kinds.get(webp.get("source", -1))
            if source and source != WEBP:
                where = f"{at}/extensions/{_WEBP}/source"
                self._log.add("TEXTURE_INVALID_IMAGE_MIME_TYPE", where, source)
