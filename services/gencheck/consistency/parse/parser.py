"""``parse_prompt``: the claims of a prompt, each with the words that make it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from gencheck.consistency.claims import (
    AttributeClaim,
    ParsedPrompt,
    SceneClaim,
    StyleClaim,
    TextClaim,
)
from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse import negation
from gencheck.consistency.parse import scene_words as scenes
from gencheck.consistency.parse.clauses import read_clauses
from gencheck.consistency.parse.coverage import covered
from gencheck.consistency.parse.draft import Draft
from gencheck.consistency.parse.ellipsis import fill_in
from gencheck.consistency.parse.rendered_text import announced, quoted
from gencheck.consistency.parse.tagging import tag_units
from gencheck.consistency.parse.tokens import Kind, Token, tokenise
from gencheck.consistency.parse.units import Folder, Tag, Unit
from gencheck.errors import InvalidArgument, LimitExceeded
from gencheck.findings import TextSpan

MAX_CHARACTERS = 4_000
_RATIO = re.compile(r"(?:--|[—–])(?:ar|aspect)\s+(\d+:\d+)\Z")
_MAX_STYLE_WORDS = 5
_QUOTES = frozenset("\"“”„«»「」『』‘’'`")


def parse_prompt(text: str) -> ParsedPrompt:
    """Take a prompt apart. Pure and deterministic; a few milliseconds.

    English is understood. Of other scripts only quoted words become claims; the rest comes back as
    uncovered.

    Raises:
        InvalidArgument: the prompt is empty or blank.
        LimitExceeded: it is longer than 4,000 characters.
    """
    check_prompt(text)
    draft = Draft(text)
    units, texts = read_units(text)
    for span in texts:
        draft.add(TextClaim(span.text), span.start, span.end)
    units = _style_of(_without_cues(units, draft), draft)
    units = _whole_picture(units, draft)
    read_clauses(negation.take_out(units, draft), draft)
    draft.take_degrees(units)
    return covered(draft.claims(), units, draft.used)


def read_units(text: str) -> tuple[list[Unit], list[TextSpan]]:
    """The tagged units of a prompt, and the words in it that are to be written."""
    tokens = tokenise(text)
    texts = quoted(text)
    free = [token for token in tokens if not _inside(token, texts)]
    texts = sorted([*texts, *announced(text, free)], key=lambda span: span.start)
    return _units(tokens, texts), texts


def check_prompt(text: str) -> None:
    """Raise as ``parse_prompt`` says unless a prompt has words, and not too many."""
    if not text.strip():
        raise InvalidArgument(
            "the prompt is empty", where="prompt", fix="Give the words the asset was made from."
        )
    if len(text) > MAX_CHARACTERS:
        raise LimitExceeded(
            f"the prompt has {len(text):,} characters, at most {MAX_CHARACTERS:,} are read",
            where="prompt",
            fix="Shorten it to what is to be seen.",
            metadata={"characters": str(len(text)), "limit": str(MAX_CHARACTERS)},
        )


def _inside(token: Token, spans: Sequence[TextSpan]) -> bool:
    """Whether a token begins in a span; the closing mark may cling to its last word."""
    return any(span.start <= token.start < span.end for span in spans)


def _units(tokens: Sequence[Token], texts: Sequence[TextSpan]) -> list[Unit]:
    """Folded and tagged units; each rendered text is a single one."""
    folder = Folder()
    units: list[Unit] = []
    run: list[Token] = []
    pending = list(texts)
    for token in tokens:
        if pending and token.start >= pending[0].start:
            units += [*folder.fold(run), _text_unit(pending.pop(0))]
            run = []
        if not _inside(token, texts) and token.text not in _QUOTES:
            run.append(token)
    return fill_in(tag_units([*units, *folder.fold(run)]))


def _text_unit(span: TextSpan) -> Unit:
    return Unit((Token(span.text, span.start, span.end, Kind.WORD),), Tag.TEXT, span.text)


def _without_cues(units: Sequence[Unit], draft: Draft) -> list[Unit]:
    """Drop ``with the words`` and the like before a rendered text: its claim says it all."""
    cues = grammar.TEXT_NOUNS | grammar.TEXT_VERBS
    kept: list[Unit] = []
    for unit in units:
        if unit.tag is Tag.TEXT:
            dropped = False
            while kept and (
                (kept[-1].value in cues and not dropped)
                or (dropped and kept[-1].tag is Tag.DETERMINER)
                or kept[-1].value == "with"
            ):
                dropped = dropped or kept[-1].value in cues
                draft.use([kept.pop()])
        kept.append(unit)
    return kept


def _style_of(units: Sequence[Unit], draft: Draft) -> list[Unit]:
    """``in the style of X``, ``X style`` and ``by Some Artist``: up to the next boundary."""
    kept: list[Unit] = []
    i = 0
    while i < len(units):
        unit = units[i]
        by = unit.text.lower() == "by" and (_names(units, i + 1) or _opens_segment(kept))
        if _trends(units, i):
            end = _boundary(units, i + 2)
            _add_style(draft, units[i:end], ())
            i = end
            continue
        if by or unit.value == "in the style of":
            end = _boundary(units, i + 1)
            if end > i + 1:
                _add_style(draft, units[i + 1 : end], (unit,))
                while by and units[end : end + 1] and units[end].tag is Tag.COMMA:
                    more = _boundary(units, end + 1)
                    if not _names(units, end + 1) or not _all_names(units[end + 1 : more]):
                        break
                    _add_style(draft, units[end + 1 : more], ())
                    end = more
                i = end
                continue
        if unit.value in ("style", "styled") and kept:
            start = _style_start(kept)
            if start < len(kept):
                _add_style(draft, kept[start:], (unit,))
                kept = _drop_opening(kept[:start])
                i += 1
                continue
        kept.append(unit)
        i += 1
    return kept


def _trends(units: Sequence[Unit], at: int) -> bool:
    """``trending on artstation``: a word that generators are asked for a look with."""
    on = units[at + 1 : at + 2]
    return units[at].value == "trending" and bool(on) and on[0].value == "on"


def _opens_segment(kept: Sequence[Unit]) -> bool:
    return bool(kept) and kept[-1].tag is Tag.COMMA


def _names(units: Sequence[Unit], at: int) -> bool:
    """Whether a capitalised name of at least two words begins here."""
    part = units[at : at + 2]
    return len(part) == 2 and all(
        unit.tag in (Tag.NOUN, Tag.ADJECTIVE) and unit.text[:1].isupper() for unit in part
    )


def _all_names(units: Sequence[Unit]) -> bool:
    return all(unit.text[:1].isupper() for unit in units)


def _boundary(units: Sequence[Unit], at: int) -> int:
    end = at
    while end < len(units) and end - at < _MAX_STYLE_WORDS:
        if units[end].tag in (Tag.COMMA, Tag.STOP, Tag.PREDICATE, Tag.TEXT, Tag.PARAMETER):
            break
        end += 1
    return end


def _style_start(kept: Sequence[Unit]) -> int:
    start = len(kept)
    while start > 0 and len(kept) - start < 3:
        tag = kept[start - 1].tag
        if tag not in (Tag.ADJECTIVE, Tag.NOUN, Tag.STYLE, Tag.TEXT):
            break
        start -= 1
    return start


def _drop_opening(kept: list[Unit]) -> list[Unit]:
    """``in a``, left over before ``watercolour style``."""
    while kept and (kept[-1].tag is Tag.DETERMINER or kept[-1].value in ("in", "with")):
        kept = kept[:-1]
    return kept


def _add_style(draft: Draft, units: Sequence[Unit], cue: Sequence[Unit]) -> None:
    words = " ".join(unit.value for unit in units)
    value = scenes.STYLES.get(words, scenes.MEDIA.get(words, words))
    draft.add(StyleClaim(value), units[0].start, units[-1].end, [*units, *cue])


def _whole_picture(units: Sequence[Unit], draft: Draft) -> list[Unit]:
    """Take out what describes the asset, not a thing in it: styles, orientation, parameters."""
    kept: list[Unit] = []
    for i, unit in enumerate(units):
        after = units[i + 1] if i + 1 < len(units) else None
        alone = _alone(kept, after)
        if unit.tag is Tag.ORIENTATION:
            claim = AttributeClaim("", "orientation", unit.value)
            draft.add(claim, unit.start, unit.end, [unit])
        elif unit.tag is Tag.PARAMETER:
            _parameter(unit, draft)
        elif unit.tag is Tag.STYLE:
            kept.extend(_style(unit, kept, after, draft))
        elif unit.value in scenes.CLEAR_STYLES or (alone and unit.value in scenes.STYLES):
            value = scenes.STYLES[unit.value]
            draft.add(StyleClaim(value), unit.start, unit.end, [unit])
        elif alone and unit.tag is Tag.ADJECTIVE and _after_style(kept):
            draft.add(StyleClaim(unit.value), unit.start, unit.end, [unit])
        elif alone and unit.value in scenes.TIMES | scenes.LONE_SCENES:
            draft.add(SceneClaim(unit.value), unit.start, unit.end, [unit])
        else:
            kept.append(unit)
    return kept


def _alone(kept: Sequence[Unit], after: Unit | None) -> bool:
    """Whether a unit fills a whole segment between commas."""
    ends = (Tag.COMMA, Tag.STOP, Tag.PARAMETER)
    opens = not kept or kept[-1].tag in ends
    return opens and (after is None or after.tag in ends)


def _after_style(kept: Sequence[Unit]) -> bool:
    """Whether all of the segment before was style: ``a car, oil painting, smooth``."""
    return len(kept) > 1 and kept[-1].tag is kept[-2].tag is Tag.COMMA


def _style(unit: Unit, kept: list[Unit], after: Unit | None, draft: Draft) -> list[Unit]:
    """A phrase such as ``black and white``: of the picture, or of the thing that follows."""
    two_colours = unit.value == "black and white"
    thing = after is not None and after.tag is Tag.NOUN and not _names_picture(after)
    if two_colours and thing:
        first, _, last = (Unit((t,), Tag.ADJECTIVE, t.lower) for t in unit.tokens)
        return [first, Unit((unit.tokens[1],), Tag.CONJUNCTION, "and"), last]
    if kept and kept[-1].tag is Tag.AUXILIARY and two_colours:
        return [replace(unit, tag=Tag.ADJECTIVE)]
    draft.add(StyleClaim(unit.value), unit.start, unit.end, [unit])
    left = len(kept)
    while left > 0 and kept[left - 1].tag in (Tag.ADJECTIVE, Tag.ADVERB):
        left -= 1
    if left < len(kept) and _opens_segment(kept[:left]):
        _add_style(draft, kept[left:], ())
        del kept[left:]
    if after is not None and after.value == "of":
        # "an oil painting of": what the medium shows follows; a frame noun keeps the grammar whole.
        return [Unit(unit.tokens, Tag.NOUN, "image")]
    return []


def _names_picture(unit: Unit) -> bool:
    return unit.value in scenes.MEDIA or unit.value in grammar.FRAME_NOUNS


def _parameter(unit: Unit, draft: Draft) -> None:
    match = _RATIO.match(unit.value)
    if match:
        claim = AttributeClaim("", "aspect ratio", match.group(1))
        draft.add(claim, unit.start, unit.end, [unit])
