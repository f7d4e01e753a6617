"""Bytes that look like something else at first sight."""

import pytest

from gencheck.errors import DecodeFailed, UnsupportedMedia
from gencheck.media.sniff import sniff

CORNERS = b"v 0 0 0\nv 1 0 0\nv 0 1 0\n"


@pytest.mark.parametrize(
    "data",
    [
        CORNERS + b"f 1 2 3",
        CORNERS + b"f 1 2 \\\n 3\n",
        (CORNERS + b"f 1 2 \\\n 3\n").replace(b"\n", b"\r\n"),
        b"mg 0\nvp 1\n" + CORNERS + b"f 1 2 3\n",
        b"\xef\xbb\xbf# made by hand\n" + CORNERS,
        b"g An f Three Other Things\nv 1 2 3",
        CORNERS * 4000 + b"f 1 2 3\n",
    ],
)
def test_obj(data: bytes) -> None:
    assert sniff(data, "x.png").format == "OBJ"


@pytest.mark.parametrize("name", ["notes.png", "notes.obj", ""])
@pytest.mark.parametrize(
    "text",
    [b"hello world\nthis is text\n", b"BMW cars are fast\n", b"v is a letter\nand so is this\n"],
)
def test_prose_is_prose_whatever_its_name(text: bytes, name: str) -> None:
    with pytest.raises(UnsupportedMedia, match="looks like plain text"):
        sniff(text, name)


@pytest.mark.parametrize(
    ("start", "seems", "advice"),
    [
        (b"Kaydara FBX Binary  \x00\x1a\x00", "an FBX scene", "Export it as GLB."),
        (b"BLENDER-v402", "a Blender scene", "Export it as GLB."),
        (b"ISO-10303-21;\nHEADER;", "a STEP model", "Export it as 3MF or STL."),
        (b"PK\x03\x04" + bytes(40), "a ZIP archive", "Unpack it first."),
    ],
)
def test_what_is_no_medium_is_told_what_to_do(start: bytes, seems: str, advice: str) -> None:
    with pytest.raises(UnsupportedMedia, match=seems) as caught:
        sniff(start)
    assert caught.value.fix.startswith(f"{advice} Readable are")


def test_a_bmp_is_still_named() -> None:
    with pytest.raises(UnsupportedMedia, match="BMP"):
        sniff(b"BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00" + bytes(60))


@pytest.mark.parametrize(
    ("start", "kind"),
    [(b"fLaC", "flac"), (b"\xff\xf1\x50\x80", "aac"), (b"\xff\xfb\x90\x64", "mp3")],
)
@pytest.mark.parametrize("padding", [0, 10, 300])
def test_what_follows_a_tag_counts(start: bytes, kind: str, padding: int) -> None:
    size = bytes((0, 0, padding >> 7, padding & 0x7F))
    data = b"ID3\x04\x00\x00" + size + bytes(padding) + start + bytes(64)
    assert sniff(data).format == kind


def test_a_playlist_is_refused() -> None:
    with pytest.raises(UnsupportedMedia, match="playlist"):
        sniff(b"#EXTM3U\n#EXTINF:1\nfile:///etc/passwd\n")


def test_nothing_is_said_to_be_empty() -> None:
    with pytest.raises(DecodeFailed, match="empty"):
        sniff(b"", "a.png")


@pytest.mark.parametrize(
    ("brands", "form"),
    [
        (b"avif\0\0\0\0avifmif1", "AVIF"),
        (b"avis\0\0\0\0avis", "AVIF"),
        (b"mif1\0\0\0\0mif1miafavif", "AVIF"),
        (b"isom\0\0\0\0isomavif", "mov"),
    ],
)
def test_avif_by_its_brands(brands: bytes, form: str) -> None:
    box = (len(brands) + 8).to_bytes(4, "big") + b"ftyp" + brands
    assert sniff(box + bytes(100)).format == form


@pytest.mark.parametrize("brands", [b"heic\0\0\0\0heicmif1", b"mif1\0\0\0\0mif1heic", b"mif1"])
def test_heic_is_named(brands: bytes) -> None:
    box = (len(brands) + 8).to_bytes(4, "big") + b"ftyp" + brands
    with pytest.raises(UnsupportedMedia, match="HEIC"):
        sniff(box + bytes(100))


@pytest.mark.parametrize("start", [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"])
def test_tiff_of_both_orders_and_sizes(start: bytes) -> None:
    assert sniff(start + bytes(20)).format == "TIFF"
