"""What GenEval asks of a picture: one JSON object a prompt, read strictly."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gencheck.errors import InvalidInput, LimitExceeded

RELATIONS = ("left of", "right of", "above", "below")
COLOURS = (
    *("red", "orange", "yellow", "green", "blue"),
    *("purple", "pink", "brown", "black", "white"),
)
MAX_LINE = 1 << 20  # characters
_MAX_CLAUSES = 100
_MAX_COUNT = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A clause: at least so many of a class; in ``exclude``, fewer than so many.

    Attributes:
        colour: that each of them has; empty: any.
        position: a relation, and the clause whose things they stand to; ``None``: anywhere.
    """

    name: str
    count: int
    colour: str = ""
    position: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """A prompt and what it asks for.

    Attributes:
        tag: the task, such as ``counting``.
        given: the object as it was read, for the results.
    """

    tag: str
    prompt: str
    include: tuple[Wanted, ...]
    exclude: tuple[Wanted, ...]
    given: Mapping[str, Any]


def read_metadata(text: str, where: str) -> list[Metadata]:
    """The lines of ``evaluation_metadata.jsonl``.

    Raises:
        InvalidInput: a line that is no metadata, named by its number.
    """
    lines = enumerate(text.splitlines(), 1)
    return [parse_metadata(load(line, f"{where}:{n}"), f"{where}:{n}") for n, line in lines if line]


def load(text: str, where: str) -> Any:
    """A JSON value. Raises ``InvalidInput``, and ``LimitExceeded`` for more than 1 MiB of it."""
    if len(text) > MAX_LINE:
        raise LimitExceeded(f"a line of more than {MAX_LINE} characters", where=where)
    try:
        value = json.loads(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"no JSON: {str(error)[:100]}", where=where) from None
    return value


def parse_metadata(value: Any, where: str) -> Metadata:
    """The metadata of one prompt, from a JSON object or the text of one.

    Raises:
        InvalidInput: a field is missing or means nothing.
    """
    given = load(value, where) if isinstance(value, str) else value
    if not isinstance(given, dict):
        raise InvalidInput("the metadata is no JSON object", where=where)
    tag, prompt = (_text(given, key, where) for key in ("tag", "prompt"))
    include = _clauses(given, "include", where)
    exclude = _clauses(given, "exclude", where)
    for n, wanted in enumerate(include):
        # A thing stands to one that was looked for before it.
        if wanted.position and not 0 <= wanted.position[1] < n:
            raise InvalidInput(f"include[{n}] stands to no clause before it", where=where)
    return Metadata(tag, prompt, include, exclude, given)


def _clauses(given: Mapping[str, Any], key: str, where: str) -> tuple[Wanted, ...]:
    clauses = given.get(key, [])
    if not isinstance(clauses, list) or len(clauses) > _MAX_CLAUSES:
        raise InvalidInput(f"{key} is no list of at most {_MAX_CLAUSES} clauses", where=where)
    return tuple(_wanted(clause, f"{where}: {key}[{n}]") for n, clause in enumerate(clauses))


def _wanted(clause: Any, where: str) -> Wanted:
    if not isinstance(clause, dict):
        raise InvalidInput("a clause is a JSON object", where=where)
    count = clause.get("count")
    if type(count) is not int or not 1 <= count <= _MAX_COUNT:
        raise InvalidInput(f"count is no whole number from 1 to {_MAX_COUNT}", where=where)
    colour = clause.get("color") or ""
    if colour and colour not in COLOURS:
        raise InvalidInput(f"color is none of {', '.join(COLOURS)}", where=where)
    position = clause.get("position")
    return Wanted(
        _text(clause, "class", where),
        count,
        colour,
        None if position is None else _position(position, where),
    )


def _position(value: Any, where: str) -> tuple[str, int]:
    if (
        not isinstance(value, Sequence)
        or len(value) != 2
        or value[0] not in RELATIONS
        or type(value[1]) is not int
    ):
        raise InvalidInput(
            f"position is no pair of a relation ({', '.join(RELATIONS)}) and a number", where=where
        )
    return value[0], value[1]


def _text(given: Mapping[str, Any], key: str, where: str) -> str:
    value = given.get(key)
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"{key} is missing or no text", where=where)
    return value
