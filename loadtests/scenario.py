"""What a run is to offer: phases with rates and mixes, read from a small TOML file."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gencheck.errors import InvalidArgument, NotFound

CLASSES = ("image", "prompt", "sound", "video", "mesh")
"""Kinds of asset that a mix may hold; ``prompt`` is a picture together with its prompt."""

SCENARIOS = Path(__file__).parent / "scenarios"
_MAX_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a run with one rate.

    Attributes:
        rate: assets a second; 0 where ``load`` says it.
        load: the rate as a multiple of the capacity that was measured just before.
        until: rate at the end, where it changes steadily over the phase; in the unit of the rate.
        mix: shares by class of asset; of the scenario where empty.
        judged: whether SLOs are held against it; warming up, for one, is not judged.
    """

    name: str
    seconds: float
    rate: float = 0.0
    load: float = 0.0
    until: float | None = None
    mix: Mapping[str, float] = dataclasses.field(default_factory=dict)
    judged: bool = True


@dataclass(frozen=True, slots=True)
class Capacity:
    """How to find out what the target bears: a closed loop that always keeps some calls open."""

    seconds: float = 10.0
    concurrency: int = 16


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of run.

    Attributes:
        slo: the section of the file of SLOs to be held against it.
        arrivals: ``poisson`` (independent callers) or ``constant``.
        deadline: seconds that a caller waits for its answer.
        capacity: measured before the phases; ``None`` where every phase has a rate of its own.
        stubs: options of the made-up services, where those are asked.
    """

    name: str
    description: str
    phases: tuple[Phase, ...]
    mix: Mapping[str, float]
    slo: str
    arrivals: str = "poisson"
    seed: int = 1
    deadline: float = 10.0
    capacity: Capacity | None = None
    stubs: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """How long the phases take."""
        return sum(phase.seconds for phase in self.phases)

    def mix_of(self, phase: Phase) -> Mapping[str, float]:
        """The shares by class of asset in one phase."""
        return phase.mix or self.mix

    def with_rates(self, capacity: float) -> Scenario:
        """Every load turned into a rate. Args: capacity: assets a second."""
        phases = tuple(
            dataclasses.replace(
                phase,
                rate=phase.load * capacity,
                until=None if phase.until is None else phase.until * capacity,
            )
            if phase.load
            else phase
            for phase in self.phases
        )
        return dataclasses.replace(self, phases=phases)


def load_scenario(name: str) -> Scenario:
    """A scenario by the name of its file in ``loadtests/scenarios``, or by its path.

    Raises:
        NotFound: there is no such file.
        InvalidArgument: it does not say what a scenario must; with the file and the field.
    """
    path = Path(name) if name.endswith(".toml") else SCENARIOS / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in SCENARIOS.glob("*.toml")))
        raise NotFound("no such scenario", where=str(path), fix=f"Known are {known}.")
    try:
        return parse_scenario(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise InvalidArgument(f"this is no TOML: {error}", where=str(path)) from None
    except (KeyError, TypeError, ValueError) as error:
        said = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise InvalidArgument(said, where=str(path)) from None


def parse_scenario(name: str, table: dict[str, Any]) -> Scenario:
    """A scenario from its table. Raises ``KeyError``, ``TypeError`` or ``ValueError``."""
    table = dict(table)
    capacity = table.pop("capacity", None)
    phases = tuple(Phase(**phase) for phase in table.pop("phase"))
    scenario = Scenario(
        name=name,
        phases=phases,
        capacity=None if capacity is None else Capacity(**capacity),
        slo=table.pop("slo", name),
        stubs=tuple(table.pop("stubs", ())),
        **table,
    )
    _check(scenario)
    return scenario


def _check(scenario: Scenario) -> None:
    if scenario.arrivals not in ("poisson", "constant"):
        raise ValueError(f'arrivals are "poisson" or "constant", not "{scenario.arrivals}"')
    if not scenario.phases or not 0 < scenario.seconds <= _MAX_SECONDS:
        raise ValueError("phases must take more than no time and at most a day")
    if len({phase.name for phase in scenario.phases}) != len(scenario.phases):
        raise ValueError("two phases have the same name")
    for phase in scenario.phases:
        if (phase.rate > 0) == (phase.load > 0):
            raise ValueError(f'phase "{phase.name}" needs either a rate or a load above 0')
        if phase.load and scenario.capacity is None:
            raise ValueError(f'phase "{phase.name}" has a load, but no [capacity] is measured')
        _check_mix(scenario.mix_of(phase))


def _check_mix(mix: Mapping[str, float]) -> None:
    if unknown := sorted(set(mix) - set(CLASSES)):
        raise ValueError(f'no class of asset is called "{unknown[0]}"; known: {", ".join(CLASSES)}')
    if not mix or min(mix.values()) < 0 or sum(mix.values()) <= 0:
        raise ValueError("a mix needs shares of at least 0, and one above it")
