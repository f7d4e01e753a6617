"""Places named before what stands there: ``on the table there is a cup``, ``behind him sits …``."""

from __future__ import annotations

from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse import roles
from gencheck.consistency.parse.clause import Fronted, Reading
from gencheck.consistency.parse.phrases import NounPhrase, read_phrase
from gencheck.consistency.parse.units import OPENERS, Tag, Unit
from gencheck.consistency.parse.word_forms import lemma_of_verb

_NO_PLACES = grammar.words("with of has for like about wearing to from during") | {"made of"}
_STANDING = grammar.words("sit stand lie lay hang rest perch float grow lean")


def read_fronted(unit: Unit, reading: Reading) -> bool:
    """Read a place before what stands there; the reading ends up right before that.

    Args:
        unit: the predicate that is being read.

    Returns:
        Whether it was one.
    """
    now = reading.now
    begins = now.last is None and now.verb is None
    if unit.value in _NO_PLACES or not (begins or (now.joined and now.comma)):
        return False
    place, end = _place(reading)
    if place is None:
        return False
    at = end + (end < len(reading.units) and reading.units[end].tag is Tag.COMMA)
    follows = reading.units[at] if at < len(reading.units) else None
    if follows is None:
        return False
    verb = None
    if follows.tag is Tag.STOP and follows.value in OPENERS:
        at -= 1
    elif begins and follows.tag is Tag.VERB and lemma_of_verb(follows.value) in _STANDING:
        verb = follows
    elif not (begins and follows.tag is Tag.AUXILIARY):
        return False
    if reading.units[reading.at + 1].tag is not Tag.PRONOUN:
        now.predicate = unit
        roles.claim_thing(place, reading)
        now.predicate = None
        reading.known.add(place)
    reading.fronted = Fronted(unit, place, verb)
    reading.draft.use([unit])
    reading.at = at
    return True


def _place(reading: Reading) -> tuple[NounPhrase | None, int]:
    after = reading.unit(1)
    if after is not None and after.tag is Tag.PRONOUN:
        return reading.known.of(after.value), reading.at + 2
    return read_phrase(reading.units, reading.at + 1) or (None, 0)
