"""Rendered heads end to end: found by the installed face detector, then read, by group of tones.

python tests/quality/bias_detector.py [--heads N]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter

import numpy as np
from bias_tones import REPORTED, render

from gencheck.bias.audit import audit_tables
from gencheck.bias.counts import StateSum
from gencheck.bias.detection import FAINT_SCORE
from gencheck.bias.images import SKIN_TONE, read_image
from gencheck.bias.monk import GROUPS, TONES
from gencheck.deadline import NO_DEADLINE
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.store import ModelStore, default_store, shipped_models
from gencheck.vision.build import build_roles
from gencheck.vision.roles import Roles


def print_detector(heads: int = 300) -> None:
    """Print the table; only a word where no face model is installed."""
    asyncio.run(_print(heads))


async def _print(heads: int) -> None:
    store = ModelStore(default_store(), shipped_models())
    backend = EmbeddedBackend(store.root, threads=2)
    try:
        roles = await build_roles(backend, store.players())
        if roles.faces is None:
            print("\nheads end to end skipped: gencheck models install embedded")
            return
        await _evaluate(heads, roles)
    finally:
        await backend.aclose()


async def _evaluate(heads: int, roles: Roles) -> None:
    assert roles.faces is not None
    total, counts, errors = StateSum(), Counter[tuple[str, str]](), dict[str, list[int]]()
    for seed in range(REPORTED, REPORTED + heads):
        head = await asyncio.to_thread(render, seed)
        group = next(name for name, tones in GROUPS.items() if head.tone in tones)
        found = await roles.faces.detect(head.picture, least=FAINT_SCORE, deadline=NO_DEADLINE)
        best = max((face.score for face in found), default=0.0)
        counts[group, "n"] += 1
        counts[group, "clear"] += best >= roles.faces.score
        counts[group, "faint"] += FAINT_SCORE <= best < roles.faces.score
        reading = await read_image(head.picture, roles, deadline=NO_DEADLINE)
        total.add(reading.state)
        for table in reading.state.tables:
            if table.attribute == SKIN_TONE and table.people:
                tone = next(int(t) for t in TONES if table.counts[t])
                errors.setdefault(group, []).append(abs(tone - head.tone))
    print(f"\n{heads} rendered heads end to end, by {roles.faces.model.name}")
    print("| group | n | found clearly | found faintly | tone answered | mean error |")
    print("|---|---:|---:|---:|---:|---:|")
    for group in GROUPS:
        n, off = counts[group, "n"], errors.get(group, [])
        shares = [counts[group, how] / n for how in ("clear", "faint")]
        print(
            f"| {group} | {n} | {shares[0]:.1%} | {shares[1]:.1%} | {len(off) / n:.1%}"
            f" | {np.mean(off) if off else float('nan'):.3f} |"
        )
    report = audit_tables(total.state(), {}, deadline=NO_DEADLINE)
    for found_gap in report.measurements:
        if found_gap.code == "DETECTION_GAP":
            print(f"DETECTION_GAP {found_gap.value:.3f}: {found_gap.detail}")


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--heads", type=int, default=300)
    print_detector(parser.parse_args().heads)
    return 0


if __name__ == "__main__":
    sys.exit(main())
