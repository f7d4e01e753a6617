"""Words about the asset itself: ``a dark photo of``, ``oil painting,``."""

from __future__ import annotations

from gencheck.consistency.claims import AttributeClaim, SceneClaim, StyleClaim
from gencheck.consistency.parse import scene_words as scenes
from gencheck.consistency.parse.draft import Draft
from gencheck.consistency.parse.phrases import NounPhrase
from gencheck.consistency.parse.units import Unit


def medium(phrase: NounPhrase, draft: Draft, taken: Unit | None = None) -> None:
    """A noun phrase names how the picture is made: ``photo``, ``ink drawing``, ``photo taken``."""
    end = phrase.end if taken is None else taken.end
    words = " ".join(unit.value for unit in phrase.head)
    last = scenes.MEDIA[phrase.head[-1].value]
    value = scenes.STYLES.get(words, words if len(phrase.head) > 1 else last)
    draft.add(StyleClaim(value), phrase.start, end, [*phrase.head, *([taken] if taken else [])])
    properties(phrase, draft)


def trailing_medium(phrase: NounPhrase, draft: Draft) -> None:
    """``graveyard photo``: the last noun is the medium of what the others name."""
    last = phrase.head[-1]
    draft.add(StyleClaim(scenes.MEDIA[last.value]), last.start, last.end, [last])


def look(phrase: NounPhrase, draft: Draft) -> None:
    """``moody lighting``, ``warm colors``: how the whole picture looks."""
    units = [*(unit for found in phrase.attributes for unit in found.units), *phrase.head]
    value = " ".join(unit.value for unit in units)
    draft.add(StyleClaim(scenes.STYLES.get(value, value)), units[0].start, phrase.end, units)


def frame(phrase: NounPhrase, draft: Draft) -> None:
    """``a time lapse image of``, ``bedroom scene of``: what names the asset, and says how it is."""
    named = phrase.head[:-1]
    if named:
        words = " ".join(unit.value for unit in named)
        place = named[-1].value in scenes.PLACES | scenes.TIMES or words in scenes.COMPOUND_PLACES
        claim = SceneClaim(words) if place else StyleClaim(scenes.STYLES.get(words, words))
        draft.add(claim, named[0].start, named[-1].end, named)
    draft.use(phrase.head)
    properties(phrase, draft)


def properties(phrase: NounPhrase, draft: Draft) -> None:
    """What stands before a medium describes the whole picture."""
    for found in phrase.attributes:
        start, end = found.units[0].start, found.units[-1].end
        word = found.units[0].value
        if word in scenes.BRIGHTNESS:
            claim = AttributeClaim("", "brightness", scenes.BRIGHTNESS[word])
            draft.add(claim, start, end, found.units)
        else:
            value = scenes.STYLES.get(word, found.value)
            draft.add(StyleClaim(value), start, end, found.units)
