"""Writes the pictures of meshes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gencheck.cli.run import Done


def write_views(folder: Path, done: Sequence[Done]) -> list[Path]:
    """A PNG for each view of each mesh that was judged, such as ``1-chair-front.png``.

    Args:
        folder: made where it is not there.
    """
    written = []
    for number, item in enumerate(done, 1):
        answer: Any = item.answer
        for view in getattr(answer, "views", ()):
            if not view.png:
                continue
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{number}-{Path(item.asset).stem}-{view.name}.png"
            path.write_bytes(view.png)
            written.append(path)
    return written
