"""Spans of OpenTelemetry, by its conventions for RPC, sent to a collector over OTLP/gRPC.

Only for those who have the extra ``telemetry``; :mod:`gencheck.serving.telemetry` imports it.
W3C ``traceparent`` metadata carries a trace from one server to the next.

https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
"""

from __future__ import annotations

import logging
import socket
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import grpc
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gencheck import __version__
from gencheck.serving.logs import log
from gencheck.serving.status import as_known, mapping_of
from gencheck.serving.telemetry import Metadata
from gencheck.tracing import Attributes, Span, SpanKind, Stage

_LOGGER = logging.getLogger(__name__)
_LIBRARY = "opentelemetry"
_QUEUE, _BATCH = 2_048, 512
"""Spans that wait to be sent (one more and the oldest is dropped), and those sent at a time."""
_EVERY_MS = 2_000
_EXPORT_SECONDS = 5
_CLOSE_SECONDS = 2.0
_QUIET_SECONDS = 60.0
_SYSTEM = "rpc.system.name"
_METHOD = "rpc.method"
_CODE = "rpc.response.status_code"
_ERROR = "error.type"
_KINDS = {"internal": trace.SpanKind.INTERNAL, "client": trace.SpanKind.CLIENT}
_OUR_FAULT = frozenset(
    {
        *(grpc.StatusCode.UNKNOWN, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.INTERNAL),
        *(grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DATA_LOSS),
    }
)
"""By the conventions, the codes that make a server's span a failed one."""


class Spans:
    """See :class:`gencheck.tracing.Tracing`. The span under way lies in OpenTelemetry's context."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer
        self._propagator = TraceContextTextMapPropagator()

    @classmethod
    def ambient(cls) -> Spans:
        """Spans of the program that this one is a part of, which says where they go."""
        return cls(trace.get_tracer("gencheck", __version__))

    @contextmanager
    def span(
        self, name: str, attributes: Attributes | None = None, *, kind: SpanKind = "internal"
    ) -> Iterator[Span]:
        """See :class:`gencheck.tracing.Tracing`."""
        with self._tracer.start_as_current_span(
            name,
            kind=_KINDS[kind],
            attributes=attributes,
            record_exception=False,  # its text may hold a name of the caller's
            set_status_on_exception=False,
        ) as span:
            try:
                yield _Open(span, self._tracer)
            except BaseException as error:
                _failed(span, error, called=kind == "client")
                raise
            if kind == "client":
                span.set_attribute(_CODE, grpc.StatusCode.OK.name)

    def headers(self) -> Mapping[str, str]:
        """See :class:`gencheck.tracing.Tracing`."""
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier)
        return carrier


class _Open:
    def __init__(self, span: trace.Span, tracer: trace.Tracer) -> None:
        self._span = span
        self._tracer = tracer
        self._started_ns = time.time_ns()

    def set(self, attributes: Attributes) -> None:
        self._span.set_attributes(attributes)

    def stages(self, stages: Iterable[Stage]) -> None:
        inside = trace.set_span_in_context(self._span)
        start, now = self._started_ns, time.time_ns()
        for name, seconds in stages:
            end = min(start + int(seconds * 1e9), now)
            self._tracer.start_span(name, inside, start_time=start).end(end)
            start = end


def _failed(span: trace.Span, error: BaseException, *, called: bool) -> None:
    known = as_known(error)
    code = mapping_of(known).code.name
    span.set_attribute(_ERROR, code if called else known.reason)
    if called:
        span.set_attribute(_CODE, code)
    span.set_status(trace.StatusCode.ERROR)


class _Served:
    """The span of a call that came in."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def trace_id(self) -> str:
        return trace.format_trace_id(self._span.get_span_context().trace_id)

    def end(self, code: grpc.StatusCode, reason: str, ended_ns: int) -> None:
        span = self._span
        span.set_attribute(_CODE, code.name)
        if reason:
            span.set_attribute("gencheck.reason", reason)
        if code in _OUR_FAULT:
            span.set_attribute(_ERROR, code.name)
            span.set_status(trace.StatusCode.ERROR)
        span.end(ended_ns)


class Exported(Spans):
    """Spans that go to a collector. One that cannot be reached costs spans, and never a call."""

    def __init__(self, target: str, *, name: str, ratio: float) -> None:
        """Args: as of :func:`gencheck.serving.telemetry.connect`."""
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - not for a client
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio  # noqa: PLC0415

        self._complaints = _Complaints(target)
        self._complaints.begin()
        self._exporter = OTLPSpanExporter(endpoint=target, insecure=True, timeout=_EXPORT_SECONDS)
        self._processor = BatchSpanProcessor(
            self._exporter,
            max_queue_size=_QUEUE,
            max_export_batch_size=_BATCH,
            schedule_delay_millis=_EVERY_MS,
        )
        provider = TracerProvider(
            sampler=ParentBasedTraceIdRatio(ratio),
            resource=Resource.create(
                {
                    "service.name": name,
                    "service.version": __version__,
                    "service.instance.id": str(uuid.uuid4()),
                    "host.name": socket.gethostname(),
                }
            ),
            shutdown_on_exit=False,
        )
        provider.add_span_processor(self._processor)
        super().__init__(provider.get_tracer("gencheck", __version__))

    def serve(self, method: str, metadata: Metadata) -> _Served:
        """See :class:`gencheck.serving.telemetry.Telemetry`."""
        given = {key: value for key, value in metadata if isinstance(value, str)}
        span = self._tracer.start_span(
            method,
            self._propagator.extract(given),
            trace.SpanKind.SERVER,
            {_SYSTEM: "grpc", _METHOD: method},
        )
        # For the rest of this task, which ends with the call.
        otel_context.attach(trace.set_span_in_context(span))
        return _Served(span)

    def close(self) -> None:
        """See :class:`gencheck.serving.telemetry.Telemetry`."""
        last = threading.Thread(target=self._processor.shutdown, daemon=True)
        last.start()
        last.join(_CLOSE_SECONDS)
        if last.is_alive():
            self._exporter.shutdown()  # breaks off what still tries
            last.join(_CLOSE_SECONDS)
        self._complaints.end()


class _Complaints(logging.Handler):
    """What OpenTelemetry has to say, in our log and at most once a minute."""

    def __init__(self, target: str) -> None:
        super().__init__(logging.WARNING)
        self._target = target
        self._next = 0.0
        self._logger = logging.getLogger(_LIBRARY)

    def begin(self) -> None:
        self._logger.addHandler(self)
        self._logger.propagate = False

    def end(self) -> None:
        self._logger.removeHandler(self)
        self._logger.propagate = not self._logger.handlers

    def emit(self, record: logging.LogRecord) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _QUIET_SECONDS
            fields = {"collector": self._target, "why": record.getMessage()}
            log(_LOGGER, logging.WARNING, "traces are lost", fields)
