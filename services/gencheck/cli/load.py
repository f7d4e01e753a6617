"""What a few servers do right now, in numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from gencheck.cli.scrape import Labels, Server, by, label, quantile

_SERVER = "rpc_server_call_duration_seconds"
_CLIENT = "rpc_client_call_duration_seconds"
_CALL = ("rpc_method", "rpc_response_status_code")
_CALLERS_DOING = frozenset(
    {
        *("OK", "CANCELLED", "INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "OUT_OF_RANGE"),
        *("PERMISSION_DENIED", "UNAUTHENTICATED"),
    }
)
VERDICTS = ("PASS", "REVIEW", "FAIL", "INCONCLUSIVE")


@dataclass(frozen=True, slots=True)
class Method:
    """Calls of one method over the last seconds.

    Attributes:
        rate: calls that ended, a second.
        failed: share of them that failed by a server's fault.
        p50, p99: seconds; ``None`` where no call ended.
        codes: calls that did not end OK, a second, by status code.
    """

    name: str
    rate: float
    failed: float
    p50: float | None
    p99: float | None
    codes: dict[str, float]


@dataclass(frozen=True, slots=True)
class Seen:
    """One server.

    Attributes:
        started: when its process did, in seconds since 1970.
        seconds: for how long it has not answered; while it does, what its rates are about.
    """

    url: str
    trouble: str
    version: str
    started: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Load:
    """All servers together.

    Attributes:
        verdicts: answers a second, by service and verdict.
        limit: calls that may run at a time; 0 where no server says so.
        refused: calls a second that were refused for lack of room, by reason.
        serving: replicas that serve and replicas in all, by service.
        self_checks: since the start, by result.
        breakers: whether a router takes a service for down, by check.
    """

    servers: list[Seen]
    methods: list[Method]
    parts: list[Method]
    verdicts: dict[str, dict[str, float]]
    in_progress: float
    waiting: float
    limit: float
    refused: dict[str, float]
    serving: dict[str, tuple[int, int]]
    self_checks: dict[str, float]
    breakers: dict[str, bool] = field(default_factory=dict)


def load_of(servers: Sequence[Server]) -> Load:
    """What the last seconds come to."""
    serving = [value for server in servers for value in _serving(server)]
    services = sorted({name for name, _ in serving})
    told = [by(server.now("gencheck_breaker_open"), "check") for server in servers]
    checks = sorted({check for values in told for (check,) in values})
    return Load(
        [_seen(server) for server in servers],
        _methods(servers, _SERVER),
        _methods(servers, _CLIENT),
        _verdicts(servers),
        _total(servers, "gencheck_rpc_in_flight"),
        _total(servers, "gencheck_rpc_queued"),
        _total(servers, "gencheck_admission_limit"),
        _rates(servers, "gencheck_admission_refused_total", "reason"),
        {
            name: (
                sum(on for other, on in serving if other == name),
                sum(other == name for other, _ in serving),
            )
            for name in services
        },
        _since_start(servers, "gencheck_self_checks_total", "result"),
        {check: any(values.get((check,), 0.0) for values in told) for check in checks},
    )


def _seen(server: Server) -> Seen:
    versions = [label(labels, "version") for labels in server.now("gencheck_build_info")]
    started = next(iter(server.now("process_start_time_seconds").values()), 0.0)
    lasts = server.clock() - server.since if server.trouble else server.seconds
    return Seen(server.url, server.trouble, "".join(versions[:1]), started, lasts)


def _serving(server: Server) -> list[tuple[str, bool]]:
    values = server.now("gencheck_service_serving")
    return [(label(labels, "service"), value > 0) for labels, value in values.items()]


def _methods(servers: Sequence[Server], name: str) -> list[Method]:
    rates: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    buckets: dict[str, dict[float, float]] = defaultdict(lambda: defaultdict(float))
    for server in servers:
        for (method, code), count in by(server.grown(f"{name}_count"), *_CALL).items():
            rates[method][code] += count / server.seconds
        for labels, count in server.grown(f"{name}_bucket").items():
            edge = _edge(labels)
            if edge is not None:
                buckets[label(labels, "rpc_method")][edge] += count
    return [_method(method, rates[method], buckets[method]) for method in sorted(rates)]


def _method(name: str, codes: dict[str, float], buckets: dict[float, float]) -> Method:
    rate = sum(codes.values())
    failed = sum(r for code, r in codes.items() if code not in _CALLERS_DOING)
    return Method(
        name,
        rate,
        failed / rate if rate else 0.0,
        quantile(0.5, buckets.items()),
        quantile(0.99, buckets.items()),
        {code: r for code, r in sorted(codes.items()) if code != "OK" and r},
    )


def _edge(labels: Labels) -> float | None:
    try:
        return float(label(labels, "le"))
    except ValueError:
        return None


def _verdicts(servers: Sequence[Server]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for server in servers:
        grown = by(server.grown("gencheck_verdicts_total"), "service", "verdict")
        for (service, verdict), count in grown.items():
            found[service][verdict] += count / server.seconds
    return {service: dict(found[service]) for service in sorted(found)}


def _total(servers: Sequence[Server], name: str) -> float:
    return sum(sum(server.now(name).values()) for server in servers)


def _rates(servers: Sequence[Server], name: str, key: str) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for server in servers:
        for (value,), count in by(server.grown(name), key).items():
            if count:
                found[value] += count / server.seconds
    return dict(sorted(found.items()))


def _since_start(servers: Sequence[Server], name: str, key: str) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for server in servers:
        for (value,), count in by(server.now(name), key).items():
            found[value] += count
    return dict(sorted(found.items()))
