"""The whole model on synthetic queues: fitted to light runs, held against heavier ones."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gencheck.errors import InvalidArgument, NotFound
from loadtests.capacity.__main__ import as_json
from loadtests.capacity.check import check
from loadtests.capacity.model import Run, build, load_run
from loadtests.capacity.project import Plan, project
from loadtests.capacity.simulation import lognormal, simulated
from loadtests.records import Fate, Records

CORES = 2
SECONDS = {"image": 0.05, "mesh": 0.02}
SPAN = 400.0


def run_of(phases: dict[str, tuple[dict[str, float], float]], seed: int = 1) -> Run:
    """A run on a queue of two cores. Args: phases: name → mix and rate."""
    columns: list[Records] = []
    said: dict[str, Any] = {
        "machine": {"cores": CORES},
        "capacity": None,
        "request_bytes": {"image": 1000.0, "mesh": 2000.0},
        "phases": [],
        "figures": [],
        "servers": {
            name: {"cpu_seconds": {}, "peak_rss_bytes": 10**8}
            for name in ("artifact", "mesh", "router", "client 0")
        },
    }
    for number, (name, (mix, rate)) in enumerate(phases.items()):
        n = int(rate * SPAN)
        kinds = np.random.default_rng(seed + 100).random(n) < mix.get("mesh", 0) / sum(mix.values())
        services = np.where(
            kinds, lognormal(n, 0.02, 0.5, seed + 200), lognormal(n, 0.05, 0.5, seed + 300)
        )
        stay = simulated(CORES, rate, services, seed)
        n = len(stay)
        columns.append(
            Records(
                *(np.zeros(n), np.zeros(n), stay, np.where(kinds[:n], 4, 0).astype(np.int8)),
                *(np.full(n, number, np.int16), np.full(n, Fate.ANSWERED, np.int8)),
                *(np.zeros(n, np.int16), np.ones(n, np.int8)),
            )
        )
        meshes, whole = int(kinds.sum()), len(kinds)
        said["phases"].append({"name": name, "ran": SPAN, "mix": mix, "judged": True})
        latency = {"p50": float(np.quantile(stay, 0.5)), "p99": float(np.quantile(stay, 0.99))}
        counts = {"all": whole, "image": whole - meshes, "mesh": meshes}
        said["figures"] += [
            {"phase": name, "kind": k, "offered": c, "answered": c, "latency": latency}
            for k, c in counts.items()
            if k == "all" or mix.get(k)
        ]
        for server, used in (("artifact", ~kinds), ("mesh", kinds)):
            said["servers"][server]["cpu_seconds"][name] = float(services[used].sum())
        for server in ("router", "client 0"):
            said["servers"][server]["cpu_seconds"][name] = 0.0
    return Run("made up", said, Records.together(columns))


FIT = run_of(
    {
        "image": ({"image": 1}, 4.0),
        "mesh": ({"mesh": 1}, 8.0),
        "both": ({"image": 1, "mesh": 1}, 6.0),
        "more": ({"image": 3, "mesh": 1}, 7.0),
    }
)
MIX = {"image": 1.0, "mesh": 1.0}


def test_a_model_of_light_runs_foretells_heavier_ones() -> None:
    heavier = run_of({"half": (MIX, 28.0), "busy": (MIX, 45.0)}, seed=9)
    model = build([FIT])
    assert model.bears(MIX) == pytest.approx(CORES / 0.035, rel=0.05)
    found = check(model, heavier, bound=0.3)
    for step in found.steps:
        assert step.predicted_p50 == pytest.approx(step.measured_p50, rel=0.25)
        assert step.predicted_p99 == pytest.approx(step.measured_p99, rel=0.25)


def test_a_step_beyond_what_it_bears_has_no_prediction() -> None:
    found = check(build([FIT]), run_of({"too much": (MIX, 70.0)}), bound=0.3)
    assert found.steps[0].predicted_p99 is None
    assert (found.measured_rate, found.next_rate) == (0.0, 70.0)


def test_a_fleet_grows_with_the_rate_and_with_a_tighter_bound() -> None:
    model = build([FIT])
    fleets = [project(model, Plan(rate, MIX, bound=0.5)) for rate in (100.0, 10_000.0)]
    small, large = (fleet.replicas[0] for fleet in fleets)
    assert 80 <= large / small <= 120
    # Never fewer cores than the assets take.
    assert large * 2 >= 10_000 * 0.035
    tight = project(model, Plan(10_000.0, MIX, bound=0.2))
    assert tight.replicas[0] > large
    assert {share.process for share in fleets[1].shares} == {"artifact", "mesh"}
    assert fleets[1].network == pytest.approx(10_000 * 2 * 1500)
    json.dumps(as_json(model, None, fleets[1]))


def test_gpus_are_counted_where_somebody_measured_them() -> None:
    plan = Plan(10_000.0, MIX, bound=0.5, gpu_seconds={"image": 0.004})
    assert project(build([FIT]), plan).gpus[0] == 29  # 10,000 × 0.5 × 0.004 / 0.7


def test_a_bound_that_an_idle_machine_breaks_is_refused() -> None:
    with pytest.raises(ValueError, match="any number of replicas"):
        project(build([FIT]), Plan(10.0, MIX, bound=0.001))


def test_a_class_that_was_never_alone_is_named() -> None:
    both = {"one": (MIX, 6.0), "two": ({"image": 3.0, "mesh": 1.0}, 6.0)}
    with pytest.raises(InvalidArgument, match="by themselves"):
        build([run_of({**both, "three": ({"image": 1.0, "mesh": 3.0}, 12.0)})])


def test_a_run_elsewhere_or_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        load_run(tmp_path)
    (tmp_path / "verdict.json").write_text(json.dumps({"servers": {"client 0": {}}}))
    FIT.records.save(tmp_path / "records.npz")
    with pytest.raises(InvalidArgument, match="not measured"):
        load_run(tmp_path)
