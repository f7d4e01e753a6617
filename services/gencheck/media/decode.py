"""Encoded bytes in, plain arrays out: the one function that all untrusted media pass through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from gencheck.errors import DecodeFailed, GencheckError, LimitExceeded, UnsupportedMedia
from gencheck.gltf.log import Report
from gencheck.gltf.source import read_source, without_collecting
from gencheck.gltf.summary import shorten
from gencheck.gltf.validate import validate
from gencheck.gltf_codes import GLTF_CODES, Level
from gencheck.media.audio import decode_audio
from gencheck.media.clip import ClipPart
from gencheck.media.fetch.types import checked_size
from gencheck.media.gltf.reader import decode_gltf
from gencheck.media.image import decode_image
from gencheck.media.meshes.collada import decode_dae
from gencheck.media.meshes.obj import decode_obj
from gencheck.media.meshes.off import decode_off
from gencheck.media.meshes.ply import decode_ply
from gencheck.media.meshes.stl import decode_stl
from gencheck.media.meshes.threemf import decode_3mf
from gencheck.media.meshes.usd import decode_usd
from gencheck.media.sniff import Sniffed, sniff
from gencheck.media.stream import stream_clip
from gencheck.media.types import Limits, Media, MediaKind, Mesh
from gencheck.media.video import decode_video

_MAX_TOLD = 3
_MESH_READERS = {
    "OBJ": decode_obj,
    "STL": decode_stl,
    "PLY": decode_ply,
    "OFF": decode_off,
    "3MF": decode_3mf,
    "DAE": decode_dae,
}


def decode(data: bytes, limits: Limits, *, name: str = "") -> Media:
    """The medium that the bytes hold, whatever their name says.

    Raises:
        InvalidInput: nothing can be decoded, the format is not read, or a limit is exceeded.
    """
    checked_size(len(data), limits, name)
    sniffed = sniff(data, name)
    with _stumbling(sniffed.format, name, limits):
        return _decode(data, sniffed, name, limits)


def decode_parts(data: bytes, limits: Limits, *, name: str = "") -> Iterator[ClipPart]:
    """Video or sound as it goes by: a head, chunks, an end.

    Raises:
        UnsupportedMedia: neither video nor sound.
        InvalidInput: as :func:`decode`; also in the midst.
    """
    checked_size(len(data), limits, name)
    sniffed = sniff(data, name)
    if sniffed.kind not in (MediaKind.VIDEO, MediaKind.AUDIO):
        raise UnsupportedMedia(
            f"only video and sound go by in parts, this is {sniffed.format}", where=name
        )
    with _stumbling(sniffed.format, name, limits):
        yield from stream_clip(data, name, sniffed, limits)


@contextmanager
def _stumbling(kind: str, name: str, limits: Limits) -> Iterator[None]:
    """Whatever a decoder raises, as an error of the tree."""
    try:
        with np.errstate(all="ignore"):  # NaN, and what overflows, is for the checks to report
            yield
    except GencheckError:
        raise
    except MemoryError:
        raise out_of_memory(name, limits) from None
    except Exception as error:
        # A decoder that stumbles over hostile bytes is the bytes' fault: its text is of no use to
        # the caller, its kind is to us.
        raise DecodeFailed(
            f"nothing of this {kind} file could be decoded ({type(error).__name__})",
            where=name,
            fix="Open it in another program; export it again.",
            metadata={"format": kind, "cause": type(error).__name__},
        ) from error


def out_of_memory(name: str, limits: Limits) -> LimitExceeded:
    """The error of a medium that does not fit into the memory of a decoding process."""
    return LimitExceeded(
        "decoding needs more memory than is allowed",
        where=name,
        fix="Send a smaller file.",
        metadata={"limit": str(limits.memory_bytes)},
    )


def _decode(data: bytes, sniffed: Sniffed, name: str, limits: Limits) -> Media:
    match sniffed.kind:
        case MediaKind.IMAGE:
            return decode_image(data, name, sniffed.format, limits)
        case MediaKind.VIDEO:
            return decode_video(data, name, sniffed.format, limits)
        case MediaKind.AUDIO:
            return decode_audio(data, name, sniffed.format, limits)
        case MediaKind.MESH:
            return replace(_decode_mesh(data, sniffed.format, name, limits), size=len(data))


def _decode_mesh(data: bytes, kind: str, name: str, limits: Limits) -> Mesh:
    if kind in ("GLB", "GLTF"):
        with without_collecting():
            return _decode_gltf(data, kind, name, limits)
    if kind in ("USDA", "USDC", "USDZ"):
        return decode_usd(data, name, kind, limits)
    return _MESH_READERS[kind](data, name, limits)


def _decode_gltf(data: bytes, kind: str, name: str, limits: Limits) -> Mesh:
    """A mesh with its conformance; of one that cannot be read the error says what is wrong."""
    source = read_source(data, packed=kind == "GLB")
    report = shorten(validate(source))
    try:
        mesh = decode_gltf(source, name, limits)
        away = {"files_not_checked": report.elsewhere} if report.elsewhere else {}
        return replace(mesh, conformance=report, notes={**mesh.notes, **away})
    except DecodeFailed as error:
        if told := ", ".join(_errors_of(report)[:_MAX_TOLD]):
            error.fix = f"Export it again. By the codes of the Khronos validator: {told}."
            error.metadata["issues"] = told
        raise


def _errors_of(report: Report) -> list[str]:
    return [
        f"{issue.code} at {issue.pointer or f'byte {issue.offset or 0}'}"
        for issue in report.issues
        if GLTF_CODES[issue.code].level is Level.ERROR
    ]
