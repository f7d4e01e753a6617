"""What Triton answers is read, whatever it is."""

from __future__ import annotations

from collections.abc import Iterator
from multiprocessing.shared_memory import SharedMemory

import numpy as np
import pytest
from tritonclient.grpc import InferResult, service_pb2

from gencheck.inference.shared_memory import read_outputs
from gencheck.inference.spec import ModelSpec, TensorSpec

SPEC = ModelSpec("m", "1", (), (TensorSpec("y", np.dtype(np.float32), (2,)),))


@pytest.fixture
def region() -> Iterator[SharedMemory]:
    memory = SharedMemory(create=True, size=8)
    memory.buf[:8] = np.array([1, 2], np.float32).tobytes()
    yield memory
    memory.close()
    memory.unlink()


def answer(*shape: int, name: str = "y") -> InferResult:
    message = service_pb2.ModelInferResponse()
    message.outputs.add(name=name, datatype="FP32", shape=shape)
    return InferResult(message)


def test_an_output_is_read_from_where_it_was_written(region: SharedMemory) -> None:
    outputs = read_outputs(SPEC, answer(2), {"y": region})
    assert outputs["y"].tolist() == [1, 2]


def test_an_answer_that_is_no_message_is_said_to_be_none() -> None:
    with pytest.raises(ValueError, match="no message"):
        read_outputs(SPEC, InferResult(None))


def test_an_output_that_is_not_named_is_missing(region: SharedMemory) -> None:
    assert read_outputs(SPEC, answer(2, name="z"), {"y": region}) == {}


@pytest.mark.parametrize("shape", [(3,), (1 << 40,)])
def test_a_shape_that_does_not_fit_the_region_is_an_error(
    shape: tuple[int, ...], region: SharedMemory
) -> None:
    with pytest.raises(ValueError, match="shape"):
        read_outputs(SPEC, answer(*shape), {"y": region})
