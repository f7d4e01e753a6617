from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from gencheck.deadline import Deadline
from gencheck.errors import ModelError, ModelNotReady
from gencheck.inference.embedded import EmbeddedBackend

CONFIG = """name: "tiny"
backend: "onnxruntime"
max_batch_size: 8
input [ { name: "x" data_type: TYPE_FP32 dims: [ 3, -1, -1 ] } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ 3, -1, -1 ] } ]
"""


def write(root: Path, model: bytes, config: str = CONFIG) -> None:
    (root / "tiny" / "1").mkdir(parents=True, exist_ok=True)
    (root / "tiny" / "1" / "model.onnx").write_bytes(model)
    (root / "tiny" / "config.pbtxt").write_text(config)


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[EmbeddedBackend]:
    made = EmbeddedBackend(tmp_path, threads=2)
    yield made
    await made.aclose()


@pytest.fixture
def free_model(fixed_model: bytes) -> bytes:
    from gencheck.inference.transform import free_dims

    return free_dims(fixed_model)


def with_hash(model: bytes) -> str:
    digest = hashlib.sha256(model).hexdigest()
    return f'{CONFIG}parameters {{ key: "sha256" value: {{ string_value: "{digest}" }} }}\n'


async def infer(backend: EmbeddedBackend) -> np.ndarray:
    x = np.ones((1, 3, 5, 7), np.float32)
    outputs = await backend.infer("tiny", {"x": x}, deadline=Deadline.after(30))
    return np.asarray(outputs["y"])


async def test_runs_what_the_hash_vouches_for(
    backend: EmbeddedBackend, tmp_path: Path, free_model: bytes
) -> None:
    write(tmp_path, free_model, with_hash(free_model))
    np.testing.assert_array_equal(await infer(backend), np.full((1, 3, 5, 7), 2, np.float32))


async def test_one_changed_byte_is_noticed_at_load(
    backend: EmbeddedBackend, tmp_path: Path, free_model: bytes
) -> None:
    damaged = bytearray(free_model)
    damaged[damaged.index(b"relu")] ^= 1  # only the name of the graph: onnxruntime would not mind
    write(tmp_path, bytes(damaged), with_hash(free_model))
    assert not await backend.ready("tiny")
    with pytest.raises(ModelNotReady, match="corrupt") as caught:
        await infer(backend)
    assert "gencheck models install" in caught.value.fix


async def test_a_reinstalled_model_answers_without_a_restart(
    backend: EmbeddedBackend, tmp_path: Path, free_model: bytes
) -> None:
    write(tmp_path, b"", with_hash(free_model))
    assert not await backend.ready("tiny")
    write(tmp_path, free_model, with_hash(free_model))
    assert await backend.ready("tiny")


async def test_missing_weights_say_how_to_get_them(
    backend: EmbeddedBackend, tmp_path: Path, free_model: bytes
) -> None:
    write(tmp_path, free_model)
    (tmp_path / "tiny" / "1" / "model.onnx").unlink()
    with pytest.raises(ModelNotReady, match="gencheck models install"):
        await infer(backend)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('name: "x"', 'name: "image"'), "inputs x, not image"),
        (("dims: [ 3, -1, -1 ] } ]\noutput", "dims: [ 1, -1, -1 ] } ]\noutput"), "input x"),
        (
            (
                "TYPE_FP32 dims: [ 3, -1, -1 ] } ]\noutput",
                "TYPE_FP64 dims: [ 3, -1, -1 ] } ]\noutput",
            ),
            "float64",
        ),
        (("max_batch_size: 8", "max_batch_size: 0"), "shape"),
    ],
)
async def test_a_configuration_of_another_model_is_noticed_at_load(
    backend: EmbeddedBackend,
    tmp_path: Path,
    free_model: bytes,
    change: tuple[str, str],
    words: str,
) -> None:
    assert change[0] in CONFIG
    write(tmp_path, free_model, CONFIG.replace(*change))
    assert not await backend.ready("tiny")
    with pytest.raises(ModelNotReady, match=words):
        backend._load("tiny")


async def test_a_fixed_size_may_not_pass_for_a_free_one(
    backend: EmbeddedBackend, tmp_path: Path, fixed_model: bytes
) -> None:
    write(tmp_path, fixed_model)
    assert not await backend.ready("tiny")


async def test_what_the_model_cannot_compute_is_its_error(
    backend: EmbeddedBackend, tmp_path: Path
) -> None:
    shape = ["n", 3, "h", "w"]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)
    node = helper.make_node("MatMul", ["x", "x"], ["y"])  # only square pictures can be multiplied
    graph = helper.make_graph([node], "square", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    write(tmp_path, model.SerializeToString())
    with pytest.raises(ModelError, match="could not compute"):
        await infer(backend)


async def test_a_stopped_run_stops_burning_cpu(backend: EmbeddedBackend, tmp_path: Path) -> None:
    write(
        tmp_path,
        _endless(),
        CONFIG.replace("max_batch_size: 8", "max_batch_size: 0").replace(
            "dims: [ 3, -1, -1 ]", "dims: [ 64, 64 ]"
        ),
    )
    x = np.eye(64, dtype=np.float32)
    task = asyncio.ensure_future(backend.infer("tiny", {"x": x}, deadline=Deadline.after(60)))
    before = time.process_time()
    while time.process_time() < before + 0.3:  # it burns, however busy the machine is
        await asyncio.sleep(0.05)
        assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.1)
    assert await _cpu_share() < 0.2


async def _cpu_share() -> float:
    start, used = time.monotonic(), time.process_time()
    await asyncio.sleep(0.4)
    return (time.process_time() - used) / (time.monotonic() - start)


def _endless() -> bytes:
    matrix = [64, 64]
    info = helper.make_tensor_value_info
    body = helper.make_graph(
        [
            helper.make_node("MatMul", ["s", "s"], ["p"]),
            helper.make_node("Tanh", ["p"], ["t"]),
            helper.make_node("Identity", ["go"], ["on"]),
        ],
        "body",
        [
            info("i", TensorProto.INT64, []),
            info("go", TensorProto.BOOL, []),
            info("s", TensorProto.FLOAT, matrix),
        ],
        [info("on", TensorProto.BOOL, []), info("t", TensorProto.FLOAT, matrix)],
    )
    always = helper.make_tensor("always", TensorProto.BOOL, [], [True])
    nodes = [
        helper.make_node("Constant", [], ["always"], value=always),
        helper.make_node("Loop", ["", "always", "x"], ["y"], body=body),
    ]
    x, y = info("x", TensorProto.FLOAT, matrix), info("y", TensorProto.FLOAT, matrix)
    graph = helper.make_graph(nodes, "endless", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())
