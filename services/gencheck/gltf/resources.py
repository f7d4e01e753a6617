"""The bytes of buffers and the headers of images (glTF 2.0, 3.6.1 and 3.8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from gencheck.gltf.document import Document
from gencheck.gltf.headers import (
    JPEG,
    MAX_STEPS,
    PNG,
    WEBP,
    Broken,
    Cut,
    Steps,
    TooMuch,
    read_header,
    recognise,
)
from gencheck.gltf.uris import InvalidUri, Uris

Loader: TypeAlias = Callable[[str], bytes | None]
"""Reads a file beside the document by its relative URI; ``None`` where there is none."""

_BUFFER_TYPES = ("application/octet-stream", "application/gltf-buffer")
_WEBP = "EXT_texture_webp"


@dataclass(slots=True)
class _Source:
    """Where bytes come from: a data URI that was read, or a file beside the document."""

    data: memoryview | None = None
    file: str = ""


class Resources:
    """Reads what a document points to.

    Args:
        packed: whether the document is one of a GLB.
    """

    def __init__(self, document: Document, uris: Uris, *, packed: bool) -> None:
        self._uris = uris
        self._document = document
        self._log = document.log
        self._packed = packed
        self._sources: dict[str, _Source] = {}
        self._buffers: dict[int, memoryview] = {}
        self._steps = Steps()

    def check_uris(self) -> None:
        """Take all URIs apart."""
        for index, buffer in self._document.all("buffers"):
            if "uri" in buffer:
                self._read_uri(buffer["uri"], f"/buffers/{index}/uri", _buffer_problem)
        for index, image in self._document.all("images"):
            if "uri" in image:
                self._read_uri(image["uri"], f"/images/{index}/uri", _image_problem)

    def check_buffers(self, binary: memoryview | None, load: Loader | None) -> None:
        """Read all buffers and hold them to their lengths.

        Args:
            binary: the binary chunk of a GLB.
            load: reads other files; without, what lies in them is not checked.
        """
        for index, buffer in self._document.all("buffers"):
            at, declared = f"/buffers/{index}", buffer.get("byteLength")
            source = self._sources.get(f"{at}/uri")
            if source is not None and source.data is not None:
                self._buffers[index] = source.data  # however long it says that it is
            if declared is None:
                continue
            held = self._packed and not index and bool(buffer["packed"])
            if held and binary is None:
                self._log.add("BUFFER_MISSING_GLB_DATA", at)
            data = binary if held else self._source(f"{at}/uri", load)
            if data is None:
                continue
            if len(data) < declared:
                found = f"{len(data)} of {declared} bytes"
                self._log.add("BUFFER_BYTE_LENGTH_MISMATCH", at, found)
                continue
            if held and len(data) > (padded := -(-declared // 4) * 4):
                self._log.add("BUFFER_GLB_CHUNK_TOO_BIG", at, len(data) - padded)
            self._buffers[index] = data

    def check_images(self, load: Loader | None) -> None:
        """Recognise all images, and hold them to what is declared and where they are used."""
        kinds: dict[int, str] = {}
        for index, image in self._document.all("images"):
            at, declared = f"/images/{index}", image.get("mimeType", "")
            kinds[index] = declared
            if image.get("extensions"):
                continue  # they may say what the image is
            data = self._source(f"{at}/uri", load)
            if "uri" not in image:
                data = self._view_bytes(image.get("bufferView"))
            if data is not None:
                found = self._check_image(data, declared, at) or ""
                kinds[index] = declared or found
        self._check_textures(kinds)

    def buffer_bytes(self, index: object) -> memoryview | None:
        """All bytes of a buffer that is there."""
        return self._buffers.get(index) if isinstance(index, int) else None

    def _view_bytes(self, index: object) -> memoryview | None:
        """The bytes of a buffer view, where all of them are there."""
        view = self._document.get("bufferViews", index) or {}
        data = self.buffer_bytes(view.get("buffer"))
        start, length = view.get("byteOffset", 0), view.get("byteLength", -1)
        if data is None or min(start, length) < 0 or start + length > len(data):
            return None
        return data[start : start + length]

    def _read_uri(self, uri: str, at: str, problem: Callable[[str, bytes], str]) -> None:
        if self._packed:
            self._log.add("URI_GLB", at)
        try:
            parsed = self._uris.read(uri)
        except InvalidUri as error:
            self._log.add("INVALID_URI", at, error)
            return
        if parsed.data is None:
            if not parsed.relative:
                self._log.add("NON_RELATIVE_URI", at, uri)
            if parsed.local:
                self._sources[at] = _Source(file=uri)
            return
        if self._packed:
            self._log.add("DATA_URI_GLB", at)
        if code := problem(parsed.media_type.lower(), parsed.data):
            self._log.add(code, at, f"data declared as {parsed.media_type}")
        else:
            self._sources[at] = _Source(memoryview(parsed.data))

    def _source(self, at: str, load: Loader | None) -> memoryview | None:
        """The bytes that the URI at a pointer stands for."""
        source = self._sources.get(at)
        if source is None:
            return None
        if source.data is not None:
            return source.data
        if load is None:
            self._log.elsewhere += 1
            return None
        data = load(source.file)
        if data is None:
            self._log.add("IO_ERROR", at, source.file)
            return None
        return memoryview(data)

    def _check_image(self, data: memoryview, declared: str, at: str) -> str | None:
        """Hold an image to its header. Returns its media type, where that is good."""
        kind = recognise(data)
        if kind is None:
            self._log.add("IMAGE_UNRECOGNIZED_FORMAT", at)
            return None
        try:
            header = read_header(data, kind, self._steps)
        except Cut:
            self._log.add("IMAGE_UNEXPECTED_EOS", at)
            return None
        except Broken as error:
            self._log.add("IMAGE_DATA_INVALID", at, error)
            return None
        except TooMuch:
            self._log.skip(f"headers of images after the first {MAX_STEPS:,} of their parts")
            return None
        if kind == WEBP and _WEBP not in self._document.extensions:
            self._log.add("IMAGE_NON_ENABLED_MIME_TYPE", at, kind)
        if declared and declared != kind:
            self._log.add("IMAGE_MIME_TYPE_INVALID", at, f"{kind} declared as {declared}")
        if not (header.width.bit_count() == header.height.bit_count() == 1):
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


def _buffer_problem(media_type: str, data: bytes) -> str:
    return "" if media_type in _BUFFER_TYPES else "BUFFER_DATA_URI_MIME_TYPE_INVALID"


def _image_problem(media_type: str, data: bytes) -> str:
    return "" if recognise(memoryview(data)) == media_type else "INVALID_URI"
