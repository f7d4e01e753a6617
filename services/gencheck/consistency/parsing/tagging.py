"""Which part each word plays: lexicon, a morphological dictionary, and the words around it.

There is no statistical model here. ``lemminflect`` (MIT) says which parts of speech a word form can
be; neighbours decide between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import lemminflect

from gencheck.consistency.parsing import grammar_words as grammar
from gencheck.consistency.parsing import visual_words as visual
from gencheck.consistency.parsing.units import Tag, Unit

_OPENS_NOUN_PHRASE = {
    Tag.DETERMINER,
    Tag.POSSESSIVE,
    Tag.NUMBER,
    Tag.QUANTIFIER,
    Tag.ADJECTIVE,
    Tag.NEGATION,
}
_ADJECTIVE_ENDINGS = ("ous", "ful", "less", "ish", "like", "ic", "ical", "ible", "able", "esque")
_MIN_STEM = 3
_NOT_PARTICIPLES = frozenset("bed red shed sled hundred seed weed feed breed reed".split())
_SINGULAR = {"people": "person", "skis": "skis", "men": "man", "women": "woman", "dice": "die"}
_SINGULAR_S = frozenset("glasses sunglasses scissors pants jeans shorts skis goggles".split())


def singular(noun: str) -> str:
    """The singular of a noun or compound noun, lower case (``wine glasses`` → ``wine glass``)."""
    head = noun.rpartition(" ")
    last = head[2]
    if last in _SINGULAR:
        base = _SINGULAR[last]
    elif last in _SINGULAR_S and not head[0]:
        base = last
    else:
        found = lemminflect.getAllLemmas(last, upos="NOUN").get("NOUN")
        if not found and last.endswith("s") and not last.endswith(("ss", "us", "is")):
            found = lemminflect.getAllLemmasOOV(last, upos="NOUN").get("NOUN")
        # Of two readings the irregular one is the plural: ``leaves`` is of ``leaf``.
        base = found[-1] if found and last == "leaves" else found[0] if found else last
    return f"{head[0]} {base}" if head[0] else str(base)


def lemma_of_verb(verb: str) -> str:
    """The base form of a verb, lower case."""
    found = lemminflect.getAllLemmas(verb, upos="VERB").get("VERB")
    found = found or lemminflect.getAllLemmasOOV(verb, upos="VERB").get("VERB") or (verb,)
    # ``lying`` is of ``lie`` and of ``lye``; the lexicon of depicted actions decides.
    return str(next((base for base in found if base in visual.VERBS), found[0]))


def parts_of(word: str) -> frozenset[str]:
    """Parts of speech (``NOUN``, ``VERB``, ``ADJ``, ``ADV``) that a word form can be."""
    known = frozenset(lemminflect.getAllLemmas(word))
    return known or _guess(word)


def _guess(word: str) -> frozenset[str]:
    parts = {"NOUN"}
    if word.endswith(_ADJECTIVE_ENDINGS):
        parts.add("ADJ")
    if word.endswith("ly"):
        return frozenset({"ADV"})
    if word.endswith("ing") and len(word) > _MIN_STEM + 3:
        parts.add("VERB")
    if word.endswith("ed") and len(word) > _MIN_STEM + 2:
        parts.update(("VERB", "ADJ"))
    return frozenset(parts)


def tag_units(units: Sequence[Unit]) -> list[Unit]:
    """The same units with every ``UNKNOWN`` tag decided, left to right."""
    tagged: list[Unit] = []
    for at, unit in enumerate(units):
        if unit.tag is not Tag.UNKNOWN:
            tagged.append(unit)
            continue
        before = tagged[-1] if tagged else None
        after = units[at + 1] if at + 1 < len(units) else None
        tagged.append(replace(unit, tag=_decide(unit.value, before, after, tagged)))
    return tagged


def _decide(word: str, before: Unit | None, after: Unit | None, left: Sequence[Unit]) -> Tag:
    noun_next = after is not None and _can_be_noun(after)
    if word in visual.ATTRIBUTES:
        return _attribute(word, before, after, noun_next)
    parts = parts_of(word)
    if _is_verb_here(word, parts, before, after, left, noun_next):
        return Tag.VERB
    if "NOUN" in parts and (word in visual.ANIMATE or not ("ADJ" in parts and noun_next)):
        in_phrase = before is not None and before.tag in _OPENS_NOUN_PHRASE
        participle = _participle(word, parts) and noun_next and in_phrase
        if not participle or word in visual.NOUNS_IN_ING:
            copula = before is not None and before.tag is Tag.AUXILIARY
            return Tag.ADJECTIVE if copula and "ADJ" in parts and not noun_next else Tag.NOUN
    if "ADJ" in parts:
        return Tag.ADJECTIVE
    if "ADV" in parts:
        return Tag.ADVERB
    if "VERB" in parts:
        return Tag.ADJECTIVE if noun_next else Tag.VERB
    return Tag.NOUN


def _attribute(word: str, before: Unit | None, after: Unit | None, noun_next: bool) -> Tag:
    if word in visual.NOUN_TOO and not noun_next and not _joins_attribute(after):
        return Tag.ADJECTIVE if before is not None and before.tag is Tag.AUXILIARY else Tag.NOUN
    if word.endswith("ing") and before is not None and before.tag in (Tag.NOUN, Tag.AUXILIARY):
        return Tag.VERB
    if word in ("open", "cut", "parked", "lit") and before is not None and before.tag is Tag.NOUN:
        return Tag.VERB if word != "open" else Tag.ADJECTIVE
    return Tag.ADJECTIVE


def _joins_attribute(after: Unit | None) -> bool:
    return after is not None and after.tag is Tag.CONJUNCTION and after.value == "and" and False


def _participle(word: str, parts: frozenset[str]) -> bool:
    return "VERB" in parts and word.endswith(("ing", "ed", "en")) and word not in _NOT_PARTICIPLES


def _is_verb_here(
    word: str,
    parts: frozenset[str],
    before: Unit | None,
    after: Unit | None,
    left: Sequence[Unit],
    noun_next: bool,
) -> bool:
    if "VERB" not in parts or word in _NOT_PARTICIPLES:
        return False
    opens = before is not None and before.tag in _OPENS_NOUN_PHRASE
    only = parts <= {"VERB"}
    depicting = lemma_of_verb(word) in visual.VERBS
    follows_noun = any(u.tag in (Tag.NOUN, Tag.PRONOUN) for u in left[-4:]) and not opens
    if word.endswith("ing"):
        if word in visual.NOUNS_IN_ING:
            takes_object = after is not None and after.tag in (Tag.DETERMINER, Tag.POSSESSIVE)
            return takes_object and follows_noun
        return not opens or (not noun_next and only)
    if _participle(word, parts):
        return not opens and (follows_noun or not noun_next) and ("ADJ" not in parts or depicting)
    if before is not None and before.tag in (Tag.AUXILIARY, Tag.RELATIVE, Tag.PRONOUN):
        return "NOUN" not in parts or depicting
    if before is None or opens or not follows_noun:
        return False
    if word.endswith("s") and before.tag in (Tag.NOUN, Tag.ADVERB, Tag.CONJUNCTION):
        return only or (depicting and not _plural_like(before, word, after))
    plural_subject = before.tag in (Tag.NOUN, Tag.ADVERB) and before.value.endswith(
        ("s", "ople", "en")
    )
    return only or (depicting and plural_subject)


def _plural_like(before: Unit, word: str, after: Unit | None) -> bool:
    """Whether ``before word`` reads as a compound in the plural, such as ``card games``."""
    ends = after is None or after.tag in (Tag.COMMA, Tag.STOP, Tag.CONJUNCTION)
    return before.tag is Tag.NOUN and ends and before.value not in visual.ANIMATE


def _can_be_noun(unit: Unit) -> bool:
    if unit.tag is Tag.NOUN:
        return True
    if unit.tag is not Tag.UNKNOWN:
        return False
    word = unit.value
    if word in visual.ATTRIBUTES:
        return True
    parts = parts_of(word)
    if word.endswith("ing") and "VERB" in parts and word not in visual.NOUNS_IN_ING:
        return False
    return bool(parts & {"NOUN", "ADJ"})


def verb_forms(unit: Unit) -> str:
    """The lemma of a unit that was tagged as a verb."""
    return lemma_of_verb(unit.value)


def is_number_word(word: str) -> bool:
    """Whether a word is a number in letters."""
    return word in grammar.NUMBERS
