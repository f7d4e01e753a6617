"""How any part of the program says where time went; ``serving/otel.py`` writes it down.

A span is opened where the work is done, and becomes a child of the span around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, Protocol, TypeAlias

Attribute: TypeAlias = str | int | float | bool
Attributes: TypeAlias = Mapping[str, Attribute]
Stage: TypeAlias = tuple[str, float]
"""A name and seconds."""
SpanKind: TypeAlias = Literal["internal", "client"]


class Span(Protocol):
    """One piece of work under way."""

    def set(self, attributes: Attributes) -> None:
        """Say something about it: names and numbers of ours, never a prompt, a name or pixels."""
        ...

    def stages(self, stages: Iterable[Stage]) -> None:
        """Say which parts it had, that ran one after the other from its beginning on."""
        ...


class Tracing(Protocol):
    """Opens spans."""

    def span(
        self, name: str, attributes: Attributes | None = None, *, kind: SpanKind = "internal"
    ) -> AbstractContextManager[Span]:
        """A span around a piece of work; an exception that leaves it marks it as failed."""
        ...

    def headers(self) -> Mapping[str, str]:
        """The W3C ``traceparent`` of the span under way, for a call that goes out."""
        ...


class _NoSpan:
    def set(self, attributes: Attributes) -> None:
        """Nothing."""

    def stages(self, stages: Iterable[Stage]) -> None:
        """Nothing."""


class NoTracing:
    """Traces nothing, and costs next to nothing."""

    _NONE: AbstractContextManager[Span] = nullcontext(_NoSpan())

    def span(
        self, name: str, attributes: Attributes | None = None, *, kind: SpanKind = "internal"
    ) -> AbstractContextManager[Span]:
        """See :class:`Tracing`."""
        return self._NONE

    def headers(self) -> Mapping[str, str]:
        """See :class:`Tracing`."""
        return {}


NO_TRACING = NoTracing()
