"""Runs of models in a trace."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from gencheck.deadline import Deadline
from gencheck.errors import NotFound
from gencheck.inference.fake import FakeBackend
from gencheck.inference.traced import TracedBackend
from gencheck.inference.triton import sampled
from gencheck.tracing import Attributes, NoTracing, Span, SpanKind

ID = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"


class Written(NoTracing):
    """Remembers the spans."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Attributes | None]] = []

    @contextmanager
    def span(
        self, name: str, attributes: Attributes | None = None, *, kind: SpanKind = "internal"
    ) -> Iterator[Span]:
        self.spans.append((name, attributes))
        with super().span(name) as span:
            yield span


async def test_a_run_is_a_span_with_the_model_and_its_batch_and_no_pixel() -> None:
    written = Written()
    backend = TracedBackend(FakeBackend({}), written)
    with pytest.raises(NotFound):
        await backend.infer("faces", {"x": np.zeros((3, 4), np.float32)}, deadline=Deadline())
    assert written.spans == [("infer faces", {"gencheck.model": "faces", "gencheck.batch": 3})]


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        ((), ()),
        ((f"00-{ID}-00",), ()),
        ((f"00-{ID}-01",), (f"00-{ID}-01", "gencheck=1")),
        ((f"00-{ID}-03", "a=b"), (f"00-{ID}-03", "a=b")),
    ],
)
def test_triton_is_told_of_traces_that_are_kept(
    headers: tuple[str, ...], sent: tuple[str, ...]
) -> None:
    names = ("traceparent", "tracestate")
    told = sampled(dict(zip(names, headers, strict=False)))
    assert tuple((told or {}).items()) == tuple(zip(names, sent, strict=False))
