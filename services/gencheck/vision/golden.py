"""Drawings with a known answer, by which a role shows that its model is the right one.

A hash tells that a file is what it was; only an answer tells that the whole way from picture to
result works. All are drawn by formula, so nothing needs to be shipped.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.findings import Box
from gencheck.inference.players import wrong_answer
from gencheck.vision.roles import Face, FaceDetector, Picture

GOLDEN_TEXT = "GENCHECK 2718"
GOLDEN_OBJECT = "stop sign"
GOLDEN_PROMPT = "A photo of a red stop sign, 2718!"
GOLDEN_FACE = Box(80, 66, 100, 130)
"""Where the drawn face is."""

_GOLDEN_LANDMARKS = ((107, 118), (149, 118), (128, 149), (110, 170), (146, 170))
GOLDEN_SIGN = Box(75, 45, 170, 170)
"""Where the drawn stop sign is, without its post."""

_FACE_SIDE = 256
# centre x, centre y, radius x, radius y, colour, width of the soft edge, opacity
_FACE: tuple[tuple[float, float, float, float, tuple[int, int, int], float, float], ...] = (
    (128, 270, 110, 70, (60, 70, 110), 4, 1),  # shoulders
    (128, 112, 60, 76, (45, 30, 22), 6, 1),  # hair
    (128, 205, 24, 40, (175, 130, 105), 4, 1),  # neck
    (128, 130, 50, 66, (222, 176, 148), 4, 1),  # face
    (128, 100, 44, 30, (232, 188, 160), 20, 0.6),  # light on the forehead
    (96, 150, 16, 16, (215, 150, 128), 12, 0.7),  # cheeks
    (160, 150, 16, 16, (215, 150, 128), 12, 0.7),
    *(
        part
        for x in (107, 149)
        for part in (
            (x, 104, 15, 3.2, (60, 40, 30), 3, 1),  # brow
            (x, 117, 14, 8, (190, 140, 115), 6, 0.7),  # socket
            (x, 118, 10, 4.6, (240, 236, 230), 2, 1),  # eye
            (x, 118, 4.6, 4.6, (50, 32, 24), 1.5, 1),  # iris
            (x, 114.2, 11, 1.8, (50, 32, 26), 1.5, 1),  # lid
        )
    ),
    (124, 135, 4, 20, (238, 200, 175), 5, 0.7),  # nose
    (128, 148, 11, 6, (205, 150, 124), 5, 1),
    (123, 151, 2.6, 1.6, (110, 65, 52), 1.5, 1),
    (133, 151, 2.6, 1.6, (110, 65, 52), 1.5, 1),
    (128, 168, 18, 4, (165, 75, 72), 3, 1),  # lips
    (128, 173, 14, 4, (185, 95, 90), 3, 1),
    (128, 170, 16, 1.2, (95, 40, 40), 1.5, 1),
    (128, 190, 18, 8, (205, 155, 128), 8, 0.6),  # chin
)


def drawn_face() -> Picture:
    """A drawing of one face, ``uint8 [256, 256, 3]``; it is at :data:`GOLDEN_FACE`."""
    rows, columns = np.mgrid[0:_FACE_SIDE, 0:_FACE_SIDE].astype(np.float32)
    picture = np.full((_FACE_SIDE, _FACE_SIDE, 3), (120, 130, 140), np.float32)
    for x, y, wide, tall, colour, edge, opacity in _FACE:
        distance = np.hypot((columns - x) / wide, (rows - y) / tall)
        cover = np.clip((1 - distance) * min(wide, tall) / edge + 0.5, 0, 1)[..., None] * opacity
        picture = picture * (1 - cover) + np.asarray(colour, np.float32) * cover
    return np.clip(picture, 0, 255).astype(np.uint8)


def golden_face() -> tuple[Picture, list[Face]]:
    """The drawn face, and what a perfect detector says of it."""
    return drawn_face(), [Face(GOLDEN_FACE, 1.0, np.asarray(_GOLDEN_LANDMARKS, np.float32))]


def drawn_stop_sign() -> Picture:
    """A drawing of a stop sign under a sky, ``uint8 [320, 320, 3]``."""
    picture = np.full((320, 320, 3), (150, 190, 230), np.uint8)
    picture[250:] = (90, 130, 70)
    cv2.rectangle(picture, (154, 200), (166, 319), (120, 120, 120), -1)
    for radius, colour in ((92, (250, 250, 250)), (84, (190, 20, 30))):
        cv2.fillConvexPoly(picture, _octagon(radius), colour)
    _write(picture, "STOP", (98, 149), 1.7, (250, 250, 250))
    return picture


def stop_sign_mask() -> NDArray[np.bool_]:
    """The pixels of the drawn stop sign without its post, ``bool [320, 320]``."""
    mask = np.zeros((320, 320), np.uint8)
    cv2.fillConvexPoly(mask, _octagon(92), 1)
    return mask.astype(np.bool_)


def _octagon(radius: int) -> NDArray[np.int32]:
    angles = np.deg2rad(22.5 + 45 * np.arange(8))
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.asarray(ring * radius + (160, 130), np.int32)


def drawn_ramps() -> Picture:
    """Smooth ramps, another one in each channel, ``uint8 [96, 160, 3]``.

    It is wider than tall, so that another way of resizing shows. The recipe ``clip`` draws it too.
    """
    rows, columns = np.mgrid[0:96, 0:160]
    return np.stack([columns * 1.6, rows * 2.6, 255 - rows - columns], axis=2).astype(np.uint8)


def drawn_text() -> Picture:
    """A line that says :data:`GOLDEN_TEXT`, ``uint8 [96, 480, 3]``."""
    picture = np.full((96, 480, 3), 235, np.uint8)
    _write(picture, GOLDEN_TEXT, (40, 64), 1.4, (30, 40, 60))
    return picture


def _write(
    picture: Picture,
    text: str,
    at: tuple[int, int],
    scale: float,
    colour: tuple[int, int, int],
) -> None:
    thickness = max(1, round(3 * scale))
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(picture, text, at, font, scale, colour, thickness, cv2.LINE_AA)


def same_place(box: Box, expected: Box) -> bool:
    """Whether two boxes overlap by an IoU of at least 0.6."""
    wide = min(box.x + box.width, expected.x + expected.width) - max(box.x, expected.x)
    tall = min(box.y + box.height, expected.y + expected.height) - max(box.y, expected.y)
    shared = max(wide, 0.0) * max(tall, 0.0)
    union = box.width * box.height + expected.width * expected.height - shared
    return shared >= 0.6 * union


async def check_face(detector: FaceDetector, *, deadline: Deadline) -> None:
    """Raise ``ModelNotReady`` unless the drawn face is found where it is, and none elsewhere."""
    faces = await detector.detect(drawn_face(), deadline=deadline)
    if len(faces) != 1 or not same_place(faces[0].box, GOLDEN_FACE):
        found = f"{len(faces)} faces {[face.box for face in faces[:3]]}"
        raise wrong_answer(detector.model.name, detector.model.role, found, f"one at {GOLDEN_FACE}")
