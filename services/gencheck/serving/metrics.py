"""Prometheus metrics of one host, in its own registry; every label has a bounded set of values."""

from __future__ import annotations

import threading
from wsgiref.simple_server import WSGIServer

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
    start_http_server,
)

# From a parsed prompt (a millisecond) to a long video (minutes).
_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_RPC = ("service", "method")


class RouterMetrics:
    """What a router counts besides its calls."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.parts = Histogram(
            "gencheck_router_part_seconds",
            "Wall clock of asking one service; result: answered, error or called_off.",
            ("check", "result"),
            buckets=_SECONDS,
            registry=registry,
        )
        self.breaker_open = Gauge(
            "gencheck_breaker_open",
            "1 where a router takes a service for down and does not ask it, else 0.",
            ("check",),
            registry=registry,
        )
        self.duplicates = Counter(
            "gencheck_router_duplicates_total",
            "Requests whose id was known; result: joined, remembered or refused.",
            ("result",),
            registry=registry,
        )


class Metrics:
    """What one host counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        ProcessCollector(registry=registry)
        self.handled = Counter(
            "gencheck_rpc_handled_total",
            "Calls that ended, by canonical status code.",
            (*_RPC, "code"),
            registry=registry,
        )
        self.seconds = Histogram(
            "gencheck_rpc_duration_seconds",
            "Wall clock from the request to the end of the answer, waiting included.",
            _RPC,
            buckets=_SECONDS,
            registry=registry,
        )
        self.received = Counter(
            "gencheck_rpc_received_bytes_total", "Bytes of requests.", _RPC, registry=registry
        )
        self.sent = Counter(
            "gencheck_rpc_sent_bytes_total", "Bytes of answers.", _RPC, registry=registry
        )
        self.in_flight = Gauge(
            "gencheck_rpc_in_flight", "Calls whose handler runs.", registry=registry
        )
        self.queued = Gauge(
            "gencheck_rpc_queued", "Calls that wait to be admitted.", registry=registry
        )
        self.serving = Gauge(
            "gencheck_service_serving",
            "1 where a service is warm and not draining, else 0.",
            ("service",),
            registry=registry,
        )
        self.checks = Counter(
            "gencheck_self_checks_total",
            "Golden inputs that services had to judge; result: passed, failed or busy.",
            ("service", "result"),
            registry=registry,
        )
        self._add_admission()
        self.router = RouterMetrics(registry)
        self.unauthenticated = Counter(
            "gencheck_unauthenticated_total",
            "Calls refused before they were read; reason: missing, malformed or unknown token.",
            ("reason",),
            registry=registry,
        )
        self._server: WSGIServer | None = None
        self._thread: threading.Thread | None = None

    def _add_admission(self) -> None:
        registry = self.registry
        self.limit = Gauge(
            "gencheck_admission_limit",
            "Calls that may run at a time, as it follows how long they take.",
            registry=registry,
        )
        self.refused = Counter(
            "gencheck_admission_refused_total",
            "Calls refused before they started; reason: queue, time, bytes, deadline, evicted or "
            "receiving.",
            ("reason", "priority"),
            registry=registry,
        )
        self.waited = Histogram(
            "gencheck_admission_wait_seconds",
            "From the arrival of a call to its start or its refusal.",
            ("priority",),
            buckets=_SECONDS,
            registry=registry,
        )

    def text(self) -> str:
        """All metrics in the text format."""
        return generate_latest(self.registry).decode()

    def listen(self, host: str, port: int) -> int:
        """Offer the metrics over HTTP; the port, for 0 a free one."""
        self._server, self._thread = start_http_server(port, addr=host, registry=self.registry)
        return int(self._server.server_port)

    def close(self) -> None:
        """Stop listening. Blocks for up to half a second."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = self._thread = None
