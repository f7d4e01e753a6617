"""One run from start to end: servers, warming up, capacity, phases, verdict, report."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import json
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gencheck.errors import Cancelled
from loadtests.clients import Clients
from loadtests.closed import measure_capacity, warm_up
from loadtests.fleet import Fleet, started_fleet, wait_until_serving
from loadtests.machine import describe_machine
from loadtests.records import Fate, Records
from loadtests.report import write_report
from loadtests.requests import read_requests, write_requests
from loadtests.scenario import Scenario
from loadtests.slo import Slo
from loadtests.summary import Figures, summarise
from loadtests.usage import Meter, Usage
from loadtests.verdict import Evidence, Verdict, generator_of, judge


@dataclass(frozen=True, slots=True)
class Options:
    """How a scenario is run.

    Attributes:
        out: a folder for everything that the run leaves.
        target: ``HOST:PORT`` of a router that runs already; empty starts one here.
        stubs: whether the services started here are made-up ones.
        clients: client processes; ``None`` for as many as the rates take.
        say: tells people how far it is.
    """

    out: Path
    target: str = ""
    stubs: bool = False
    clients: int | None = None
    cores: int = 1
    say: Any = field(default=print)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left."""

    verdict: Verdict
    figures: tuple[Figures, ...]
    capacity: float | None
    broken_off: bool
    folder: Path


async def run(scenario: Scenario, slo: Slo, options: Options) -> Outcome:
    """Run it, write ``verdict.json``, ``records.npz`` and ``report.html``.

    SIGINT while assets are sent ends the sending, and the report tells of what was run.

    Raises:
        Unavailable: a server did not start, or answers nothing.
        Cancelled: interrupted before any asset was sent.
    """
    options.out.mkdir(parents=True, exist_ok=True)
    machine = describe_machine()
    sizes = await asyncio.to_thread(write_requests, options.out / "requests")
    async with contextlib.AsyncExitStack() as stack:
        with _interrupts() as interrupted:
            started = stack.enter_async_context(_fleet(scenario, options))
            fleet = await _unless(interrupted, started)
            capacity, scenario = await _unless(
                interrupted, _prepare(scenario, fleet.target, options)
            )
        measured = await _offer(scenario, fleet, options)
    evidence = _evidence(scenario, measured, capacity)
    verdict = judge(evidence, slo)
    about = {
        "machine": machine,
        "target": fleet.target if options.target else "started here",
        "services": "given" if options.target else "stubs" if options.stubs else "real",
        "request_bytes": sizes,
        "started": measured.started.isoformat(timespec="seconds"),
        "errors": measured.errors,
        "servers": _servers(fleet, measured, evidence),
    }
    measured.records.save(options.out / "records.npz")
    said = as_json(evidence, verdict, about)
    (options.out / "verdict.json").write_text(json.dumps(said, indent=2) + "\n")
    write_report(options.out / "report.html", said, measured.records)
    return Outcome(verdict, tuple(evidence.figures), capacity, evidence.broken_off, options.out)


@contextlib.asynccontextmanager
async def _fleet(scenario: Scenario, options: Options) -> AsyncIterator[Fleet]:
    if options.target:
        await wait_until_serving(options.target, seconds=30)
        yield Fleet(options.target)
        return
    stubs = scenario.stubs if options.stubs else None
    options.say("starting the services and the router …")
    async with started_fleet(options.out, stubs=stubs, cores=options.cores) as fleet:
        yield fleet


@contextlib.contextmanager
def _interrupts() -> Iterator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set."""
    event = asyncio.Event()
    with _signals(event.set):
        yield event


@contextlib.contextmanager
def _signals(told: Callable[[], None]) -> Iterator[None]:
    """Whom SIGINT and SIGTERM tell: the servers of a run must not outlive it."""
    loop, numbers = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        loop.add_signal_handler(number, told)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])


async def _unless(interrupted: asyncio.Event, work: Any) -> Any:
    """The result of a coroutine. Raises ``Cancelled`` where the event comes first."""
    task, stop = asyncio.ensure_future(work), asyncio.ensure_future(interrupted.wait())
    try:
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Cancelled("interrupted before any asset was sent")
        return task.result()
    finally:
        for one in (task, stop):
            one.cancel()
        await asyncio.gather(task, stop, return_exceptions=True)


async def _prepare(
    scenario: Scenario, target: str, options: Options
) -> tuple[float | None, Scenario]:
    requests = read_requests(options.out / "requests")
    kinds = {kind for phase in scenario.phases for kind in scenario.mix_of(phase)}
    options.say(f"warming up with {', '.join(sorted(kinds))} …")
    await warm_up(target, requests, sorted(kinds))
    if scenario.capacity is None:
        return None, scenario
    options.say(f"measuring for {scenario.capacity.seconds:.0f} s what the target bears …")
    capacity = await measure_capacity(
        target, requests, scenario.mix, scenario.capacity, scenario.seed
    )
    options.say(f"the target bears {capacity:.1f} assets/s")
    return capacity, scenario.with_rates(capacity)


@dataclass(frozen=True, slots=True)
class _Measured:
    """What the phases gave; instants on the clock of ``time.monotonic``."""

    records: Records
    usage: Usage
    clients: tuple[str, ...]
    began: float
    ended: float
    started: dt.datetime
    broken_off: bool
    errors: Mapping[str, int]


async def _offer(scenario: Scenario, fleet: Fleet, options: Options) -> _Measured:
    """The phases themselves, with every process measured."""
    options.say(f"{scenario.name}: {scenario.seconds:.0f} s in {len(scenario.phases)} phases …")
    clients = Clients(fleet.target, options.out / "requests", options.out)
    meter = Meter({server.name: server.process.pid for server in fleet.servers})
    reading = asyncio.create_task(meter.run())
    started = dt.datetime.now(dt.UTC)
    try:
        with _signals(clients.stop):
            records = await clients.run(scenario, meter.watch, count=options.clients)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    return _Measured(
        records, meter.usage, clients.names, clients.started_at, time.monotonic(), started,
        clients.broken_off,
        dict(clients.errors.most_common(12)),
    )  # fmt: skip


def _evidence(scenario: Scenario, measured: _Measured, capacity: float | None) -> Evidence:
    records, seconds = measured.records, [phase.seconds for phase in scenario.phases]
    if measured.broken_off:
        records, seconds = cut(scenario, records)
    spans = _spans(scenario, seconds, measured.began)
    cpu = [
        measured.usage.cpu_between(name, measured.began, measured.began + sum(seconds))
        for name in measured.clients
    ]
    slopes = {
        server: {phase: measured.usage.rss_slope(server, *span) for phase, span in spans.items()}
        for server in measured.usage.samples
        if server not in measured.clients
    }
    return Evidence(
        scenario,
        records,
        summarise(scenario, records, seconds),
        seconds,
        generator_of(
            records,
            processes=len(measured.clients),
            cpu=max(cpu, default=0.0) / max(sum(seconds), 1e-9),
        ),
        capacity,
        slopes,
        measured.broken_off,
    )


def cut(scenario: Scenario, records: Records) -> tuple[Records, list[float]]:
    """What of a run that was broken off was run: its records, and the seconds of each phase."""
    sent = records.at[records.fate != Fate.NOT_SENT]
    end = float(sent.max()) if len(sent) else 0.0
    seconds, start = [], 0.0
    for phase in scenario.phases:
        seconds.append(float(np.clip(end - start, 0.0, phase.seconds)))
        start += phase.seconds
    return records.where(records.at <= end), seconds


def _spans(
    scenario: Scenario, seconds: list[float], began: float
) -> dict[str, tuple[float, float]]:
    """From when to when each phase was run, on the clock of ``time.monotonic``."""
    spans, start = {}, began
    for phase, ran in zip(scenario.phases, seconds, strict=True):
        if ran:
            spans[phase.name] = (start, start + ran)
        start += phase.seconds
    return spans


def _servers(fleet: Fleet, measured: _Measured, evidence: Evidence) -> dict[str, Any]:
    """CPU seconds by phase and memory of every process of the run; empty for a target elsewhere."""
    names = [server.name for server in fleet.servers] + list(measured.clients)
    spans = _spans(evidence.scenario, list(evidence.seconds), measured.began)
    usage = measured.usage
    return {
        name: {
            "cpu_seconds": {
                phase: round(usage.cpu_between(name, *span), 3) for phase, span in spans.items()
            },
            "peak_rss_bytes": usage.peak_rss(name),
            "rss_bytes_per_second": {
                phase: round(usage.rss_slope(name, *span), 1) for phase, span in spans.items()
            },
        }
        for name in names
        if fleet.servers or name in measured.clients
    }


def as_json(evidence: Evidence, verdict: Verdict, about: Mapping[str, Any]) -> dict[str, Any]:
    """Everything about a run that a program may want, ready for ``json.dumps``."""
    scenario = evidence.scenario
    return {
        "verdict": verdict.verdict.value,
        "reasons": list(verdict.reasons),
        "scenario": scenario.name,
        "description": scenario.description,
        "broken_off": evidence.broken_off,
        "capacity": evidence.capacity,
        "rules": [dataclasses.asdict(one) for one in verdict.held],
        "generator": dataclasses.asdict(evidence.generator),
        "phases": [
            {**dataclasses.asdict(phase), "mix": dict(scenario.mix_of(phase)), "ran": ran}
            for phase, ran in zip(scenario.phases, evidence.seconds, strict=True)
        ],
        "arrivals": scenario.arrivals,
        "seed": scenario.seed,
        "deadline": scenario.deadline,
        "command": " ".join(sys.argv[1:]),
        **about,
        "figures": [figures.as_json() for figures in evidence.figures],
    }
