"""Holds the default policy's steps against a full-reference measure, on training photos.

    GENCHECK_DATA=… python tests/quality/calibrate_severity.py [--only BLUR] [--photos 16] [--toml]

Damage rises step by step on each photo; at each step the detector's value and the loss are read:
MS-SSIM of the luma (Wang et al. 2003) or the mean CIEDE2000, of the picture as a surface shows it.
So each level of loss has a value of the detector, and each threshold a level. Named levels: MS-SSIM
0.98, 0.95 and 0.85, CIEDE2000 2, 4 and 8 for minor, major and critical. Until people have rated
pictures these stand in for them. ``--toml`` prints what a thumbnail may then bear, for the policy.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from artifact_damage import Damage, Damaged, Pixels
from artifact_damage_layout import LAYOUT
from artifact_damage_signal import SIGNAL
from artifact_measure import is_measured, read_code
from artifact_pictures import photo_paths, read_photo
from artifact_similarity import colour_difference, ms_ssim, seen_at
from numpy.typing import NDArray

from gencheck.policy import Thresholds
from gencheck.policy_file import Policies

MS_SSIM_LEVELS = (0.98, 0.95, 0.85)
CIEDE_LEVELS = (2.0, 4.0, 8.0)
SIDES = {"as it is": 1024, "at 256": 256}
"""Longest side that the loss is seen at, pixels: photos have at most 1024 here."""
STEPS = ("minor", "major", "critical")


@dataclass(frozen=True)
class Scale:
    """A damage that rises, and the measure of its loss."""

    code: str
    damage: str
    strengths: tuple[float, ...]
    colour: bool = False

    @property
    def levels(self) -> tuple[float, float, float]:
        """The losses that are called minor, major and critical."""
        return CIEDE_LEVELS if self.colour else MS_SSIM_LEVELS

    @property
    def measure(self) -> Callable[[Pixels, Pixels], float]:
        """Of two pictures of one size."""
        return colour_difference if self.colour else ms_ssim


SCALES = (
    Scale("BLOCKING", "JPEG", (70, 50, 35, 25, 18, 12, 8, 5, 3)),
    Scale("RINGING", "JPEG 2000", (8, 16, 30, 45, 60, 90, 130, 180)),
    Scale("RINGING", "sharpened", (0.5, 1, 1.5, 2, 3, 4, 6, 9)),
    Scale("BLUR", "Gaussian", (0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8)),
    Scale("NOISE", "luma, JPEG 90", (2, 4, 6, 9, 13, 18, 25, 35, 50)),
    Scale("BANDING", "smoothed photo", (7, 6.5, 6, 5.5, 5, 4.5, 4, 3.5, 3, 2.5)),
    Scale("CHECKERBOARD", "period 2", (1, 2, 3, 4, 6, 8, 12, 18, 27)),
    Scale("ALIASING", "jagged", (1.4, 2, 2.8, 4, 5.6, 8)),
    Scale("WATERMARK", "word aslant", (0.05, 0.1, 0.15, 0.2, 0.3, 0.45, 0.65, 0.9)),
    Scale("COLOUR_CAST", "tinted", (1.05, 1.1, 1.15, 1.2, 1.3, 1.45, 1.7, 2.1), colour=True),
)


@dataclass(frozen=True)
class Curve:
    """Of one photo: the detector's value and the loss by side, as the damage rises."""

    values: NDArray[np.float64]
    losses: dict[str, NDArray[np.float64]]


def damage_of(scale: Scale) -> Damage:
    """The damage of the harness's tables."""
    return next(d for d in (*SIGNAL, *LAYOUT) if (d.code, d.name) == (scale.code, scale.damage))


def curves_of(path: Path, scales: list[Scale]) -> list[Curve | None]:
    """A photo's curves, one a scale; ``None`` where the detector does not judge it."""
    cv2.setNumThreads(1)
    pixels = read_photo(path)
    return [_curve(pixels, path.name, scale) for scale in scales]


def _curve(pixels: Pixels, name: str, scale: Scale) -> Curve | None:
    damage = damage_of(scale)
    made = [damage.sham(pixels, damage.seeded(name))]
    made += [damage.make(pixels, strength, damage.seeded(name)) for strength in scale.strengths]
    values = [_value(scale.code, one) for one in made]
    if made[0] is None or any(value is None for value in values):
        return None
    clean = made[0].image.pixels if scale.code == "BANDING" else pixels
    losses = {
        title: np.array([_loss(scale, clean, one, side) for one in made])
        for title, side in SIDES.items()
    }
    return Curve(np.array(values, np.float64), losses)


def _value(code: str, damaged: Damaged | None) -> float | None:
    reading = None if damaged is None else read_code(code, damaged.image)
    if reading is None or not reading.measurements:
        return None
    return max(m.value for m in reading.measurements)


def _loss(scale: Scale, clean: Pixels, damaged: Damaged | None, side: int) -> float:
    assert damaged is not None
    return scale.measure(seen_at(clean, side), seen_at(damaged.image.pixels, side))


def value_at(curve: Curve, side: str, level: float) -> float:
    """The detector's value where the loss reaches a level; infinite where it never does."""
    losses = curve.losses[side]
    worse = losses[-1] > losses[0]
    reached = np.flatnonzero(losses >= level if worse else losses <= level)
    if not reached.size:
        return float("inf")
    after = int(reached[0])
    if after == 0:
        return float(curve.values[0])
    share = (level - losses[after - 1]) / (losses[after] - losses[after - 1])
    return float(curve.values[after - 1] * (1 - share) + curve.values[after] * share)


def loss_at(curve: Curve, side: str, value: float) -> float:
    """The loss where the detector first reaches a value; not a number where it never does."""
    reached = np.flatnonzero(curve.values >= value)
    if not reached.size:
        return float("nan")
    after, losses = int(reached[0]), curve.losses[side]
    if after == 0:
        return float(losses[0])
    span = curve.values[after] - curve.values[after - 1]
    share = (value - curve.values[after - 1]) / span if span > 0 else 1.0
    return float(losses[after - 1] * (1 - share) + losses[after] * share)


def print_scale(scale: Scale, curves: list[Curve], thresholds: Thresholds | None) -> None:
    """Which value goes with which loss, and which loss with the policy's steps."""
    name = "CIEDE2000" if scale.colour else "MS-SSIM"
    print(
        f"\n{scale.code}, {scale.damage}, {len(curves)} photos: value at a loss, median [quartiles]"
    )
    for side in SIDES:
        cells = []
        for level in scale.levels:
            low, middle, high = np.quantile([value_at(c, side, level) for c in curves],
                                            [0.25, 0.5, 0.75], method="nearest")  # fmt: skip
            cells.append(f"{name} {level:g}: {middle:.3g} [{low:.3g}–{high:.3g}]")
        print(f"  {side:<10}{'   '.join(cells)}")
    if thresholds is None:
        print("  the default policy has no steps for it")
        return
    for step, level in zip(STEPS, scale.levels, strict=True):
        at = getattr(thresholds, step)
        if at is None:
            continue
        losses = np.array([loss_at(c, "as it is", at) for c in curves])
        known = losses[np.isfinite(losses)]
        if not known.size:
            print(f"  {step} {at:g}: no photo reaches it")
            continue
        low, middle, high = np.quantile(known, [0.25, 0.5, 0.75])
        early = middle < level if scale.colour else middle > level
        word = "earlier" if early else "later"
        print(f"  {step:<9}{at:<7g}is {name} {middle:.3f} [{low:.3f}–{high:.3f}], {word} than "
              f"{level:g}; {known.size} of {len(curves)} photos reach it")  # fmt: skip


def print_toml(scale: Scale, curves: list[Curve], thresholds: Thresholds | None) -> None:
    """What a thumbnail bears: the value at each level at 256 pixels, never below the default's."""
    steps = []
    for step, level in zip(STEPS, scale.levels, strict=True):
        value = float(np.median([value_at(c, "at 256", level) for c in curves]))
        least = getattr(thresholds, step) if thresholds is not None else None
        if np.isfinite(value):
            steps.append(f"{step} = {max(value, least or 0.0):.3g}")
    print(f"thresholds.{scale.code} = {{ {', '.join(steps)} }}  # {scale.damage}")


def main() -> int:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", action="append", default=[], help="a code; may be given again")
    parser.add_argument("--photos", type=int, default=16)
    parser.add_argument("--toml", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if not os.environ.get("GENCHECK_DATA"):
        print("GENCHECK_DATA is not set: no photos to calibrate on, nothing printed.")
        return 0
    groups = photo_paths(Path(os.environ["GENCHECK_DATA"]), "train").values()
    each = -(-options.photos // len(groups))
    paths = [p for files in groups for p in files[:: max(1, len(files) // each)][:each]]
    scales = [s for s in SCALES if s.code in options.only or not options.only]
    missing = sorted({s.code for s in scales if not is_measured(s.code)})
    scales = [s for s in scales if s.code not in missing]
    policy = Policies.load().get("default")
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
        found = list(pool.map(curves_of, paths, repeat(scales)))
    show = print_toml if options.toml else print_scale
    for index, scale in enumerate(scales):
        curves = [curve for row in found if (curve := row[index]) is not None]
        show(scale, curves, policy.thresholds.get(scale.code))
    if missing:
        print(f"\nmeasured by no check here: {', '.join(missing)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
