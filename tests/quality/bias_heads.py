"""Rendered heads of known albedo: shaded, posed, before a background, under a known light.

An ellipsoid with the relief of a face, seen in parallel projection. Its unit is half the height of
the head; x to the right of the picture, y down, z to the viewer. A card held before the face,
facing the camera, would show its own colour at 0 EV.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from bias_camera import Pixels, decode, photograph
from numpy.typing import NDArray
from skimage.color import lab2rgb

from gencheck.findings import Box
from gencheck.vision.roles import Face, Picture

SIDE = 384
LIGHTS = (("A",), ("D50",), ("D65",), ("D75",), ("F2", "F11"))
AXES = np.array([0.74, 1.0, 0.85])
_EYES, _NOSE, _MOUTH = ((-0.31, 0.0), (0.31, 0.0)), (0.0, 0.36), ((-0.22, 0.56), (0.22, 0.56))
_HAIR = ("0b0a09", "1c1410", "2e2018", "4a3222", "6b4a2e", "a07c4a", "c8b083", "8a8a88", "5a2414")

Map = NDArray[np.float64]


@dataclass(frozen=True)
class Head:
    """A picture of one head, where its face is, and what was asked for.

    Attributes:
        tone: 1..10.
        light: of ``bias_camera.CHROMATICITIES``.
        stops: exposure, EV.
    """

    picture: Picture
    face: Face
    tone: int
    light: str
    stops: float


def render_head(albedo: NDArray[np.uint8], tone: int, seed: int) -> Head:
    """One head; all but its albedo (sRGB) and tone is drawn from the seed."""
    rng = np.random.default_rng(seed)
    group = LIGHTS[int(rng.integers(len(LIGHTS)))]
    light, stops = group[int(rng.integers(len(group)))], float(rng.uniform(-1, 1))
    radius = rng.uniform(0.2, 0.32) * SIDE
    centre = SIDE * np.array([rng.uniform(0.42, 0.58), rng.uniform(0.4, 0.5)])
    turn = _rotation(np.radians([rng.uniform(-20, 20), rng.uniform(-20, 20), rng.uniform(-8, 8)]))
    sun = _direction(rng)
    ambient = float(rng.uniform(0.3, 0.7))
    yy, xx = np.mgrid[:SIDE, :SIDE]
    x, y = (xx - centre[0]) / radius, (yy - centre[1]) / radius

    scene = _background(rng, x, y, decode(albedo))
    hit, local = _meet(x, y, turn)
    scene[hit] = _shade(rng, local, turn.T @ sun, decode(albedo), ambient)
    scene = cv2.GaussianBlur(scene, (0, 0), rng.uniform(0.5, 1.1))
    picture = photograph(
        scene,
        light=light,
        stops=stops,
        noise=float(rng.uniform(0.004, 0.025)),
        quality=int(rng.integers(70, 96)),
        rng=rng,
    )
    return Head(picture, _face(turn, centre, radius), tone, light, stops)


def _rotation(angles: NDArray[np.float64]) -> Map:
    """Yaw, pitch, roll, radians."""
    (cy, cp, cr), (sy, sp, sr) = np.cos(angles), np.sin(angles)
    yaw = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    pitch = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    roll = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    result: Map = roll @ pitch @ yaw
    return result


def _direction(rng: np.random.Generator) -> Map:
    """To the key light: up to 60° to either side, 0 to 60° above."""
    side, up = np.radians([rng.uniform(-60, 60), rng.uniform(0, 60)])
    return np.array([np.cos(up) * np.sin(side), -np.sin(up), np.cos(up) * np.cos(side)])


def _meet(x: Map, y: Map, turn: Map) -> tuple[NDArray[np.bool_], Map]:
    """Which pixels show the head, and where on it, in its own axes (``[N, 3]``)."""
    start = np.stack([x, y, np.zeros_like(x)], axis=-1) @ turn / AXES
    step = turn[2] / AXES
    a, b, c = step @ step, start @ step, (start**2).sum(axis=-1) - 1
    root = b**2 - a * c
    hit = root > 0
    depth = (-b[hit] + np.sqrt(root[hit])) / a
    return hit, (start[hit] + depth[:, None] * step) * AXES


def _surface(points: NDArray[np.float64]) -> Map:
    """Points ``[N, 2]`` of the face, put on the ellipsoid's front."""
    depth = np.sqrt(np.maximum(0.0, 1 - ((points / AXES[:2]) ** 2).sum(axis=1))) * AXES[2]
    return np.column_stack([points, depth])


def _face(turn: Map, centre: Map, radius: float) -> Face:
    local = _surface(np.array([*_EYES, _NOSE, *_MOUTH]))
    local[2, 2] += 0.12
    marks = (local @ turn.T)[:, :2] * radius + centre
    half = np.array([0.66, 0.85]) * radius
    middle = centre + (_surface(np.array([[0.0, 0.12]])) @ turn.T)[0, :2] * radius
    left, top = middle - half
    return Face(Box(left, top, 2 * half[0], 2 * half[1]), 1.0, marks.astype(np.float32))


def _bump(x: Map, y: Map, at: tuple[float, float], size: tuple[float, float]) -> Map:
    result: Map = np.exp(-(((x - at[0]) / size[0]) ** 2) - ((y - at[1]) / size[1]) ** 2)
    return result


def _relief(x: Map, y: Map) -> Map:
    """Height over the ellipsoid: nose, sockets, cheekbones, lips."""
    height = 0.10 * _bump(x, y, (0, 0.12), (0.1, 0.2)) + 0.14 * _bump(x, y, _NOSE, (0.13, 0.09))
    for eye, side in zip(_EYES, (-1, 1), strict=True):
        height = height - 0.06 * _bump(x, y, eye, (0.17, 0.1))
        height = height + 0.03 * _bump(x, y, (side * 0.4, 0.22), (0.2, 0.14))
    result: Map = height + 0.04 * _bump(x, y, (0, 0.58), (0.22, 0.08))
    return result


def _shade(
    rng: np.random.Generator, local: Map, sun: Map, skin: NDArray[np.float64], ambient: float
) -> Map:
    """Linear colours of points of the head, ``[N, 3]``."""
    x, y = local[:, 0], local[:, 1]
    front = local[:, 2] > 0
    normal = local / AXES**2
    step = 0.01
    normal[:, 0] -= front * (_relief(x + step, y) - _relief(x - step, y)) / (2 * step)
    normal[:, 1] -= front * (_relief(x, y + step) - _relief(x, y - step)) / (2 * step)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    facing = np.maximum(0.0, normal @ sun)
    # A soft shadow: what stands between here and the light, a little way towards it.
    blocked = _relief(x + 0.15 * sun[0], y + 0.15 * sun[1]) - _relief(x, y)
    facing *= 1 - 0.8 * front * np.clip(8 * blocked - 0.2, 0, 1)
    key = (1 - ambient) / max(0.35, float(sun[2]))
    sky = ambient * (0.75 - 0.25 * normal[:, 1])
    albedo, skinny = _paint(rng, x, y, front, skin)
    half = sun + np.array([0, 0, 1.0])
    shine = np.maximum(0.0, normal @ (half / np.linalg.norm(half))) ** rng.uniform(12, 50)
    gloss = rng.uniform(0.02, 0.12) * skinny * shine * key
    result: Map = albedo * (key * facing + sky)[:, None] + gloss[:, None]
    return result


def _paint(
    rng: np.random.Generator, x: Map, y: Map, front: NDArray[np.bool_], skin: NDArray[np.float64]
) -> tuple[Map, Map]:
    """Albedo of points of the head, and where it is skin."""
    mottled = 1 + 0.04 * np.sin(rng.uniform(6, 14, 2) @ [x, y] + rng.uniform(0, 6))
    grain = rng.normal(1.0, 0.02, len(x)) * mottled
    albedo = skin * grain[:, None]
    flush = rng.uniform(0, 0.1) * sum(_bump(x, y, (s * 0.38, 0.28), (0.16, 0.14)) for s in (-1, 1))
    albedo = albedo * (1 - flush[:, None] * [0.0, 1.0, 0.8])
    hair = decode(np.array(list(bytes.fromhex(str(rng.choice(_HAIR)))), np.uint8))
    line = rng.uniform(-0.72, -0.55) + rng.uniform(0.1, 0.5) * x**2
    parts = [(~front | (y < line) | (np.abs(x) > rng.uniform(0.62, 0.72)), hair)]
    for ex, ey in _EYES:
        eye = ((x - ex) / 0.12) ** 2 + ((y - ey) / 0.055) ** 2 < 1
        parts.append((front & eye, np.full(3, 0.7)))
        parts.append((front & eye & (np.hypot(x - ex, y - ey) < 0.055), np.full(3, 0.02)))
        brow = (np.abs(x - ex) < 0.16) & (np.abs(y + 0.16 + 0.6 * (x - ex) ** 2) < 0.03)
        parts.append((front & brow, hair))
    lips = (x / 0.22) ** 2 + ((y - 0.57) / 0.07) ** 2 < 1
    parts.append((front & lips, skin * [0.85, 0.5, 0.55]))
    skinny = np.ones(len(x))
    for where, colour in parts:
        albedo[where], skinny[where] = colour, 0
    return albedo, skinny


def surface_colour(rng: np.random.Generator) -> NDArray[np.float64]:
    """The colour of a wall, thing or garment, linear: any hue, seldom vivid."""
    chroma, hue = min(60.0, rng.exponential(11)), rng.uniform(0, 2 * np.pi)
    lab = np.array([rng.uniform(20, 95), chroma * np.cos(hue), chroma * np.sin(hue)])
    return decode(np.round(255 * lab2rgb(lab)).astype(np.uint8))


def _background(rng: np.random.Generator, x: Map, y: Map, skin: NDArray[np.float64]) -> Pixels:
    """A wall with things before it, a neck and shoulders."""
    scene: Pixels = np.ones((*x.shape, 3)) * surface_colour(rng)
    for _ in range(rng.integers(3, 14)):
        at, size = rng.uniform(-2.2, 2.2, 2), rng.uniform(0.2, 1.4, 2)
        inside = (np.abs(x - at[0]) < size[0]) & (np.abs(y - at[1]) < size[1])
        scene[inside] = surface_colour(rng)
    slope = rng.uniform(-0.15, 0.15, 2)
    level = rng.uniform(0.4, 1.1) * np.maximum(0.2, 1 + slope[0] * x + slope[1] * y)
    scene *= level[..., None]
    scene[(np.abs(x) < 0.4) & (y > 0.4)] = skin * rng.uniform(0.4, 0.7)
    scene[(x / 1.7) ** 2 + ((y - 2.3) / 1.05) ** 2 < 1] = surface_colour(rng) * 0.8
    return scene
