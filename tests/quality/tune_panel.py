"""Prints how each detector of pictures behaves on the photos that thresholds are fixed on.

    GENCHECK_DATA=… python tests/quality/tune_panel.py [--code RINGING] [--every 4] [--show]

Clean: coco128/train2017, real_dreambooth, the photos of scikit-image, and pictures (``drawn``,
``traps``) that look like damage and are none. Damaged: every n-th of the photos, at most 1024
pixels a side. Nothing here is of the material that ``evaluate_artifact.py`` judges by, and no
damage of its making.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import cv2
import numpy as np
from tune_damage import DAMAGE, Pixels, drawn
from tune_traps import traps

from gencheck.artifact.image.panel import DETECTORS, Detector, _gap
from gencheck.artifact.image.picture import prepare
from gencheck.findings import Measurement, Severity
from gencheck.media.types import Image
from gencheck.policy import Policy, grade
from gencheck.policy_file import Policies

SIDE = 1024
CARRIED = """
astronaut.png camera.png coffee.png chelsea.png rocket.jpg motorcycle_left.png coins.png brick.png
grass.png gravel.png hubble_deep_field.jpg moon.png page.png text.png retina.jpg
""".split()  # noqa: SIM905 - quoted words are no easier to read
PRINTED = ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg")


def photos(data: Path) -> dict[str, Pixels]:
    """Every clean photo by name, as it was decoded."""
    import skimage.data

    carried = Path(skimage.data.__file__).parent
    paths = [
        *sorted((data / "coco128/images/train2017").glob("*.jpg")),
        *sorted((data / "real_dreambooth").glob("*/*.jpg")),
        *(carried / name for name in CARRIED),
    ]
    return {f"{p.parent.name}/{p.name}": read(p) for p in paths}


def read(path: Path) -> Pixels:
    """``uint8 [H, W, 3]`` RGB."""
    return cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def fit(pixels: Pixels) -> Pixels:
    """At most ``SIDE`` pixels a side."""
    ratio = SIDE / max(pixels.shape[:2])
    if ratio >= 1:
        return pixels
    return cv2.resize(pixels, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)


def measure(detector: Detector, pixels: Pixels) -> tuple[Measurement, ...]:
    """What one detector says about one picture."""
    picture = prepare(Image(np.ascontiguousarray(pixels), None, "PNG"))
    return () if _gap(detector, picture) else detector.measure(picture).measurements


def worst(found: tuple[Measurement, ...], code: str) -> float:
    """The highest value of a code."""
    return max((m.value for m in found if m.code == code), default=0.0)


def severity(found: tuple[Measurement, ...], code: str, policy: Policy) -> int:
    """The worst severity of a code, 0 for none."""
    mine = [m for m in found if m.code == code]
    return max((int(f.severity) for f in grade(mine, policy)), default=0)


def auroc(damaged: list[float], clean: list[float]) -> float:
    """The chance that a damaged picture measures higher than a clean one."""
    above = np.subtract.outer(damaged, clean)
    return float(np.mean((above > 0) + 0.5 * (above == 0)))


def tell(
    detector: Detector, clean: dict[str, Pixels], every: int, policy: Policy, show: bool
) -> None:
    """Prints the quantiles of the clean pictures, then what made damage measures."""
    code, known = detector.code, detector.code in policy.thresholds
    found = {name: measure(detector, pixels) for name, pixels in clean.items()}
    values = {name: worst(mine, code) for name, mine in found.items()}
    grades = {n: severity(mine, code, policy) if known else 0 for n, mine in found.items()}
    spread = " ".join(f"{q:.3g}" for q in np.quantile(list(values.values()), [0.5, 0.95, 0.99, 1]))
    minor = sum(g >= Severity.MINOR for g in grades.values())
    major = sum(g >= Severity.MAJOR for g in grades.values())
    print(
        f"{code}: {len(values)} clean, q50 q95 q99 max {spread}; MINOR or worse {minor}, "
        f"MAJOR or worse {major}"
    )
    if show:
        for name in sorted(values, key=values.__getitem__, reverse=True)[:10]:
            print(f"    {values[name]:>8.3f} ({grades[name]}) {name}")
    names = [n for n in clean if not n.startswith(("drawn", "trap"))][::every]
    bases = {name: fit(clean[name]) for name in names}
    plain = [worst(measure(detector, p), code) for p in bases.values()]
    for title, make in DAMAGE.get(code, {}).items():
        hurt = []
        for name, base in bases.items():
            damaged = make(base, np.random.default_rng(sum(map(ord, name))))
            hurt.append(measure(detector, damaged))
        scores = [worst(mine, code) for mine in hurt]
        marks = [severity(mine, code, policy) if known else 0 for mine in hurt]
        print(
            f"  {title:<32} AUROC {auroc(scores, plain):.3f} (all clean "
            f"{auroc(scores, list(values.values())):.3f})  q05 q50 q95 "
            + " ".join(f"{q:.3g}" for q in np.quantile(scores, [0.05, 0.5, 0.95]))
            + f"  MINOR {np.mean(np.array(marks) >= Severity.MINOR):.0%}"
            + f" MAJOR {np.mean(np.array(marks) >= Severity.MAJOR):.0%}"
        )


def main() -> int:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--code", action="append", help="a code; may be given again")
    parser.add_argument("--every", type=int, default=4, help="damage every n-th photo")
    parser.add_argument("--show", action="store_true", help="name the highest clean pictures")
    options = parser.parse_args()
    if not os.environ.get("GENCHECK_DATA"):
        print("GENCHECK_DATA is not set: no photos to measure on, nothing printed.")
        return 0
    clean = photos(Path(os.environ["GENCHECK_DATA"]))
    of_photos = [fit(p) for n, p in clean.items() if n.endswith(PRINTED)]
    clean |= drawn() | traps(of_photos)
    policy = Policies.load().get("default")
    for detector in DETECTORS:
        if not options.code or detector.code in options.code:
            tell(detector, clean, options.every, policy, options.show)
    return 0


if __name__ == "__main__":
    sys.exit(main())
