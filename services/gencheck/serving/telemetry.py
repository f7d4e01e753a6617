"""Traces: what a host asks of them, and the way to those of OpenTelemetry.

Of its libraries, which the extra ``telemetry`` brings, nothing is imported before a server is told
where its collector is.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import Protocol

import grpc

from gencheck.errors import InvalidArgument
from gencheck.tracing import NO_TRACING, NoTracing, Tracing

Metadata = Iterable[tuple[str, str | bytes]]


class ServerSpan(Protocol):
    """A call that came in, as its handler's task sees it."""

    @property
    def trace_id(self) -> str:
        """In hexadecimal, for the log; empty where the call is not traced."""
        ...

    def end(self, code: grpc.StatusCode, error_type: str, ended_ns: int) -> None:
        """Say how it ended, and when: ``time.time_ns()``, the clock of every span."""
        ...


class Telemetry(Tracing, Protocol):
    """What a host needs: spans inside, and one for each call that comes in."""

    def serve(self, method: str, metadata: Metadata) -> ServerSpan:
        """Begin the span of a call in the task of its handler: what that opens is inside."""
        ...

    def close(self) -> None:
        """Send what is left, for at most a few seconds. Blocks."""
        ...


class _NoServerSpan:
    trace_id = ""

    def end(self, code: grpc.StatusCode, error_type: str, ended_ns: int) -> None:
        """Nothing."""


class NoTelemetry(NoTracing):
    """Traces nothing."""

    _SERVED = _NoServerSpan()

    def serve(self, method: str, metadata: Metadata) -> ServerSpan:
        """See :class:`Telemetry`."""
        return self._SERVED

    def close(self) -> None:
        """See :class:`Telemetry`."""


NO_TELEMETRY = NoTelemetry()


def connect(target: str, *, name: str, ratio: float = 1.0) -> Telemetry:
    """Telemetry that goes to a collector; none where there is no target.

    Args:
        target: ``HOST:PORT`` of a collector's OTLP/gRPC.
        name: what this process is called in a trace.
        ratio: which share of the traces that begin here is kept. A call that comes with a
            ``traceparent`` is traced if its caller is.

    Raises:
        InvalidArgument: the ratio is none, or the libraries are not installed.
    """
    if not 0 <= ratio <= 1:
        raise InvalidArgument(
            f"{ratio:g} is no share of the traces",
            where="--trace-ratio",
            fix="Give a number from 0 to 1.",
        )
    if not target:
        return NO_TELEMETRY
    if re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^:/\s]+):\d{1,5}", target) is None:
        raise InvalidArgument(
            "this is no address of a collector",
            where="--otlp",
            fix="Give HOST:PORT of its OTLP/gRPC, such as 127.0.0.1:4317.",
            metadata={"target": target},
        )
    try:
        from gencheck.serving.otel import Exported  # noqa: PLC0415 - an extra
    except ImportError:
        raise InvalidArgument(
            "the libraries that send traces are not installed",
            where="--otlp",
            fix='Install them: pip install "gencheck[telemetry]".',
        ) from None
    return Exported(target, name=name, ratio=ratio)


def ambient() -> Tracing:
    """Spans of the program around a client, where that uses OpenTelemetry; else none."""
    if "opentelemetry.trace" not in sys.modules:
        return NO_TRACING
    from gencheck.serving.otel import Spans  # noqa: PLC0415 - only beside a program that has it

    return Spans.ambient()
