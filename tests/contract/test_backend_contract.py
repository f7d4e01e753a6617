"""What every inference backend must do, run over each of them.

The models are tiny and made here. ``affine``: y = 2x + 1 over a batch of rows of 3. ``slow``: a
loop that runs for minutes unless it is stopped. ``broken``: there, but not ready.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from gencheck.deadline import Deadline
from gencheck.errors import (
    Cancelled,
    DeadlineExceeded,
    GencheckError,
    InvalidArgument,
    ModelError,
    ModelNotReady,
    NotFound,
)
from gencheck.inference.backend import InferenceBackend, ModelSpec, Tensors, TensorSpec
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.fake import FakeBackend
from gencheck.inference.triton import TritonBackend

Triton: TypeAlias = Any
"""A running server, see tests/conftest.py."""
TritonOn: TypeAlias = Callable[[Path, Path], AbstractContextManager[Triton]]

F32 = np.dtype(np.float32)
AFFINE = ModelSpec(
    "affine",
    "1",
    (TensorSpec("x", F32, (-1, 3)),),
    (TensorSpec("y", F32, (-1, 3)),),
    max_batch=4,
    labels=("red", " ", "blue"),
)
SLOW = ModelSpec("slow", "1", (TensorSpec("x", F32, (64, 64)),), (TensorSpec("y", F32, (64, 64)),))
ROWS = np.asarray([[1, 2, 3], [-1, 0, 0.5]], np.float32)


def _graph(nodes: list[onnx.NodeProto], shape: list[object]) -> onnx.ModelProto:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "tiny", [x], [y])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def affine_model() -> onnx.ModelProto:
    def constant(name: str, value: float) -> onnx.NodeProto:
        tensor = helper.make_tensor(name, TensorProto.FLOAT, [], [value])
        return helper.make_node("Constant", [], [name], value=tensor)

    nodes = [
        constant("two", 2.0),
        constant("one", 1.0),
        helper.make_node("Mul", ["x", "two"], ["twice"]),
        helper.make_node("Add", ["twice", "one"], ["y"]),
    ]
    return _graph(nodes, ["batch", 3])


def slow_model() -> onnx.ModelProto:
    """A loop of ten million small matrix products, each an operator of its own."""
    matrix = [64, 64]
    body = helper.make_graph(
        [
            helper.make_node("MatMul", ["state", "state"], ["product"]),
            helper.make_node("Tanh", ["product"], ["next"]),
            helper.make_node("Identity", ["go"], ["go_on"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("state", TensorProto.FLOAT, matrix),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", TensorProto.FLOAT, matrix),
        ],
    )
    times = helper.make_tensor("times", TensorProto.INT64, [], [10_000_000])
    always = helper.make_tensor("always", TensorProto.BOOL, [], [True])
    nodes = [
        helper.make_node("Constant", [], ["times"], value=times),
        helper.make_node("Constant", [], ["always"], value=always),
        helper.make_node("Loop", ["times", "always", "x"], ["y"], body=body),
    ]
    return _graph(nodes, list(matrix))


def write_model(root: Path, config: str, model: onnx.ModelProto | bytes, name: str) -> None:
    folder = root / name / "1"
    folder.mkdir(parents=True)
    data = model if isinstance(model, bytes) else model.SerializeToString()
    (folder / "model.onnx").write_bytes(data)
    (root / name / "config.pbtxt").write_text(config)


def config_of(name: str, *, batch: int, dims: str, label: str = "") -> str:
    tensor = f'name: "%s" data_type: TYPE_FP32 dims: [ {dims} ] %s'
    return (
        f'name: "{name}"\nbackend: "onnxruntime"\nmax_batch_size: {batch}\n'
        f"input [ {{ {tensor % ('x', '')} }} ]\noutput [ {{ {tensor % ('y', label)} }} ]\n"
    )


def make_repository(root: Path) -> Path:
    """The three models as a folder that Triton could serve too."""
    label = 'label_filename: "labels.txt"'
    write_model(root, config_of("affine", batch=4, dims="3", label=label), affine_model(), "affine")
    (root / "affine" / "labels.txt").write_text("red\n \nblue\n")
    write_model(root, config_of("slow", batch=0, dims="64, 64"), slow_model(), "slow")
    write_model(root, config_of("broken", batch=4, dims="3"), b"no model at all", "broken")
    return root


def _fake() -> FakeBackend:
    def slow(inputs: Tensors) -> Tensors:
        time.sleep(1.0)
        return {"y": inputs["x"]}

    broken = ModelSpec("broken", "1", AFFINE.inputs, AFFINE.outputs, max_batch=4)
    return FakeBackend(
        {
            "affine": (AFFINE, lambda inputs: {"y": inputs["x"] * np.float32(2) + np.float32(1)}),
            "slow": (SLOW, slow),
            "broken": (broken, lambda inputs: {"y": inputs["x"]}),
        },
        not_ready=["broken"],
    )


@pytest.fixture(scope="module")
def triton(triton_on: TritonOn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Triton]:
    """One real server for all tests here: it takes seconds to start."""
    folder = tmp_path_factory.mktemp("triton")
    (folder / "repository").mkdir()
    with triton_on(make_repository(folder / "repository"), folder / "log") as started:
        yield started


@pytest.fixture(params=["fake", "embedded", "triton"])
async def backend(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[InferenceBackend]:
    """One implementation after the other; a new one joins by one more name here."""
    made: InferenceBackend
    match request.param:
        case "fake":
            made = _fake()
        case "embedded":
            made = EmbeddedBackend(make_repository(tmp_path), threads=2)
        case _:
            served: Triton = request.getfixturevalue("triton")
            made = TritonBackend(served.address, repository=served.repository)
    yield made
    await made.aclose()


async def test_describes_what_the_configuration_says(backend: InferenceBackend) -> None:
    assert await backend.describe("affine") == AFFINE


async def test_computes_the_same_everywhere(backend: InferenceBackend) -> None:
    outputs = await backend.infer("affine", {"x": ROWS}, deadline=Deadline.after(30))
    assert set(outputs) == {"y"}
    assert outputs["y"].dtype == np.float32
    np.testing.assert_allclose(outputs["y"], ROWS * 2 + 1, atol=1e-4)


async def test_many_at_once_answer_each_its_own(backend: InferenceBackend) -> None:
    rows = [np.full((1, 3), value, np.float32) for value in range(32)]
    answers = await asyncio.gather(
        *(backend.infer("affine", {"x": row}, deadline=Deadline.after(30)) for row in rows)
    )
    for row, answer in zip(rows, answers, strict=True):
        np.testing.assert_allclose(answer["y"], row * 2 + 1, atol=1e-4)


@pytest.mark.parametrize(
    "inputs",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"z": ROWS}, id="wrong name"),
        pytest.param({"x": ROWS, "z": ROWS}, id="one too many"),
        pytest.param({"x": ROWS.astype(np.float64)}, id="wrong dtype"),
        pytest.param({"x": ROWS[:, :2]}, id="wrong size"),
        pytest.param({"x": ROWS[0]}, id="wrong rank"),
        pytest.param({"x": ROWS[:0]}, id="empty batch"),
        pytest.param({"x": np.zeros((5, 3), np.float32)}, id="batch too large"),
    ],
)
async def test_refuses_wrong_tensors(backend: InferenceBackend, inputs: Tensors) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await backend.infer("affine", inputs, deadline=Deadline.after(30))
    assert caught.value.metadata["model"] == "affine"


@pytest.mark.parametrize("value", [np.nan, np.inf])
async def test_an_answer_that_is_no_number_is_an_error(
    backend: InferenceBackend, value: float
) -> None:
    with pytest.raises(ModelError, match="output y has values that are no finite numbers"):
        rows = np.full((1, 3), value, np.float32)
        await backend.infer("affine", {"x": rows}, deadline=Deadline.after(30))


@pytest.mark.parametrize("name", ["nobody", "", "../affine", "affine/1", "a\0b"])
async def test_an_unknown_model_is_not_found(backend: InferenceBackend, name: str) -> None:
    with pytest.raises(NotFound):
        await backend.describe(name)
    with pytest.raises(NotFound):
        await backend.infer(name, {"x": ROWS}, deadline=Deadline.after(30))
    assert not await backend.ready(name)


async def test_a_broken_model_is_not_ready_and_says_so(backend: InferenceBackend) -> None:
    assert await backend.ready("affine")
    assert not await backend.ready("broken")
    with pytest.raises(ModelNotReady):
        await backend.infer("broken", {"x": ROWS}, deadline=Deadline.after(30))


async def test_a_passed_deadline_computes_nothing(backend: InferenceBackend) -> None:
    with pytest.raises(DeadlineExceeded):
        await backend.infer("affine", {"x": ROWS}, deadline=Deadline.after(0))


# Left alone the slow model would run for longer than these tests may take.
@pytest.mark.timeout(30)
async def test_a_deadline_ends_a_running_model(backend: InferenceBackend) -> None:
    await backend.ready("slow")
    assert isinstance(await _run_slow(backend, Deadline.after(0.2)), DeadlineExceeded)


@pytest.mark.timeout(30)
async def test_cancelling_ends_a_running_model(backend: InferenceBackend) -> None:
    await backend.ready("slow")
    deadline = Deadline.after(30)
    asyncio.get_running_loop().call_later(0.2, deadline.cancel)
    assert isinstance(await _run_slow(backend, deadline), Cancelled)


@pytest.mark.timeout(60)
async def test_a_self_check_does_not_wait_behind_the_calls(backend: InferenceBackend) -> None:
    await backend.ready("slow")
    held = Deadline.after(60)
    x = np.eye(64, dtype=np.float32)
    calls = [
        asyncio.ensure_future(backend.infer("slow", {"x": x}, deadline=held)) for _ in range(4)
    ]
    outputs = await backend.infer("affine", {"x": ROWS}, deadline=Deadline(ahead=True))
    np.testing.assert_allclose(outputs["y"], ROWS * 2 + 1, atol=1e-4)
    assert not any(call.done() for call in calls)
    held.cancel()
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(end, Cancelled) for end in ends)


async def test_after_a_stopped_run_the_backend_still_answers(backend: InferenceBackend) -> None:
    await _run_slow(backend, Deadline.after(0.1))
    outputs = await backend.infer("affine", {"x": ROWS}, deadline=Deadline.after(30))
    np.testing.assert_allclose(outputs["y"], ROWS * 2 + 1, atol=1e-4)


async def test_closed_means_not_ready(backend: InferenceBackend) -> None:
    await backend.aclose()
    assert not await backend.ready("affine")
    with pytest.raises(ModelNotReady):
        await backend.infer("affine", {"x": ROWS}, deadline=Deadline.after(30))


async def _run_slow(backend: InferenceBackend, deadline: Deadline) -> GencheckError | None:
    try:
        await backend.infer("slow", {"x": np.eye(64, dtype=np.float32)}, deadline=deadline)
    except GencheckError as error:
        return error
    return None
