"""Words in the picture, by what a text reader reads."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gencheck.consistency.claims import ClaimStatus
from gencheck.consistency.verify.answer import Answer, contradicted, supported, uncertain
from gencheck.findings import Box
from gencheck.vision.roles import TextLine

ROLE = "TextReader"
CLEAR_SCORE = 0.75
"""Lines below this score may be misread, so they decide nothing."""

SPELT, MISSPELT, NOT_READ = 0.99, 0.05, 0.16
"""Probability that words stand there that were read so, that were read with other letters, and of
which nothing near was read: by ``evaluate_rendered_text.py --half train``. Half of the claims are
right there, a quarter have one letter wrong, of a quarter no word is in the picture."""

TEXT_NOUNS = frozenset("text word letter writing lettering caption writings".split())  # noqa: SIM905
_CONFUSABLE = str.maketrans("0151|!$8", "olsllisb")
_KNOWN_SCRIPTS = ("LATIN", "DIGIT", "CJK", "HIRAGANA", "KATAKANA")
_SHOWN = 60
_MAX_DISTANCE = 0.4


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    line: TextLine


def normalise(text: str) -> str:
    """Case folded, compatibility forms unified, nothing but letters, digits and single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(c if c.isalnum() else "" if c in "'’‘.·" else " " for c in folded)
    return " ".join(kept.split())


def judge_readings(wanted: str, first: Sequence[TextLine], second: Sequence[TextLine]) -> Answer:
    """The same of two readings: one is enough for yes.

    No is left open where the second reads other letters and is at least as sure of them.
    """
    answer, again = (judge_text(wanted, lines) for lines in (first, second))
    if again.status is ClaimStatus.SUPPORTED:
        return again
    if answer.status is not ClaimStatus.CONTRADICTED:
        return answer
    target = normalise(wanted).replace(" ", "")
    (read, score), (other, other_score) = (_spelt(target, _words(seen)) for seen in (first, second))
    if other in ("", read) or other_score < score:
        return answer
    why = f"read “{read}” instead of “{wanted}”, with more contrast “{other}”"
    return uncertain(why, ROLE, answer.evidence)


def judge_text(wanted: str, lines: Sequence[TextLine]) -> Answer:
    """Whether these words stand in the picture: strict about letters, not about case or layout."""
    words = _words(lines)
    target = normalise(wanted).replace(" ", "")
    if not target:
        return uncertain(f"“{wanted}” has no letters or digits to look for", ROLE)
    run = _run_of(target, words)
    if run is not None:
        return _found(wanted, run)
    if not words:
        why = f"no text was found; “{wanted}” was asked for"
        return replace(contradicted(why, ROLE), probability=NOT_READ)
    doubt = _doubt(wanted, target, words)
    if doubt:
        return uncertain(doubt, ROLE, _boxes(words))
    nearest = _nearest(target, words)
    read = " ".join(dict.fromkeys(word.line.text for word in nearest))
    close = edit_distance(target, _joined(nearest)) <= _MAX_DISTANCE * len(target)
    if not close:
        shown = " / ".join(line.text for line in lines)[:_SHOWN]
        unclear = min(line.score for line in lines) < CLEAR_SCORE
        why = f"“{wanted}” was not read; what was read: “{shown}”"
        if unclear:
            return uncertain(f"{why}, partly unclear", ROLE)
        return replace(contradicted(why, ROLE), probability=NOT_READ)
    why = f"read “{read}” instead of “{wanted}”"
    if _score(nearest) < CLEAR_SCORE:
        return uncertain(f"{why}, but with a score of {_score(nearest):.2f}", ROLE, _boxes(nearest))
    return replace(contradicted(why, ROLE, _boxes(nearest)), probability=MISSPELT)


def judge_no_text(lines: Sequence[TextLine]) -> Answer:
    """Whether the picture is free of text."""
    clear = clear_lines(lines)
    if clear:
        read = " / ".join(line.text for line in clear)[:_SHOWN]
        return contradicted(f"text was read: “{read}”", ROLE, [line.box for line in clear])
    # A lone letter that is unclear is a shape, such as a ball that reads O.
    if any(line.score >= CLEAR_SCORE or _letters(line) >= 2 for line in lines):
        return uncertain("something like text was seen, too unclear to read", ROLE)
    return supported("no text was found", ROLE)


def clear_lines(lines: Sequence[TextLine]) -> list[TextLine]:
    """Lines that were read with confidence and hold at least two letters or digits."""
    return [line for line in lines if line.score >= CLEAR_SCORE and _letters(line) >= 2]


def _letters(line: TextLine) -> int:
    return len(normalise(line.text).replace(" ", ""))


def unrequested(lines: Sequence[TextLine], wanted: Sequence[str]) -> list[TextLine]:
    """Clear lines that share no word, and are not alike, with any text that was asked for."""
    asked = {word for text in wanted for word in normalise(text).split()}
    whole = [normalise(text).replace(" ", "") for text in wanted]
    extra = []
    for line in clear_lines(lines):
        words = normalise(line.text).split()
        joined = "".join(words)
        part = any(joined in text or text in joined for text in whole if text)
        alike = any(
            edit_distance(text, joined) <= _MAX_DISTANCE * len(text) for text in whole if text
        )
        if not part and not alike and not asked & set(words):
            extra.append(line)
    return extra


def _found(wanted: str, run: Sequence[_Word]) -> Answer:
    if _score(run) < CLEAR_SCORE:
        why = f"“{wanted}” was read, but with a score of {_score(run):.2f} only"
        return uncertain(why, ROLE, _boxes(run))
    answer = supported(f"“{wanted}” was read", ROLE, _boxes(run))
    return replace(answer, probability=SPELT)


def _doubt(wanted: str, target: str, words: Sequence[_Word]) -> str:
    """Why a text that was not found may be there all the same; empty where nothing says so."""
    if not all(_known(character) for character in target):
        return f"“{wanted}” is in a script that the reader may not know"
    if _run_of(_plain(target), [_Word(_plain(w.text), w.line) for w in words]) is not None:
        return f"“{wanted}” was read but for characters that look alike, such as O and 0"
    separate = set(normalise(wanted).split())
    if len(separate) > 1 and separate <= {word.text for word in words}:
        return f"all words of “{wanted}” were read, but not in this order"
    if any(target in word.text and target != word.text for word in words if len(target) > 2):
        return f"“{wanted}” was read as a part of a longer word"
    return ""


def _known(character: str) -> bool:
    return unicodedata.name(character, "").startswith(_KNOWN_SCRIPTS)


def _plain(text: str) -> str:
    return text.translate(_CONFUSABLE)


def _run_of(target: str, words: Sequence[_Word]) -> list[_Word] | None:
    """Neighbouring words, in reading order, that together spell the target."""
    for start in range(len(words)):
        joined = ""
        for end in range(start, len(words)):
            joined += words[end].text
            if joined == target:
                return list(words[start : end + 1])
            if not target.startswith(joined):
                break
    return None


def _runs(words: Sequence[_Word], length: int) -> Iterator[list[_Word]]:
    """Runs of neighbouring words of about that many characters; at least every single word."""
    for start in range(len(words)):
        size = 0
        for end in range(start, len(words)):
            size += len(words[end].text)
            if end > start and size > 1.5 * length:
                break
            yield list(words[start : end + 1])


def _words(lines: Sequence[TextLine]) -> list[_Word]:
    return [_Word(word, line) for line in lines for word in normalise(line.text).split()]


def _nearest(target: str, words: Sequence[_Word]) -> list[_Word]:
    return min(_runs(words, len(target)), key=lambda run: edit_distance(target, _joined(run)))


def _spelt(target: str, words: Sequence[_Word]) -> tuple[str, float]:
    """What comes near the target, and its score; empty where nothing does."""
    if not words:
        return "", 0.0
    run = _nearest(target, words)
    close = edit_distance(target, _joined(run)) <= _MAX_DISTANCE * len(target)
    return (_joined(run), _score(run)) if close else ("", 0.0)


def _joined(run: Sequence[_Word]) -> str:
    return "".join(word.text for word in run)


def _score(run: Sequence[_Word]) -> float:
    return min(word.line.score for word in run)


def _boxes(run: Sequence[_Word]) -> list[Box]:
    return list(dict.fromkeys(word.line.box for word in run))


def edit_distance(a: str, b: str) -> int:
    """Levenshtein's edit distance."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]
