"""Prompt → tokens with exact character positions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from gencheck.findings import TextSpan


class Kind(Enum):
    """What a token is made of."""

    WORD = "word"  # Latin letters
    NUMBER = "number"
    FOREIGN = "foreign"  # another script, or emoji: content that the grammar cannot read
    PARAMETER = "parameter"  # ``--ar 16:9``, as image generators take them
    PUNCT = "punct"


@dataclass(frozen=True, slots=True)
class Token:
    """``prompt[start:end] == text``; ``lower`` is what the lexicon is asked."""

    text: str
    start: int
    end: int
    kind: Kind

    @property
    def lower(self) -> str:
        """Lower case, with a plain apostrophe."""
        return self.text.lower().replace("’", "'")

    @property
    def span(self) -> TextSpan:
        """Where it stands."""
        return TextSpan(self.start, self.end, self.text)


# Weights such as ``(word:1.3)`` and ``::2`` steer a generator and ask for nothing to be seen.
_WEIGHT = r"::-?\d*\.?\d*|:\d*\.\d+"
_PARAMETER = r"(?:--|[—–](?=(?:ar|aspect|no|v|q|s)\b))[a-z]+(?:[ \t]+[\w.:]+)?"
_NUMBER = r"\d+(?:[.,]\d+)*(?!\w|-[A-Za-z])"
_LATIN = "A-Za-z\u00c0-\u024f"
_WORD = rf"[{_LATIN}0-9]+(?:['’\-][{_LATIN}0-9]+)*(?:['’](?=\s))?"
_PICTOGRAPH = "[\u2600-\u27bf\u2b50\U0001f300-\U0001faff]"
_TOKEN = re.compile(
    rf"(?P<weight>{_WEIGHT})|(?P<parameter>{_PARAMETER})|(?P<number>{_NUMBER})"
    rf"|(?P<word>{_WORD})|(?P<foreign>\w+|{_PICTOGRAPH}+)|(?P<punct>[^\w\s])"
)


def tokenise(text: str) -> list[Token]:
    """All tokens of a prompt in order; nothing but white space lies between them."""
    return [_token(match) for match in _TOKEN.finditer(text)]


def _token(match: re.Match[str]) -> Token:
    word, start, end = match.group(), match.start(), match.end()
    group = match.lastgroup
    if group == "word":
        # A letter of another script may follow a Latin run without a space; it is a token anew.
        return Token(word, start, end, Kind.WORD)
    if group in ("weight", "punct"):
        return Token(word, start, end, Kind.PUNCT)
    return Token(word, start, end, Kind(group))


def join(text: str, start: int, end: int) -> TextSpan:
    """The span of a prompt from ``start`` to ``end``."""
    return TextSpan(start, end, text[start:end])
