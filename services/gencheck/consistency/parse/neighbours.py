"""Words of the lexicon whose part a few neighbours change: ``can``, ``left``, ``to``."""

from __future__ import annotations

from gencheck.consistency.parse import visual_words as visual
from gencheck.consistency.parse.spot import NO_NOUN, OPENS_NOUN_PHRASE
from gencheck.consistency.parse.units import Tag, Unit
from gencheck.consistency.parse.word_forms import lemma_of_verb, participle, parts_of

_ENDS = (Tag.STOP, Tag.COMMA, Tag.CONJUNCTION)


def by_neighbours(unit: Unit, before: Unit | None, after: Unit | None, later: Unit | None) -> Tag:
    """The tag of a word of the lexicon, which a few change by what stands beside them."""
    if unit.value in ("colored", "coloured") and after and after.value in visual.COLOURS:
        return Tag.ADVERB  # "is colored yellow"
    doing = after is not None and after.tag is Tag.UNKNOWN and after.value.endswith("ing")
    follows = before is not None and before.tag in (Tag.COMMA, Tag.NOUN)
    if unit.value in ("all", "both", "each") and doing and follows:
        return Tag.ADVERB  # ", all wearing hats"
    if unit.value == "to" and _infinitive(after):
        return Tag.CONJUNCTION  # "jumping to catch a ball"
    if unit.value == "has" and before is not None and _perfect(after, later):
        return Tag.AUXILIARY  # "has placed a cup"
    if before is not None:
        if unit.value in ("all", "both") and before.tag is Tag.AUXILIARY:
            return Tag.ADVERB  # "they are all wearing"
        ends = after is None or after.tag in NO_NOUN
        aside = unit.tag is Tag.UNKNOWN and unit.value in ("left", "right")
        if aside and before.tag is Tag.VERB and ends:
            return Tag.ADVERB  # "facing left", "crashed right through"
        if unit.value == "back" and before.tag in OPENS_NOUN_PHRASE:
            return Tag.NOUN
        if unit.value == "missing" and before.tag is Tag.NOUN:
            return Tag.NEGATION
    if unit.tag is Tag.ADVERB and unit.value.endswith(" of") and _ends(after):
        return Tag.FOREIGN  # "different kinds of …": of what is not said
    if unit.value == "can" and _is_tin(before, after):
        return Tag.NOUN
    return unit.tag


def _infinitive(after: Unit | None) -> bool:
    if after is None or after.tag is not Tag.UNKNOWN:
        return False
    word = after.value
    return word in visual.VERBS and lemma_of_verb(word) == word and "VERB" in parts_of(word)


def _perfect(after: Unit | None, later: Unit | None) -> bool:
    if after is None or later is None or after.tag is not Tag.UNKNOWN:
        return False
    opens = later.tag in (Tag.DETERMINER, Tag.POSSESSIVE)
    return opens and participle(after.value, parts_of(after.value))


def _ends(after: Unit | None) -> bool:
    return after is None or after.tag is Tag.STOP


def _is_tin(before: Unit | None, after: Unit | None) -> bool:
    """Whether ``can`` is a thing: "a can", "can on table"."""
    opened = before is not None and before.tag in (*OPENS_NOUN_PHRASE, Tag.PREDICATE)
    return opened or after is None or after.tag in (Tag.PREDICATE, *_ENDS)
