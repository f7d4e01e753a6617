"""Which words of a prompt carry content, and which of them stand in no claim."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gencheck.consistency.claims import Claim, ParsedPrompt
from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse.numbers import NUMBERS
from gencheck.consistency.parse.tokens import Kind, Token
from gencheck.consistency.parse.units import FUNCTION_TAGS, Tag, Unit

_CUES = grammar.TEXT_NOUNS | grammar.TEXT_VERBS | grammar.WRITING_VERBS


def covered(
    claims: tuple[Claim, ...], units: Sequence[Unit], used: Callable[[Token], bool]
) -> ParsedPrompt:
    """The claims of a prompt with the content words that none of them uses."""
    content = list(_content(units))
    missed = tuple(token.span for token in content if not used(token))
    return ParsedPrompt(claims, missed, len(content))


def _content(units: Sequence[Unit]) -> Iterator[Token]:
    written = any(unit.tag is Tag.TEXT for unit in units)
    for unit in units:
        seems = unit.tag is Tag.AUXILIARY and len(unit.tokens) > 1
        manner = seems or (unit.tag is Tag.ADVERB and not _is_function(unit))
        number = unit.tokens[0].lower in NUMBERS and unit.tag is not Tag.DETERMINER
        if (unit.tag in FUNCTION_TAGS and not manner and not number) or unit.tag in (
            Tag.TEXT,
            Tag.PARAMETER,
        ):
            continue
        if not (written and unit.value in _CUES):
            yield from (t for t in unit.tokens if t.kind is not Kind.PUNCT and not _empty(t, unit))


def _is_function(unit: Unit) -> bool:
    """``very`` and ``in this picture`` say nothing of their own, ``elegantly`` does."""
    closed = (grammar.ADVERBS | grammar.DETERMINERS | grammar.SHOWING) - grammar.PARTICLES
    return len(unit.tokens) > 1 or unit.value in closed or not unit.value.isalpha()


def _empty(token: Token, unit: Unit) -> bool:
    """Function words inside a longer unit, such as ``in``, ``of`` in ``in front of``."""
    function = grammar.DETERMINERS | {"of", "to", "and", "be", "have", "been"}
    return len(unit.tokens) > 1 and token.lower in function
