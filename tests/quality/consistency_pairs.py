"""SugarCrepe (Hsieh et al. 2023, arXiv:2306.14610): a photo's caption against one slightly wrong.

Case, the final dot and spaces betray which caption is which, so they are made the same. A caption's
score is the sum of its claims' log-odds, beyond even: what a claim cannot tell adds nothing, so a
longer caption is no worse. The blind figure takes the shorter caption, on the same pairs.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from coco_photos import read
from numpy.typing import NDArray

from gencheck.consistency.check import ClaimResult, check_consistency
from gencheck.consistency.claims import ClaimStatus
from gencheck.consistency.verify.objects import ROLE
from gencheck.deadline import NO_DEADLINE
from gencheck.vision.roles import Roles

_STATUS = {ClaimStatus.SUPPORTED: 0.9, ClaimStatus.CONTRADICTED: 0.1, ClaimStatus.UNVERIFIED: 0.5}
"""A probability for what has none of its own, such as a colour."""
_COVERAGES = (0.1, 0.2, 0.3, 0.4, 0.5)
_RESAMPLED = 1000


@dataclass(frozen=True, slots=True)
class _Pair:
    """``gap``: score of the right caption less that of the wrong; ``shorter``: in characters.

    ``why``: without a gap, what the claims are like that tell the captions apart.
    """

    kind: str
    gap: float
    shorter: float
    why: str


async def print_pairs(root: Path, title: str, roles: Roles) -> None:
    """How often the right caption scores higher, by type and by how far apart the scores are."""
    pairs = []
    for row in json.loads((root / "sugarcrepe_pairs.json").read_text()):
        picture = read(root / row["image"])
        captions = [_plain(row[key]) for key in ("caption", "negative_caption")]
        right, wrong = [
            (await check_consistency([picture], text, roles, {}, deadline=NO_DEADLINE)).claims
            for text in captions
        ]
        length = len(captions[1]) - len(captions[0])
        shorter = 1.0 if length > 0 else 0.5 if length == 0 else 0.0
        gap = _score(right) - _score(wrong)
        pairs.append(_Pair(row["type"], gap, shorter, _why(right, wrong)))
    print(f"SugarCrepe with {title}: {len(pairs)} pairs; right where judged, blind on the same")
    groups: dict[str, list[_Pair]] = defaultdict(list)
    for pair in pairs:
        groups[pair.kind].append(pair)
    for kind, some in (*sorted(groups.items()), ("all", pairs)):
        print(f"  {kind:12} {_figures([p for p in some if p.gap], len(some))}")
    ranked = sorted(pairs, key=lambda pair: -abs(pair.gap))
    for share in _COVERAGES:
        kept = [pair for pair in ranked[: round(share * len(pairs))] if pair.gap]
        if len(kept) == round(share * len(pairs)):
            print(f"  surest {share:.0%}   {_figures(kept, len(pairs))}")
    print("  not judged, since the claims that differ are …")
    for why, n in Counter(pair.why for pair in pairs if not pair.gap).most_common():
        print(f"    {n:3} {why}")
    print()


def _why(right: Sequence[ClaimResult], wrong: Sequence[ClaimResult]) -> str:
    """What the claims have in common that only one caption makes."""
    both = {one.claim.claim for one in right} & {one.claim.claim for one in wrong}
    differ = [one for one in (*right, *wrong) if one.claim.claim not in both]
    if any(one.role == ROLE for one in differ):
        return "of things that the detector knows: left open, or as likely in both"
    return f"{' and '.join(sorted({one.claim.kind for one in differ})) or 'none'}: nobody judges it"


def _plain(caption: str) -> str:
    return " ".join(caption.split()).rstrip(". ").lower()


def _score(claims: Sequence[ClaimResult]) -> float:
    return sum(_log_odds(result) for result in claims)


def _log_odds(result: ClaimResult) -> float:
    p = result.probability if result.probability is not None else _STATUS[result.status]
    return math.log(max(p, 1e-3) / max(1.0 - p, 1e-3))


def _figures(judged: Sequence[_Pair], total: int) -> str:
    if not judged:
        return f"0 of {total} judged"
    right = np.array([float(pair.gap > 0) for pair in judged])
    blind = np.array([pair.shorter for pair in judged])
    return (
        f"{len(judged)} of {total} judged ({len(judged) / total:.2f}): {_interval(right)}, "
        f"blind {_interval(blind)}"
    )


def _interval(values: NDArray[np.float64]) -> str:
    """A mean and what holds 95 % of the means of resampled pairs."""
    random = np.random.default_rng(0)
    draws = [random.choice(values, len(values)).mean() for _ in range(_RESAMPLED)]
    low, high = np.percentile(draws, (2.5, 97.5))
    return f"{values.mean():.3f} [{low:.2f}–{high:.2f}]"
