"""Where in the picture: ``in the background``, ``at the top right corner``, ``of the image``."""

from __future__ import annotations

from collections.abc import Sequence

from gencheck.consistency.parse.grammar_words import words

_BEFORE = words("in on at to from toward towards near of")
_OWN = words("the this that its their his her a an")
_ASSET = words("image picture photo photograph pic frame canvas screen")
_WHERE = {
    "top": "top",
    "upper": "top",
    "bottom": "bottom",
    "lower": "bottom",
    "left": "left",
    "right": "right",
    "left-hand": "left",
    "right-hand": "right",
    "middle": "middle",
    "center": "middle",
    "centre": "middle",
    "front": "front",
    "back": "back",
    "rear": "back",
    "background": "background",
    "foreground": "foreground",
    "distance": "background",
}
_VAGUE = words("far near very hand extreme immediate")
_PART = words("side corner part edge half portion area")
_FREE = words("background foreground distance")
"""After these, other than after ``left``, a noun begins a thing of its own."""
_FOLLOWS = words(
    "there is are was were i we you it and or but who which that with while as , . ; : ! ? - ) "
    "in on at from near behind above below under next to a an the"
)
_MOST_WORDS = 6


def asset(words_: Sequence[str]) -> int:
    """How many words at the front say no more than ``in this picture``, ``of the image``."""
    if len(words_) < 3 or words_[0] not in _BEFORE or words_[1] not in _OWN:
        return 0
    follows = words_[3] if len(words_) > 3 else ""
    return 3 if words_[2] in _ASSET and follows not in ("of", "with", "showing") else 0


def position(words_: Sequence[str]) -> tuple[int, str]:
    """How many words at the front name a place in the picture, and which (``top right``)."""
    bare = "there" in words_[1:4] and words_[0] in _WHERE  # "right top there are"
    if not bare and (not words_ or words_[0] not in _BEFORE - {"of"}):
        return 0, ""
    at = 0 if bare else 2 if len(words_) > 1 and words_[1] in _OWN else 1
    found: list[str] = []
    while at < min(len(words_), _MOST_WORDS) and words_[at] in _WHERE.keys() | _VAGUE:
        if words_[at] == "hand" and words_[at + 1 : at + 2] != ["side"]:
            return 0, ""  # "in its left hand"
        if words_[at] in _WHERE:
            found.append(_WHERE[words_[at]])
        at += 1
    part = bool(found) and at < len(words_) and words_[at] in _PART
    at += part
    rest = words_[at:]
    last = words_[at - 1] if at else ""
    ends = not rest or rest[0] in _FOLLOWS or last in _FREE or part or asset(rest) > 0
    of = bool(rest) and rest[0] == "of" and not asset(rest)
    ends = ends and (not bare or rest[:1] == ["there"])
    return (at, " ".join(dict.fromkeys(found))) if found and ends and not of else (0, "")
