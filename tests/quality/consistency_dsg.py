"""The parser against the propositions of DSG-1k, three ways of matching side by side.

DSG (Cho et al. 2024, arXiv 2310.18235) writes a prompt as tuples such as ``relation - spatial
(ostrich, water, under)``. Tuples and claims become sets of lemmas of the same notation:

- articles, forms of "be" and the owner in ``man's hair`` are no words of their own: DSG repeats the
  owner in every tuple to say which hair, a claim names the hair alone;
- synonymous predicates are one (``under``, ``beneath``), by the parser's table, in both; and so
  are places in the picture (``in the background``, ``(trees, background, in)``).

``lemma``, the figure that counts: the content words of a tuple and of a claim are the same set of
lemmas, each way, and each tuple and each claim is used once. Content words are all but articles,
auxiliaries, pronouns and the linking words ``of, with, has, to, for, as``; those of place (``on``,
``behind``) count. Two conventions of DSG are followed, whatever the tuples of a prompt say:

- a thing and whose it is are one proposition, ``entity - part (man's hair)``: a claim that
  somebody has what is claimed anyway is not counted a second time;
- a verb and where it goes are one, ``relation - action (geese, ocean, fly over)``; a verb and where
  it happens are two, ``(man, sit)`` and ``(man, bench, on)``.

``strict``: every word, linking words too, no conventions, a claim may serve several tuples.
``loose``: at least half of the united words are shared. Between what they give lies the truth of a
truth that a language model wrote: 77 to 81 % of the tuples use words of the prompt alone.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from consistency_twice import print_twice
from consistency_words import claim_words, content, stems, tuple_words

from gencheck.consistency import claims as c
from gencheck.consistency.parse import parse_prompt
from gencheck.consistency.parse.grammar_words import PREDICATES, words

_GROUPS = ("entity", "attribute", "relation", "global", "other")
_SCORED = ("entity", "attribute", "relation")
_DIRECTIONS = words(
    "to from at for past out down across through toward towards into onto over along around off "
    "via with"
)
_POSSESSION = words("has with of wearing")
_COMPATIBLE: dict[str, tuple[str, ...]] = {
    "object": ("entity",),
    "scene": ("entity", "global", "attribute"),
    "attribute": ("attribute", "global"),
    "position": ("attribute", "relation"),
    "relation": ("relation", "attribute"),
    "action": ("relation", "attribute"),
    "count": ("other",),
    "text": ("other",),
    "style": ("global", "attribute"),
    "absence": ("entity", "attribute", "other"),
}


@dataclass(frozen=True)
class Item:
    """A claim in the notation of DSG."""

    kind: str
    words: frozenset[str]

    @property
    def groups(self) -> tuple[str, ...]:
        """The categories of tuples that may say the same, its own first."""
        return _COMPATIBLE[self.kind]


Totals = Counter[tuple[str, str]]


def evaluate_dsg(data: Path, chosen: Callable[[str], bool], show: int) -> None:
    """Print recall and precision of each category."""
    rows = list(csv.DictReader((data / "prompts_dsg1k/dsg-1k-anns.csv").open()))
    prompts: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in rows:
        if chosen(row["text"]) and row["category_broad"] in _GROUPS:
            prompts[row["text"]].add((row["category_broad"], row["tuple"]))
    totals: Totals = Counter()
    for text, tuples in prompts.items():
        found = list(parse_prompt(text).claims)
        _strict_and_loose(tuples, found, totals)
        totals["all", "dropped"] += len(_dropped(text))
        show = _lemma(text, tuples, found, totals, show)
    _print(len(prompts), totals)
    print_twice(data, chosen, _scored)


def _scored(text: str, tuples: set[tuple[str, str]]) -> tuple[int, int]:
    """Twice the matches by lemma of a prompt's e+a+r, and all tuples and claims together."""
    totals: Totals = Counter()
    known = {(group, said) for group, said in tuples if group in _GROUPS}
    _lemma(text, known, list(parse_prompt(text).claims), totals, 0)
    hits = sum(totals[group, "recalled"] for group in _SCORED)
    return 2 * hits, sum(totals[group, of] for group in _SCORED for of in ("wanted", "claimed"))


_FUNCTION = words(
    "'s a all almost also am an and another any are as at be been being both but by can "
    "completely did do does down during each etc every for from has have he her here herself "
    "him himself his how hyper i if in inside into is it its itself just like may more most my "
    "no not of off on only or other our out over quite really s she slightly so some something "
    "still t than that the their them themselves then there these they this those to too ultra up "
    "very was we well were what when where which while whilst who will with would you your"
)
_FRAME = words(
    "caption color colors colour consists contains frame image letters look looking looks "
    "message observe painted photo picture read says screen see seen shot showing style text "
    "title view word words written"
)
"""Words by which prompts speak of the asset, or lead to what it shows or has written on it."""


def _dropped(text: str) -> list[str]:
    """Words that ask for something, in no claim and not said to be uncovered.

    The lists of words that ask for nothing are of this file, not of the parser. What is said twice
    is one claim, with its first span; what follows ``--`` or ``::`` steers a generator.
    """
    text = re.sub(r"--[a-z]+ ?[\w:.]*|::\d*", " ", text)
    parsed = parse_prompt(text)
    spans = [*(claim.span for claim in parsed.claims), *parsed.uncovered]
    said = frozenset[str]().union(*(claim_words(claim.claim) for claim in parsed.claims))
    return [
        match.group()
        for match in re.finditer(r"[^\W_]+(?:[-'’][^\W_]+)*", text)
        if match.group().lower() not in _FUNCTION | _FRAME
        and not stems(PREDICATES.get(match.group().lower(), match.group())) <= said
        and not any(span.start < match.end() and match.start() < span.end for span in spans)
    ]


# -- matching --------------------------------------------------------------------------------------


def _lemma(
    text: str, tuples: set[tuple[str, str]], found: Sequence[c.Claim], totals: Totals, show: int
) -> int:
    wanted = sorted({(group, content(tuple_words(t))) for group, t in tuples}, key=str)
    items = set(_as_dsg(text, found))
    missed = []
    for group, truth in wanted:
        totals[group, "wanted"] += 1
        rivals = [i for i in items if i.words == truth and group in i.groups]
        if rivals:
            match = min(rivals, key=lambda item: item.groups.index(group))
            items.remove(match)
            totals[group, "recalled"] += 1
            totals[group, "claimed"] += 1
        else:
            missed.append(f"{group}:{' '.join(sorted(truth))}")
    for item in items:
        totals[item.groups[0], "claimed"] += 1
        missed.append(f"+{item.kind}:{' '.join(sorted(item.words))}")
    if show and missed:
        print("  >>", text[:400])
        print("     ", "; ".join(missed))
        return show - 1
    return show


def _as_dsg(text: str, found: Sequence[c.Claim]) -> Iterable[Item]:
    """Claims by the two conventions of DSG that the head of the file states."""
    things = {claim.claim.name for claim in found if isinstance(claim.claim, c.ObjectClaim)}
    joined: set[c.Claim] = set()
    for claim in found:
        place = _place_of(claim, found, text)
        if place is not None:
            joined |= {claim, place}
            yield Item("action", content(claim_words(claim.claim) | claim_words(place.claim)))
    for claim in found:
        said = claim.claim
        possession = (
            isinstance(said, c.RelationClaim)
            and said.predicate in _POSSESSION
            and not claim.span.text.lower().startswith(("has ", "have "))
            and said.object in things
        )
        if claim not in joined and not possession:
            yield Item(_kind(claim), content(claim_words(said)))


def _kind(claim: c.Claim) -> str:
    said = claim.claim
    if not isinstance(said, c.AttributeClaim):
        return claim.kind
    if not said.name:
        return "style"  # of the picture as a whole: "global"
    return "position" if said.kind == "position" else claim.kind


def _place_of(claim: c.Claim, found: Sequence[c.Claim], text: str) -> c.Claim | None:
    """The relation whose word of direction follows right after a verb, of the same subject."""
    verb = claim.claim
    if not isinstance(verb, c.ActionClaim) or verb.object:
        return None
    for other in found:
        place = other.claim
        if (
            isinstance(place, c.RelationClaim)
            and place.subject == verb.subject
            and other.span.start > claim.span.start
            and other.span.text.split()[0].lower() in _DIRECTIONS
            and not text[claim.span.end : other.span.start].strip()
        ):
            return other
    return None


def _strict_and_loose(
    tuples: set[tuple[str, str]], found: Sequence[c.Claim], totals: Totals
) -> None:
    wanted = {(group, tuple_words(t)) for group, t in tuples}
    items = {Item(_kind(claim), claim_words(claim.claim)) for claim in found}
    for group, truth in wanted:
        rivals = [item.words for item in items if group in item.groups]
        totals[group, "wanted strict"] += 1
        totals[group, "recalled strict"] += truth in rivals
        totals[group, "recalled loose"] += any(_alike(truth, rival) for rival in rivals)
    for item in items:
        truths = [truth for group, truth in wanted if group in item.groups]
        totals[item.groups[0], "claimed strict"] += 1
        totals[item.groups[0], "confirmed strict"] += item.words in truths
        totals[item.groups[0], "confirmed loose"] += any(_alike(item.words, t) for t in truths)


def _alike(a: frozenset[str], b: frozenset[str]) -> bool:
    return bool(a and b) and len(a & b) / len(a | b) >= 0.5


# -- table -----------------------------------------------------------------------------------------


def _print(n: int, totals: Totals) -> None:
    print(f"DSG-1k ({n} prompts): recall, precision and F1 by lemma; F1 strict and loose")
    print(f"  {'':10} {'tuples':>6} {'claims':>6} {'R':>6} {'P':>6} {'F1':>6} {'strict':>6} loose")
    for name, groups in (*((g, (g,)) for g in _GROUPS), ("e+a+r", _SCORED), ("all", _GROUPS)):
        of = Counter[str]()
        for (group, what), value in totals.items():
            of[what] += value * (group in groups)
        row = f"  {name:10} {of['wanted']:6} {of['claimed']:6}"
        row += f" {_share(of, 'recalled', 'wanted'):6.3f} {_share(of, 'recalled', 'claimed'):6.3f}"
        row += f" {_f1(of, ('recalled', 'recalled'), ''):6.3f}"
        for way in ("strict", "loose"):
            row += f" {_f1(of, (f'recalled {way}', f'confirmed {way}'), ' strict'):6.3f}"
        print(row)
    print(f"  words in no claim's span and not said to be uncovered: {totals['all', 'dropped']}")


def _share(of: Counter[str], part: str, whole: str) -> float:
    return of[part] / (of[whole] or 1)


def _f1(of: Counter[str], hits: tuple[str, str], suffix: str) -> float:
    recall = _share(of, hits[0], f"wanted{suffix}")
    precision = _share(of, hits[1], f"claimed{suffix}")
    return 2 * recall * precision / (recall + precision or 1)
