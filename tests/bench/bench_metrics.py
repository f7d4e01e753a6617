"""Speed of the metrics of sets beside their peers: ``python tests/bench/bench_metrics.py``.

The peers need torch: with ``.venv-models/bin/python`` (``make test-models`` fills it) they run in
the same run, on the same features; without them ours are printed alone. Medians of interleaved
rounds, one thread; only the ratios carry over to another machine. ``--rows`` sets the rows of each
set (3000), ``--width`` the features (2048, as Inception has them).
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

# Before numpy reads them: two libraries' threads on shared cores wait for each other.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from numpy.typing import NDArray

from gencheck.consistency import metrics

THREADS = 1
ROUNDS = 3
Features = NDArray[np.float32]
Work = Callable[[], float]


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=3000)
    options.add_argument("--width", type=int, default=2048)
    given = options.parse_args()
    real, generated = features(given.rows, given.width, 0), features(given.rows, given.width, 1)
    subset = min(1000, given.rows)
    ours: dict[str, Work] = {
        "FID": lambda: metrics.fid(real, generated).value,
        "KID, 10 subsets": lambda: (
            metrics.kid(real, generated, subsets=10, subset_size=subset).mean
        ),
        "precision … coverage": lambda: metrics.prdc(real, generated).precision,
    }
    theirs = peers(real, generated, subset)
    print(f"{given.rows} rows of {given.width} features in each set, {THREADS} thread")
    print(f"{'metric':<22}{'ours':>9}{'peer':>10}{'ratio':>8}")
    for name, work in ours.items():
        compare(name, work, theirs.get(name, {}))
    if not theirs:
        print("The peers are not installed here: run this with .venv-models/bin/python.")


def features(rows: int, width: int, seed: int) -> Features:
    """Like a network's: correlated, none negative. ``float32 [rows, width]``."""
    random = np.random.default_rng(seed)
    scale = np.exp(-np.arange(width) / (width / 5)).astype(np.float32)
    mix = np.random.default_rng(2).standard_normal((width, width), np.float32) * scale
    return np.abs(random.standard_normal((rows, width), np.float32) @ mix) + np.float32(0.1 * seed)


def compare(name: str, ours: Work, theirs: Mapping[str, Work]) -> None:
    """Print a line for each peer: seconds, ratio, and the values where they differ."""
    taken: dict[str, list[float]] = {"": [], **{peer: [] for peer in theirs}}
    values: dict[str, float] = {}
    for _ in range(ROUNDS):
        for who, work in {"": ours, **theirs}.items():
            start = time.perf_counter()
            values[who] = work()
            taken[who].append(time.perf_counter() - start)
    own = statistics.median(taken.pop(""))
    if not theirs:
        print(f"{name:<22}{own:>8.2f}s")
    for who, seconds in taken.items():
        other = statistics.median(seconds)
        note = f"{values['']:.6g} and {values[who]:.6g}"
        print(f"{name:<22}{own:>8.2f}s{other:>9.2f}s{other / own:>7.1f}×  {who}: {note}")


def peers(real: Features, generated: Features, subset: int) -> dict[str, dict[str, Work]]:
    """The same by torchmetrics, torch-fidelity and prdc; empty where torch is not installed."""
    if any(importlib.util.find_spec(n) is None for n in ("torchmetrics", "torch_fidelity", "prdc")):
        return {}
    import torch

    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models"))
    from recipes.shim import allow_torchvision

    allow_torchvision()
    import prdc
    from torch_fidelity import metric_fid, metric_kid
    from torchmetrics.image.fid import FrechetInceptionDistance

    torch.set_num_threads(THREADS)
    x, y = torch.from_numpy(real), torch.from_numpy(generated)

    def torchmetrics_fid() -> float:
        metric = FrechetInceptionDistance(feature=_given(torch, real.shape[1]))
        metric.update(x, real=True)
        metric.update(y, real=False)
        return float(metric.compute())

    def fidelity_fid() -> float:
        moments = [metric_fid.fid_features_to_statistics(s) for s in (x, y)]
        return float(
            metric_fid.fid_statistics_to_metric(*moments, verbose=False)[metric_fid.KEY_METRIC_FID]
        )

    def fidelity_kid() -> float:
        found = metric_kid.kid_features_to_metric(
            x, y, kid_subsets=10, kid_subset_size=subset, verbose=False
        )
        return float(found[metric_kid.KEY_METRIC_KID_MEAN])

    def naeem() -> float:
        with contextlib.redirect_stdout(io.StringIO()):
            return float(prdc.compute_prdc(real, generated, nearest_k=5)["precision"])

    return {
        "FID": {"torchmetrics": torchmetrics_fid, "torch-fidelity": fidelity_fid},
        "KID, 10 subsets": {"torch-fidelity": fidelity_kid},
        "precision … coverage": {"prdc": naeem},
    }


def _given(torch: Any, width: int) -> Any:
    """Stands where torchmetrics expects its network, and hands features through."""
    module = torch.nn.Identity()
    module.num_features = width
    return module


if __name__ == "__main__":
    main()
