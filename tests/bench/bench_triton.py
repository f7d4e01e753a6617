"""What our ways to a model cost over the bare libraries: ``python tests/bench/bench_triton.py``.

A model that computes next to nothing, called through Triton (our backend against tritonclient's own
asynchronous client) and in this process (our backend against onnxruntime). Interleaved calls,
medians; the differences carry over to another machine better than the figures. Starts a Triton of
its own (``make triton-install``) and says so where it cannot.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from tritonclient.grpc import InferInput
from tritonclient.grpc.aio import InferenceServerClient

from gencheck.deadline import Deadline
from gencheck.inference.backend import InferenceBackend
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.triton import TritonBackend

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-triton" / "bin" / "python"
ROUNDS = 400
CANCELLED = 10_000
SIZES = {"12 B": (1, 3), "600 KB": (1, 150_000), "2.4 MB": (1, 600_000)}
CONFIG = """name: "{name}"
backend: "onnxruntime"
max_batch_size: 4
input [ {{ name: "x" data_type: TYPE_FP32 dims: [ -1 ] }} ]
output [ {{ name: "y" data_type: TYPE_FP32 dims: [ {width} ] }} ]
"""


def write_first(root: Path) -> Path:
    """y = the first of each row of x: many bytes in, few out."""
    ends = [
        helper.make_tensor(n, TensorProto.INT64, [1], [v])
        for n, v in zip("sea", (0, 1, 1), strict=True)
    ]
    node = helper.make_node("Slice", ["x", "s", "e", "a"], ["y"])
    return write_model(root, "first", node, 1, ends)


def write_same(root: Path) -> Path:
    """y = x: as many bytes out as in."""
    return write_model(root, "same", helper.make_node("Identity", ["x"], ["y"]), -1, [])


def write_model(root: Path, name: str, node: Any, width: int, constants: list[Any]) -> Path:
    """A model of one operator, with rows of ``width`` numbers as its answer."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", "n"])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", max(width, 0) or "n"])
    graph = helper.make_graph([node], name, [x], [y], constants)
    opset = helper.make_opsetid("", 17)
    (root / name / "1").mkdir(parents=True)
    (root / name / "config.pbtxt").write_text(CONFIG.format(name=name, width=width))
    path = root / name / "1" / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), path)
    return path


@contextmanager
def triton(repository: Path) -> Iterator[str]:
    """The address of a Triton that serves the folder."""
    launcher = ROOT / "deploy" / "triton" / "launch.py"
    start = time.perf_counter()
    process = subprocess.Popen(
        [PYTHON, launcher, "--repository", repository],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        sys.exit(f"Triton does not start here (status {process.wait()}): see make triton")
    print(f"Triton: start to ready {time.perf_counter() - start:.1f} s")
    try:
        yield line.removeprefix("listening on ").strip()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


async def compare(
    what: str, ours: Callable[[], Awaitable[Any]], theirs: Callable[[], Awaitable[Any]]
) -> None:
    """Print medians of interleaved calls."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS):
        for at, call in ((0, ours), (1, theirs)) if turn % 2 else ((1, theirs), (0, ours)):
            start = time.perf_counter()
            await call()
            times[at].append(time.perf_counter() - start)
    mine, bare = (statistics.median(one[20:]) * 1e3 for one in times)
    print(f"{what:34} ours {mine:6.2f} ms   bare {bare:6.2f} ms   {mine - bare:+.2f} ms")


async def over_triton(target: str, repository: Path) -> None:
    """Our backend against tritonclient, the bytes sent by both; then ours with shared memory."""
    backend = TritonBackend(target, repository=repository)
    shared = TritonBackend(target, repository=repository, shared_memory=True)
    bare = InferenceServerClient(target)
    await cancel_many(backend)  # first: the heap after large tensors varies by 100 MB and more
    cases = [(model, size) for model in ("first", "same") for size in SIZES]
    for model, size in cases[:3] + cases[5:]:
        x = np.ones(SIZES[size], np.float32)
        what = f"Triton, {size}{' in and out' if model == 'same' else ''}"

        async def direct(x: np.ndarray[Any, Any] = x, model: str = model) -> Any:
            tensor = InferInput("x", list(x.shape), "FP32").set_data_from_numpy(x)
            return (await bare.infer(model, [tensor], client_timeout=10.0)).as_numpy("y")

        await compare(what, partial(infer, backend, x, model), direct)
        if x.nbytes > 250_000:
            await compare(f"{what}, shared", partial(infer, shared, x, model), direct)
    await bare.close()
    await shared.aclose()
    await backend.aclose()


async def infer(backend: InferenceBackend, x: np.ndarray[Any, Any], model: str = "first") -> Any:
    """One call with a deadline, as services make it."""
    return await backend.infer(model, {"x": x}, deadline=Deadline.after(10.0))


async def cancel_many(backend: InferenceBackend) -> None:
    """Memory that callers who leave cost this process."""
    x = np.ones((1, 3), np.float32)

    async def leave(count: int) -> int:
        calls = [asyncio.ensure_future(infer(backend, x)) for _ in range(count)]
        await asyncio.sleep(0.001)  # they are on their way now
        for call in calls:
            call.cancel()
        ends = await asyncio.gather(*calls, return_exceptions=True)
        return sum(isinstance(end, asyncio.CancelledError) for end in ends)

    await leave(1000)
    before, left = resident(), 0
    while left < CANCELLED:
        left += await leave(50)
    print(f"{left} cancelled requests: {resident() - before:+.1f} MB resident")


def resident() -> float:
    """Resident memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


async def in_this_process(repository: Path, weights: Path) -> None:
    """Our backend against onnxruntime."""
    backend = EmbeddedBackend(repository, threads=1)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    bare = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    for name, shape in SIZES.items():
        x = np.ones(shape, np.float32)

        async def direct(x: np.ndarray[Any, Any] = x) -> Any:
            return await asyncio.to_thread(bare.run, ["y"], {"x": x})

        await compare(f"in process, {name}", partial(infer, backend, x), direct)
    await backend.aclose()


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder)
        weights = write_first(repository)
        write_same(repository)
        asyncio.run(in_this_process(repository, weights))
        if not PYTHON.exists():
            sys.exit("Triton: not installed, run make triton-install")
        with triton(repository) as target:
            asyncio.run(over_triton(target, repository))


if __name__ == "__main__":
    main()
