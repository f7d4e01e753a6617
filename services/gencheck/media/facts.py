"""What the file of a picture says about itself, and what reading it showed: nothing is judged."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Profile:
    """The colour profile (ICC) that a file carries.

    Attributes:
        space: the colour space of its input: ``RGB``, ``GRAY``, ``CMYK`` …
        name: its own description; empty where it could not be read.
        fault: why the pixels were left as stored; empty where it holds.
        converted: whether it changed the pixels: it is another space than sRGB.
    """

    space: str
    name: str = ""
    fault: str = ""
    converted: bool = False


@dataclass(frozen=True, slots=True)
class Damage:
    """Data of the file that are broken, though it goes on behind them.

    Attributes:
        what: which data, and what is wrong with them.
        share: of the rows from the first that is broken to the last, 0..1; 0 where no pixel is
            known to have suffered.
    """

    what: str
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Trailing:
    """Bytes behind the end of the picture.

    Attributes:
        size: how many.
        looks_like: what they seem to be, in words.
        is_foreign: whether they are of another kind of file: a program, an archive, a page.
    """

    size: int
    looks_like: str
    is_foreign: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What a picture's file says about itself.

    Attributes:
        stored: height and width of the pixels as stored, before they are turned upright.
        orientation: as EXIF has it, 1..8; 1 where it says nothing.
        exif_size: height and width that EXIF claims.
        exif_adobe_rgb: whether EXIF says that the pixels are Adobe RGB (DCF 2.0).
        thumbnail: ``uint8 [h, w]``, luma of the picture embedded in EXIF, turned as ``stored`` is.
        density: pixels an inch, across and down, or their ratio where the file names no unit.
        profile: the colour profile, where there is one.
        colour: what the chunks of a PNG say about colour that does not fit together.
        trailing: what stands behind the end of the picture.
        damage: what of the file is broken.
    """

    stored: tuple[int, int] = (0, 0)
    orientation: int = 1
    exif_size: tuple[int, int] | None = None
    exif_adobe_rgb: bool = False
    thumbnail: NDArray[np.uint8] | None = field(default=None, repr=False)
    density: tuple[float, float] | None = None
    profile: Profile | None = None
    colour: tuple[str, ...] = ()
    trailing: Trailing | None = None
    damage: Damage | None = None
