"""Clean pictures of the kinds that fool detectors, drawn by chance: screens, prints, nights, walls.

None is drawn as the hard negatives of ``artifact_pictures.py`` are, on which the figures rest.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

Pixels: TypeAlias = NDArray[np.uint8]
Rng: TypeAlias = np.random.Generator

WORDS = """
open file edit view import value return width None total mean row of the data in
""".split()  # noqa: SIM905 - quoted words are no easier to read


def traps(photos: list[Pixels]) -> dict[str, Pixels]:
    """Every trap by name; prints and nights are made of the photos."""
    out = {}
    for index in range(3):
        rng = np.random.default_rng([7, index])
        out |= {f"editor {index}": _editor(rng), f"sheet {index}": _sheet(rng)}
        out |= {f"chat {index}": _chat(rng), f"stone wall {index}": _stones(rng)}
        out |= {f"tiles {index}": _tiles(rng), f"street {index}": _street(rng)}
        out |= {f"facade {index}": _facade(rng), f"keypad {index}": _keypad(rng)}
    for index, photo in enumerate(photos):
        rng = np.random.default_rng([8, index])
        out |= {f"newsprint {index}": _newsprint(photo, rng), f"print {index}": _print(photo, rng)}
        out |= {f"lamplit {index}": _lamplit(photo, rng)}
    return {f"trap/{name}": pixels for name, pixels in out.items()}


def _bytes(values: NDArray[np.floating]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _words(rng: Rng, count: int) -> str:
    return " ".join(rng.choice(WORDS, count))


def _editor(rng: Rng) -> Pixels:
    """Lines of code on a dark ground, with a bar at the side and one below."""
    height, line = 720, int(rng.choice([16, 20, 22]))
    back = int(rng.integers(20, 50))
    sheet = Pillow.new("RGB", (1080, height), (back, back, back + 6))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    draw.rectangle((0, 0, int(rng.integers(40, 64)), height), (back + 16,) * 3)
    draw.rectangle((0, height - 24, 1080, height), (0, 110, 190))
    for row, y in enumerate(range(8, height - 48, line)):
        draw.text((80, y), str(row + 1), (110, 110, 110), font)
        x = 120 + 32 * int(rng.integers(0, 4))
        for _ in range(int(rng.integers(0, 8))):
            word = _words(rng, 1)
            draw.text((x, y), word, tuple(int(v) for v in rng.integers(110, 240, 3)), font)
            x += int(font.getlength(word)) + 8
    return np.asarray(sheet)


def _sheet(rng: Rng) -> Pixels:
    """A table with lines of one pixel, and a chart of bars beside it."""
    high, wide = int(rng.choice([20, 24, 30])), int(rng.choice([72, 80, 96]))
    sheet = Pillow.new("RGB", (960, 600), (255, 255, 255))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    draw.rectangle((0, 0, 960, 64), (33, 115, 70))
    for top in range(64, 600, high):
        draw.line((0, top, 640, top), (212, 212, 212))
        for left in range(0, 640, wide):
            if rng.random() < 0.7:
                draw.text((left + 6, top + 4), f"{rng.normal(50, 20):.1f}", (30, 30, 30), font)
    for left in range(0, 641, wide):
        draw.line((left, 64, left, 600), (212, 212, 212))
    for bar in range(9):
        top = int(rng.integers(120, 420))
        draw.rectangle((672 + 30 * bar, top, 692 + 30 * bar, 480), (68, 114, 196))
    return np.asarray(sheet)


def _chat(rng: Rng) -> Pixels:
    """A telephone's screen: bubbles of text between a bar above and one below."""
    sheet = Pillow.new("RGB", (540, 960), (236, 229, 221))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(16)
    draw.rectangle((0, 0, 540, 72), (7, 94, 84))
    draw.text((88, 24), _words(rng, 2), (255, 255, 255), font)
    draw.ellipse((24, 12, 72, 60), (180, 190, 200))
    top = 96
    while top < 840:
        tall, mine = 16 + 24 * int(rng.integers(1, 4)), bool(rng.integers(2))
        box = (200, top, 516, top + tall) if mine else (24, top, 340, top + tall)
        draw.rounded_rectangle(box, 12, (220, 248, 198) if mine else (255, 255, 255))
        for y in range(top + 8, top + tall - 16, 24):
            draw.text((box[0] + 16, y), _words(rng, 5), (20, 20, 20), font)
        top += tall + 16
    draw.rectangle((0, 888, 540, 960), (246, 246, 246))
    return np.asarray(sheet)


def _keypad(rng: Rng) -> Pixels:
    """Buttons with frames, some lit, on a grid of eight pixels; a dock with icons at the side."""
    sheet = Pillow.new("RGB", (800, 608), tuple(int(v) for v in rng.integers(20, 70, 3)))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    wide, tall = int(rng.choice([40, 56, 72])), int(rng.choice([24, 32, 40]))
    draw.rectangle((96, 16, 775, 591), (232, 232, 236), (150, 150, 150))
    for top in range(32, 592 - tall, tall + 8):
        for left in range(112, 768 - wide, wide + 8):
            face = int(rng.choice([248, 240, 210]))
            draw.rectangle((left, top, left + wide - 1, top + tall - 1), (face,) * 3, (190,) * 3)
            draw.text((left + 4, top), str(rng.integers(0, 99)), (40, 40, 40), font)
    for top in range(16, 560, 64):
        draw.rectangle((24, top, 71, top + 47), tuple(int(v) for v in rng.integers(40, 250, 3)))
    return np.asarray(sheet)


def _newsprint(pixels: Pixels, rng: Rng) -> Pixels:
    """One ink in round dots, the screen turned by chance, photographed on grey paper."""
    grey = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (0, 0), 1.5) / 255.0
    ink = _dots(1 - grey, rng.uniform(4.5, 9), rng.uniform(0, 90), float(rng.uniform(0.6, 1.1)))
    paper = np.array([214, 208, 196]) + rng.normal(0, 2, (*grey.shape, 1))
    return _bytes(paper * (1 - 0.82 * ink[:, :, None]))


def _print(pixels: Pixels, rng: Rng) -> Pixels:
    """Four inks at the angles that printers use."""
    soft = cv2.GaussianBlur(pixels, (0, 0), 1) / 255.0
    black = 1 - soft.max(axis=2)
    pitch, out = rng.uniform(3.5, 7), np.ones(soft.shape)
    for channel, angle in enumerate((15, 75, 0)):
        ink = (1 - soft[:, :, channel] - black) / np.maximum(1 - black, 1e-3)
        out[:, :, channel] *= 1 - 0.85 * _dots(ink, pitch, angle, 0.7)
    return _bytes(245 * out * (1 - 0.9 * _dots(black, pitch, 45, 0.7))[:, :, None])


def _dots(share: NDArray[np.float64], pitch: float, degrees: float, soft: float) -> Pixels:
    """Ink of that share in dots: ``float [h, w]`` 0..1."""
    y, x = np.mgrid[: share.shape[0], : share.shape[1]] * (2 * np.pi / pitch)
    a = np.radians(degrees)
    wave = np.cos(x * np.cos(a) + y * np.sin(a)) + np.cos(y * np.cos(a) - x * np.sin(a))
    return cv2.GaussianBlur((share > 0.5 - wave / 4).astype(np.float64), (0, 0), soft)


def _lamplit(pixels: Pixels, rng: Rng) -> Pixels:
    """A dusk under few warm lamps, each of which lights what is near."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width] / height
    light = np.array([0.02, 0.024, 0.034])[None, None] * np.ones((height, width, 1))
    lamps = np.zeros((height, width, 1))
    for _ in range(5):
        far = (y - rng.uniform(0, 0.8)) ** 2 + (x - rng.uniform(0, width / height)) ** 2
        light += 0.01 / (far[:, :, None] + 0.03) * np.array([1, 0.62, 0.28])
        lamps += 3 * (far[:, :, None] < 4e-5)
    linear = (pixels / 255.0) ** 2.2 * light * 3
    linear += cv2.GaussianBlur(lamps, (0, 0), 2)[:, :, None] * np.array([1, 0.8, 0.5])
    return _bytes(255 * np.clip(linear, 0, 1) ** (1 / 2.2) + rng.normal(0, 1.5, pixels.shape))


def _street(rng: Rng) -> Pixels:
    """Lit windows and signs of several colours before a sky at night."""
    height, width = 640, 960
    out = np.linspace(8, 30, height)[:, None, None] * np.array([0.6, 0.8, 1.3]) + np.zeros(
        (1, width, 1)
    )
    for left in range(0, width, 160):
        top = int(rng.integers(150, 400))
        out[top:, left : left + 150] = rng.uniform(6, 22) * rng.uniform(0.8, 1.2, 3)
        for y in range(top + 20, height - 40, 44):
            for x in range(left + 14, left + 130, 34):
                if rng.random() < 0.45:
                    warm = np.array([1, rng.uniform(0.6, 0.9), rng.uniform(0.3, 0.7)])
                    out[y : y + 24, x : x + 18] = rng.uniform(90, 240) * warm
    for _ in range(4):
        y, x = int(rng.integers(380, 600)), int(rng.integers(0, width - 80))
        out[y : y + 14, x : x + 70] = 220 * rng.dirichlet(np.ones(3)) ** 0.5
    soft = cv2.GaussianBlur(out, (0, 0), 0.9) + 0.3 * cv2.GaussianBlur(out, (0, 0), 14)
    return _bytes(soft + rng.normal(0, 2, out.shape))


def _lit(out: NDArray[np.float64], rng: Rng) -> Pixels:
    """A surface with grain and stains, through a lens and a sensor."""
    fine = cv2.GaussianBlur(rng.normal(0, 1, out.shape[:2]), (0, 0), 1)
    coarse = cv2.GaussianBlur(rng.normal(0, 1, out.shape[:2]), (0, 0), 30)
    light = 1 + 0.04 * fine / fine.std() + 0.08 * coarse / coarse.std()
    return _bytes(
        cv2.GaussianBlur(out * light[:, :, None], (0, 0), 0.8) + rng.normal(0, 1.5, out.shape)
    )


def _stones(rng: Rng) -> Pixels:
    """Courses of cut stone of uneven lengths, with joints of some pixels."""
    height, width = 640, 960
    tall, joint = int(rng.choice([32, 40, 48, 53])), int(rng.choice([2, 4, 6]))
    out = np.full((height, width, 3), rng.uniform(170, 215))
    for top in range(0, height, tall):
        left = -int(rng.integers(0, 64))
        while left < width:
            wide = int(rng.choice([48, 64, 80, 96, 112]))
            stone = rng.normal([135, 120, 105], 10) + rng.normal(0, 8)
            out[top + joint : top + tall, max(0, left + joint) : max(0, left + wide)] = stone
            left += wide
    return _lit(out, rng)


def _tiles(rng: Rng) -> Pixels:
    """Glazed tiles of one size, no two of one shade, with pale joints."""
    height, width, side = 640, 960, int(rng.choice([32, 48, 56, 64]))
    out = np.full((height, width, 3), 225.0)
    base = rng.uniform(40, 190, 3)
    for top in range(0, height, side):
        for left in range(0, width, side):
            out[top + 2 : top + side - 2, left + 2 : left + side - 2] = base + rng.normal(0, 6)
    return _lit(out, rng)


def _facade(rng: Rng) -> Pixels:
    """A plastered house with storeys, windows and a corner that is exactly upright."""
    height, width = 640, 960
    out = np.full((height, width, 3), rng.uniform(150, 200, 3))
    corner = int(rng.integers(300, 650))
    out[:, corner:] -= rng.uniform(3, 9)  # the far wall lies in the shade
    for y in range(int(rng.integers(40, 80)), height, int(rng.integers(110, 150))):
        out[y : y + 3] -= 25
        for x in range(30, width - 70, 105):
            if abs(x + 28 - corner) > 60:
                out[y + 30 : y + 90, x : x + 56] = rng.uniform(40, 90)
                out[y + 26 : y + 30, x - 4 : x + 60] = 230
    return _lit(out, rng)
