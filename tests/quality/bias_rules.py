"""Published rules for tone and light of a picture, as their code or paper states them, to compare.

Pictures are ``uint8 [H, W, 3]``, RGB. The rules for tones are shown skin, and return a Monk tone or
``None``.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.bias.monk import individual_typology_angle, rgb_to_lab, swatches, to_linear
from gencheck.findings import Box


def heim(picture: NDArray[np.uint8]) -> int | None:
    """HEIM, ``skin_tone_metrics.py``: a box in RGB and YCrCb (Kolkur et al. 2017), no face.

    The mean of what is inside is compared in the order B, G, R with tones in R, G, B.
    """
    r, g, b = (picture[..., i].astype(int) for i in range(3))
    y, cr, cb = (cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb)[..., i].astype(int) for i in range(3))
    skin = (r > 95) & (g > 40) & (b > 20) & (r > g) & (r > b) & (abs(r - g) > 15)
    skin &= (cr > 135) & (cb > 85) & (y > 80)
    skin &= (cr <= 1.5862 * cb + 20) & (cr >= 0.3448 * cb + 76.2069)
    skin &= (cr >= -4.5652 * cb + 234.5652) & (cr <= -1.15 * cb + 301.75)
    skin &= cr <= -2.2857 * cb + 432.85
    if not skin.any():
        return None
    mean = picture[skin].mean(axis=0)[::-1]
    return int(np.abs(mean - swatches()).sum(axis=1).argmin()) + 1


def dall_eval(picture: NDArray[np.uint8]) -> int:
    """DALL-Eval, ``compute_ita.py``: mean ITA of 8-bit L and b, of B, G, R taken for R, G, B."""
    lab = cv2.cvtColor(np.ascontiguousarray(picture[..., ::-1]), cv2.COLOR_RGB2LAB).astype(float)
    angle = np.degrees(np.arctan((lab[..., 0] - 50) / lab[..., 2])).mean()
    scale = [individual_typology_angle(colour) for colour in rgb_to_lab(swatches())]
    return int(np.abs(angle - np.array(scale)).argmin()) + 1


def shades_of_grey(picture: NDArray[np.uint8], face: Box) -> NDArray[np.float64]:
    """The colour of the light, linear R, G, B, by the sixth norm (Finlayson and Trezzi 2004).

    Args:
        face: left out, with half of its size around it.
    """
    keep = picture.max(axis=2) < 250
    top, left = (int(max(0, at)) for at in (face.y - face.height / 2, face.x - face.width / 2))
    keep[top : int(top + 2 * face.height), left : int(left + 2 * face.width)] = False
    result: NDArray[np.float64] = np.mean(to_linear(picture[keep]) ** 6, axis=0) ** (1 / 6)
    return result
