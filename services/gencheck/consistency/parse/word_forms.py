"""Forms of words: singulars, lemmas of verbs, participles, and the parts a form can play.

``lemminflect`` (MIT) is the dictionary; what it does not know is guessed by its ending.
"""

from __future__ import annotations

import lemminflect  # type: ignore[import-untyped]

from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse import visual_words as visual
from gencheck.consistency.parse.numbers import NUMBERS

_ADJECTIVE_ENDINGS = ("ous", "ful", "less", "ish", "like", "ic", "ical", "ible", "able", "esque")
_MIN_STEM = 3
_NOUNS_TOO = grammar.words("bar top")
"""Nouns that the dictionary lacks."""
NOT_PARTICIPLES = grammar.words("bed red shed sled hundred seed weed feed breed reed left")
_OF_PLACES = ("ian", "ean", "can", "ese")
_SINGULAR_S = grammar.words("glasses sunglasses scissors pants jeans shorts skis goggles")
_SINGULAR = {
    "broccolis": "broccoli",
    "people": "person",
    "skis": "skis",
    "men": "man",
    "women": "woman",
    "dice": "die",
}


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
        if last.endswith("s") and not found and not last.endswith(("ss", "us")):
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


def in_dictionary(word: str) -> bool:
    """Whether a word form is no name and no invention."""
    return bool(lemminflect.getAllLemmas(word))


def parts_of(word: str) -> frozenset[str]:
    """Parts of speech (``NOUN``, ``VERB``, ``ADJ``, ``ADV``) that a word form can be."""
    known = frozenset(lemminflect.getAllLemmas(word))
    if word.endswith("s") and known == {"VERB"} and "NOUN" in lemminflect.getAllLemmas(word[:-1]):
        return known | {"NOUN"}  # "bars", "scarfs": the dictionary lacks some plurals
    if word in _NOUNS_TOO or word.removesuffix("s") in _NOUNS_TOO:
        return known | {"NOUN"}
    if known and word.endswith(_ADJECTIVE_ENDINGS[:4] + _ADJECTIVE_ENDINGS[-3:]):
        return known | {"ADJ"}
    return known or _guess(word)


def _guess(word: str) -> frozenset[str]:
    parts = {"NOUN"}
    if word.endswith((*_ADJECTIVE_ENDINGS, *_OF_PLACES)):
        parts.add("ADJ")
    if word.startswith("un") and parts_of(word[2:]) & {"VERB", "ADJ"}:
        return frozenset({"ADJ"})
    first, last = word.partition("-")[0], word.rpartition("-")[2]
    if last != word and (first in NUMBERS or first.isdecimal()):
        return frozenset({"ADJ"})  # "two-storey", "5-year-old"
    if last != word and (last.endswith("ed") or participle(last, parts_of(last))):
        return frozenset({"ADJ"})
    if word.endswith("ly"):
        return frozenset({"ADV"})
    if word.endswith("ing") and len(word) > _MIN_STEM + 3:
        parts.add("VERB")
    if word.endswith("ed") and len(word) > _MIN_STEM + 2:
        parts.update(("VERB", "ADJ"))
    return frozenset(parts)


def participle(word: str, parts: frozenset[str]) -> bool:
    """Whether a form is a participle of a verb, given what ``parts_of`` says of it."""
    if "VERB" not in parts or word in NOT_PARTICIPLES:
        return False
    if word.endswith(("ed", "en")):
        return lemma_of_verb(word) != word  # "screen" is none
    return word.endswith("ing") or _irregular(word, parts)


def _irregular(word: str, parts: frozenset[str]) -> bool:
    """``held``, ``worn``, ``bent``: past forms; ``ground`` and ``rose`` are nouns first."""
    if "NOUN" in parts and word != "bent":
        return False
    return not word.endswith("s") and lemma_of_verb(word) != word
