"""Photos, clean and damaged, and posters."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

CREAM, RED, INK = (244, 232, 208), (178, 44, 38), (38, 30, 34)


def photo(name: str) -> Image.Image:
    """A photo that scikit-image's wheel carries, such as `astronaut`."""
    pixels: NDArray[np.uint8] = getattr(skimage.data, name)()
    return Image.fromarray(pixels)


def clean_photos(out: Path) -> None:
    """Photos as they are, without loss or nearly so."""
    photo("chelsea").save(out / "cat.png")
    photo("coffee").save(out / "coffee.jpg", quality=95)
    left, _right, _disparity = skimage.data.stereo_motorcycle()
    Image.fromarray(left).save(out / "motorcycle.png")
    photo("camera").save(out / "photographer.png")
    ImageOps.mirror(photo("coffee")).save(out / "apples.jpg", quality=95)


def damaged_photos(out: Path) -> None:
    """One kind of damage a picture."""
    photo("chelsea").save(out / "heavy_jpeg.jpg", quality=8)
    photo("coffee").filter(ImageFilter.GaussianBlur(4)).save(out / "blurred.png")
    ImageOps.expand(photo("coffee"), border=(0, 56), fill="black").save(out / "letterboxed.png")
    encoded = io.BytesIO()
    photo("astronaut").save(encoded, "JPEG", quality=95)
    (out / "truncated.jpg").write_bytes(encoded.getvalue()[: int(0.55 * encoded.tell())])
    with_copied_region(photo("astronaut")).save(out / "copied_region.png")
    banded_sky().save(out / "banded.png")


def with_copied_region(portrait: Image.Image) -> Image.Image:
    """The emblem of the spacesuit stands a second time on the other side."""
    result = portrait.copy()
    emblem = portrait.crop((128, 338, 212, 424))
    shape = Image.new("L", emblem.size)
    ImageDraw.Draw(shape).ellipse((0, 0, emblem.width - 1, emblem.height - 1), fill=255)
    result.paste(emblem, (48, 240), shape)
    return result


def banded_sky(width: int = 640, height: int = 420, levels: int = 14) -> Image.Image:
    """A dusk that was saved with too few levels of brightness."""
    y, x = np.mgrid[0:height, 0:width] / (height, width)[0]
    dusk = np.clip(0.75 * y + 0.1 * np.sin(2.2 * x), 0, 1)[..., None]
    colours = (1 - dusk) * np.array([40.0, 60.0, 130.0]) + dusk * np.array([250.0, 170.0, 110.0])
    step = 256 / levels
    return Image.fromarray((np.floor(colours / step) * step).astype(np.uint8))


def poster(first: str, second: str, width: int = 640, height: int = 800) -> Image.Image:
    """A shop's poster on paper with a little grain, so that it is no flat vector drawing."""
    sheet = Image.new("RGB", (width, height), CREAM)
    draw = ImageDraw.Draw(sheet)
    draw.rounded_rectangle((35, 35, width - 35, height - 35), 28, outline=RED, width=9)
    draw.ellipse((width // 2 - 105, 95, width // 2 + 105, 305), fill=RED)
    draw.polygon([(width // 2, 131), (width // 2 + 62, 267), (width // 2 - 62, 267)], fill=CREAM)
    for line, size, top in ((first, 172, 372), (second, 116, 586)):
        font = ImageFont.load_default(size)
        draw.text((width // 2, top), line, font=font, fill=INK, anchor="mt")
    grain = np.random.default_rng(7).normal(0, 2.5, (height, width, 1))
    return Image.fromarray(np.clip(np.asarray(sheet) + grain, 0, 255).astype(np.uint8))


def posters(out: Path) -> None:
    """One poster with the words that its prompt asks for, one with other words."""
    poster("OPEN", "TODAY").save(out / "poster.png")
    poster("OPNE", "TADOY").save(out / "poster_misspelt.png")


def portraits(out: Path) -> None:
    """Too few pictures of people to tell anything about a set."""
    folder = out / "portraits"
    folder.mkdir(exist_ok=True)
    whole = photo("astronaut")
    head = whole.crop((130, 0, 330, 230)).resize((400, 460), Image.Resampling.LANCZOS)
    whole.save(folder / "half_length.png")
    head.save(folder / "head.png")
    ImageOps.mirror(head).save(folder / "head_mirrored.png")
    photo("camera").save(folder / "profile.png")


EVERYTHING: tuple[Callable[[Path], None], ...] = (clean_photos, damaged_photos, posters, portraits)
