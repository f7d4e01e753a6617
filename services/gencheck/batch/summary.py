"""What a run found, in figures: ``summary.json``, and what the report is drawn from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from gencheck.batch.plan import Plan
from gencheck.batch.rates import Rate, rate
from gencheck.batch.schema import FAILED
from gencheck.batch.tally import Latency, Tally

FORMAT = 1
VERDICTS = ("PASS", "REVIEW", "FAIL", "INCONCLUSIVE", FAILED)


@dataclass(frozen=True, slots=True)
class Part:
    """The assets of one policy or group, or all: their verdicts, and how many pass.

    Attributes:
        passed: of all assets of the part, also those that could not be judged.
    """

    name: str
    verdicts: dict[str, int]
    passed: Rate


@dataclass(frozen=True, slots=True)
class Code:
    """A published code: findings by severity, and the share of assets that have any."""

    code: str
    severities: dict[str, int]
    assets: Rate


@dataclass(frozen=True, slots=True)
class Gap:
    """A check that did not judge some assets, and why."""

    check: str
    status: str
    reason: str
    assets: int


@dataclass(frozen=True, slots=True)
class Timings:
    """How long assets took; percentiles are right to 1 %."""

    p50: float
    p90: float
    p99: float
    longest: float
    total: float


@dataclass(frozen=True, slots=True)
class Summary:
    """All figures of a run. Intervals are Wilson's, of 95 %."""

    whole: Part
    policies: tuple[Part, ...]
    groups: tuple[Part, ...]
    codes: tuple[Code, ...]
    gaps: tuple[Gap, ...]
    errors: dict[str, int]
    timings: Timings

    def document(self, plan: Plan, audit: dict[str, Any] | None) -> dict[str, Any]:
        """As it stands in ``summary.json``."""
        run = {
            "manifest": plan.manifest.uri,
            "sha256": plan.manifest.sha256,
            "assets": plan.manifest.rows,
            "shards": plan.shards,
            "policy": plan.terms.policy,
            "version": plan.version,
        }
        return {"format": FORMAT, "run": run, **asdict(self), "audit": audit}


def summarise(tally: Tally, latency: Latency) -> Summary:
    """The figures of what was counted."""
    whole = _parts(tally, lambda policy, group: "")
    assets = sum(tally.verdicts.values())
    return Summary(
        whole=whole[0] if whole else Part("", {}, rate(0, 0)),
        policies=_parts(tally, lambda policy, group: policy),
        groups=_parts(tally, lambda policy, group: group),
        codes=_codes(tally, assets),
        gaps=tuple(
            Gap(*key, count) for key, count in sorted(tally.gaps.items(), key=lambda i: (-i[1], i))
        ),
        errors=dict(sorted(tally.errors.items(), key=lambda item: (-item[1], item))),
        timings=Timings(
            p50=round(latency.percentile(0.5), 6),
            p90=round(latency.percentile(0.9), 6),
            p99=round(latency.percentile(0.99), 6),
            longest=round(latency.longest, 6),
            total=round(latency.total, 3),
        ),
    )


def _parts(tally: Tally, name: Callable[[str, str], str]) -> tuple[Part, ...]:
    """Parts of the catalogue, the one that may be worst first: by the upper end of its interval."""
    counts: dict[str, Counter[str]] = {}
    for (policy, group, verdict), assets in tally.verdicts.items():
        counts.setdefault(name(policy, group), Counter())[verdict] += assets
    parts = [
        Part(part, {v: found[v] for v in VERDICTS if found[v]}, rate(found["PASS"], found.total()))
        for part, found in counts.items()
    ]
    return tuple(sorted(parts, key=lambda part: (part.passed.high, part.name)))


def _codes(tally: Tally, assets: int) -> tuple[Code, ...]:
    severities: dict[str, dict[str, int]] = {}
    for (code, severity), count in sorted(tally.findings.items()):
        severities.setdefault(code, {})[severity] = count
    codes = [Code(code, severities[code], rate(n, assets)) for code, n in tally.found.items()]
    return tuple(sorted(codes, key=lambda code: (-code.assets.part, code.code)))
