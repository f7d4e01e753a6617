"""A real Triton whose own spans join the trace of the call that asked it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from gencheck.deadline import Deadline
from gencheck.inference.traced import TracedBackend
from gencheck.inference.triton import TritonBackend
from gencheck.serving.telemetry import connect

CONFIG = """name: "double"
backend: "onnxruntime"
input [ { name: "x" data_type: TYPE_FP32 dims: [ 3 ] } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ 3 ] } ]
"""
CALLS = 8


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """One model: y = 2 x."""
    tensors = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [3]) for name in ("x", "y")]
    factor = helper.make_tensor("factor", TensorProto.FLOAT, [], [2.0])
    node = helper.make_node("Mul", ["x", "factor"], ["y"])
    graph = helper.make_graph([node], "double", tensors[:1], tensors[1:], [factor])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    folder = tmp_path / "models" / "double"
    (folder / "1").mkdir(parents=True)
    onnx.save(model, folder / "1" / "model.onnx")
    (folder / "config.pbtxt").write_text(CONFIG)
    return folder.parent


class HttpCollector:
    """OTLP over HTTP in JSON, which is what Triton speaks."""

    def __init__(self) -> None:
        self.spans: list[dict[str, Any]] = []
        self._came = threading.Condition()
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with double._came:
                    for part in body["resourceSpans"]:
                        for scope in part["scopeSpans"]:
                            double.spans += scope["spans"]
                    double._came.notify_all()
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/traces"

    def wait_for_one_of(self, parents: set[str]) -> dict[str, Any]:
        """The first request whose caller is one of these spans."""

        def found() -> dict[str, Any] | None:
            return next((s for s in self.spans if s.get("parentSpanId") in parents), None)

        with self._came:
            self._came.wait_for(found, 30)
            span = found()
        assert span is not None, f"no span of Triton's has one of ours as its parent: {self.spans}"
        return span

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def http_collector() -> Iterator[HttpCollector]:
    double = HttpCollector()
    yield double
    double.stop()


async def test_spans_of_triton_are_children_of_the_run_that_asked(
    triton_on: Callable[..., AbstractContextManager[Any]],
    repository: Path,
    tmp_path: Path,
    collector: Any,
    http_collector: HttpCollector,
) -> None:
    with triton_on(repository, tmp_path / "log", "--otlp", http_collector.url) as triton:
        telemetry = connect(collector.target, name="gencheck-consistency")
        asked = TritonBackend(triton.address, repository=repository, tracing=telemetry)
        backend = TracedBackend(asked, telemetry)
        for _ in range(CALLS):
            inputs = {"x": np.ones(3, np.float32)}
            outputs = await backend.infer("double", inputs, deadline=Deadline.after(20))
            assert outputs["y"].tolist() == [2, 2, 2]
        await backend.aclose()
        telemetry.close()
        ours = {span.id: span for span in collector.wait_for("infer double")}
        request = await asyncio.to_thread(http_collector.wait_for_one_of, set(ours))
        model = await asyncio.to_thread(http_collector.wait_for_one_of, {request["spanId"]})
        compute = await asyncio.to_thread(http_collector.wait_for_one_of, {model["spanId"]})
    asking = ours[request["parentSpanId"]]
    assert [request["name"], model["name"], compute["name"]] == [
        "InferRequest",
        "double",
        "compute",
    ]
    assert {span["traceId"] for span in (request, model, compute)} == {asking.trace}
    assert asking.start <= int(model["startTimeUnixNano"])
    # It ends after the answer was sent, so perhaps after the run that waited for the answer.
    assert int(compute["startTimeUnixNano"]) <= asking.end
    assert asking.attributes == {"gencheck.model": "double", "gencheck.batch": 3}


async def test_calls_that_are_not_traced_leave_no_span_in_triton(
    triton_on: Callable[..., AbstractContextManager[Any]],
    repository: Path,
    tmp_path: Path,
    collector: Any,
    http_collector: HttpCollector,
) -> None:
    with triton_on(repository, tmp_path / "log", "--otlp", http_collector.url) as triton:
        telemetry = connect(collector.target, name="gencheck-consistency", ratio=0)
        asked = TritonBackend(triton.address, repository=repository, tracing=telemetry)
        backend = TracedBackend(asked, telemetry)
        for _ in range(CALLS):
            inputs = {"x": np.ones(3, np.float32)}
            await backend.infer("double", inputs, deadline=Deadline.after(20))
        await backend.aclose()
        telemetry.close()
    assert not http_collector.spans  # it sends what it has when it is stopped
