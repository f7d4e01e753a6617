"""Depths, palettes, CMYK and colour profiles become 8-bit sRGB; a bad profile costs nothing."""

import io
import struct

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageCms

from gencheck.media.decode import decode
from gencheck.media.types import Image, Limits

# Display P3 (SMPTE EG 432-1) to linear sRGB, both D65: W3C CSS Color 4, sample code.
P3_TO_SRGB = np.array(
    [
        [1.2249401762805598, -0.22494017628055996, 0.0],
        [-0.042056954709688163, 1.0420569547096881, 0.0],
        [-0.019637554590334432, -0.078636045550631889, 1.0982736001409663],
    ]
)
# Colorants of Display P3 adapted to D50, as s15Fixed16 of its profile.
P3_COLORANTS = (
    (0.51512, 0.24120, -0.00105),
    (0.29198, 0.69225, 0.04189),
    (0.15710, 0.06657, 0.78407),
)


def picture(data: bytes) -> Image:
    media = decode(data, Limits(), name="picture")
    assert isinstance(media, Image)
    return media


def saved(image: PillowImage.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def fixed(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65_536)) for number in numbers)


def profile(space: bytes = b"RGB ", kind: bytes = b"mntr") -> bytes:
    """A profile of Display P3 with the curve of sRGB (ICC.1, version 4, parametric type 3)."""
    curve = b"para\0\0\0\0\0\3\0\0" + fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    name = "Display P3".encode("utf-16-be")
    text = b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(name), 28) + name
    tags = {b"desc": text, b"cprt": text, b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1.0, 0.8249)}
    for channel, colorant in zip((b"r", b"g", b"b"), P3_COLORANTS, strict=True):
        tags[channel + b"XYZ"] = b"XYZ \0\0\0\0" + fixed(*colorant)
        tags[channel + b"TRC"] = curve
    table, body = struct.pack(">I", len(tags)), b""
    start = 132 + 12 * len(tags)
    for tag, value in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"lcms", 0x04300000, kind, space, b"XYZ ")
    head = (head + bytes(12) + b"acsp").ljust(68, b"\0") + fixed(0.9642, 1.0, 0.8249)
    return head.ljust(128, b"\0") + table + body


def decoded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def encoded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    values = np.clip(values, 0, 1)
    return np.where(values <= 0.0031308, values * 12.92, 1.055 * values ** (1 / 2.4) - 0.055)


def colours() -> NDArray[np.uint8]:
    steps = np.linspace(0, 255, 6).astype(np.uint8)
    return np.stack(np.meshgrid(steps, steps, steps), -1).reshape(12, 18, 3)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "AVIF"])
def test_display_p3_becomes_srgb(kind: str) -> None:
    pixels = colours()
    options = {"quality": 100, "subsampling": "4:4:4"} if kind == "AVIF" else {"lossless": True}
    data = saved(PillowImage.fromarray(pixels), kind, icc_profile=profile(), **options)
    expected = encoded(decoded(pixels / 255) @ P3_TO_SRGB.T) * 255
    got = picture(data)
    assert np.abs(got.pixels - expected).max() <= (10 if kind == "AVIF" else 2)
    assert got.facts.profile is not None
    assert (got.facts.profile.name, got.facts.profile.space) == ("Display P3", "RGB")
    assert got.facts.profile.converted
    assert not got.facts.profile.fault


def test_a_profile_of_srgb_changes_no_pixel() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = colours()
    got = picture(saved(PillowImage.fromarray(pixels), "PNG", icc_profile=srgb))
    np.testing.assert_array_equal(got.pixels, pixels)
    assert got.facts.profile is not None
    assert not got.facts.profile.converted


def test_grey_pixels_with_a_profile_of_colours_are_read_as_its_greys() -> None:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    got = picture(saved(PillowImage.fromarray(grey), "PNG", icc_profile=profile()))
    assert np.abs(got.pixels.astype(int) - grey[:, :, None]).max() <= 1
    assert got.facts.profile is not None
    assert not got.facts.profile.fault


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (profile(b"CMYK"), "it is of CMYK colours, the pixels are RGB"),
        (profile(b"GRAY"), "it is of GRAY colours, the pixels are RGB"),
        (profile()[:200], "it is cut off"),
        (b"nonsense" * 40, "it is no ICC profile"),
        (profile()[:4].ljust(36, b"\0") + b"acsp", "it is no ICC profile"),
        (profile()[:132] + b"\xff" * (len(profile()) - 132), "it is damaged"),
    ],
)
def test_a_profile_that_does_not_hold_leaves_the_pixels(data: bytes, fault: str) -> None:
    pixels = colours()
    got = picture(saved(PillowImage.fromarray(pixels), "TIFF", icc_profile=data))
    np.testing.assert_array_equal(got.pixels, pixels)
    assert got.facts.profile is not None
    assert got.facts.profile.fault == fault


def test_damage_of_a_profile_never_reaches_the_caller() -> None:
    whole, rng = profile(), np.random.default_rng(0)
    image = PillowImage.fromarray(colours())
    for _ in range(200):
        hurt = bytearray(whole)
        for place in rng.integers(0, len(whole), 6):
            hurt[place] = rng.integers(256)
        got = picture(saved(image, "PNG", icc_profile=bytes(hurt)))
        assert got.pixels.shape == (12, 18, 3)


def test_a_profile_that_inflates_without_end_costs_the_profile_alone() -> None:
    pixels = colours()
    data = saved(PillowImage.fromarray(pixels), "PNG", icc_profile=bytes(20 << 20))
    assert len(data) < 1 << 20
    np.testing.assert_array_equal(picture(data).pixels, pixels)


def test_cmyk_with_the_polarity_of_adobe() -> None:
    data = saved(PillowImage.new("CMYK", (16, 16), (255, 0, 0, 0)), "JPEG", quality=95)
    assert b"Adobe" in data
    red, green, blue = picture(data).pixels[8, 8].tolist()
    assert red < 16
    assert min(green, blue) > 240


def test_ycck_is_cmyk_under_another_transform() -> None:
    """Its luma and chroma are those of the inks: here of a red, without black."""
    wanted = np.array([[[180, 40, 20]]], np.uint8)
    ycc = cv2.cvtColor(255 - wanted, cv2.COLOR_RGB2YCrCb)[0, 0]
    # Pillow writes inks inverted: what is to be stored as Y, Cb, Cr is handed over as 255 minus it.
    stored = (int(255 - ycc[0]), int(255 - ycc[2]), int(255 - ycc[1]), 0)
    data = bytearray(saved(PillowImage.new("CMYK", (16, 16), stored), "JPEG", quality=100))
    data[data.index(b"Adobe") + 11] = 2
    got = picture(bytes(data)).pixels
    assert np.abs(got[8, 8].astype(int) - wanted).max() <= 4
    other = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert other is not None
    assert np.abs(got.astype(int) - other[:, :, ::-1]).max() <= 4


def tiff(values: NDArray[np.generic]) -> bytes:
    bgr = values[:, :, ::-1] if values.ndim == 3 else values
    done, data = cv2.imencode(".tiff", bgr)
    assert done
    return data.tobytes()


@pytest.mark.parametrize("factor", [1 / 255, 1.0, 257.0])
@pytest.mark.parametrize("is_grey", [True, False])
def test_floats_are_scaled_by_their_range(factor: float, is_grey: bool) -> None:
    pixels = colours()
    pixels[0, 0] = 255
    values = (pixels[:, :, 0] if is_grey else pixels).astype(np.float32) * np.float32(factor)
    got = picture(tiff(values))
    expected = np.repeat(pixels[:, :, :1], 3, axis=2) if is_grey else pixels
    assert np.abs(got.pixels.astype(int) - expected).max() <= 1
    assert got.bit_depth >= 8


def test_what_is_no_number_is_black() -> None:
    values = np.full((8, 8), 0.5, np.float32)
    values[2, 3], values[4, 4] = np.nan, -np.inf
    got = picture(tiff(values))
    assert got.pixels[2, 3].tolist() == [0, 0, 0]
    assert got.pixels[4, 4].tolist() == [0, 0, 0]
    assert got.pixels[0, 0, 0] in (127, 128)


@pytest.mark.parametrize("shape", [(12, 18), (12, 18, 3)])
def test_sixteen_bits_of_a_tiff(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).integers(0, 65_536, shape, dtype=np.uint16)
    got = picture(tiff(values))
    expected = np.atleast_3d(values >> 8)
    assert np.abs(got.pixels.astype(int) - expected).max() <= 1
    assert got.bit_depth == 16


@pytest.mark.parametrize(
    "compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd"]
)
def test_compressions_of_tiff(compression: str | None) -> None:
    smooth = cv2.resize(colours(), (96, 64), interpolation=cv2.INTER_CUBIC)
    got = picture(saved(PillowImage.fromarray(smooth), "TIFF", compression=compression))
    error = np.abs(got.pixels.astype(int) - smooth)
    assert error.mean() < 8 if compression == "jpeg" else error.max() == 0
    assert got.format == "TIFF"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGBA", "P", "CMYK", "LAB", "YCbCr"])
def test_modes_of_tiff(mode: str) -> None:
    image = PillowImage.new("RGB", (10, 8), (200, 200, 200))
    if mode == "LAB":
        image = PillowImage.new("LAB", (10, 8), (206, 128, 128))
    got = picture(saved(image if mode == "LAB" else image.convert(mode), "TIFF"))
    assert got.pixels.shape == (8, 10, 3)
    assert np.ptp(got.pixels[0, 0].astype(int)) <= 3
    assert got.pixels[4, 4, 0] > 190


def test_the_first_page_is_the_picture() -> None:
    pages = [PillowImage.new("RGB", (20, 10), colour) for colour in ("red", "lime")]
    got = picture(saved(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    assert got.pixels[5, 5].tolist() == [255, 0, 0]
