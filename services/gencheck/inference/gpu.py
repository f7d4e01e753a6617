"""The second configuration of a model, for GPUs: ``tritonserver --model-config-name=gpu``."""

from __future__ import annotations

from gencheck.inference.spec import parse_config

GPU_CONFIG_FILE = "configs/gpu.pbtxt"


def on_gpus(config: str) -> str:
    """The configuration with an instance on each GPU, which takes waiting requests together.

    On a CPU batching is off: there it costs more than it wins (``tests/bench/bench_batching.py``).
    """
    batching = "dynamic_batching { }\n" if parse_config(config).max_batch_size > 0 else ""
    return f"{config}instance_group [ {{ count: 1 kind: KIND_GPU }} ]\n{batching}"
