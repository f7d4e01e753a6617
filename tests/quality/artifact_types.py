"""Prints whether a damage is called by its name: which code leads where one thing is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import cv2
from artifact_damage import Damage, Pixels
from artifact_damage_layout import LAYOUT
from artifact_damage_signal import SIGNAL
from artifact_pictures import read_photo
from artifact_whole import whole

from gencheck.findings import Finding, Severity
from gencheck.policy import Policy, grade

DAMAGE = (*SIGNAL, *LAYOUT)


def found_in(path: Path, policy: Policy) -> list[list[Finding] | None]:
    """All findings of one photo at moderate strength, one list a damage."""
    cv2.setNumThreads(1)
    pixels, name = read_photo(path), f"{path.parent.name}/{path.name}"
    return [_findings(damage, pixels, name, policy) for damage in DAMAGE]


def _findings(damage: Damage, pixels: Pixels, name: str, policy: Policy) -> list[Finding] | None:
    made = damage.make(pixels, damage.steps[1], damage.seeded(name))
    return None if made is None else grade(whole().check(made.image).measurements, policy)


def print_types(paths: list[Path], policy: Policy, jobs: int) -> None:
    """How often the right code is among the findings, leads them, and which others are MAJOR."""
    print(f"\nMade damage of moderate strength on {len(paths)} photos: what it is called")
    print(f"{'code':<18}{'damage':<19}{'found':>6} {'leads':>6}  others at MAJOR or worse")
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        found = list(pool.map(found_in, paths, repeat(policy)))
    for index, damage in enumerate(DAMAGE):
        lists = [row[index] for row in found]
        known = [findings for findings in lists if findings is not None]
        if not known:
            continue
        there = _share(known, lambda fs, d=damage: any(f.code == d.code for f in fs))
        leads = _share(known, lambda fs, d=damage: _leading(fs) == d.code)
        others = Counter(
            code for findings in known for code in
            {f.code for f in findings if f.severity >= Severity.MAJOR} - {damage.code}
        )  # fmt: skip
        told = ", ".join(f"{code} {count}" for code, count in others.most_common(5))
        print(f"{damage.code:<18}{damage.name:<19}{there:>6.0%} {leads:>6.0%}  {told}")


def _share(lists: list[list[Finding]], holds: Callable[[list[Finding]], bool]) -> float:
    return sum(map(holds, lists)) / len(lists)


def _leading(findings: list[Finding]) -> str:
    """The code of the finding that is furthest over its step, among the most severe."""
    if not findings:
        return ""
    worst = max(f.severity for f in findings)
    return max((f for f in findings if f.severity == worst),
               key=lambda f: f.measured / max(f.threshold, 1e-9)).code  # fmt: skip
