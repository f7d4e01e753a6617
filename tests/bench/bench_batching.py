"""Whether Triton's dynamic batching wins here: ``python tests/bench/bench_batching.py``.

Sixteen callers at a time, each model of the embedded profile that takes batches and a small one
that computes next to nothing, with ``dynamic_batching`` and without, in turns within one run.
Starts its own Triton (``make triton-install``).
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from bench_triton import PYTHON, triton, write_first

from gencheck.deadline import Deadline
from gencheck.inference.spec import CONFIG_FILE
from gencheck.inference.store import ModelStore, default_store, shipped_models
from gencheck.inference.triton import TritonBackend

CALLERS = 16
ROUNDS = 4
SECONDS = 4.0
INPUTS: dict[str, tuple[int, ...]] = {
    "first": (1, 3),
    "ppocrv6_rec_small": (1, 3, 48, 320),
    "ppocrv6_det_small": (1, 3, 320, 320),
    "centerface": (1, 3, 320, 320),
}


def copies(root: Path) -> None:
    """Each model twice: as it is, and named ``NAME_batched``."""
    store = ModelStore(default_store(), shipped_models())
    write_first(root)
    for name in INPUTS:
        if name != "first":
            shutil.copytree(store.root / name, root / name)
        batched = root / f"{name}_batched"
        shutil.copytree(root / name, batched)
        text = (batched / CONFIG_FILE).read_text().replace(f'"{name}"', f'"{batched.name}"')
        (batched / CONFIG_FILE).write_text(text + "dynamic_batching { }\n")


async def load(backend: TritonBackend, model: str, x: np.ndarray[Any, Any]) -> list[float]:
    """Seconds that each call took while sixteen callers ask again and again."""
    spec = await backend.describe(model)
    end = time.perf_counter() + SECONDS
    times: list[float] = []

    async def caller() -> None:
        while time.perf_counter() < end:
            start = time.perf_counter()
            inputs = {spec.inputs[0].name: x}
            await backend.infer(model, inputs, deadline=Deadline.after(60))
            times.append(time.perf_counter() - start)

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return times


async def measure(target: str, repository: Path) -> None:
    """Print a row a model: calls a second and latency, without and with batching."""
    backend = TritonBackend(target, repository=repository)
    print(f"{CALLERS} callers, {ROUNDS} turns of {SECONDS:g} s; calls/s, p50 and p99 in ms")
    print(f"{'model':20} {'without':>26} {'with batching':>26}  calls/s with : without")
    for name, shape in INPUTS.items():
        x = np.full(shape, 0.5, np.float32)
        runs: dict[str, list[list[float]]] = {"": [], "_batched": []}
        for ending in [*runs] * ROUNDS:
            runs[ending].append(await load(backend, name + ending, x))
        rates = [statistics.median(len(run) for run in of) / SECONDS for of in runs.values()]
        cells = []
        for rate, of in zip(rates, runs.values(), strict=True):
            p50, p99 = np.percentile(np.concatenate(of) * 1e3, (50, 99))
            cells.append(f"{rate:9.1f} {p50:7.1f} {p99:8.1f}")
        print(f"{name:20} {cells[0]:>26} {cells[1]:>26}  {rates[1] / rates[0]:.2f}")
    await backend.aclose()


def main() -> None:
    """Print the table."""
    if not PYTHON.exists():
        sys.exit("Triton: not installed, run make triton-install")
    with tempfile.TemporaryDirectory() as folder:
        copies(Path(folder))
        with triton(Path(folder)) as target:
            asyncio.run(measure(target, Path(folder)))


if __name__ == "__main__":
    main()
