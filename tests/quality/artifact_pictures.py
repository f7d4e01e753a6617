"""The pictures that the artifact figures are of: real photos, and hard negatives made here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from artifact_damage import Pixels, as_bytes
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from gencheck.errors import GencheckError
from gencheck.media.decode import decode
from gencheck.media.types import Image, Limits

CARRIED = (
    "astronaut.png", "camera.png", "coffee.png", "chelsea.png", "rocket.jpg", "motorcycle_left.png",
    "coins.png", "hubble_deep_field.jpg", "moon.png", "clock_motion.png",
)  # fmt: skip
"""scikit-image's photos, which thresholds may be fixed on; its textures are hard negatives."""


def photo_paths(data: Path, split: str) -> dict[str, list[Path]]:
    """The photos of a split by their source: those measured on, or those thresholds rest on."""
    if split == "evaluate":
        return {
            "coco val2017": sorted((data / "coco128/images/val2017").glob("*.jpg")),
            "kodak": sorted((data / "real_kodak").glob("*.png")),
        }
    return {
        "coco train2017": sorted((data / "coco128/images/train2017").glob("*.jpg")),
        "dreambooth": sorted((data / "real_dreambooth").glob("*/*.jpg")),
        "scikit-image": [_carried() / name for name in CARRIED],
    }


def generated_paths(data: Path) -> list[Path]:
    """The generated pictures."""
    folder = data / "gen_prompt_image"
    return sorted([*folder.glob("*.png"), *folder.glob("*.jpg")])


def read_file(path: Path) -> Image:
    """A file as a service reads it."""
    image = decode(path.read_bytes(), Limits(), name=path.name)
    if not isinstance(image, Image):
        raise GencheckError(f"{path.name} is no picture")
    return image


def read_photo(path: Path, side: int = 1024) -> Pixels:
    """``uint8 [H, W, 3]`` RGB with at most that longest side: what damage is made on."""
    pixels = read_file(path).pixels
    ratio = side / max(pixels.shape[:2])
    if ratio >= 1:
        return pixels
    return cv2.resize(pixels, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)


def hard_negatives(bases: list[Pixels], seed: int) -> Iterator[tuple[str, Pixels]]:
    """Clean pictures that look like damage: textures, prints, drawings, screens, weather.

    Args:
        bases: photos that some of them are made of.
        seed: of the made ones; each split has its own.
    """
    for name in ("brick.png", "gravel.png", "grass.png", "text.png", "page.png"):
        yield (
            name.partition(".")[0],
            cv2.cvtColor(cv2.imread(str(_carried() / name)), cv2.COLOR_BGR2RGB),
        )
    for index, base in enumerate(bases):
        rng = np.random.default_rng([seed, index])
        yield f"grain {index}", _grain(base, rng)
        yield f"halftone {index}", _halftone(base)
        yield f"cartoon {index}", _cartoon(base)
        yield f"bokeh {index}", _bokeh(base, rng)
        yield f"night {index}", _night(base, rng)
        yield f"fog {index}", _fog(base)
    for index in range(3):
        rng = np.random.default_rng([seed, 100 + index])
        yield f"product on white {index}", _product(rng)
        yield f"text page {index}", _page(rng)
        yield f"screenshot {index}", _screen(rng)
        yield f"line art {index}", _lines(rng)
        yield f"wall of bricks {index}", _wall(rng)


def _carried() -> Path:
    import skimage.data

    return Path(skimage.data.__file__).parent


def _grain(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """As of film of ISO 400: of 1.5 pixels, strongest in the middle tones, 3 levels."""
    grain = cv2.GaussianBlur(rng.normal(0, 1, pixels.shape[:2]), (0, 0), 0.7)
    middle = 1 - np.abs(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) / 127.5 - 1) ** 2
    return as_bytes(pixels + (3 * grain / grain.std() * middle)[:, :, None])


def _halftone(pixels: Pixels) -> Pixels:
    """Printed in dots of six pixels at 45°, scanned a little softly."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) / 255.0
    y, x = np.mgrid[: grey.shape[0], : grey.shape[1]]
    screen = (np.cos((x + y) * np.pi / 6) + np.cos((x - y) * np.pi / 6)) / 4 + 0.5
    dots = np.where(cv2.GaussianBlur(grey, (0, 0), 2) > screen, 236.0, 38.0)
    return as_bytes(np.repeat(cv2.GaussianBlur(dots, (0, 0), 0.8)[:, :, None], 3, axis=2))


def _cartoon(pixels: Pixels) -> Pixels:
    """Flat colours with dark outlines, anti-aliased."""
    big = cv2.resize(pixels, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    flat = cv2.pyrMeanShiftFiltering(cv2.medianBlur(big, 11), 12, 30, maxLevel=2)
    edges = cv2.Canny(cv2.medianBlur(big, 15), 60, 120)
    flat[cv2.dilate(edges, np.ones((3, 3), np.uint8)) > 0] = (25, 22, 30)
    return cv2.resize(flat, pixels.shape[1::-1], interpolation=cv2.INTER_AREA)


def _bokeh(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A sharp middle before a far background with discs of light, and a sensor's noise."""
    height, width = pixels.shape[:2]
    far = cv2.GaussianBlur(pixels, (0, 0), height / 40).astype(np.float32)
    for _ in range(14):
        layer = np.zeros((height, width), np.float32)
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        cv2.circle(layer, centre, int(height * rng.uniform(0.02, 0.05)), 1.0, -1, cv2.LINE_AA)
        soft = cv2.GaussianBlur(layer, (0, 0), 1.2)[:, :, None]
        far += soft * rng.uniform(30, 70) * rng.uniform(0.7, 1.0, 3).astype(np.float32)
    y, x = np.mgrid[:height, :width]
    radius = np.hypot((y - height / 2) / height, (x - width / 2) / width)
    near = np.clip((0.3 - radius) * 12 + 0.5, 0, 1)[:, :, None]
    mixed = near * pixels + (1 - near) * far
    return as_bytes(mixed + rng.normal(0, 1.2, mixed.shape))


def _night(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Little light, some lamps, and the noise that goes with it."""
    dark = 255 * (pixels / 255.0) ** 1.8 * 0.35
    height, width = pixels.shape[:2]
    for _ in range(10):
        y, x = np.mgrid[:height, :width]
        far = np.hypot(y - rng.integers(height), x - rng.integers(width)) / height
        glow = 240 / (1 + (far / 0.012) ** 2)
        dark = dark + glow[:, :, None] * np.array([1, 0.85, 0.6])
    return as_bytes(dark + rng.normal(0, 1.5, dark.shape))


def _fog(pixels: Pixels) -> Pixels:
    """A third of the contrast, under a light grey, denser upwards."""
    veil = np.linspace(0.8, 0.5, pixels.shape[0])[:, None, None]
    return as_bytes((1 - veil) * pixels + veil * 205)


def _product(rng: np.random.Generator) -> Pixels:
    """A shaded, glossy body with a soft shadow on pure white."""
    side = 800
    y, x = np.mgrid[:side, :side].astype(np.float32) / side
    shadow = np.exp(-(((x - 0.5) / 0.28) ** 2 + ((y - 0.78) / 0.05) ** 2))
    out = np.full((side, side, 3), 255.0) - 110 * shadow[:, :, None]
    wide, tall = rng.uniform(0.18, 0.26), rng.uniform(0.24, 0.3)
    inside = np.clip((1 - ((x - 0.5) / wide) ** 4 - ((y - 0.48) / tall) ** 4) * 60, 0, 1)
    light = 0.55 + 0.4 * np.cos((x - 0.42) / wide) + 0.5 * np.exp(-(((x - 0.42) / 0.02) ** 2))
    fine = cv2.GaussianBlur(rng.normal(0, 1, (side, side)).astype(np.float32), (0, 0), 1)
    body = rng.uniform(60, 220, 3) * (light + 0.03 * fine)[:, :, None]
    mixed = inside[:, :, None] * body + (1 - inside[:, :, None]) * out
    noise = np.where(mixed < 254, rng.normal(0, 0.8, mixed.shape), 0)
    return as_bytes(mixed + noise)


_TEXT = """
The quick brown fox jumps over the lazy dog while seven wizards fix the old clock of the
town hall and the baker counts his loaves before the market opens in the morning
""".split()  # noqa: SIM905 - quoted words are no easier to read


def _page(rng: np.random.Generator) -> Pixels:
    sheet = Pillow.new("RGB", (768, 1024), (252, 251, 247))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(18)
    draw.text(
        (70, 60), "Chapter " + str(rng.integers(2, 30)), (20, 20, 20), ImageFont.load_default(32)
    )
    for line in range(32):
        draw.text((70, 130 + 27 * line), " ".join(rng.choice(_TEXT, 10))[:66], (25, 25, 25), font)
    return np.asarray(sheet)


def _screen(rng: np.random.Generator) -> Pixels:
    """Windows, icons and a table, as a desktop draws them."""
    sheet = Pillow.new("RGB", (1024, 640), tuple(int(v) for v in rng.integers(30, 90, 3)))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for left, top, right, bottom in ((40, 40, 620, 560), (560, 120, 990, 600)):
        draw.rounded_rectangle((left, top, right, bottom), 8, (246, 246, 248), (120, 120, 125))
        draw.rectangle((left + 1, top + 8, right - 1, top + 34), (225, 226, 230))
        draw.text((left + 14, top + 12), " ".join(rng.choice(_TEXT, 3)), (40, 40, 40), font)
        for row, y in enumerate(range(top + 50, bottom - 24, 24)):
            if row % 2:
                draw.rectangle((left + 10, y - 3, right - 10, y + 20), (234, 238, 246))
            draw.ellipse(
                (left + 18, y, left + 32, y + 14), tuple(int(v) for v in rng.integers(60, 220, 3))
            )
            draw.text((left + 44, y), " ".join(rng.choice(_TEXT, 5)), (50, 50, 55), font)
    return np.asarray(sheet)


def _lines(rng: np.random.Generator) -> Pixels:
    """Ink on white: curves, hatching and circles, anti-aliased."""
    sheet = np.full((1600, 1600, 3), 255, np.uint8)
    for _ in range(14):
        points = np.cumsum(rng.normal(0, 90, (12, 2)), axis=0) + rng.uniform(300, 1300, 2)
        smooth = cv2.GaussianBlur(np.repeat(points, 40, axis=0), (1, 81), 0)
        cv2.polylines(sheet, [smooth.astype(np.int32)], False, (10, 10, 10), 5, cv2.LINE_AA)
    for step in range(0, 300, 18):
        cv2.line(sheet, (200 + step, 1200), (400 + step, 1450), (20, 20, 20), 3, cv2.LINE_AA)
    for radius in range(40, 200, 40):
        cv2.circle(sheet, (1200, 400), radius, (15, 15, 15), 5, cv2.LINE_AA)
    return cv2.resize(sheet, (800, 800), interpolation=cv2.INTER_AREA)


def _wall(rng: np.random.Generator) -> Pixels:
    """Bricks in rows, each of its own colour and wear, lit from one side."""
    height, width, tall, wide = 640, 960, 40, 96
    out = np.full((height, width, 3), 168.0)
    for row, top in enumerate(range(0, height, tall)):
        for left in range(-(row % 2) * wide // 2, width, wide):
            colour = np.array([150, 78, 62]) + rng.normal(0, 12) + rng.normal(0, 5, 3)
            out[top + 3 : top + tall - 3, max(0, left + 3) : max(0, left + wide - 3)] = colour
    rough = cv2.GaussianBlur(rng.normal(0, 1, (height, width)), (0, 0), 1.2)
    stains = cv2.GaussianBlur(rng.normal(0, 1, (height, width)), (0, 0), 25)
    light = 1 + 0.15 * rough / rough.std() / 3 + 0.1 * stains / stains.std()
    return as_bytes(
        cv2.GaussianBlur(out * light[:, :, None], (0, 0), 0.7) + rng.normal(0, 1.5, out.shape)
    )
