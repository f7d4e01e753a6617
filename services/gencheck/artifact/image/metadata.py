"""METADATA: what a file says about its picture that does not hold."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.picture import Picture
from gencheck.artifact.reading import Grey, Reading
from gencheck.findings import Measurement, Method
from gencheck.media.facts import Facts

CHECK = "artifact.metadata"
MIN_SIDE = 1
METHOD = Method(
    "the file's statements against its pixels",
    "1",
    "ICC.1:2022, Exif 3.0, PNG third edition, JFIF 1.02; thumbnail by normalised correlation",
)
HARMLESS, SEEN, WRONG = 0.5, 1.0, 2.0
"""How much a mistake weighs: nobody sees it, some viewers do, or all who heed it show it wrong."""

_SIDE = 32  # pixels a side at which a thumbnail is compared
_CONTRAST = 6.0  # luma levels, standard deviation: flatter pictures tell nothing
_SAME = 0.8  # correlation from which a thumbnail shows the picture; fixed on training photos, whose
_OTHER = 0.3  # own thumbnails reach 0.97 at least, and those of other photos 0.6 at most
_SQUARE = 1.02  # ratio of densities up to which pixels count as square


def measure_metadata(picture: Picture) -> Reading:
    """One measurement for each mistake, weighed by what it does, or one of 0.

    Not minded is what is common and does no harm: a size in EXIF that is out of date after a crop,
    a profile of colours on grey pixels, notes and pictures that a phone appends.
    """
    facts = picture.image.facts
    found = [
        Measurement("METADATA", weight, CHECK, METHOD, None, detail)
        for weight, detail in (*_colours(facts), *_geometry(facts, picture), *_tail(facts))
    ]
    return Reading(tuple(found) or (Measurement("METADATA", 0.0, CHECK, METHOD),))


def _colours(facts: Facts) -> Iterator[tuple[float, str]]:
    profile = facts.profile
    if profile is not None and profile.fault:
        yield SEEN, f"the colour profile is ignored: {profile.fault}"
    if facts.exif_adobe_rgb and profile is None:
        yield SEEN, "EXIF says Adobe RGB and no profile does: viewers show it pale, as sRGB"
    for statement in facts.colour:
        yield SEEN, statement


def _geometry(facts: Facts, picture: Picture) -> Iterator[tuple[float, str]]:
    if facts.density is not None:
        across, down = facts.density
        if min(across, down) <= 0:
            yield HARMLESS, "a resolution of 0 pixels an inch"
        elif max(across, down) > _SQUARE * min(across, down):
            yield SEEN, f"pixels that are not square: {across:g} by {down:g}"
    if facts.thumbnail is not None and picture.image.missing == 0:
        yield from _thumbnail(facts, facts.thumbnail, picture.work)
    elif facts.orientation > 4 and facts.exif_size == facts.stored[::-1] != facts.stored:
        yield WRONG, "EXIF turns pixels that are turned already: its size is that of the other way"


def _thumbnail(facts: Facts, thumbnail: Grey, upright: Grey) -> Iterator[tuple[float, str]]:
    """A thumbnail lies as the pixels do, so turning it as they were makes it show the same."""
    if min(thumbnail.std(), upright.std()) < _CONTRAST:
        return
    turned = turn(thumbnail, facts.orientation)
    as_said = alike(turned, upright)
    if as_said >= _SAME:
        return
    best = max(range(2, 9), key=lambda way: alike(turn(turned, way), upright))
    if alike(turn(turned, best), upright) >= _SAME:
        yield WRONG, "the embedded thumbnail lies another way: the picture is turned twice or not"
    elif alike(turn(turned, best), upright) < _OTHER and as_said < _OTHER:
        # An editor that crops and leaves the thumbnail is no rarity, and shows what was cut away.
        yield SEEN, f"the embedded thumbnail shows another picture (correlation {as_said:.2f})"


def turn(values: Grey, orientation: int) -> Grey:
    """The pixels upright, as EXIF's orientation 1..8 says (Exif 3.0, 4.6.5)."""
    flipped = values[:, ::-1] if orientation in (2, 4, 5, 7) else values
    quarters = {3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}.get(orientation, 0)
    return np.ascontiguousarray(np.rot90(flipped, quarters))


def alike(thumbnail: Grey, upright: Grey) -> float:
    """The correlation of both at one small size, -1..1: of all, or without a thumbnail's bars."""
    target = _normed(upright)
    whole = float((_normed(thumbnail) * target).mean())
    return max(whole, float((_normed(_cropped(thumbnail, upright)) * target).mean()))


def _cropped(thumbnail: Grey, upright: Grey) -> Grey:
    """The middle of a thumbnail that has the picture's proportions: cameras pad to 4:3."""
    height, width = thumbnail.shape
    ratio = upright.shape[1] / upright.shape[0]
    tall = max(1, min(height, round(width / ratio)))
    wide = max(1, min(width, round(height * ratio)))
    top, left = (height - tall) // 2, (width - wide) // 2
    return np.ascontiguousarray(thumbnail[top : top + tall, left : left + wide])


def _normed(values: Grey) -> NDArray[np.float64]:
    small = cv2.resize(values, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float64)
    return np.asarray((small - small.mean()) / max(float(small.std()), 1e-6))


def _tail(facts: Facts) -> Iterator[tuple[float, str]]:
    tail = facts.trailing
    if tail is None:
        return
    if tail.is_foreign:
        yield WRONG, f"{tail.size} bytes behind the picture are {tail.looks_like}"
    elif tail.looks_like not in _CUSTOMARY:
        yield HARMLESS, f"{tail.size} bytes behind the picture, they look like {tail.looks_like}"


_CUSTOMARY = ("a further JPEG", "a clip", "notes of a phone", "padding")
