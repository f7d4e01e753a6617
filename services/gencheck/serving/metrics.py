"""Prometheus metrics of one host, in its own registry; every label has a bounded set of values.

Calls are named as OpenTelemetry's conventions for RPC name them, in Prometheus' spelling.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any
from wsgiref.simple_server import WSGIServer

from google.protobuf.message import Message
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
    start_http_server,
)

from gencheck import __version__
from gencheck.codes import CODES
from gencheck.v1 import common_pb2

SYSTEM = "grpc"
"""What ``rpc_system_name`` always says here."""

# From a parsed prompt (a millisecond) to a long video (minutes): OpenTelemetry's own buckets in the
# middle, and further ones at both ends, as a p99 is read off them.
_SECONDS = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75),
    *(1, 2.5, 5, 7.5, 10, 30, 60, 120, 300, 600),
)
_OTHER = "OTHER"
_VERDICTS = {v: n.removeprefix("VERDICT_") for n, v in common_pb2.Verdict.items()}
_SEVERITIES = {v: n.removeprefix("SEVERITY_") for n, v in common_pb2.Severity.items()}
_METHOD = ("rpc_method",)
_CALL = ("rpc_system_name", "rpc_method", "rpc_response_status_code")


class AnswerMetrics:
    """What answers said."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.verdicts = Counter(
            "gencheck_verdicts_total",
            "Answers by verdict.",
            ("service", "verdict"),
            registry=registry,
        )
        self.findings = Counter(
            "gencheck_findings_total",
            "Findings in answers, by published code.",
            ("service", "code", "severity"),
            registry=registry,
        )

    def count(self, service: str, response: Message) -> None:
        """Count the verdict and the findings of an answer, where it has any."""
        for judged in _judged(response):
            self.verdicts.labels(service, _VERDICTS.get(judged.verdict, _OTHER)).inc()
            for finding in judged.findings:
                # A newer service behind a router may say what is not known here.
                code = finding.code if finding.code in CODES else _OTHER
                severity = _SEVERITIES.get(finding.severity, _OTHER)
                self.findings.labels(service, code, severity).inc()


class RouterMetrics:
    """What a router counts besides its calls."""

    def __init__(self, registry: CollectorRegistry) -> None:
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
        self.server_seconds = Histogram(
            "rpc_server_call_duration_seconds",
            "Calls that ended: from the request to the end of the answer, waiting included.",
            _CALL,
            buckets=_SECONDS,
            registry=registry,
        )
        self.client_seconds = Histogram(
            "rpc_client_call_duration_seconds",
            "Calls that a router made of its services.",
            _CALL,
            buckets=_SECONDS,
            registry=registry,
        )
        self.received = Counter(
            "gencheck_rpc_received_bytes_total", "Bytes of requests.", _METHOD, registry=registry
        )
        self.sent = Counter(
            "gencheck_rpc_sent_bytes_total", "Bytes of answers.", _METHOD, registry=registry
        )
        self.answers = AnswerMetrics(registry)
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
        build = Gauge("gencheck_build_info", "Version; always 1.", ("version",), registry=registry)
        build.labels(__version__).set(1)
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


def _judged(response: Any) -> Iterable[Any]:
    """The parts of an answer that carry a verdict: itself, or what its stream or set holds."""
    fields = response.DESCRIPTOR.fields_by_name
    if "verdict" in fields:
        yield response
    for name in ("check", "audit"):
        if name in fields and fields[name].message_type and response.HasField(name):
            yield from _judged(getattr(response, name))
