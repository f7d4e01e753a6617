"""Tuples of DSG and claims as sets of lemmas, in one notation; ``consistency_dsg`` says which."""

from __future__ import annotations

import re

from gencheck.consistency import claims as c
from gencheck.consistency.parse.grammar_words import PREDICATES, words
from gencheck.consistency.parse.numbers import NUMBERS
from gencheck.consistency.parse.places import position
from gencheck.consistency.parse.visual_words import SPELLINGS
from gencheck.consistency.parse.word_forms import lemma_of_verb, singular

_EMPTY = words("a an the of is are be in's there it its to and text word words saying")
_LINKS = words(
    "of with has have had to for as some any that which his her their my your our or being been "
    "was were do does"
)


def tuple_words(text: str) -> frozenset[str]:
    """The lemmas of a tuple's arguments."""
    inside = text[text.index("(") + 1 : text.rindex(")")] if "(" in text else text
    arguments = [re.sub(r"^[\w ]+?(?:'s|s') ", "", part.strip()) for part in inside.split(",")]
    where = position(f"{' '.join(reversed(arguments[1:]))}".split())[1]
    if where:
        arguments = [arguments[0], where]
    return stems(" ".join(map(_canonical, arguments)))


def _canonical(argument: str) -> str:
    """``stand beneath`` → ``stand below``: the last words, if they are a predicate."""
    parts = argument.split()
    for i in range(len(parts)):
        predicate = PREDICATES.get(" ".join(parts[i:]))
        if predicate:
            return " ".join([*parts[:i], predicate])
    return argument


def claim_words(claim: c.Statement) -> frozenset[str]:
    """The lemmas of a claim."""
    match claim:
        case c.CountClaim(name, n):
            return stems(f"{name} {n}")
        case c.AttributeClaim(name, _, value):
            return stems(f"{name} {value}")
        case c.RelationClaim(subject, predicate, thing):
            return stems(f"{subject} {predicate} {thing}")
        case c.ActionClaim(subject, verb, thing):
            return stems(f"{subject} {_canonical(verb)} {thing}")
        case c.TextClaim(text):
            return stems(f"text {text}")
        case c.StyleClaim(value) | c.SceneClaim(value):
            return stems(value)
        case c.ObjectClaim(name) | c.AbsenceClaim(name):
            return stems(name)


def content(found: frozenset[str]) -> frozenset[str]:
    """Without linking words; lemmas, as ``has`` is among them as ``ha``."""
    return found - frozenset(map(_stem, _LINKS)) - _LINKS


def stems(text: str) -> frozenset[str]:
    """The lemmas of a text, articles and the like left out."""
    text = text.lower().replace("’", "'").replace("_", " ")
    found = re.findall(r"[a-z0-9\-]+(?:'[a-z]+)?", text)
    return frozenset(_stem(word) for word in found if word not in _EMPTY)


_SAME = {
    "color": "colour",
    "watercolor": "watercolour",
    "someone": "person",
    "somebody": "person",
    "wooden": "wood",
    "metallic": "metal",
    "grey": "gray",
    "golden": "gold",
}


def _stem(word: str) -> str:
    word = re.sub(r"-(?:shaped|colou?red)$", "", word)
    if word in NUMBERS:
        return str(NUMBERS[word])
    if word == "left":
        return word
    word = SPELLINGS.get(_SAME.get(word, word), word)
    base = lemma_of_verb(singular(word.removesuffix("'s")))
    return _SAME.get(base, base)
