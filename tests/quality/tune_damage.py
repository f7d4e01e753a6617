"""Damage and traps for ``tune_panel.py``: what must be found, and what must not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
Make: TypeAlias = Callable[[Pixels, np.random.Generator], Pixels]


def _bytes(values: NDArray[np.floating]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    """Through JPEG and back."""
    _, data = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1])


def _resized(pixels: Pixels, factor: float, way: int = cv2.INTER_LINEAR) -> Pixels:
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=way))


def _patch(change: Make, share: float = 0.35) -> Make:
    """The change within a rectangle at a random place."""

    def make(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        height, width = (int(side * share) for side in pixels.shape[:2])
        y = int(rng.integers(0, pixels.shape[0] - height))
        x = int(rng.integers(0, pixels.shape[1] - width))
        part = np.ascontiguousarray(pixels[y : y + height, x : x + width])
        out = pixels.copy()
        out[y : y + height, x : x + width] = change(part, rng)
        return out

    return make


def _blurred(sigma: float) -> Make:
    return lambda p, _: np.asarray(cv2.GaussianBlur(p, (0, 0), sigma), np.uint8)


def _blurred_inside(sigma: float, share: float = 0.3) -> Make:
    """A blurred rectangle that touches no border, cut off hard."""

    def make(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        height, width = (int(side * share) for side in pixels.shape[:2])
        edge = 32
        y = int(rng.integers(edge, pixels.shape[0] - height - edge))
        x = int(rng.integers(edge, pixels.shape[1] - width - edge))
        out, soft = pixels.copy(), cv2.GaussianBlur(pixels, (0, 0), sigma)
        out[y : y + height, x : x + width] = soft[y : y + height, x : x + width]
        return out

    return make


def _sharpened(sigma: float, amount: float) -> Make:
    def make(pixels: Pixels, _: np.random.Generator) -> Pixels:
        values = pixels.astype(np.float32)
        return _bytes(values + amount * (values - cv2.GaussianBlur(values, (0, 0), sigma)))

    return make


def _truncated_sinc(pixels: Pixels, _: np.random.Generator) -> Pixels:
    """The spectrum cut off hard at half of its width."""
    out = np.empty(pixels.shape, np.float64)
    for channel in range(3):
        spectrum = np.fft.fft2(pixels[:, :, channel])
        y, x = (np.abs(np.fft.fftfreq(n)) < 0.2 for n in pixels.shape[:2])
        out[:, :, channel] = np.fft.ifft2(spectrum * y[:, None] * x[None, :]).real
    return _bytes(out)


def _noisy(sigma: float) -> Make:
    return lambda p, rng: _bytes(p + rng.normal(0, sigma, p.shape))


def _noisy_chroma(sigma: float) -> Make:
    def make(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        values = cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb).astype(np.float32)
        values[:, :, 1:] += rng.normal(0, sigma, values[:, :, 1:].shape)
        return np.asarray(cv2.cvtColor(_bytes(values), cv2.COLOR_YCrCb2RGB), np.uint8)

    return make


def _sky(bits: int) -> Make:
    """A gradient over the upper part, in few bits."""

    def make(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        height, width = pixels.shape[:2]
        part = int(height * rng.uniform(0.4, 0.6))
        angle, span = rng.uniform(-0.8, 0.8), rng.uniform(60, 120)
        y, x = np.mgrid[:part, :width] / height
        ramp = np.clip(y * np.cos(angle) + x * np.sin(angle), -1, 1)
        colour = rng.uniform(60, 130, 3) + span * rng.uniform(0.5, 1, 3) * ramp[:, :, None]
        step, out = 2.0 ** (8 - bits), pixels.copy()
        out[:part] = _bytes(np.rint(colour / step) * step)
        return out

    return make


def _few_bits(bits: int) -> Make:
    """The photo itself made smooth, then in few bits."""

    def make(pixels: Pixels, _: np.random.Generator) -> Pixels:
        smooth = cv2.GaussianBlur(cv2.bilateralFilter(pixels, 15, 50, 7), (0, 0), 2.5)
        step = 2.0 ** (8 - bits)
        return _bytes(np.rint(smooth.astype(np.float64) / step) * step)

    return make


DAMAGE: dict[str, dict[str, Make]] = {
    "BLOCKING": {
        **{f"JPEG {q}": lambda p, _, q=q: jpeg(p, q) for q in (30, 25, 20, 15, 10, 5)},
        "JPEG 20, cropped": lambda p, _: np.ascontiguousarray(jpeg(p, 20)[3:, 5:]),
        "JPEG 10, patch": _patch(lambda p, _: jpeg(p, 10)),
        "JPEG 15, up 1.5": lambda p, _: _resized(jpeg(_resized(p, 2 / 3, 3), 15), 1.5),
        "JPEG 15, up 2": lambda p, _: _resized(jpeg(_resized(p, 1 / 2, 3), 15), 2),
        "JPEG 15, up 2 nearest": lambda p, _: _resized(jpeg(_resized(p, 0.5, 3), 15), 2, 0),
    },
    "RINGING": {
        **{f"JPEG {q}": lambda p, _, q=q: jpeg(p, q) for q in (25, 20, 15)},
        **{
            f"unsharp {s}, {a}": _sharpened(s, a)
            for s, a in ((1, 1.5), (1, 3), (1.5, 2), (2, 1.5), (2, 3))
        },
        "sinc": _truncated_sinc,
        "Lanczos up 2": lambda p, _: _resized(_resized(p, 0.5, 3), 2, cv2.INTER_LANCZOS4),
    },
    "BLUR": {
        **{f"Gaussian {s}": _blurred(s) for s in (1.5, 2, 3, 4)},
        **{f"patch inside {s}": _blurred_inside(s) for s in (2, 3, 5)},
    },
    "NOISE": {
        **{f"Gaussian {s}": _noisy(s) for s in (6, 10, 15, 25)},
        **{f"patch {s}": _patch(_noisy(s)) for s in (15, 25)},
        **{f"chroma {s}": _noisy_chroma(s) for s in (8, 15)},
    },
    "BANDING": {
        **{f"sky of {b} bits": _sky(b) for b in (6, 5, 4)},
        **{f"smoothed, {b} bits": _few_bits(b) for b in (6, 5, 4)},
    },
}


def drawn(side: int = 640) -> dict[str, Pixels]:
    """Pictures that are as they should be and look like damage to a careless eye."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:side, :side].astype(np.float32)
    shade = 128 + 60 * np.sin(x / 90) * np.cos(y / 120)
    dots = 128 + 127 * np.cos(2 * np.pi * (x + y) / 9) * np.cos(2 * np.pi * (x - y) / 9)
    brick = np.where((y % 40 < 4) | ((x + 40 * (y // 40 % 2)) % 80 < 4), 190.0, 120.0)
    fog = cv2.GaussianBlur(rng.normal(0, 1, (side, side)), (0, 0), 40)
    night = np.clip(30 * (shade / 128) + rng.normal(0, 1.2, (side, side)), 0, 255)
    night[rng.integers(0, side, 60), rng.integers(0, side, 60)] = 250
    grain = shade + cv2.GaussianBlur(rng.normal(0, 6, (side, side)), (0, 0), 0.8)
    grey = {
        "halftone": np.where(dots > shade, 20.0, 235.0),
        "brick": brick + rng.normal(0, 2, (side, side)),
        "film grain": grain,
        "fog": 170 + 25 * fog / fog.std() + rng.normal(0, 0.7, (side, side)),
        "night": cv2.GaussianBlur(night, (0, 0), 0.8),
        "ramp": 40 + 170 * x / side,
    }
    out = {name: np.repeat(_bytes(v)[:, :, None], 3, axis=2) for name, v in grey.items()}
    out |= {"cartoon": _cartoon(side, rng), "text page": _page(side), "screenshot": _screen(side)}
    out |= {"product on white": _product(side), "bokeh": _bokeh(side, rng)}
    return {f"drawn/{name}": pixels for name, pixels in out.items()}


def _cartoon(side: int, rng: np.random.Generator) -> Pixels:
    out = np.full((side, side, 3), (130, 190, 240), np.uint8)
    for _ in range(25):
        at = tuple(int(v) for v in rng.integers(0, side, 2))
        colour = tuple(int(v) for v in rng.integers(40, 255, 3))
        size = int(rng.integers(20, 90))
        cv2.circle(out, at, size, colour, -1, cv2.LINE_AA)
        cv2.circle(out, at, size, (20, 20, 20), 3, cv2.LINE_AA)
    return out


def _page(side: int) -> Pixels:
    out = np.full((side, side, 3), 252, np.uint8)
    for row in range(30, side - 10, 22):
        text = "The quick brown fox jumps over the lazy dog and runs"
        cv2.putText(out, text, (20, row), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (25,) * 3, 1, cv2.LINE_AA)
    return out


def _screen(side: int) -> Pixels:
    out = np.full((side, side, 3), 245, np.uint8)
    out[:48] = (40, 60, 90)
    out[48:, :150] = (228, 230, 234)
    for row in range(80, side - 50, 60):
        out[row : row + 40, 170 : side - 20] = 255
        out[row, 170 : side - 20] = out[row + 40, 170 : side - 20] = 215
        cv2.putText(out, "Setting of a thing", (180, row + 26), 0, 0.5, (60, 60, 60), 1, 16)
        out[row + 10 : row + 26, 20:120] = (200, 204, 210)
    return out


def _product(side: int) -> Pixels:
    y, x = np.mgrid[:side, :side].astype(np.float32)
    away = np.hypot(x - side / 2, y - side / 2) / (side / 3.2)
    lit = 90 + 110 * np.clip(1 - np.hypot(x - side / 2.4, y - side / 2.4) / (side / 3), 0, 1)
    mask = np.clip((1 - away) * side / 6, 0, 1)
    values = 255 * (1 - mask) + lit * mask
    return _bytes(np.stack([values, 0.8 * values + 0.2 * 255 * (1 - mask), values], axis=2))


def _bokeh(side: int, rng: np.random.Generator) -> Pixels:
    out = np.full((side, side, 3), (40, 45, 60), np.float32)
    for _ in range(60):
        at = tuple(int(v) for v in rng.integers(0, side, 2))
        colour = tuple(int(v) for v in rng.integers(80, 255, 3))
        cv2.circle(out, at, int(rng.integers(8, 40)), colour, -1)
    out = cv2.GaussianBlur(out, (0, 0), 9)
    middle = slice(side // 3, 2 * side // 3)
    grass = rng.normal(0, 30, (side, side, 1))
    out[middle, middle] = 120 + cv2.GaussianBlur(grass, (0, 0), 1.0)[middle, middle, None] * 2
    return _bytes(out)
