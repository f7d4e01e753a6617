"""What a prompt leaves out: nouns said once for several things, and commas of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse.units import Tag, Unit
from gencheck.consistency.parse.word_forms import singular

_ONE = grammar.words("a an one another")
_PLURAL_FIRST = grammar.PAIRED_NOUNS | grammar.words("sports arms clothes goods games news arts")
_ENDS = (Tag.COMMA, Tag.STOP, Tag.CONJUNCTION)


def fill_in(units: Sequence[Unit]) -> list[Unit]:
    """The units with what was left out: each thing has its noun, each list its commas.

    ``a red and a blue car`` becomes ``a red car and a blue car``, so does ``a red car and a blue
    one``; ``two cats, one black and one white`` loses both "one"; ``carrots peas and rice`` gains a
    comma. What is added has the place of the words it stands for.
    """
    filled: list[Unit] = []
    for at, unit in enumerate(units):
        if _stands_for_noun(units, at):
            filled.append(_repeated(unit, filled))
        elif unit.value == "1" and _opens(units, at) and _tag(units, at + 1) is Tag.AUXILIARY:
            filled.append(Unit(unit.tokens, Tag.PRONOUN, "they"))  # "one is red"
        elif unit.value == "1" and _each(units, at):
            filled.append(replace(unit, tag=Tag.DETERMINER))
        else:
            filled.append(unit)
            noun = _shared_noun(units, at)
            filled += [noun] if noun else []
            if _lacks_comma(units, at):
                filled.append(Unit(unit.tokens, Tag.COMMA, ","))
    return filled


def _tag(units: Sequence[Unit], at: int) -> Tag | None:
    return units[at].tag if 0 <= at < len(units) else None


def _stands_for_noun(units: Sequence[Unit], at: int) -> bool:
    """``a blue one``: "one" after an adjective, before no noun."""
    after = _tag(units, at + 1)
    named = any(unit.tag is Tag.NOUN for unit in units[max(0, at - 12) : at])
    one = units[at].value in ("1", "ones") and _tag(units, at - 1) is Tag.ADJECTIVE
    return one and named and after not in (Tag.NOUN, Tag.ADJECTIVE)


def _repeated(one: Unit, before: Sequence[Unit]) -> Unit:
    noun = next(unit for unit in reversed(before) if unit.tag is Tag.NOUN)
    return Unit(one.tokens, Tag.NOUN, noun.value)


def _opens(units: Sequence[Unit], at: int) -> bool:
    return at == 0 or units[at - 1].tag in _ENDS


def _each(units: Sequence[Unit], at: int) -> bool:
    """``one black``, with no noun to follow: one of those named before."""
    i = at + 1
    while _tag(units, i) is Tag.ADJECTIVE:
        i += 1
    return _opens(units, at) and i > at + 1 and (_tag(units, i) in _ENDS or i == len(units))


def _shared_noun(units: Sequence[Unit], at: int) -> Unit | None:
    """The noun that ``a red`` leaves to ``and a blue car``."""
    if _tag(units, at) is not Tag.ADJECTIVE or _tag(units, at + 1) is not Tag.CONJUNCTION:
        return None
    start = at
    while _tag(units, start) is Tag.ADJECTIVE:
        start -= 1
    i = at + 2
    if not (start >= 0 and units[start].text.lower() in _ONE and i < len(units)):
        return None
    if units[i].text.lower() not in _ONE or _tag(units, i + 1) is not Tag.ADJECTIVE:
        return None
    while _tag(units, i + 1) is Tag.ADJECTIVE:
        i += 1
    return units[i + 1] if _tag(units, i + 1) is Tag.NOUN else None


def _lacks_comma(units: Sequence[Unit], at: int) -> bool:
    """``carrots peas and rice``: a plural before another noun of a list."""
    word = units[at].value
    if _tag(units, at) is not Tag.NOUN or _tag(units, at + 1) is not Tag.NOUN:
        return False
    genitive = word.endswith(("'s", "s'"))
    named = units[at + 1].text[:1].isupper()
    if genitive or named or word in _PLURAL_FIRST or singular(word) == word:
        return False
    start, end = at, at + 1
    while _tag(units, start) is Tag.NOUN:
        start -= 1
    while _tag(units, end) is Tag.NOUN:
        end += 1
    opened = start >= 0 and units[start].value in ("a", "an")
    listed = _tag(units, end) is Tag.CONJUNCTION and units[end].value in ("and", "or", "&")
    following = _tag(units, end + 1)
    if following is Tag.DETERMINER:
        return listed and not opened and singular(units[at + 1].value) != units[at + 1].value
    return listed and not opened and following in (Tag.NOUN, Tag.ADJECTIVE)
