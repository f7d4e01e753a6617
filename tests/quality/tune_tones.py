"""Fits the error model of skin tones to rendered heads, by the logarithmic score, and prints it.

    python tests/quality/tune_tones.py [--heads N]

The seeds are not those that ``bias_tones.py`` reports. What is printed stands in ``bias/tones.py``
(and the confidence in ``bias/light.py``), rounded.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np
from bias_tones import render
from numpy.typing import NDArray
from scipy.optimize import minimize

from gencheck.bias.light import CONFIDENCE, weigh_lights
from gencheck.bias.skin import skin_colour
from gencheck.bias.tones import MODEL, tone_masses

DEVELOPED = 500_000
Floats = NDArray[np.float64]
Case = tuple[int, Floats, Floats]
"""Tone, colour of the skin, log weights of the lights."""


def look(seed: int) -> Case | None:
    """What is seen of a head; ``None`` where it cannot be read whatever the model is."""
    head = render(seed)
    skin = skin_colour(head.picture, head.face)
    lights = weigh_lights(head.picture, [head.face])
    return None if lights is None or not isinstance(skin, np.ndarray) else (head.tone, skin, lights)


def loss(values: Sequence[float], cases: Sequence[Case]) -> float:
    """Mean of -log of the mass of the true tone."""
    exposure, red, blue, level, confidence = np.exp(values)
    own = replace(MODEL.own, scale=(red, blue))
    model = replace(MODEL, exposure=exposure, level=level, own=own)
    masses = [tone_masses(s, w * confidence / CONFIDENCE, model).masses[t - 1] for t, s, w in cases]
    return float(-np.log(np.maximum(masses, 1e-6)).mean())


def main() -> int:
    """Print the fitted values."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--heads", type=int, default=800)
    heads = parser.parse_args().heads
    with ProcessPoolExecutor(2) as pool:
        seen = pool.map(look, range(DEVELOPED, DEVELOPED + heads), chunksize=25)
        cases = [case for case in seen if case is not None]
    start = np.log([MODEL.exposure, *MODEL.own.scale, MODEL.level, CONFIDENCE])
    print(f"{len(cases)} heads, loss {loss(start, cases):.4f} with the values in use")
    found = minimize(
        loss, start, (cases,), "Nelder-Mead", options={"maxiter": 120, "xatol": 0.01, "fatol": 1e-4}
    )
    names = ("exposure", "red", "blue", "level", "confidence")
    values = ", ".join(f"{n} {v:.3f}" for n, v in zip(names, np.exp(found.x), strict=True))
    print(f"fitted: {values}; loss {found.fun:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
