"""What bytes are, by what they hold; a file's name is never believed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gencheck.errors import DecodeFailed, UnsupportedMedia
from gencheck.media.types import MediaKind

READABLE = (
    "Readable are JPEG, PNG, WebP, GIF, AVIF, TIFF; MP4, WebM, MKV, MOV, AVI; WAV, MP3, FLAC, OGG, "
    "M4A, AAC; GLB, glTF, OBJ, STL, PLY, OFF, 3MF, COLLADA (DAE), USD, USDZ."
)
HEAD_BYTES = 65_536
"""What is enough to tell a format, but for what the size of the file has to confirm."""

_STL_HEADER = 84
_STL_FACET = 50
_STL_TAIL = 256
_OBJ_LINE = re.compile(
    rb"\s*(v|vn|vt|vp|f|fo|o|g|s|l|p|mg|usemtl|mtllib|usemap|maplib|lod|bevel|c_interp|d_interp"
    rb"|cstype|deg|bmat|step|curv|curv2|surf|parm|trim|hole|scrv|sp|con|end|ctech|stech"
    rb"|shadow_obj|trace_obj)(\s|$)"
)
# Searched for, not parsed: JSON of many megabytes may take gigabytes as objects.
_GLTF_ASSET = re.compile(rb'"asset"\s*+:\s*+\{')
# The other members of a glTF document, for a start that ends before "asset" is said.
_GLTF_MEMBER = re.compile(
    rb'"(accessors|animations|bufferViews|buffers|cameras|images|materials|meshes|nodes|samplers'
    rb'|scenes|skins|textures)"\s*+:\s*+\['
)
OFF_HEADER = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s*+#[^\n]*+\n)*+\s*+(ST)?(C)?(N)?(4)?(n)?OFF(?![\w.])"
)
"""The keyword of OFF, behind comments; what stands before ``OFF`` says what a vertex has."""
_COLLADA = re.compile(rb"<(?:\w++:)?COLLADA[\s>]")
_MODEL_OF_3MF = re.compile(rb"3d/[^/\x00]{1,100}\.model", re.IGNORECASE)
_TAIL_OF_ZIP = 1 << 20  # where the directory of a package lies
_CONTINUED = re.compile(rb"\\[ \t]*\r?\n")
_MPEG = {b"\x00\x00\x01\xba": "mpeg", b"\x00\x00\x01\xb3": "mpegvideo"}
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")  # the last two are BigTIFF
_OTHERS = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"8BPS": "a Photoshop picture",
    b"\x7fELF": "a program",
    b"<svg": "an SVG drawing",
    b"<?xml": "an XML document",
    b"<!DOCTYPE html": "a web page",
    b"<html": "a web page",
    b"#EXTM3U": "a playlist",
    b"ffconcat": "a playlist",
    b"Kaydara FBX Binary": "an FBX scene",
    b"; FBX": "an FBX scene",
    b"BLENDER": "a Blender scene",
    b"ISO-10303-21": "a STEP model",
}
_ADVICE = {
    "a ZIP archive": "Unpack it first. ",
    "a gzip archive": "Unpack it first. ",
    "an FBX scene": "Export it as GLB. ",
    "a Blender scene": "Export it as GLB. ",
    "a STEP model": "Export it as 3MF or STL. ",
}


@dataclass(frozen=True, slots=True)
class Sniffed:
    """The kind of medium and its format, such as ``PNG`` or ``GLB``."""

    kind: MediaKind
    format: str


def sniff(data: bytes, name: str = "", *, size: int | None = None) -> Sniffed:
    """The kind and format of encoded bytes.

    Args:
        data: all of them, or the first :data:`HEAD_BYTES`.
        name: for messages only.
        size: of the whole file, where ``data`` is its start. From a start the kind is right for
            whatever decodes; the format may differ (MP3 for what else stands behind long tags).

    Raises:
        DecodeFailed: there are no bytes.
        UnsupportedMedia: the bytes are of no format that gencheck reads; says what they look like.
    """
    if not data:
        raise DecodeFailed("the file is empty", where=name, fix="Transfer or export it again.")
    sniffed = _picture(data) or _audio_or_video(data) or _mesh(data, size or len(data))
    if sniffed is not None:
        return sniffed
    seems = describe(data)
    raise UnsupportedMedia(
        f"this is no medium that gencheck reads, it looks like {seems}",
        where=name,
        fix=f"{_ADVICE.get(seems, '')}{READABLE}",
        metadata={"looks_like": seems},
    )


def _picture(data: bytes) -> Sniffed | None:
    if data.startswith(b"\xff\xd8\xff"):
        return Sniffed(MediaKind.IMAGE, "JPEG")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Sniffed(MediaKind.IMAGE, "PNG")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Sniffed(MediaKind.IMAGE, "WEBP")
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return Sniffed(MediaKind.IMAGE, "GIF")
    if data[:4] in _TIFF:
        return Sniffed(MediaKind.IMAGE, "TIFF")
    if data[4:8] == b"ftyp" and _is_avif(data):
        return Sniffed(MediaKind.IMAGE, "AVIF")
    return None


def _is_avif(data: bytes) -> bool:
    """The brand of the file, or one that it says to be compatible with (ISO 14496-12, 4.3)."""
    brands = data[8:12], *(data[at : at + 4] for at in range(16, min(_brands_end(data), 256), 4))
    first_of_pictures = brands[0] in (b"avif", b"avis", b"mif1", b"msf1", b"miaf")
    return first_of_pictures and any(brand in (b"avif", b"avis") for brand in brands)


def _brands_end(data: bytes) -> int:
    return min(int.from_bytes(data[:4], "big"), len(data)) - 3


def _audio_or_video(data: bytes) -> Sniffed | None:
    """Formats are named as FFmpeg names its demuxers, so that it can be held to them."""
    if data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE":
        return Sniffed(MediaKind.AUDIO, "wav")
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return Sniffed(MediaKind.VIDEO, "avi")
    if data[4:8] == b"ftyp":
        brand = data[8:12]
        if brand in (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"miaf"):
            return None
        return Sniffed(MediaKind.AUDIO if brand in (b"M4A ", b"M4B ") else MediaKind.VIDEO, "mov")
    if data[4:8] in (b"moov", b"mdat", b"wide"):
        return Sniffed(MediaKind.VIDEO, "mov")
    if data.startswith(b"\x1a\x45\xdf\xa3"):
        return Sniffed(MediaKind.VIDEO, "matroska")
    if data.startswith(b"fLaC"):
        return Sniffed(MediaKind.AUDIO, "flac")
    if data.startswith(b"OggS"):
        return Sniffed(MediaKind.AUDIO, "ogg")
    if data.startswith(b"ID3"):
        return _after_id3(data)
    if _is_mpeg_audio(data):
        return Sniffed(MediaKind.AUDIO, "mp3")
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xF6 == 0xF0:
        return Sniffed(MediaKind.AUDIO, "aac")
    if data[:4] in _MPEG:
        return Sniffed(MediaKind.VIDEO, _MPEG[data[:4]])
    return None


def _after_id3(data: bytes) -> Sniffed:
    """Tags stand before MP3 by rule, before AAC and FLAC by habit. FFmpeg skips them itself."""
    size = 0
    for byte in data[6:10]:
        size = size << 7 | byte & 0x7F
    rest = data[10 + size : 14 + size]
    if rest == b"fLaC":
        return Sniffed(MediaKind.AUDIO, "flac")
    is_adts = len(rest) > 1 and rest[0] == 0xFF and rest[1] & 0xF6 == 0xF0
    return Sniffed(MediaKind.AUDIO, "aac" if is_adts else "mp3")


def _is_mpeg_audio(data: bytes) -> bool:
    """An MPEG audio frame header, layer III: sync, a bit rate, a sample rate."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE6 != 0xE2:
        return False
    return data[2] >> 4 not in (0, 15) and (data[2] >> 2) & 3 != 3 and (data[1] >> 3) & 3 != 1


def _mesh(data: bytes, size: int) -> Sniffed | None:
    if data.startswith(b"glTF"):
        return Sniffed(MediaKind.MESH, "GLB")
    if data.startswith((b"ply\n", b"ply\r\n", b"ply\r")):
        return Sniffed(MediaKind.MESH, "PLY")
    if (package := _packed_mesh(data, size)) is not None:
        return Sniffed(MediaKind.MESH, package)
    if _is_binary_stl(data, size):
        return Sniffed(MediaKind.MESH, "STL")
    if OFF_HEADER.match(data):
        return Sniffed(MediaKind.MESH, "OFF")
    head = data[:HEAD_BYTES]
    if b"\x00" in head:
        return None
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:5].lower() == b"solid" and (b"facet" in head.lower() or b"endsolid" in head.lower()):
        return Sniffed(MediaKind.MESH, "STL")
    if text.startswith(b"{") and _is_gltf(data, is_cut=size > len(data)):
        return Sniffed(MediaKind.MESH, "GLTF")
    if text.startswith(b"<") and _COLLADA.search(head):
        return Sniffed(MediaKind.MESH, "DAE")
    if text.startswith(b"#usda "):
        return Sniffed(MediaKind.MESH, "USDA")
    if _is_obj(text, is_cut=size > HEAD_BYTES):
        return Sniffed(MediaKind.MESH, "OBJ")
    return None


def _packed_mesh(data: bytes, size: int) -> str | None:
    """USD in its binary form, and the packages of USD and 3MF."""
    if data.startswith(b"PXR-USDC"):
        return "USDC"
    if not data.startswith(b"PK\x03\x04"):
        return None
    first = data[30 : 30 + int.from_bytes(data[26:28], "little")].lower()
    if first.endswith((b".usd", b".usda", b".usdc")):
        return "USDZ"
    # Where the end is not there to look at, it may be one.
    return (
        "3MF" if size > len(data) or _MODEL_OF_3MF.search(data, len(data) - _TAIL_OF_ZIP) else None
    )


def _is_gltf(data: bytes, *, is_cut: bool) -> bool:
    found = _GLTF_ASSET.search(data) or (is_cut and _GLTF_MEMBER.search(data))
    return bool(found)


def _is_binary_stl(data: bytes, size: int) -> bool:
    """The facet count fits the size of the file, but for a short tail or a half that is missing."""
    if len(data) < _STL_HEADER:
        return False
    announced = _STL_HEADER + _STL_FACET * int.from_bytes(data[80:84], "little")
    if announced == size:
        return True
    if announced == _STL_HEADER or b"\x00" not in data[:_STL_HEADER]:
        return False
    return -_STL_TAIL < announced - size < 0.6 * announced


def _is_obj(text: bytes, *, is_cut: bool) -> bool:
    """Every line is a comment or starts with a keyword, and there is a vertex among them."""
    lines = _CONTINUED.sub(b" ", text).splitlines()
    if is_cut:
        lines = lines[:-1]
    lines = lines[:200]
    known = 0
    vertices = False
    for line in lines:
        if not line.strip() or line.lstrip().startswith(b"#"):
            continue
        if not _OBJ_LINE.match(line):
            return False
        known += 1
        vertices = vertices or line.lstrip().startswith(b"v")
    return known > 0 and vertices


def describe(data: bytes) -> str:
    """What bytes of no format that is read look like, in words."""
    head = data[:HEAD_BYTES]
    text_start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for start, words in _OTHERS.items():
        if text_start[: len(start)].lower() == start.lower():
            return words
    if data[4:8] == b"ftyp":
        return "a HEIC picture"
    if data.startswith(b"BM") and data[6:10] == b"\0\0\0\0":
        return "a BMP picture"
    if text_start[:1] in (b"{", b"["):
        return "JSON"
    text = head.decode("utf-8", errors="ignore")
    printable = sum(c.isprintable() or c.isspace() for c in text)
    if b"\x00" not in head and text and printable > 0.95 * len(text):
        return "plain text"
    return "binary data of an unknown kind"
