"""A batch on a cluster whose pods are killed: is it the run of one machine, bit for bit?

    python tests/bench/bench_kube.py [--shards 64] [--assets 256] [--killed 0.2]

The cluster is the double of tests/kube: the Job's pods are real processes here. Every second victim
is killed without warning, the others are evicted as a drain does it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kube"))

from gencheck.inference.store import STORE_VARIABLE, default_store
from kubedouble.cluster import NAMESPACE, FakeCluster, serving
from kubedouble.driving import GENCHECK, Catalogue


def make_catalogue(folder: Path, assets: int) -> Catalogue:
    """Small pictures of noise and a manifest."""
    numbers = np.random.default_rng(1)
    lines = ["id,uri"]
    for i in range(assets):
        noise = numbers.integers(0, 255, (48, 48, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{i}.png")
        lines.append(f"asset-{i:06d},{i}.png")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")
    return Catalogue(folder, folder / "manifest.csv")


def run(*words: object) -> None:
    """One gencheck command; its failure is ours."""
    command = [*GENCHECK, "batch", *map(str, words)]
    environment = os.environ | {STORE_VARIABLE: str(default_store())}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}")


def over(cluster: FakeCluster) -> bool:
    """Whether the Job has ended."""
    (job,) = cluster.store.select("jobs", NAMESPACE)
    return "conditions" in job.get("status", {})


def harm(cluster: FakeCluster, share: float) -> tuple[int, int]:
    """Kill pods until the Job has ended; how many were, and how many pods there were."""
    chance, harmed = random.Random(1), 0
    while not cluster.do(lambda: over(cluster)):
        cluster.run(asyncio.sleep(chance.uniform(0, 0.5)))
        started = len(cluster.controller.created)
        pods = cluster.do(cluster.running)
        if pods and harmed < share * started:
            pod = chance.choice(pods)
            if harmed % 2:
                cluster.run(cluster.controller.evict(pod))
            else:
                cluster.do(lambda pod=pod: cluster.kubelet.kill(pod))  # type: ignore[misc]
            harmed += 1
    return harmed, len(cluster.controller.created)


def results(folder: Path) -> dict[str, bytes]:
    """What must be the same, by name."""
    return {path.name: path.read_bytes() for path in (folder / "shards").glob("results-*")}


def main() -> int:
    """Print the table; 1 where something differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--shards", type=int, default=64)
    parser.add_argument("--assets", type=int, default=256)
    parser.add_argument("--killed", type=float, default=0.2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gencheck-bench-") as name:
        folder = Path(name)
        (folder / "claim").mkdir()
        catalogue = make_catalogue(folder / "claim", options.assets)
        whole = catalogue.folder / "whole"
        start = time.perf_counter()
        run("run", catalogue.manifest, "--out", whole, "--shards", options.shards)
        alone = time.perf_counter() - start
        with serving(folder / "cluster", {"gencheck-batch": GENCHECK}) as cluster:
            cluster.kubelet.environment = {STORE_VARIABLE: str(default_store())}
            way = ("--kubeconfig", cluster.kubeconfig, "--parallelism", 4, "--retries", 20)
            start = time.perf_counter()
            run(*catalogue.submit(*way, shards=options.shards))
            harmed, pods = harm(cluster, options.killed)
            harmful = time.perf_counter() - start
        same = results(catalogue.out) == results(whole)
        print(f"{options.assets} assets in {options.shards} shards")
        print(f"  batch run, one machine          {alone:7.1f} s")
        print(f"  Job, {harmed} of {pods} pods killed      {harmful:7.1f} s")
        print(f"  shards with results             {len(results(catalogue.out))}")
        print(f"  results, bit for bit            {'identical' if same else 'DIFFERENT'}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
