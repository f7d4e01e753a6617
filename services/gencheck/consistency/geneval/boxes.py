"""Boxes of any detector, one JSON object a picture; GenEval's own results are such a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gencheck.consistency.geneval.metadata import COLOURS, Metadata, load, parse_metadata
from gencheck.consistency.geneval.rules import Thing
from gencheck.errors import InvalidInput

_MAX_BOXES = 10_000


@dataclass(frozen=True, slots=True)
class Boxes:
    """What a detector found in one picture.

    Attributes:
        metadata: what was asked for; ``None`` where the line does not say.
        found: things by class, colours where the line gives them.
    """

    filename: str
    metadata: Metadata | None
    found: Mapping[str, Sequence[Thing]]


def parse_boxes(line: str, where: str) -> Boxes:
    """A line of boxes.

    ``filename``; ``details``: by class a list of ``[x1, y1, x2, y2, score]`` in pixels and 0..1;
    ``metadata``, if it is not given elsewhere; ``colors``: by class a colour for each box, where
    colours are asked for. ``metadata`` and ``details`` may be JSON in JSON, as GenEval writes them.

    Raises:
        InvalidInput: no such object, a box that is none, more than 10,000 boxes, a strange colour.
    """
    given = load(line, where)
    if not isinstance(given, dict) or not isinstance(given.get("filename"), str):
        raise InvalidInput("no JSON object with a filename", where=where)
    details, colours = (_by_class(given, key, where) for key in ("details", "colors"))
    if sum(map(len, details.values())) > _MAX_BOXES:
        raise InvalidInput(f"more than {_MAX_BOXES} boxes", where=where)
    if stray := sorted(colours.keys() - details.keys()):
        raise InvalidInput(f"colors of {stray[0]}, which has no boxes", where=where)
    metadata = given.get("metadata")
    return Boxes(
        given["filename"],
        None if metadata is None else parse_metadata(metadata, f"{where}: metadata"),
        {
            name: _things(boxes, colours.get(name), f"{where}: {name}")
            for name, boxes in details.items()
        },
    )


def _by_class(given: Mapping[str, Any], key: str, where: str) -> dict[str, list[Any]]:
    value = given.get(key, {} if key == "colors" else None)
    value = load(value, f"{where}: {key}") if isinstance(value, str) else value
    if not isinstance(value, dict) or not all(isinstance(part, list) for part in value.values()):
        raise InvalidInput(f"{key} is no object of lists by class", where=where)
    return value


def _things(boxes: list[Any], colours: list[Any] | None, where: str) -> list[Thing]:
    if colours is None:
        return [Thing(_box(box, where)) for box in boxes]
    if len(colours) != len(boxes):
        raise InvalidInput(f"{len(colours)} colors for {len(boxes)} boxes", where=where)
    if strange := [c for c in colours if c != "" and c not in COLOURS]:
        raise InvalidInput(
            f"{strange[0]!r:.40} is none of the colours {', '.join(COLOURS)}", where=where
        )
    return [Thing(_box(box, where), c) for box, c in zip(boxes, colours, strict=True)]


def _box(value: Any, where: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    numbers = isinstance(value, list) and all(type(n) in (int, float) for n in value)
    if not numbers or len(value) != 5 or not all(abs(n) < 1e9 for n in value):
        raise InvalidInput("a box is no list of x1, y1, x2, y2 and a score", where=where)
    if not 0 <= value[4] <= 1:
        raise InvalidInput(f"the score {value[4]:g} of a box is not between 0 and 1", where=where)
    return np.array(value, np.float32)
