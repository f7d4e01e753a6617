"""Pictures: every mode a plain array, upright, and held to the cap before they are decoded."""

import io
import struct
import time
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PillowImage

from gencheck.errors import DecodeFailed, LimitExceeded, UnsupportedMedia
from gencheck.media.decode import decode
from gencheck.media.types import Image, Limits

LIMITS = Limits()


def picture(data: bytes, limits: Limits = LIMITS) -> Image:
    media = decode(data, limits, name="picture")
    assert isinstance(media, Image)
    return media


def saved(image: PillowImage.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def photo(height: int = 240, width: int = 320) -> NDArray[np.uint8]:
    """A smooth picture of many colours, no row of which is black or grey."""
    coarse = np.random.default_rng(3).integers(20, 235, (6, 8, 3), dtype=np.uint8)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return smooth.astype(np.uint8)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_that_claims(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = chunk(b"IDAT", zlib.compress(bytes(100_000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + rows + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [60_000, 10_000])
def test_a_claim_of_too_many_pixels_costs_nothing(side: int) -> None:
    data = png_that_claims(side, side)
    tracemalloc.start()
    started = time.process_time()
    try:
        with pytest.raises(LimitExceeded, match=str(side * side)) as caught:
            decode(data, LIMITS, name="huge.png")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.process_time() - started < 0.5
    assert peak < 4 << 20
    assert "64000000" in str(caught.value)
    assert caught.value.metadata["limit"] == "64000000"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "AVIF", "TIFF"])
def test_the_cap_on_pixels_holds_for_every_format(kind: str) -> None:
    data = saved(PillowImage.fromarray(photo(100, 100)), kind)
    assert picture(data, Limits(max_pixels=10_000)).format == kind
    with pytest.raises(LimitExceeded):
        decode(data, Limits(max_pixels=9_999))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_lossless_pixels_come_back(kind: str) -> None:
    expected = photo()
    got = picture(saved(PillowImage.fromarray(expected), kind, lossless=True))
    np.testing.assert_array_equal(got.pixels, expected)
    assert got.pixels.dtype == np.uint8
    assert got.pixels.flags.c_contiguous
    assert got.alpha is None
    assert (got.missing, got.bit_depth) == (0.0, 8)


def test_one_pixel() -> None:
    got = picture(saved(PillowImage.new("RGB", (1, 1), (1, 2, 3)), "PNG"))
    assert got.pixels.tolist() == [[[1, 2, 3]]]


@pytest.mark.parametrize(
    ("mode", "colour", "pixel", "alpha"),
    [
        ("1", 1, [255, 255, 255], None),
        ("L", 7, [7, 7, 7], None),
        ("LA", (7, 100), [7, 7, 7], 100),
        ("RGBA", (1, 2, 3, 100), [1, 2, 3], 100),
        ("RGBA", (1, 2, 3, 255), [1, 2, 3], None),
    ],
)
def test_modes_of_png(mode: str, colour: object, pixel: list[int], alpha: int | None) -> None:
    got = picture(saved(PillowImage.new(mode, (4, 3), colour), "PNG"))
    assert got.pixels[1, 2].tolist() == pixel
    assert (got.alpha is None) == (alpha is None)
    if got.alpha is not None:
        assert got.alpha.shape == (3, 4)
        assert int(got.alpha[1, 2]) == alpha


def test_palettes_with_and_without_transparency() -> None:
    image = PillowImage.new("P", (4, 4), 1)
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((0, 0), 0)
    got = picture(saved(image, "PNG"))
    assert got.alpha is None
    assert got.pixels[0, 0].tolist() == [10, 20, 30]
    assert got.pixels[1, 1].tolist() == [40, 50, 60]
    clear = picture(saved(image, "PNG", transparency=0))
    assert clear.alpha is not None
    assert (int(clear.alpha[0, 0]), int(clear.alpha[1, 1])) == (0, 255)
    bytewise = picture(saved(image, "PNG", transparency=b"\x40\xff"))
    assert bytewise.alpha is not None
    assert int(bytewise.alpha[0, 0]) == 0x40


def test_deep_grey_keeps_its_upper_bits() -> None:
    values = np.array([[0, 255, 256], [32_768, 65_279, 65_535]], np.uint16)
    got = picture(saved(PillowImage.fromarray(values), "PNG"))
    np.testing.assert_array_equal(got.pixels[:, :, 0], values >> 8)
    assert got.bit_depth == 16


def test_deep_colour_keeps_its_upper_bits() -> None:
    values = np.arange(2 * 3 * 3, dtype=np.uint16).reshape(2, 3, 3) * 3_600
    done, encoded = cv2.imencode(".png", values[:, :, ::-1])
    assert done
    got = picture(encoded.tobytes())
    difference = got.pixels.astype(int) - (values >> 8).astype(int)
    assert np.abs(difference).max() <= 1
    assert got.bit_depth == 16


def test_cmyk_is_converted() -> None:
    data = saved(PillowImage.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95)
    red, green, blue = picture(data).pixels[8, 8].tolist()
    assert red > 240
    assert green < 16
    assert blue < 16


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    upright = np.zeros((40, 60, 3), np.uint8)
    upright[:20, :30] = (250, 0, 0)
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    image = PillowImage.fromarray(np.ascontiguousarray(stored))
    got = picture(saved(image, "JPEG", quality=95, exif=exif)).pixels
    assert got.shape == upright.shape
    assert np.abs(got.astype(int) - upright).mean() < 3


def test_broken_exif_is_no_reason_to_refuse() -> None:
    data = saved(PillowImage.fromarray(photo()), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert picture(data).pixels.shape == (240, 320, 3)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_a_baseline_jpeg_that_is_cut_says_how_many_rows_are_missing(share: float) -> None:
    data = saved(PillowImage.fromarray(photo(480, 640)), "JPEG", quality=90)
    cut = data[: int(len(data) * share)]
    got = picture(cut)
    assert got.missing == pytest.approx(1 - share, abs=0.12)
    held = round(480 * (1 - got.missing)) - 20  # a row of blocks, and what it smooths
    whole = picture(data).pixels
    np.testing.assert_array_equal(got.pixels[:held], whole[:held])


def test_half_a_progressive_jpeg_is_a_coarse_picture() -> None:
    image = photo(480, 640)
    data = saved(PillowImage.fromarray(image), "JPEG", quality=90, progressive=True)
    got = picture(data[: len(data) // 2])
    assert 0.0 < got.missing < 0.2
    assert np.abs(got.pixels.astype(int) - image).mean() < 25


def test_a_jpeg_without_its_end_misses_a_row_at_most() -> None:
    data = saved(PillowImage.fromarray(photo()), "JPEG")
    assert picture(data[:-2]).missing == pytest.approx(1 / 240)


@pytest.mark.parametrize("black_below", [0, 120])
def test_half_a_png_counts_rows_not_their_colour(black_below: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8)
    if black_below:
        pixels[60:] = 0
        pixels[200:] = 77
    data = saved(PillowImage.fromarray(pixels), "PNG", compress_level=0)
    got = picture(data[: len(data) // 2])
    assert got.missing == pytest.approx(0.5, abs=0.1)
    held = int(240 * (1 - got.missing)) - 1
    np.testing.assert_array_equal(got.pixels[:held], pixels[:held])


def test_half_a_gif_is_partly_there() -> None:
    data = saved(PillowImage.fromarray(photo()), "GIF")
    assert 0.2 < picture(data[: len(data) // 2]).missing < 0.8


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "AVIF", "TIFF"])
def test_what_has_no_pixels_fails_clearly(kind: str) -> None:
    data = saved(PillowImage.fromarray(photo()), kind)
    with pytest.raises(DecodeFailed) as caught:
        decode(data[:20], LIMITS, name=f"stub.{kind.lower()}")
    assert caught.value.where == f"stub.{kind.lower()}"
    assert "0x" not in str(caught.value)
    assert caught.value.fix


def test_an_empty_file_and_text_with_a_false_name() -> None:
    with pytest.raises(DecodeFailed, match="empty"):
        decode(b"", LIMITS, name="nothing.png")
    with pytest.raises(UnsupportedMedia, match="plain text") as caught:
        decode(b"Hello, this is a letter.\n", LIMITS, name="letter.png")
    assert caught.value.where == "letter.png"


def test_the_cap_on_bytes_comes_first() -> None:
    with pytest.raises(LimitExceeded, match="11 bytes"):
        decode(b"\x89PNG\r\n\x1a\nabc", Limits(max_bytes=10))
