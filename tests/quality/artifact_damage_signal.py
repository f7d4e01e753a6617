"""Damage to the signal: what codecs, scalers, sensors and colour tables do to a picture."""

from __future__ import annotations

import cv2
import numpy as np
from artifact_damage import (
    Damage,
    Damaged,
    Pixels,
    Rng,
    as_bytes,
    jpeg,
    mask_of,
    patch,
    picture,
    untouched,
    whole,
)
from numpy.typing import NDArray


def _jpeg(pixels: Pixels, quality: float, _: Rng) -> Pixels:
    return jpeg(pixels, quality)


def _sharpened(pixels: Pixels, amount: float, _: Rng) -> Pixels:
    """An unsharp mask of radius 1.5 pixels."""
    values = pixels.astype(np.float32)
    return as_bytes(values + amount * (values - cv2.GaussianBlur(values, (0, 0), 1.5)))


def _cut_off(pixels: Pixels, share: float, _: Rng) -> Pixels:
    """No frequency above that share of Nyquist's: Gibbs' waves beside every edge."""
    height, width = pixels.shape[:2]
    padded = cv2.copyMakeBorder(pixels, 32, 32, 32, 32, cv2.BORDER_REFLECT).astype(np.float32)
    y = np.fft.fftfreq(padded.shape[0])[:, None]
    x = np.fft.rfftfreq(padded.shape[1])[None, :]
    keep = np.hypot(y, x) <= share / 2
    planes = [
        np.fft.irfft2(np.fft.rfft2(padded[:, :, channel]) * keep, padded.shape[:2])
        for channel in range(3)
    ]
    return as_bytes(np.stack(planes, axis=2)[32 : 32 + height, 32 : 32 + width])


def _jpeg2000(pixels: Pixels, ratio: float, _: Rng) -> Pixels:
    """Compressed so many times smaller by wavelets."""
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    rate = [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, round(1000 / ratio)]
    _, data = cv2.imencode(".jp2", bgr, rate)
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def _blurred(pixels: Pixels, sigma: float, _: Rng) -> Pixels:
    return cv2.GaussianBlur(pixels, (0, 0), sigma)


def _shaken(pixels: Pixels, length: float, rng: Rng) -> Pixels:
    """Motion along a line of that many pixels, in a direction of chance."""
    size = int(length) | 1
    kernel = np.zeros((size, size), np.float32)
    angle = rng.uniform(0, np.pi)
    reach = np.array([np.cos(angle), np.sin(angle)]) * (size - 1) / 2
    middle = size // 2
    ends = [tuple(round(middle + sign * v) for v in reach) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    return cv2.filter2D(pixels, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT)


def _upscaled(pixels: Pixels, factor: float, _: Rng) -> Pixels:
    small = cv2.resize(pixels, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, pixels.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def _noisy(pixels: Pixels, sigma: float, rng: Rng) -> Pixels:
    return as_bytes(pixels + rng.normal(0, sigma, pixels.shape))


def _noisy_luma(pixels: Pixels, sigma: float, rng: Rng) -> Pixels:
    """The same in all three channels, and through JPEG at 90, as a camera's is."""
    noise = rng.normal(0, sigma, pixels.shape[:2])[:, :, None]
    return jpeg(as_bytes(pixels + noise), 90)


def _sky(shape: tuple[int, ...], rng: Rng) -> NDArray[np.float64]:
    """A smooth gradient for the upper half, 8-bit levels before rounding."""
    half, width = shape[0] // 2, shape[1]
    angle = rng.uniform(-0.6, 0.6)
    y, x = np.mgrid[:half, :width]
    ramp = (y * np.cos(angle) + x * np.sin(angle)) / shape[0]
    return np.stack([90 + 110 * ramp, 120 + 100 * ramp, 190 + 50 * ramp], axis=2)


def _sky_in_bits(pixels: Pixels, bits: float, rng: Rng) -> Damaged:
    sky, step = _sky(pixels.shape, rng), 2 ** (8 - bits)
    out = pixels.astype(np.float64)
    out[: len(sky)] = np.rint(sky / step) * step
    where = mask_of(pixels.shape, (slice(0, len(sky)), slice(None)))
    return Damaged(picture(out), where)


def _sky_dithered(pixels: Pixels, rng: Rng) -> Damaged:
    sky = _sky(pixels.shape, rng)
    out = pixels.astype(np.float64)
    out[: len(sky)] = sky + rng.uniform(-0.5, 0.5, sky.shape)
    return Damaged(picture(out))


def _smooth(pixels: Pixels) -> Pixels:
    """A photo as smooth as a generator's skin or sky."""
    return cv2.bilateralFilter(cv2.GaussianBlur(pixels, (0, 0), 3), 9, 40, 9)


def _posterised(pixels: Pixels, bits: float, _: Rng) -> Pixels:
    step = 2 ** (8 - bits)
    return as_bytes(np.rint(_smooth(pixels) / step) * step)


def _smoothed(pixels: Pixels, rng: Rng) -> Damaged:
    return Damaged(picture(_smooth(pixels) + rng.uniform(-0.5, 0.5, pixels.shape)))


def _grid(pixels: Pixels, amplitude: float, period: int) -> Pixels:
    """Waves along both sides, of that many levels at their crossings."""
    y, x = (np.cos(2 * np.pi * np.arange(side) / period) for side in pixels.shape[:2])
    return as_bytes(pixels + amplitude * (y[:, None] + x[None, :])[:, :, None] / 2)


def _transposed(pixels: Pixels, percent: float, _: Rng) -> Pixels:
    """Enlarged twice by a transposed convolution whose kernel of 3 overlaps unevenly."""
    even = tuple(side // 2 * 2 for side in pixels.shape[:2])
    small = cv2.resize(pixels, (even[1] // 2, even[0] // 2), interpolation=cv2.INTER_AREA)
    out = small.astype(np.float32)
    gain = percent / 100
    for axis in (0, 1):
        # Even outputs see one weight of the kernel, odd ones the sum of two neighbours' weights.
        after = np.concatenate([out, out.take([-1], axis)], axis).take(
            range(1, out.shape[axis] + 1), axis
        )
        both = np.stack([out * (1 - gain), (out + after) / 2 * (1 + gain)], axis + 1)
        shape = list(out.shape)
        shape[axis] *= 2
        out = both.reshape(shape)
    return as_bytes(out)


def _enlarged_evenly(pixels: Pixels, rng: Rng) -> Damaged:
    return Damaged(picture(_transposed(pixels, 0.0, rng)))


def _decimated(pixels: Pixels, factor: float, _: Rng) -> Pixels:
    """Every n-th pixel, without a filter before."""
    step = int(factor)
    return np.ascontiguousarray(pixels[step // 2 :: step, step // 2 :: step])


def _reduced(pixels: Pixels, _: Rng) -> Damaged:
    return Damaged(
        picture(cv2.resize(pixels, None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA))
    )


def _jagged(pixels: Pixels, factor: float, _: Rng) -> Pixels:
    """Reduced well and enlarged by repeating pixels."""
    small = cv2.resize(pixels, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, pixels.shape[1::-1], interpolation=cv2.INTER_NEAREST)


def _enlarged_smoothly(pixels: Pixels, rng: Rng) -> Damaged:
    return Damaged(picture(_upscaled(pixels, 3, rng)))


def _burnt_out(pixels: Pixels, share: float, _: Rng) -> Pixels:
    """Exposed so that this share of the pixels is white."""
    darkest = pixels.min(axis=2)
    return as_bytes(pixels * (255 / max(float(np.quantile(darkest, 1 - share)), 1.0)))


def _crushed(pixels: Pixels, share: float, _: Rng) -> Pixels:
    """Contrast so high that this share of the pixels is black."""
    foot = min(float(np.quantile(pixels.max(axis=2), share)), 250.0)
    return as_bytes((pixels.astype(np.float32) - foot) * (255 / (255 - foot)))


def _tinted(pixels: Pixels, gain: float, rng: Rng) -> Pixels:
    """Channels multiplied in linear light: warm, cool, green or magenta."""
    tints = ((1, 0, -1), (-1, 0, 1), (-0.5, 0.7, -0.5), (0.5, -0.7, 0.5))
    tint = np.array(tints[int(rng.integers(4))])
    linear = (pixels / 255.0) ** 2.2 * gain**tint
    return as_bytes(255 * np.clip(linear, 0, 1) ** (1 / 2.2))


SIGNAL = (
    Damage("BLOCKING", "JPEG", "quality", (25, 12, 5), whole(_jpeg), untouched),
    Damage("BLOCKING", "JPEG, patch", "quality", (25, 12, 5), patch(_jpeg), untouched),
    Damage("RINGING", "sharpened", "amount", (1, 2, 4), whole(_sharpened), untouched),
    Damage("RINGING", "cut off", "Nyquist", (0.6, 0.4, 0.25), whole(_cut_off), untouched),
    Damage("RINGING", "JPEG 2000", "ratio", (30, 60, 120), whole(_jpeg2000), untouched),
    Damage("RINGING", "sharpened, patch", "amount", (1, 2, 4), patch(_sharpened), untouched),
    Damage("BLUR", "Gaussian", "sigma", (1, 2, 4), whole(_blurred), untouched),
    Damage("BLUR", "motion", "pixels", (5, 9, 17), whole(_shaken), untouched),
    Damage("BLUR", "enlarged", "times", (2, 3, 4), whole(_upscaled), untouched),
    Damage("NOISE", "white", "sigma", (8, 15, 25), whole(_noisy), untouched),
    Damage("NOISE", "luma, JPEG 90", "sigma", (8, 15, 25), whole(_noisy_luma), untouched),
    Damage("NOISE", "white, patch", "sigma", (8, 15, 25), patch(_noisy), untouched),
    Damage("BANDING", "sky", "bits", (6, 5, 4), _sky_in_bits, _sky_dithered),
    Damage("BANDING", "smoothed photo", "bits", (5, 4, 3), whole(_posterised), _smoothed),
    *(
        Damage("CHECKERBOARD", f"period {n}", "levels", (2, 4, 8),
               whole(lambda p, s, _, n=n: _grid(p, s, n)), untouched)
        for n in (2, 4, 8)
    ),
    Damage("CHECKERBOARD", "transposed conv.", "percent", (2, 4, 8),
           whole(_transposed), _enlarged_evenly),
    Damage("CHECKERBOARD", "period 2, patch", "levels", (2, 4, 8),
           patch(lambda p, s, _: _grid(p, s, 2)), untouched),
    Damage("ALIASING", "decimated", "times", (2, 3, 4), whole(_decimated), _reduced),
    Damage("ALIASING", "jagged", "times", (2, 3, 4), whole(_jagged), _enlarged_smoothly),
    Damage("ALIASING", "jagged, patch", "times", (2, 3, 4), patch(_jagged), untouched),
    Damage("CLIPPING", "burnt out", "share", (0.1, 0.2, 0.4), whole(_burnt_out), untouched),
    Damage("CLIPPING", "crushed", "share", (0.1, 0.2, 0.4), whole(_crushed), untouched),
    Damage("COLOUR_CAST", "tinted", "gain", (1.15, 1.3, 1.6), whole(_tinted), untouched),
)  # fmt: skip
