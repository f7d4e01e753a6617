"""From one machine to a fleet: replicas, cores, GPUs, memory and network at a rate. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from loadtests.capacity.model import Mix, Model, normalised
from loadtests.capacity.queue import Station, most

# The auditor is asked about sets, never about one asset: what it used here is noise.
_NOT_OF_A_FLEET = ("client", "bias")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of a fleet.

    Attributes:
        rate: assets a second.
        bound: seconds that 99 % of the answers keep to.
        replica_cores: cores of one replica.
        busiest: share of a replica's cores that may be used at most, whatever the bound allows.
        gpu_seconds: of a GPU that an asset takes, by class; measured elsewhere.
    """

    rate: float
    mix: Mix
    bound: float
    replica_cores: int = 2
    busiest: float = 0.7
    gpu_seconds: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What one kind of process takes.

    Attributes:
        seconds: CPU seconds an asset, of all assets.
        replicas: with the low and the high end of the demands' 90 % interval.
        utilisation: of the replicas' cores.
    """

    process: str
    seconds: float
    replicas: tuple[int, int, int]
    utilisation: float
    memory: float


@dataclass(frozen=True, slots=True)
class Fleet:
    """The projection. Attributes: network: bytes a second between all processes together."""

    plan: Plan
    shares: tuple[Share, ...]
    gpus: tuple[int, int, int]
    network: float

    @property
    def replicas(self) -> tuple[int, int, int]:
        """Of all kinds together: expected, low, high."""
        sums = [sum(share.replicas[i] for share in self.shares) for i in range(3)]
        return sums[0], sums[1], sums[2]

    @property
    def memory(self) -> float:
        """Bytes."""
        return sum(share.memory for share in self.shares)


def project(model: Model, plan: Plan) -> Fleet:
    """What it takes to answer ``plan.rate`` assets a second within the bound."""
    names = [name for name in model.demands.cpu if name not in _NOT_OF_A_FLEET]
    shares = [_share(model, plan, name) for name in names]
    return Fleet(
        plan, tuple(share for share in shares if share), _gpus(plan), _network(model, plan)
    )


def _share(model: Model, plan: Plan, process: str) -> Share | None:
    """One kind of process: what is in the mix decides whether it is needed at all."""
    shares = normalised(plan.mix)
    demands = model.demands.cpu[process]
    ends = [
        sum(share * getattr(demands[kind], end) for kind, share in shares.items())
        for end in ("value", "low", "high")
    ]
    if ends[0] <= 0:
        return None
    asked = sum(share for kind, share in shares.items() if demands[kind].value > 0.01 * ends[0])
    counts = [_replicas(model, plan, max(end, 1e-9), asked) for end in ends]
    return Share(
        process,
        ends[0],
        (counts[0], counts[1], counts[2]),
        plan.rate * ends[0] / (counts[0] * plan.replica_cores),
        counts[0] * model.rss.get(process, 0),
    )


def _replicas(model: Model, plan: Plan, seconds: float, asked: float) -> int:
    """Replicas that keep the bound. Args: asked: share of the assets that come to this process."""
    whole = model.station(plan.mix)
    station = Station(plan.replica_cores, seconds / asked / model.efficiency, whole.cv)
    # An asset passes the router and then its slowest service: each may hold up half of the one
    # percent that is allowed to be later (Boole's inequality).
    bounded = most(model.latencies(plan.mix), station, bound=plan.bound, p=0.995)
    most_each = min(bounded, plan.busiest * station.servers / station.mean)
    if most_each <= 0:
        raise ValueError(
            f"{plan.bound:g} s cannot be kept by any number of replicas: "
            "1 % of the assets take longer when they are alone"
        )
    return max(1, math.ceil(plan.rate * asked / most_each))


def _gpus(plan: Plan) -> tuple[int, int, int]:
    seconds = sum(
        share * (plan.gpu_seconds or {}).get(kind, 0.0)
        for kind, share in normalised(plan.mix).items()
    )
    count = math.ceil(plan.rate * seconds / plan.busiest)
    return count, count, count


def _network(model: Model, plan: Plan) -> float:
    """Bytes of requests: from the caller to the router, and on to every service that is asked."""
    total = 0.0
    for kind, share in normalised(plan.mix).items():
        services = [n for n in model.demands.cpu if n not in (*_NOT_OF_A_FLEET, "router")]
        whole = sum(model.demands.cpu[n][kind].value for n in services)
        asked = sum(model.demands.cpu[n][kind].value > 0.01 * whole for n in services)
        total += share * model.request_bytes[kind] * (1 + asked)
    return plan.rate * total
