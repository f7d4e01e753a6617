"""When there is telemetry, and what it costs a process that wants none."""

import subprocess
import sys

import pytest

from gencheck.errors import InvalidArgument
from gencheck.serving.telemetry import NO_TELEMETRY, ambient, connect
from gencheck.tracing import NO_TRACING


def test_without_a_collector_there_is_none() -> None:
    assert connect("", name="gencheck") is NO_TELEMETRY
    span = NO_TELEMETRY.serve("a.B/C", [("traceparent", "00-1-2-01")])
    assert not span.trace_id


@pytest.mark.parametrize("ratio", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(ratio: float) -> None:
    with pytest.raises(InvalidArgument, match="--trace-ratio"):
        connect("127.0.0.1:4317", name="gencheck", ratio=ratio)


@pytest.mark.parametrize("target", ["collector", "collector:http", "http://collector:4317", ":1"])
def test_an_address_that_is_none_is_refused(target: str) -> None:
    with pytest.raises(InvalidArgument, match="HOST:PORT"):
        connect(target, name="gencheck")


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "gencheck.serving.otel", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(InvalidArgument, match=r'pip install "gencheck\[telemetry\]"'):
        connect("127.0.0.1:4317", name="gencheck")


def test_a_client_in_a_program_without_opentelemetry_traces_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "opentelemetry.trace", raising=False)
    assert ambient() is NO_TRACING


def test_a_server_without_a_collector_imports_no_opentelemetry() -> None:
    code = (
        "import sys, gencheck.compose, gencheck.serving.host, gencheck.client\n"
        "gencheck.compose.Workshop(gencheck.compose.Settings())\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
