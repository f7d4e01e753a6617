"""Scenes whose truth is known: coloured things on plain grounds, gradients and photos.

A thing is an ellipse, a block, a triangle or a bottle, in a colour that CSS names (so that the name
is not ours), shaded from one side and a little rough. Its box is of what is to be seen of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.findings import Box
from gencheck.vision.roles import Picture

COLOURS = {
    "red": ("#ff0000", "#b22222", "#dc143c", "#8b0000"),
    "orange": ("#ffa500", "#ff8c00"),
    "yellow": ("#ffff00", "#ffd700"),
    "green": ("#008000", "#228b22", "#32cd32", "#2e8b57", "#006400"),
    "blue": ("#0000ff", "#4169e1", "#000080", "#4682b4", "#1e90ff"),
    "purple": ("#800080", "#663399", "#4b0082", "#9932cc"),
    "pink": ("#ffc0cb", "#ff69b4", "#ff1493", "#ffb6c1"),
    "brown": ("#8b4513", "#a0522d", "#654321"),
    "black": ("#000000",),
    "white": ("#ffffff", "#fffafa", "#f5f5f5"),
    "grey": ("#808080", "#696969", "#a9a9a9"),
}
"""The eleven basic colour terms, each with colours that CSS names so, or shades of them.

CSS's own brown is left out: people call #a52a2a a reddish brown, and it is nearer to firebrick.
"""

NAMES = ("car", "cup", "vase", "chair", "suitcase", "kite", "umbrella", "bowl", "clock", "kettle")
ABSENT = ("dog", "bench", "laptop")
HEIGHT, WIDTH = 480, 640
_LEAST_SEEN = 0.5
"""Share of a thing that the others leave to be seen."""
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing in a scene."""

    name: str
    colour: str
    box: Box


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture and what is in it."""

    pixels: Picture
    things: tuple[Thing, ...]
    ground: str


def scenes(photos: Sequence[Picture], number: int, *, seed: int) -> Iterator[Scene]:
    """So many scenes, of 1 to 6 things each, on the three grounds in turn."""
    for at in range(number):
        rng = np.random.default_rng((seed, at))
        ground = ("plain", "gradient", "photo")[at % 3]
        canvas = _ground(ground, photos, rng)
        masks, things = [], []
        for name in rng.choice(NAMES[:-1], rng.integers(1, 4), replace=False):
            for _ in range(rng.integers(1, 3)):
                mask = _placed(masks, rng)
                if mask is None:
                    continue
                colour = str(rng.choice(list(COLOURS)))
                _paint(canvas, mask, str(rng.choice(COLOURS[colour])), rng)
                masks.append(mask)
                things.append((str(name), colour))
        seen = _seen(masks)
        found = (Thing(n, c, box_of(m)) for (n, c), m in zip(things, seen, strict=True))
        yield Scene(canvas, tuple(found), ground)


def box_of(mask: Mask) -> Box:
    """The box around a mask, in pixels."""
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return Box(float(x), float(y), float(width), float(height))


def _ground(kind: str, photos: Sequence[Picture], rng: np.random.Generator) -> Picture:
    if kind == "photo":
        photo = photos[rng.integers(len(photos))]
        return np.asarray(
            cv2.resize(photo, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8
        )
    first, last = rng.uniform(0, 255, (2, 3))
    ramp = np.linspace(0, 1, WIDTH)[None, :, None] * (kind == "gradient")
    return np.asarray(np.broadcast_to(first + ramp * (last - first), (HEIGHT, WIDTH, 3)), np.uint8)


def _placed(masks: Sequence[Mask], rng: np.random.Generator) -> Mask | None:
    """A shape that leaves enough of all others to be seen; ``None``: there is no room for one."""
    for _ in range(20):
        mask = _shape(rng)
        least = _LEAST_SEEN
        if all(seen.sum() >= least * whole.sum() for whole, seen in
               zip(masks, _seen([*masks, mask])[:-1], strict=True)):  # fmt: skip
            return mask
    return None


def _seen(masks: Sequence[Mask]) -> list[Mask]:
    """What later things leave of earlier ones."""
    seen, above = [], np.zeros((HEIGHT, WIDTH), np.bool_)
    for mask in reversed(masks):
        seen.append(mask & ~above)
        above |= mask
    return seen[::-1]


def _shape(rng: np.random.Generator) -> Mask:
    wide, tall = (int(side) for side in rng.uniform(0.08, 0.38, 2) * HEIGHT)
    x, y = int(rng.integers(0, WIDTH - wide)), int(rng.integers(0, HEIGHT - tall))
    layer = np.zeros((HEIGHT, WIDTH), np.uint8)
    kind = rng.integers(4)
    if kind == 0:
        centre = (x + wide // 2, y + tall // 2)
        cv2.ellipse(layer, centre, (wide // 2, tall // 2), 0, 0, 360, (1,), -1)
    elif kind == 1:
        cv2.rectangle(layer, (x, y), (x + wide, y + tall), (1,), -1)
    elif kind == 2:
        corners = [[x, y + tall], [x + wide, y + tall], [x + wide // 2, y]]
        cv2.fillPoly(layer, [np.asarray(corners, np.int32)], (1,))
    else:  # a bottle: a neck on a body
        cv2.rectangle(layer, (x + wide // 3, y), (x + 2 * wide // 3, y + tall), (1,), -1)
        cv2.rectangle(layer, (x, y + tall // 3), (x + wide, y + tall), (1,), -1)
    return layer.astype(np.bool_)


def _paint(canvas: Picture, mask: Mask, colour: str, rng: np.random.Generator) -> None:
    """Lit from one side, the other at 70 to 100 %, with a roughness of 2 % of the range."""
    base = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float64)
    angle, dark = rng.uniform(0, 2 * np.pi), rng.uniform(0.7, 1.0)
    rows, columns = np.nonzero(mask)
    along = columns * np.cos(angle) + rows * np.sin(angle)
    along = (along - along.min()) / max(np.ptp(along), 1e-9)
    light = 1.0 - (1.0 - dark) * along
    values = base * light[:, None] + rng.normal(0, 5, (len(rows), 1))
    canvas[mask] = np.clip(np.round(values), 0, 255).astype(np.uint8)
