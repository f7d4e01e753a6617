"""Writes pictures with the heat map over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gencheck.cli.run import Done
from gencheck.cli.writing import write_file
from gencheck.errors import GencheckError, InvalidArgument
from gencheck.media.decode import decode
from gencheck.media.types import Image, Limits
from gencheck.report.overlay import overlay


def write_heat_maps(where: Path, done: Sequence[Done]) -> list[Path]:
    """One PNG for each picture that was judged; its path.

    Args:
        where: a folder, or the file to write where there is one picture.

    Raises:
        InvalidArgument: a file is named for several pictures, or cannot be written.
    """
    pictures = list(_pictures(done))
    if where.suffix.lower() == ".png":
        if len(pictures) > 1:
            raise InvalidArgument(
                f"one file cannot hold the heat maps of {len(pictures)} pictures",
                where="--heat-map",
                fix="Name a folder.",
            )
        paths = [where for _ in pictures]
    else:
        names = enumerate((Path(name).stem for name, _ in pictures), 1)
        paths = [where / f"{number}-{name}.png" for number, name in names]
    for path, (_, png) in zip(paths, pictures, strict=True):
        write_file(path, png)
    return paths


def _pictures(done: Sequence[Done]) -> Iterator[tuple[str, bytes]]:
    """The name of each picture with a heat map, and the two drawn as a PNG."""
    for item in done:
        answer: Any = item.answer
        heat = getattr(answer, "heat_map", b"")
        path = Path(item.asset)
        if not heat or not path.is_file():
            continue
        try:
            media = decode(path.read_bytes(), Limits(), name=item.asset)
        except GencheckError:
            continue  # it changed since it was judged
        if isinstance(media, Image):
            yield item.asset, overlay(media.pixels, heat)
