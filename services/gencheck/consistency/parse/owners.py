"""Whose a thing is, by a genitive: ``the old man's hat``; ``a cook's hat`` is a kind of hat."""

from __future__ import annotations

from collections.abc import Sequence

from gencheck.consistency.parse import visual_words as visual
from gencheck.consistency.parse.units import Tag, Unit
from gencheck.consistency.parse.word_forms import singular

Owner = tuple[str, tuple[Unit, ...]]
"""A name, and the units that say it; empty where there is none."""


def singular_head(nouns: Sequence[Unit]) -> str:
    """The last noun in the singular."""
    return singular(nouns[-1].value)


def split_before(
    before: list[Unit],
) -> tuple[Owner, list[Unit], list[Unit]]:
    """Split ``the old man's grey`` into the owner, what is said of him, and of his thing."""
    at = next((i for i, u in enumerate(before) if u.tag is Tag.NOUN and is_genitive(u)), None)
    if at is None:
        return ("", ()), [], before
    start = at
    while start > 0 and before[start - 1].tag is Tag.NOUN:
        start -= 1
    return _owner_of(before[start : at + 1]), before[:start], before[at + 1 :]


def is_genitive(unit: Unit) -> bool:
    """Whether a word is one: ``man's``."""
    return unit.value.endswith(("'s", "s'"))


def _owner_of(units: Sequence[Unit]) -> Owner:
    words = [unit.value for unit in units]
    words[-1] = words[-1].removesuffix("'s").removesuffix("'")
    return singular(" ".join(words)), tuple(units)


def split_nouns(nouns: list[Unit], before: Sequence[Unit]) -> tuple[Owner, list[Unit]]:
    """Split ``the man's hair`` into owner and thing; ``a conductor's hat`` is a kind of hat."""
    for i, unit in enumerate(nouns[:-1]):
        if is_genitive(unit):
            a_kind = any(u.value in ("a", "an") for u in before)
            classifying = a_kind and singular_head(nouns) not in visual.BODY
            if classifying:
                break
            return _owner_of(nouns[: i + 1]), nouns[i + 1 :]
    return ("", ()), nouns
