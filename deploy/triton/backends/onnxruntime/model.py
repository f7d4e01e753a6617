"""Triton's ``onnxruntime`` backend in Python, for a Triton that comes without the native one.

It serves every model whose ``config.pbtxt`` says ``backend: "onnxruntime"`` and that lies in
``<model>/<version>/model.onnx``: the files that NVIDIA's container serves with its own backend.
``launch.py`` starts the server with the variables that are read here.
"""

import hashlib
import json
import os
import site
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from pathlib import Path
from typing import Any

# Triton's Python stub ignores virtual environments; these packages must win over the Python's own.
_PACKAGES = os.environ["GENCHECK_TRITON_PACKAGES"]
_BEFORE = list(sys.path)
site.addsitedir(_PACKAGES)
sys.path[:] = [path for path in sys.path if path not in _BEFORE] + _BEFORE

import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402
import triton_python_backend_utils as pb_utils  # noqa: E402

_POLL_SECONDS = 0.05
"""How often a long run looks whether its callers have gone."""


class TritonPythonModel:
    """One instance of a model; Triton calls it from one thread."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load the weights that the configuration is for."""
        if np.lib.NumpyVersion(np.__version__) >= "2.0.0b1":
            raise pb_utils.TritonModelException(
                f"this backend needs numpy < 2, not {np.__version__} of {np.__file__}"
            )
        config = json.loads(args["model_config"])
        path = Path(args["model_repository"], args["model_version"], "model.onnx")
        data = path.read_bytes()
        expected = config.get("parameters", {}).get("sha256", {}).get("string_value", "")
        found = hashlib.sha256(data).hexdigest()
        if expected and found != expected:
            raise pb_utils.TritonModelException(
                f"the weights are corrupt: sha256 {found[:12]}..., not {expected[:12]}..."
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(os.environ["GENCHECK_TRITON_THREADS"])
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_cpu_mem_arena = False  # inputs come in all sizes; it would keep the largest
        try:
            self._session = onnxruntime.InferenceSession(
                data, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's errors share no base but this
            raise pb_utils.TritonModelException(f"cannot load the model: {error}") from None
        self._inputs = [tensor["name"] for tensor in config["input"]]
        self._outputs = [tensor["name"] for tensor in config["output"]]
        _check_names(self._inputs, self._session.get_inputs(), "inputs")
        _check_names(self._outputs, self._session.get_outputs(), "outputs")
        self._thread = ThreadPoolExecutor(1)

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answer the requests by one run: several come only where the model batches them.

        Triton's batcher puts together only requests whose shapes differ in nothing but the batch.
        """
        feeds = [
            [pb_utils.get_input_tensor_by_name(request, name).as_numpy() for name in self._inputs]
            for request in requests
        ]
        feed = {
            name: np.concatenate(values) if len(values) > 1 else values[0]
            for name, *values in zip(self._inputs, *feeds, strict=True)
        }
        answer = self._run(feed, requests)
        if isinstance(answer, pb_utils.TritonError):
            return [pb_utils.InferenceResponse(error=answer) for _ in requests]
        ends = np.cumsum([len(values[0]) for values in feeds])[:-1]
        parts = [np.split(value, ends) if len(requests) > 1 else [value] for value in answer]
        return [self._response([part[i] for part in parts]) for i in range(len(requests))]

    def finalize(self) -> None:
        """Let go of the thread."""
        self._thread.shutdown()

    def _run(self, feed: dict[str, Any], requests: list[Any]) -> Any:
        """The outputs, or an error; the run ends early once nobody waits for it any more."""
        ends = [json.loads(request.parameters() or "{}").get("deadline_ms") for request in requests]
        options = onnxruntime.RunOptions()
        options.log_severity_level = 4  # a stopped run is no error worth a line
        if _all_gone(requests, ends):
            return _failed("nobody waits for this any more", cancelled=True)
        run = self._thread.submit(self._session.run, self._outputs, feed, options)
        while True:
            try:
                return run.result(timeout=_POLL_SECONDS)
            except StillRunning:
                options.terminate = options.terminate or _all_gone(requests, ends)
            except Exception as error:  # onnxruntime's errors share no base but this
                return _failed(str(error), cancelled=options.terminate)

    def _response(self, values: list[Any]) -> Any:
        tensors = [
            pb_utils.Tensor(name, np.ascontiguousarray(value))
            for name, value in zip(self._outputs, values, strict=True)
        ]
        return pb_utils.InferenceResponse(output_tensors=tensors)


def _check_names(configured: list[str], actual: list[Any], kind: str) -> None:
    names = [value.name for value in actual]
    if not set(configured) <= set(names):
        raise pb_utils.TritonModelException(
            f"the configuration names the {kind} {configured}, the model has {names}"
        )


def _all_gone(requests: list[Any], ends: list[int | None]) -> bool:
    """Whether each caller has cancelled, or the deadline that it sent along has passed."""
    now = time.time() * 1000
    return all(
        request.is_cancelled() or (end is not None and end <= now)
        for request, end in zip(requests, ends, strict=True)
    )


def _failed(what: str, *, cancelled: bool) -> Any:
    code = pb_utils.TritonError.CANCELLED if cancelled else pb_utils.TritonError.INTERNAL
    return pb_utils.TritonError(what[:300], code)
