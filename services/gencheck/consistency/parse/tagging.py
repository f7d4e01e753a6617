"""Which part each word plays: lexicon, a morphological dictionary, and the words around it.

There is no statistical model here: of the parts that a form can play, neighbours decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse import scene_words as scenes
from gencheck.consistency.parse import visual_words as visual
from gencheck.consistency.parse.neighbours import by_neighbours
from gencheck.consistency.parse.spot import NO_NOUN, OPENS_NOUN_PHRASE, Spot
from gencheck.consistency.parse.units import Tag, Unit
from gencheck.consistency.parse.verbs import is_listed, is_verb
from gencheck.consistency.parse.word_forms import participle, parts_of

_NOUN_DONE = ([Tag.NOUN, Tag.VERB], [Tag.NOUN, Tag.ADJECTIVE])
_NOUNS_FIRST = grammar.words("top front back side level base bottom cream")
_HEIGHTS = grammar.words("high low deep still")


def tag_units(units: Sequence[Unit]) -> list[Unit]:
    """The same units with every ``UNKNOWN`` tag decided, left to right."""
    named = _names_are_capital(units)
    tagged: list[Unit] = []
    for at, unit in enumerate(units):
        before = tagged[-1] if tagged else None
        after = units[at + 1] if at + 1 < len(units) else None
        later = units[at + 2] if at + 2 < len(units) else None
        tag = by_neighbours(unit, before, after, later)
        if tag is Tag.UNKNOWN:
            inner = before is not None and before.tag is not Tag.STOP
            name = named and inner and unit.text[:1].isupper() and not unit.value.endswith("ing")
            tag = _decide(Spot(unit.value, before, after, later, tagged[-4:], name))
        tagged.append(replace(unit, tag=tag))
        if _compound(tagged):
            noun, done = tagged[-3:-1]
            whole = Unit((*noun.tokens, *done.tokens), Tag.ADJECTIVE, f"{noun.value} {done.value}")
            tagged[-3:-1] = [whole]
    return tagged


def _compound(units: Sequence[Unit]) -> bool:
    """Whether noun and participle before the last noun say how it is: ``a snow covered street``."""
    if [unit.tag for unit in units[-3:-1]] not in _NOUN_DONE or units[-1].tag is not Tag.NOUN:
        return False
    noun, done = units[-3:-1]
    opens = len(units) == 3 or units[-4].tag in (*OPENS_NOUN_PHRASE, *NO_NOUN)
    names = noun.text[:1].isupper() or noun.value.endswith("s") or noun.value in visual.ANIMATE
    return opens and not names and done.value.endswith("ed") and " " not in done.value


def _names_are_capital(units: Sequence[Unit]) -> bool:
    """Whether capitals mark names: not in a Prompt That Writes All Its Words So."""
    words = [unit.text for unit in units if unit.tag is Tag.UNKNOWN]
    return 4 * sum(word[:1].isupper() for word in words) <= 3 * len(words)


def _decide(spot: Spot) -> Tag:
    if spot.word in visual.ATTRIBUTES:
        return _attribute(spot)
    if spot.word in _HEIGHTS and spot.follows(Tag.VERB, Tag.NOUN) and spot.precedes(Tag.PREDICATE):
        return Tag.ADVERB if spot.follows(Tag.VERB) else Tag.ADJECTIVE
    if spot.word in grammar.SHOWING:
        if spot.word == "show" and spot.follows(Tag.NOUN) and not spot.noun_next:
            return Tag.NOUN  # "a fashion show"
        return Tag.VERB if spot.has_thing else Tag.ADVERB
    parts = parts_of(spot.word)
    if is_listed(spot, parts):
        return Tag.ADJECTIVE
    if is_verb(spot, parts):
        return Tag.VERB
    if "NOUN" in parts and not _describes(spot, parts):
        predicative = spot.predicative and "ADJ" in parts and not spot.noun_next
        return Tag.ADJECTIVE if predicative else Tag.NOUN
    if _heads_phrase(spot):
        return Tag.NOUN
    if "ADJ" in parts or _describes(spot, parts):
        return Tag.ADJECTIVE
    if "ADV" in parts:
        return Tag.ADVERB
    if "VERB" in parts:
        if spot.noun_next and not spot.name:
            return Tag.ADJECTIVE
        return Tag.NOUN if spot.in_phrase or spot.name else Tag.VERB
    return Tag.NOUN


def _describes(spot: Spot, parts: frozenset[str]) -> bool:
    """Whether a word that may be a noun is a property of the noun after it."""
    may = "ADJ" in parts or spot.word in scenes.STYLES
    if spot.precedes(Tag.NUMBER, Tag.QUANTIFIER) and may:
        return True  # "top five", "a vintage set of"
    if not spot.noun_next or spot.word in visual.ANIMATE or spot.word in visual.BODY:
        return False
    if spot.word in scenes.STYLES or spot.word.endswith("-free"):
        return True
    if spot.word in visual.NOUNS_IN_ING:
        return "ADJ" in parts
    if spot.word in _NOUNS_FIRST and spot.follows(Tag.NOUN):
        return False  # "a stove top oven"
    opened = spot.in_phrase or spot.follows(Tag.PREDICATE)
    return "ADJ" in parts or (participle(spot.word, parts) and opened)


def _heads_phrase(spot: Spot) -> bool:
    """``a remote``, ``two knifes``: what a phrase has opened for, with no noun to come."""
    opened = spot.follows(Tag.DETERMINER, Tag.POSSESSIVE, Tag.NUMBER, Tag.QUANTIFIER)
    opened = opened or (spot.before is not None and spot.before.value in ("no", "without"))
    if not opened or spot.noun_next or spot.precedes(Tag.ADJECTIVE, Tag.QUANTIFIER):
        return False
    if not spot.precedes(Tag.COMMA, Tag.CONJUNCTION) or spot.later is None:
        return True
    return spot.later.tag not in (Tag.UNKNOWN, Tag.ADJECTIVE, Tag.CONJUNCTION)


def _with_colour(spot: Spot) -> bool:
    """``orange and white``, ``white and orange``: both are colours."""
    later = spot.precedes(Tag.CONJUNCTION) and spot.later is not None
    before = spot.follows(Tag.CONJUNCTION) and len(spot.left) > 1
    other = spot.later if later else spot.left[-2] if before else None
    plain = other is not None and other.tag in (Tag.UNKNOWN, Tag.ADJECTIVE)
    return plain and other is not None and other.value in visual.COLOURS - visual.NOUN_TOO


def _attribute(spot: Spot) -> Tag:
    if spot.word in visual.COLOURS and _with_colour(spot):
        return Tag.ADJECTIVE
    if spot.word in visual.NOUN_TOO and not spot.noun_next:
        return Tag.ADJECTIVE if spot.follows(Tag.AUXILIARY) else Tag.NOUN
    if spot.word.endswith("ing") and spot.follows(Tag.NOUN, Tag.AUXILIARY):
        return Tag.VERB
    if spot.word in ("cut", "parked", "lit") and spot.follows(Tag.NOUN):
        return Tag.VERB
    return Tag.ADJECTIVE
