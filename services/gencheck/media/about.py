"""Gathers the facts of a picture's file from the readers of its format."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image as PillowImage

from gencheck.media import jpeg, png
from gencheck.media.exif import read_exif
from gencheck.media.facts import Damage, Facts
from gencheck.media.trailing import behind


@dataclass(frozen=True, slots=True)
class Container:
    """How the file around a picture is built; of formats other than JPEG and PNG little is known.

    Attributes:
        end: offset behind the picture; 0 where it has no end, ``None`` where that is unknown.
        broken: the parts of the file whose checksum is wrong.
        broken_pixels: offset from which on pixels are broken; 0 for none.
    """

    end: int | None = None
    has_more: bool = False
    broken: tuple[str, ...] = ()
    broken_pixels: int = 0
    colour: tuple[str, ...] = ()
    density: tuple[float, float] | None = field(default=None)


def walk(data: bytes, kind: str) -> Container:
    """The structure of a file, without decoding anything."""
    if kind == "PNG":
        said = png.walk(data)
        return Container(
            end=said.end,
            broken=said.broken,
            broken_pixels=said.broken_pixels,
            colour=said.colour,
            density=said.density,
        )
    if kind == "JPEG":
        seen = jpeg.walk(data)
        return Container(end=seen.end, has_more=seen.has_more)
    if kind == "WEBP" and len(data) >= 12:
        size = 8 + int.from_bytes(data[4:8], "little")
        return Container(end=size + size % 2 if size <= len(data) else 0)
    return Container()


def read_facts(picture: PillowImage.Image, data: bytes, container: Container) -> Facts:
    """What is known before the pixels are; EXIF that is out of bounds is taken off the picture."""
    exif = read_exif(picture)
    density = container.density or picture.info.get("jfif_density")
    return Facts(
        stored=(picture.height, picture.width),
        orientation=exif.orientation,
        exif_size=exif.size,
        exif_adobe_rgb=exif.adobe_rgb,
        thumbnail=exif.thumbnail,
        density=(float(density[0]), float(density[1])) if density else None,
        colour=container.colour,
        trailing=None if container.has_more else behind(data, container.end or 0),
    )


def with_damage(
    facts: Facts, picture: PillowImage.Image, data: bytes, container: Container, missing: float
) -> Facts:
    """The facts with what is broken inside a file that does have its end.

    Args:
        picture: decoded, not yet turned.
        missing: share of the rows that could not be decoded.
    """
    if container.end == 0:  # it is cut off, which is said otherwise
        return facts
    damage = None
    if picture.format == "JPEG" and picture.mode in ("L", "RGB"):
        damage = jpeg.scan_damage(data, np.asarray(picture.convert("L")))
    elif container.broken_pixels:
        held = png.rows_held(data, before=container.broken_pixels)
        share = 1.0 if held is None else (picture.height - held) / picture.height
        damage = Damage("the checksum of its pixels is wrong", max(missing, share))
    elif container.broken:
        damage = Damage(f"the checksum of {', '.join(container.broken[:5])} is wrong", missing)
    if damage is None and missing > 0 and container.end:
        damage = Damage("the compressed data break off inside the file", missing)
    return replace(facts, damage=damage) if damage else facts
