"""What a prompt asks for: frozen claims, each with the words it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from gencheck.findings import TextSpan


class Comparator(Enum):
    """How the number of a count is meant."""

    EQUAL = "EQUAL"
    AT_LEAST = "AT_LEAST"
    AT_MOST = "AT_MOST"


class ClaimStatus(Enum):
    """What became of a claim."""

    SUPPORTED = "SUPPORTED"
    CONTRADICTED = "CONTRADICTED"
    UNVERIFIED = "UNVERIFIED"


@dataclass(frozen=True, slots=True)
class ObjectClaim:
    """Something is to be seen; ``name`` in the singular."""

    name: str


@dataclass(frozen=True, slots=True)
class CountClaim:
    """So many of something are to be seen."""

    name: str
    n: int
    comparator: Comparator = Comparator.EQUAL


@dataclass(frozen=True, slots=True)
class AttributeClaim:
    """Something has a property.

    Attributes:
        name: the thing, in the singular; empty: the picture as a whole.
        kind: ``colour``, ``material``, ``shape``, ``texture``, ``size``, ``state``, ``position``
            (``top right``), ``brightness``, ``orientation``, ``aspect ratio`` or ``quality`` (any
            other adjective).
        value: the property.
    """

    name: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class RelationClaim:
    """One thing stands to another: ``left of``, ``on``, ``behind``, ``with`` and others."""

    subject: str
    predicate: str
    object: str


@dataclass(frozen=True, slots=True)
class ActionClaim:
    """Somebody does something; ``verb`` is a lemma, ``object`` may be empty."""

    subject: str
    verb: str
    object: str = ""


@dataclass(frozen=True, slots=True)
class TextClaim:
    """These words are to be written in the picture."""

    text: str


@dataclass(frozen=True, slots=True)
class StyleClaim:
    """The picture is to look like this, such as ``watercolour`` or ``black and white``."""

    value: str


@dataclass(frozen=True, slots=True)
class SceneClaim:
    """The picture is to show this place, time or weather, such as ``beach`` or ``night``."""

    value: str


@dataclass(frozen=True, slots=True)
class AbsenceClaim:
    """Something is not to be seen; ``name`` in the singular."""

    name: str


Statement: TypeAlias = (
    ObjectClaim
    | CountClaim
    | AttributeClaim
    | RelationClaim
    | ActionClaim
    | TextClaim
    | StyleClaim
    | SceneClaim
    | AbsenceClaim
)

_KINDS: dict[type[Statement], str] = {
    ObjectClaim: "object",
    CountClaim: "count",
    AttributeClaim: "attribute",
    RelationClaim: "relation",
    ActionClaim: "action",
    TextClaim: "text",
    StyleClaim: "style",
    SceneClaim: "scene",
    AbsenceClaim: "absence",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a prompt asks for, and the words that say so."""

    span: TextSpan
    claim: Statement

    @property
    def kind(self) -> str:
        """Its type as a word, such as ``object``, ``count`` or ``text``."""
        return _KINDS[type(self.claim)]


@dataclass(frozen=True, slots=True)
class ParsedPrompt:
    """The claims of a prompt in the order of the text.

    Attributes:
        uncovered: content words that stand in no claim, each by itself.
        content_words: how many content words the prompt has in all.
    """

    claims: tuple[Claim, ...]
    uncovered: tuple[TextSpan, ...]
    content_words: int
