"""Whether a word is a verb where it stands."""

from __future__ import annotations

from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse import visual_words as visual
from gencheck.consistency.parse.spot import NO_NOUN, Spot, depicts, ing
from gencheck.consistency.parse.units import Tag
from gencheck.consistency.parse.word_forms import NOT_PARTICIPLES, participle

_NEVER_NOUNS = grammar.words("wear hold carry eat sit stand lie ride throw catch read write use")
_PLURALS = ("s", "ople", "en")
_PARTICIPLES_TOO = grammar.words("spread cut set put shut split hung hurt")


def is_listed(spot: Spot, parts: frozenset[str]) -> bool:
    """``happy, surprised and sobbing men``: a participle among adjectives."""
    joined = spot.follows(Tag.COMMA, Tag.CONJUNCTION) and len(spot.left) > 1
    if not joined or spot.left[-2].tag is not Tag.ADJECTIVE or not participle(spot.word, parts):
        return False
    return spot.noun_next or (spot.precedes(Tag.CONJUNCTION) and not ing(spot.word))


def _never_verb(spot: Spot, parts: frozenset[str]) -> bool:
    """Whether what stands beside it makes a noun or a property of a form that may be a verb."""
    word = spot.word
    owner = spot.before is not None and spot.before.value.endswith(("'s", "s'"))
    if word in NOT_PARTICIPLES or owner or spot.name:
        return True
    if word == "shot" and (spot.after is None or spot.precedes(*NO_NOUN)):
        return True  # "a wide lens shot"
    done = participle(word, parts) and spot.noun_next
    # "with buttered toast", "with glowing eyes"; ", framed photo"
    if spot.follows(Tag.CONJUNCTION) and not ing(word):  # "bottles and crumpled cans"
        return done and not any(unit.tag is Tag.VERB for unit in spot.left)
    return done and (spot.follows(Tag.PREDICATE) or (spot.follows(Tag.COMMA) and not ing(word)))


def is_verb(spot: Spot, parts: frozenset[str]) -> bool:
    """Whether it is one, of the parts that its form can play."""
    word = spot.word
    if "VERB" not in parts or _never_verb(spot, parts):
        return False
    to_or_has = spot.before is not None and spot.before.value in ("to", "has")
    if to_or_has and spot.follows(Tag.CONJUNCTION, Tag.AUXILIARY):
        return True  # as neighbours tell
    if word == "lay" and spot.follows(Tag.NOUN) and spot.precedes(Tag.PREDICATE):
        return True
    only = parts <= {"VERB"}
    depicting = depicts(word)
    has_subject = not spot.in_phrase and any(
        unit.tag in (Tag.NOUN, Tag.PRONOUN) for unit in spot.left
    )
    if word.endswith("ing"):
        if word in visual.NOUNS_IN_ING:
            return has_subject and spot.precedes(Tag.DETERMINER, Tag.POSSESSIVE)
        return not spot.in_phrase or (not spot.noun_next and only)
    if participle(word, parts):
        free = not spot.in_phrase and (has_subject or not spot.noun_next)
        return free and ("ADJ" not in parts or depicting)
    if spot.follows(Tag.AUXILIARY, Tag.RELATIVE, Tag.PRONOUN) or spot.verb_denied:
        return "NOUN" not in parts or depicting or word in _PARTICIPLES_TOO
    if not has_subject or spot.before is None or spot.follows(Tag.PREDICATE):
        return False
    agrees = word.endswith("s") != spot.before.value.endswith(_PLURALS)
    opens = spot.precedes(Tag.DETERMINER, Tag.POSSESSIVE)
    if agrees and opens and spot.follows(Tag.NOUN, Tag.ADVERB, Tag.ADJECTIVE):
        return True  # "a boy grips a ball", "boys grip a ball"
    if word.endswith("s") and spot.follows(Tag.NOUN, Tag.ADVERB, Tag.CONJUNCTION):
        return only or (depicting and not _plural_like(spot))
    if spot.before.value in visual.ANIMATE:  # telegraphic: "person wear hat", "bear walk on road"
        placed = depicting and not word.endswith("s") and spot.precedes(Tag.PREDICATE)
        if word in _NEVER_NOUNS or placed:
            return True
    several = spot.follows(Tag.NOUN, Tag.ADVERB) and spot.before.value.endswith(_PLURALS)
    return only or (depicting and several)


def _plural_like(spot: Spot) -> bool:
    """Whether the word reads as a plural head after a noun, as in ``card games``."""
    ends = spot.after is None or spot.precedes(Tag.COMMA, Tag.STOP, Tag.CONJUNCTION)
    ends = ends or (spot.after is not None and ing(spot.after.value))  # "water drops falling"
    animate = spot.before is not None and spot.before.value in visual.ANIMATE
    return spot.follows(Tag.NOUN) and ends and not animate
