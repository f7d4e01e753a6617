"""What a picture's file says about itself, and what of it is broken."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import JpegImagePlugin

from gencheck.media import jpeg, png
from gencheck.media.decode import decode
from gencheck.media.facts import Facts
from gencheck.media.types import Image, Limits

ORIENTATION, EXIF_IFD, INTEROP_IFD = 0x0112, 0x8769, 0xA005


def picture(data: bytes) -> Image:
    media = decode(data, Limits(), name="picture")
    assert isinstance(media, Image)
    return media


def facts(data: bytes) -> Facts:
    return picture(data).facts


def saved(image: PillowImage.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def photo(height: int = 240, width: int = 320) -> PillowImage.Image:
    coarse = np.random.default_rng(3).integers(20, 235, (12, 16, 3), dtype=np.uint8)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return PillowImage.fromarray(smooth.astype(np.uint8))


def with_thumbnail(image: PillowImage.Image, thumbnail: PillowImage.Image) -> bytes:
    """A JPEG whose EXIF has one directory with nothing in it, and one of a thumbnail (TIFF 6)."""
    small = saved(thumbnail, "JPEG")
    first = struct.pack("<HI", 0, 14)
    second = struct.pack("<HHHIIHHIII", 2, 0x0201, 4, 1, 44, 0x0202, 4, 1, len(small), 0)
    body = b"II*\0" + struct.pack("<I", 8) + first + second
    exif = b"Exif\0\0" + body.ljust(44, b"\0") + small
    return saved(image, "JPEG", exif=exif)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def with_chunks(*chunks: bytes) -> bytes:
    data = saved(photo(), "PNG")
    return data[:33] + b"".join(chunks) + data[33:]


def test_exif_is_told_as_it_is_stored() -> None:
    exif = PillowImage.Exif()
    exif[ORIENTATION] = 6
    exif.get_ifd(EXIF_IFD).update({0xA002: 4000, 0xA003: 3000})
    got = picture(saved(photo(), "JPEG", exif=exif))
    assert got.pixels.shape == (320, 240, 3)
    assert got.facts.stored == (240, 320)
    assert got.facts.orientation == 6
    assert got.facts.exif_size == (3000, 4000)
    assert not got.facts.exif_adobe_rgb


def test_adobe_rgb_by_the_rule_of_cameras() -> None:
    exif = PillowImage.Exif()
    exif.get_ifd(EXIF_IFD)[INTEROP_IFD] = {1: "R03"}
    assert facts(saved(photo(), "JPEG", exif=exif)).exif_adobe_rgb


def test_the_thumbnail_is_read() -> None:
    small = photo().resize((160, 120))
    got = facts(with_thumbnail(photo(), small)).thumbnail
    assert got is not None
    assert got.shape == (120, 160)
    assert np.abs(got.astype(int) - np.asarray(small.convert("L"))).mean() < 3


def test_a_huge_thumbnail_is_left_alone() -> None:
    assert facts(with_thumbnail(photo(), PillowImage.new("L", (1_000, 1_000)))).thumbnail is None


def test_exif_without_end_is_dropped() -> None:
    exif = PillowImage.Exif()
    exif[ORIENTATION] = 6
    exif[0x9286] = bytes(300_000)
    data = saved(photo(), "PNG", exif=exif.tobytes())
    assert picture(data).pixels.shape == (240, 320, 3)  # not turned: nothing of it is believed
    assert facts(data).orientation == 1


def test_density_by_format() -> None:
    assert facts(saved(photo(), "JPEG", dpi=(72, 144))).density == (72, 144)
    density = facts(with_chunks(chunk(b"pHYs", struct.pack(">IIB", 0, 0, 1)))).density
    assert density == (0, 0)
    assert facts(saved(photo(), "PNG")).density is None


@pytest.mark.parametrize(
    ("chunks", "says"),
    [
        ([], ()),
        ([chunk(b"sRGB", b"\0"), chunk(b"gAMA", struct.pack(">I", 45_455))], ()),
        ([chunk(b"gAMA", struct.pack(">I", 100_000))], ("gamma 1.000, which few viewers heed",)),
        (
            [chunk(b"sRGB", b"\0"), chunk(b"gAMA", struct.pack(">I", 55_556))],
            ("gamma 0.556 though it is said to be sRGB",),
        ),
        (
            [chunk(b"sRGB", b"\0"), chunk(b"cHRM", struct.pack(">8I", *range(8)))],
            ("it is said to be sRGB with primaries of another space",),
        ),
        (
            [chunk(b"sRGB", b"\0"), chunk(b"iCCP", b"x\0\0" + zlib.compress(b"y"))],
            ("it is said to be sRGB and of another profile at once",),
        ),
        ([chunk(b"gAMA", b"\0"), chunk(b"cHRM", b"")], ()),
    ],
)
def test_chunks_of_colour(chunks: list[bytes], says: tuple[str, ...]) -> None:
    assert facts(with_chunks(*chunks)).colour == says


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("tail", "looks_like", "is_foreign"),
    [
        (b"PK\x03\x04" + bytes(30), "a ZIP archive", True),
        (b"random" * 9 + b"PK\x05\x06" + bytes(18), "a ZIP archive", True),
        (b"\n<?php echo 1;", "a script", True),
        (b"MZ\x90\0" + bytes(60), "a program", True),
        (b"\xff\xd8\xff\xe0" + bytes(60), "a further JPEG", False),
        (b"\0\0\0\x18ftypmp42" + bytes(60), "a clip", False),
        (b"some words of an editor " * 9, "plain text", False),
    ],
)
def test_what_stands_behind_the_end(
    kind: str, tail: bytes, looks_like: str, is_foreign: bool
) -> None:
    data = saved(photo(), kind)
    assert facts(data).trailing is None
    assert facts(data + bytes(700)).trailing is None  # padding
    got = facts(data + tail).trailing
    assert got is not None
    assert (got.size, got.looks_like, got.is_foreign) == (len(tail), looks_like, is_foreign)


def test_further_pictures_that_a_jpeg_announces_are_its_own() -> None:
    file = io.BytesIO()
    photo().save(file, "MPO", save_all=True, append_images=[photo().rotate(180)])
    assert facts(file.getvalue()).trailing is None
    assert isinstance(PillowImage.open(file), JpegImagePlugin.JpegImageFile)


@pytest.mark.parametrize("progressive", [False, True])
def test_the_end_of_a_jpeg_is_found(progressive: bool) -> None:
    data = saved(photo(), "JPEG", progressive=progressive, exif=b"Exif\0\0\xff\xd9\xff\xd9")
    assert jpeg.walk(data + b"\xff\xd9tail").end == len(data)
    assert jpeg.walk(data[:-2]).end == 0
    assert jpeg.walk(data[:40]).end == 0


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"subsampling": 0}, {"optimize": 1}]
)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_whole_jpeg_is_not_called_broken(options: dict[str, object], mode: str) -> None:
    got = picture(saved(photo(235, 317).convert(mode), "JPEG", **options))
    assert got.facts.damage is None
    assert got.missing == 0


def noise_png() -> bytes:
    pixels = np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8)
    return saved(PillowImage.fromarray(pixels), "PNG")


def test_a_wrong_checksum_of_pixels_is_placed() -> None:
    data = bytearray(noise_png())
    second = data.index(b"IDAT", data.index(b"IDAT") + 4)
    length = int.from_bytes(data[second - 4 : second], "big")
    data[second + 4 + length] ^= 1
    got = picture(bytes(data))
    assert got.missing == 0  # all of it inflates
    assert got.facts.damage is not None
    assert got.facts.damage.what == "the checksum of its pixels is wrong"
    assert got.facts.damage.share == pytest.approx(1 - 65_536 / (240 * 961), abs=0.02)


def test_broken_pixels_of_a_png_are_judged_as_far_as_they_go() -> None:
    data = bytearray(noise_png())
    start = data.index(b"IDAT", data.index(b"IDAT") + 4) - 4
    length = int.from_bytes(data[start : start + 4], "big")
    got = picture(bytes(data[:start] + data[start + 12 + length :]))
    assert got.missing == pytest.approx(1 - 136 / 240, abs=0.02)
    assert got.facts.damage is not None
    assert got.facts.damage.share == got.missing


def test_a_wrong_checksum_beside_the_pixels_costs_no_pixel() -> None:
    data = bytearray(with_chunks(chunk(b"gAMA", struct.pack(">I", 45_455))))
    data[data.index(b"gAMA") + 9] ^= 1
    got = picture(bytes(data))
    np.testing.assert_array_equal(got.pixels, np.asarray(photo()))
    assert got.facts.damage is not None
    assert got.facts.damage.what == "the checksum of gAMA is wrong"
    assert got.facts.damage.share == 0


def test_chunks_come_as_far_as_they_go() -> None:
    data = noise_png()
    names = [one.name for one in png.chunks(data)]
    assert names[0] == b"IHDR"
    assert names[-1] == b"IEND"
    assert [one.name for one in png.chunks(data[: len(data) // 2])] == [b"IHDR", b"IDAT"]
    assert png.walk(data[:-12]).end == 0


def pixels_of(data: bytes) -> NDArray[np.uint8]:
    return picture(data).pixels


def test_a_picture_without_its_extras_is_the_same() -> None:
    data = with_chunks(chunk(b"gAMA", struct.pack(">I", 45_455)), chunk(b"tEXt", b"a\0b"))
    bare = png.without_extras(data)
    assert b"tEXt" not in bare
    np.testing.assert_array_equal(pixels_of(bare), pixels_of(data))
