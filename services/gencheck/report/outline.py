"""The outline of a mask, to be drawn over a picture."""

from __future__ import annotations

import cv2
import numpy as np

from gencheck.findings import Mask

_MOST_POINTS = 1_500
_PNG_SIZE = slice(16, 24)  # width and height in the header, big-endian


def outline(mask: Mask, width: int, height: int) -> str:
    """The mask as an SVG path in pixels of the picture; empty where it is none of this picture.

    Args:
        width, height: of the picture that the mask belongs to: another mask is not decoded.
    """
    size = np.frombuffer(mask.png[_PNG_SIZE], ">u4")
    if tuple(size) != (width, height):
        return ""
    pixels = cv2.imdecode(np.frombuffer(mask.png, np.uint8), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        return ""
    contours, _ = cv2.findContours(pixels, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    near = max(1.0, 0.002 * max(width, height))
    parts, points = [], 0
    for contour in sorted(contours, key=len, reverse=True):
        corners = cv2.approxPolyDP(contour, near, True)[:, 0]
        points += len(corners)
        if points > _MOST_POINTS:
            break
        if len(corners) >= 3:
            parts.append("M" + "L".join(f"{x} {y}" for x, y in corners) + "Z")
    return "".join(parts)
