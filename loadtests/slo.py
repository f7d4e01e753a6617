"""Rules that a run is held against, read from ``slo.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from gencheck.errors import InvalidArgument, NotFound

SLO_FILE = Path(__file__).with_name("slo.toml")
FIGURES = (
    *("p50", "p90", "p99", "p999", "max"),
    *("goodput", "errors", "refused", "partial", "late", "answered", "recovery", "rss_slope"),
)
CAPACITY = "capacity"


@dataclass(frozen=True, slots=True)
class Rule:
    """One bound.

    Attributes:
        figure: one of ``FIGURES``. Latencies and ``recovery`` are in seconds, ``goodput`` in assets
            a second, ``rss_slope`` in MB a minute, of the server that grows most; the others are
            shares of what was offered.
        phase: its name; empty: every judged phase.
        kind: class of asset; ``all``: together.
        of: where set, the bounds are multiples of the same figure in that phase, or of the measured
            ``capacity``; for ``recovery`` it names the phase whose p99 is the usual latency.
    """

    figure: str
    at_most: float | None = None
    at_least: float | None = None
    phase: str = ""
    kind: str = "all"
    of: str = ""


@dataclass(frozen=True, slots=True)
class Slo:
    """The rules of one kind of run, and what its generator must keep to.

    Attributes:
        lateness: seconds that 99 % of the assets may be sent after their instant; beyond that
            nothing is proven.
        rules: at least one.
    """

    rules: tuple[Rule, ...]
    lateness: float = 0.05


def load_slo(name: str, path: Path = SLO_FILE) -> Slo:
    """The section ``name`` of a file.

    Raises:
        NotFound: there is no such file.
        InvalidArgument: no such section, or it cannot be read; with the place.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound("no such file of SLOs", where=str(path)) from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidArgument(f"this is no TOML: {error}", where=str(path)) from None
    if name not in table:
        fix = f"It has {', '.join(sorted(table))}."
        raise InvalidArgument(f"no section [{name}]", where=str(path), fix=fix)
    section = dict(table[name])
    try:
        rules = tuple(_rule(**rule) for rule in section.pop("rule"))
        return Slo(rules, **section)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidArgument(f"[{name}]: {error}", where=str(path)) from None


def _rule(**fields: object) -> Rule:
    rule = Rule(**fields)  # type: ignore[arg-type]
    if rule.figure not in FIGURES:
        raise ValueError(f'no figure is called "{rule.figure}"; known: {", ".join(FIGURES)}')
    if (rule.at_most is None) == (rule.at_least is None):
        raise ValueError(f"a rule for {rule.figure} needs either at_most or at_least")
    if rule.figure == "recovery" and not (rule.of and rule.phase):
        raise ValueError("a rule for recovery names its phase, and the usual phase in `of`")
    return rule
