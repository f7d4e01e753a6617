"""Writes the pictures of meshes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gencheck.cli.run import Done
from gencheck.cli.writing import write_file
from gencheck.v1.common_pb2 import View


def write_views(folder: Path, done: Sequence[Done]) -> list[Path]:
    """A PNG for each view of each mesh that was judged, such as ``1-chair-front.png``.

    Args:
        folder: made where it is not there.

    Raises:
        InvalidArgument: they cannot be written there.
    """
    return [
        write_file(folder / f"{number}-{Path(item.asset).stem}-{view.name}.png", view.png)
        for number, item in enumerate(done, 1)
        for view in _views(item)
        if view.png
    ]


def _views(item: Done) -> Sequence[View]:
    views: Sequence[View] = getattr(item.answer, "views", ())
    return views
