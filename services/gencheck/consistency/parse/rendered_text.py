"""Words that a prompt asks to be written in the picture: quoted, or announced (``that says …``)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse.tokens import Kind, Token, join
from gencheck.findings import TextSpan

_PAIRS = (
    ('"', '"'),
    ("“", "”"),
    ("”", "”"),
    ("„", "“"),
    ("„", "”"),
    ("«", "»"),
    ("「", "」"),
    ("『", "』"),
)
_MAX_QUOTED = 300  # characters: also what keeps a hostile prompt from costing seconds
_QUOTED = re.compile(
    "|".join(
        f"{re.escape(a)}(?P<q{i}>[^{re.escape(a + b)}]{{1,{_MAX_QUOTED}}}){re.escape(b)}"
        for i, (a, b) in enumerate(_PAIRS)
    )
    # A single quote opens only at a word's start and closes only at its end, unlike an apostrophe.
    + r"|(?<!\w)['‘`](?P<single>(?=\S)(?:[^'‘’`\"\n]|(?<=\w)['’](?=\w)){0,300}"
    + r"[^\s'‘’`\"\n])['’`](?!\w)"
)
_STOPS = grammar.words(
    "on in at above below under with written painted printed engraved and or next behind over "
    "across along near into is are forming made"
)
_SURFACES = grammar.words("on in across over above below onto along")
_AFTER_NOUN = grammar.words("saying reading that which says reads of")
_NOUNS = grammar.TEXT_NOUNS - {"sentence", "label", "caption", "quote", "writing"}


def quoted(text: str) -> list[TextSpan]:
    """The insides of all quotation marks in a prompt, in order."""
    spans = []
    for match in _QUOTED.finditer(text):
        start, end = match.span(match.lastgroup or 0)
        inside = text[start:end]
        start += len(inside) - len(inside.lstrip())
        end -= len(inside) - len(inside.rstrip())
        if any(character.isalnum() for character in text[start:end]):
            spans.append(join(text, start, end))
    return spans


def announced(text: str, tokens: Sequence[Token]) -> list[TextSpan]:
    """Words after ``that says``, ``reading``, ``with the word(s)`` …, without quotation marks.

    Args:
        tokens: of the prompt, quoted parts left out.
    """
    spans: list[TextSpan] = []
    at = 0
    while at < len(tokens):
        start = _after_cue(tokens, at)
        if start is None:
            at += 1
            continue
        end = _end_of_words(tokens, start)
        if end > start:
            spans.append(join(text, tokens[start].start, tokens[end - 1].end))
        at = max(end, at + 1)
    spans.extend(_before_written(text, tokens, spans))
    return sorted(spans, key=lambda span: span.start)


def _after_cue(tokens: Sequence[Token], at: int) -> int | None:
    """The token where announced words begin, when a cue ends just before it."""
    word = tokens[at].lower
    before = tokens[at - 1].lower if at else ""
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    if following is None or (following.kind is Kind.PUNCT and following.text != ":"):
        return None
    skip = 2 if following.text == ":" else 1
    if word in ("says", "spelling", "spells") or (word == "titled"):
        return at + skip
    if word in ("reads", "reading", "saying") and (
        before in ("that", "which", "sign", "text", "banner") or following.text[:1].isupper()
    ):
        return at + skip
    if word in _NOUNS and before in ("the", "word", "with", "a") and _shouted(following):
        return at + skip
    return None


def _shouted(token: Token) -> bool:
    return token.text.isupper() or (token.text[:1].isupper() and token.kind is Kind.WORD)


def _end_of_words(tokens: Sequence[Token], start: int) -> int:
    """One past the last announced token: capitals as far as they go, else up to a boundary."""
    at = start
    capitals = at < len(tokens) and _shouted(tokens[at])
    while at < len(tokens):
        token = tokens[at]
        if token.kind is Kind.PUNCT and token.text not in "'’&!?-#$%":
            break
        if token.kind is Kind.PARAMETER or token.lower in _STOPS:
            break
        if capitals and token.kind is Kind.WORD and not _shouted(token):
            break
        at += 1
    return at


def _before_written(
    text: str, tokens: Sequence[Token], taken: Sequence[TextSpan]
) -> list[TextSpan]:
    """``Carpe Diem written on it``: capitalised words right before ``written``."""
    spans = []
    for at, token in enumerate(tokens):
        follows = tokens[at + 1].lower if at + 1 < len(tokens) else ""
        painted = token.lower == "painted" and follows in _SURFACES
        if at == 0 or not (token.lower in ("written", "spelled") or painted):
            continue
        start = at
        while start > 0 and _shouted(tokens[start - 1]) and tokens[start - 1].kind is Kind.WORD:
            start -= 1
        first_of_prompt = start == 0 and not all(t.text.isupper() for t in tokens[start:at])
        words = join(text, tokens[start].start, tokens[at - 1].end) if start < at else None
        if words and not first_of_prompt and not any(_overlap(words, span) for span in taken):
            spans.append(words)
    return spans


def _overlap(a: TextSpan, b: TextSpan) -> bool:
    return a.start < b.end and b.start < a.end
