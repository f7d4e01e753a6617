"""Models in this process: onnxruntime on the CPU, from the folder that Triton would serve."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.errors import GencheckError, ModelError, ModelNotReady
from gencheck.inference.backend import ModelSpec, Tensors, TensorSpec
from gencheck.inference.spec import (
    ModelFolder,
    check_inputs,
    check_outputs,
    read_folder,
    reinstall,
)
from gencheck.inference.waiting import wait_for

if TYPE_CHECKING:
    import onnxruntime as ort  # type: ignore[import-untyped]

_MAX_INTRA = 4
"""Threads that one model run uses at most: beyond, these small networks gain little."""

_ORT_DTYPES = {
    "tensor(bool)": np.bool_,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(float16)": np.float16,
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
}


class EmbeddedBackend:
    """Runs the models of a repository in a bounded pool of threads, loading each when first asked.

    A model is loaded only if its weights have the sha256 that its configuration names and its
    tensors are those of the configuration. A run stops at the next operator once its deadline
    has passed or was cancelled.

    Args:
        repository: ``<model>/config.pbtxt``, ``<model>/1/model.onnx``, ``<model>/labels.txt``.
        threads: CPU threads for all model runs together, at least 1.
    """

    def __init__(self, repository: Path, *, threads: int) -> None:
        self._repository = repository
        self._intra = max(1, min(threads, _MAX_INTRA))
        self._pool = ThreadPoolExecutor(
            max(1, threads // self._intra), thread_name_prefix="inference"
        )
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="inference-ahead")
        self._lock = threading.Lock()
        self._loading: dict[str, threading.Lock] = {}
        self._loaded: dict[str, _LoadedModel] = {}
        self._closed = threading.Event()

    async def describe(self, model: str) -> ModelSpec:
        """What the configuration says; the weights are not touched."""
        loaded = self._loaded.get(model)
        if loaded is not None:
            return loaded.spec
        return (await asyncio.to_thread(read_folder, self._repository, model)).spec

    async def infer(self, model: str, inputs: Tensors, *, deadline: Deadline) -> Tensors:
        """Run the model once; errors as :class:`~gencheck.inference.backend.InferenceBackend`."""
        spec = await self.describe(model)
        self._check_open(model)
        check_inputs(spec, inputs)
        deadline.check()
        run = _Run(inputs, deadline)
        pool = self._ahead if deadline.ahead else self._pool
        work = pool.submit(self._infer, model, run)
        return await wait_for(work, deadline, run.stop)

    async def ready(self, model: str) -> bool:
        """Load the model where it is not yet, and say whether that worked."""
        if self._closed.is_set() or model in self._loaded:
            return not self._closed.is_set()
        try:
            await wait_for(self._pool.submit(self._load, model), NO_DEADLINE)
        except GencheckError:
            return False
        return True

    async def aclose(self) -> None:
        """Take no more calls, let running ones end, and drop the models."""
        self._closed.set()
        for pool in (self._pool, self._ahead):
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)
        self._loaded.clear()

    def _check_open(self, model: str) -> None:
        if self._closed.is_set():
            raise ModelNotReady("the backend is shut down", where=f"model {model}")

    def _infer(self, model: str, run: _Run) -> Tensors:
        run.deadline.check()
        loaded = self._load(model)
        run.deadline.check()
        return loaded.infer(run)

    def _load(self, model: str) -> _LoadedModel:
        with self._lock:
            mine = self._loading.setdefault(model, threading.Lock())
        with mine:
            loaded = self._loaded.get(model)
            if loaded is None:
                folder = read_folder(self._repository, model)
                loaded = self._loaded[model] = _LoadedModel(folder, self._intra)
            return loaded


class _Run:
    """One run of a model, which can be told to stop from any thread."""

    def __init__(self, inputs: Tensors, deadline: Deadline) -> None:
        import onnxruntime  # noqa: PLC0415 - 0.2 s that only a model run needs

        self.inputs = inputs
        self.deadline = deadline
        self.options = onnxruntime.RunOptions()
        self.options.log_severity_level = 4  # a stopped run is no error worth a line

    def stop(self) -> None:
        self.options.terminate = True


class _LoadedModel:
    def __init__(self, folder: ModelFolder, intra: int) -> None:
        self.spec = folder.spec
        self._session = _open(folder, intra)

    def infer(self, run: _Run) -> Tensors:
        names = [output.name for output in self.spec.outputs]
        try:
            values = self._session.run(names, dict(run.inputs), run.options)
        except Exception as error:  # onnxruntime's errors share no base but this
            run.deadline.check()
            raise ModelError(
                f"the model could not compute this ({str(error)[:300]})",
                where=f"model {self.spec.name}",
                metadata={"model": self.spec.name},
            ) from error
        outputs = {name: np.asarray(value) for name, value in zip(names, values, strict=True)}
        check_outputs(self.spec, outputs)
        return outputs


def _open(folder: ModelFolder, intra: int) -> ort.InferenceSession:
    import onnxruntime  # noqa: PLC0415

    data = _read_verified(folder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = intra
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Idle threads sleep instead of spinning: the cores are shared with decoding and other models.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Pictures come in all sizes; an arena would keep the largest of every size for ever.
    options.enable_cpu_mem_arena = False
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no base but this
        raise _broken(folder, f"onnxruntime cannot load the model ({str(error)[:300]})") from error
    problem = _difference(folder.spec.inputs, session.get_inputs(), "input") or _difference(
        folder.spec.outputs, session.get_outputs(), "output"
    )
    if problem:
        raise _broken(folder, f"the model is not what its configuration says: {problem}")
    return session


def _read_verified(folder: ModelFolder) -> bytes:
    try:
        data = folder.weights.read_bytes()
    except OSError as error:
        raise _broken(folder, f"the weights cannot be read ({error.strerror})") from error
    found = hashlib.sha256(data).hexdigest()
    if folder.sha256 and found != folder.sha256:
        raise _broken(
            folder, f"the weights are corrupt: sha256 {found[:12]}…, not {folder.sha256[:12]}…"
        )
    return data


def _broken(folder: ModelFolder, what: str) -> ModelNotReady:
    return ModelNotReady(
        what,
        where=str(folder.weights),
        fix=reinstall(),
        metadata={"model": folder.spec.name},
    )


def _difference(expected: tuple[TensorSpec, ...], found: list[Any], kind: str) -> str:
    actual = {tensor.name: tensor for tensor in found}
    names = [tensor.name for tensor in expected]
    if set(names) != set(actual):
        return f"it has the {kind}s {', '.join(actual)}, not {', '.join(names)}"
    for tensor in expected:
        other = actual[tensor.name]
        if _ORT_DTYPES.get(other.type) is not tensor.dtype.type:
            return f"{kind} {tensor.name} is {other.type}, not {tensor.dtype}"
        if not _agree(tensor.shape, other.shape):
            return f"{kind} {tensor.name} has the shape {other.shape}, not {tensor.shape}"
    return ""


def _agree(expected: tuple[int, ...], found: list[Any]) -> bool:
    """What the file fixes must stand in the configuration; what it leaves free may be fixed."""
    return len(expected) == len(found) and all(
        not isinstance(size, int) or size == want
        for want, size in zip(expected, found, strict=True)
    )
