"""The audit of a set is that of its shards, byte for byte."""

from __future__ import annotations

import dataclasses
import json
import random

from gencheck.bias.audit import audit_tables
from gencheck.bias.counts import AuditState, CountTable, StateSum, state_of
from gencheck.deadline import NO_DEADLINE

SHARDS = 64


def _people() -> list[CountTable]:
    """A table a person, as a picture of one gives it."""
    chosen = random.Random(5)
    return [
        CountTable(
            chosen.choice(("a judge", "a cook", "")),
            chosen.choice(("skin_tone", "gender")),
            {"1": 1.0} if chosen.random() < 0.6 else {"2": 1.0, "3": 0.0},
            float(chosen.random() < 0.1),
            chosen.choice(("net@1", "net@2")),
        )
        for _ in range(2_000)
    ]


def _report(state: AuditState) -> bytes:
    report = dataclasses.asdict(audit_tables(state, {}, deadline=NO_DEADLINE))
    del report["timings"]
    return json.dumps(report, default=str).encode()


def test_one_against_64_shards_in_any_order() -> None:
    people = _people()
    whole = _report(state_of(people, images=2_000))
    shards = [state_of(people[i::SHARDS], images=len(people[i::SHARDS])) for i in range(SHARDS)]
    for seed in range(3):
        random.Random(seed).shuffle(shards)
        total = StateSum()
        for shard in shards:
            total.add(shard)
        assert _report(total.state()) == whole
