"""Prompts that DSG's authors took apart twice: how far their own two answers agree.

Prompts of TIFA stand in DSG-1k and in an earlier file, ``tifa160-dev-anns.csv``, with tuples of
their own. The scorer is that of ``consistency_dsg``; between two annotations it compares tuples
with tuples. What they disagree in is a matter of taste, and no parser can please both.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from consistency_words import content, tuple_words

Tuples = set[tuple[str, str]]
Hits = tuple[int, int]
"""Twice the matches, and all that could match: their ratio is F1."""
_RESAMPLED = 1000


def print_twice(
    data: Path, chosen: Callable[[str], bool], scored: Callable[[str, Tuples], Hits]
) -> None:
    """Print F1 of the parser against either annotation, and of one against the other.

    Args:
        scored: matches of the parser's claims with a prompt's tuples.
    """
    first = _read(data / "prompts_dsg1k/dsg-1k-anns.csv")
    second = _read(data / "prompts_dsg1k/tifa160-dev-anns.csv")
    both = [text for text in first if text in second and chosen(text)]
    rows = {
        "parser, DSG-1k": [scored(text, first[text]) for text in both],
        "parser, TIFA-160": [scored(text, second[text]) for text in both],
        "TIFA-160, DSG-1k": [_agree(first[text], second[text]) for text in both],
    }
    print(f"  {len(both)} prompts of TIFA that were annotated twice: e+a+r F1 by lemma")
    for name, hits in rows.items():
        print(f"    {name:18} {_interval(hits)}")


def _read(path: Path) -> Mapping[str, Tuples]:
    found: dict[str, Tuples] = defaultdict(set)
    with path.open() as file:
        for row in csv.DictReader(file):
            found[row["text"].strip()].add((row["category_broad"], row["tuple"]))
    return found


def _agree(one: Tuples, other: Tuples) -> Hits:
    scored = ("entity", "attribute", "relation")
    sides = [
        {(group, content(tuple_words(said))) for group, said in side if group in scored}
        for side in (one, other)
    ]
    return 2 * len(sides[0] & sides[1]), len(sides[0]) + len(sides[1])


def _interval(hits: list[Hits]) -> str:
    """F1, and what holds 95 % of resampled sets of prompts."""
    table = np.array(hits)
    random = np.random.default_rng(0)
    draws = [random.choice(table, len(table)).sum(axis=0) for _ in range(_RESAMPLED)]
    low, high = np.percentile([a / max(b, 1) for a, b in draws], (2.5, 97.5))
    total, wanted = table.sum(axis=0)
    return f"{total / max(wanted, 1):.3f} [{low:.3f}–{high:.3f}]"
