"""Submit, pods, results: the pods of the Job are real processes, and some of them are killed."""

import asyncio
import json
import random
from pathlib import Path

from kubedouble.cluster import NAMESPACE, FakeCluster
from kubedouble.driving import Catalogue, Command


def results(folder: Path) -> dict[str, bytes]:
    """All that must not depend on who computed it, when, and how often it was tried."""
    found = sorted((folder / "shards").iterdir())
    return {path.name: path.read_bytes() for path in found if path.name.startswith("results-")}


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in (folder / "shards").iterdir() if not p.name.startswith("."))


def test_pods_leave_what_a_run_on_one_machine_leaves(
    cluster: FakeCluster, command: Command, catalogue: Catalogue
) -> None:
    policy = catalogue.folder.parent / "ours.toml"  # on no claim: it travels with the Job
    policy.write_text('name = "ours"\nversion = "1"\n[thresholds.BLUR]\nmajor = 1.5\n')
    assert command(*catalogue.submit("--parallelism", 2, "--policy", policy)).status == 0
    done = command("status", "run-1", "--wait")
    assert done.status == 0 and "complete: 3 of 3 shards" in done.out
    alone = catalogue.folder / "alone"
    words = ("run", catalogue.manifest, "--out", alone, "--shards", 3, "--cores", 1)
    assert command(*words, "--policy", policy).status == 0
    assert len(results(alone)) == 3
    assert results(catalogue.out) == results(alone)
    assert names(catalogue.out) == names(alone)
    for folder in (catalogue.out, alone):
        assert command("merge", folder).status == 0
    merged = [(folder / "results.parquet").read_bytes() for folder in (catalogue.out, alone)]
    assert merged[0] == merged[1]

    assert command("cancel", "run-1").status == 0
    shards = catalogue.out / "shards"
    before = {path: path.stat().st_mtime_ns for path in shards.iterdir()}
    assert command(*catalogue.submit("--parallelism", 3, "--policy", policy)).status == 0
    assert command("status", "run-1", "--wait").status == 0
    assert {path: path.stat().st_mtime_ns for path in shards.iterdir()} == before
    log = command("logs", "run-1", "--index", 1)
    assert "done already" in log.out


def over(cluster: FakeCluster) -> bool:
    (job,) = cluster.store.select("jobs", NAMESPACE)
    return "conditions" in job.get("status", {})


def harm(cluster: FakeCluster, pod: str, *, evict: bool) -> None:
    if evict:
        cluster.run(cluster.controller.evict(pod))
    else:
        cluster.do(lambda: cluster.kubelet.kill(pod))


def test_killed_and_evicted_pods_change_nothing(
    cluster: FakeCluster, command: Command, catalogue: Catalogue
) -> None:
    chance = random.Random(20)
    whole = catalogue.folder / "whole"
    words = ("run", catalogue.manifest, "--out", whole, "--shards", 4, "--cores", 1)
    assert command(*words).status == 0
    options = ("--parallelism", 2, "--retries", 20)
    assert command(*catalogue.submit(*options, shards=4)).status == 0
    harmed = 0
    while harmed < 4 and not cluster.do(lambda: over(cluster)):
        cluster.run(asyncio.sleep(chance.uniform(0, 1.5)))
        if pods := cluster.do(cluster.running):
            harm(cluster, chance.choice(pods), evict=bool(harmed % 2))
            harmed += 1
    assert harmed >= 2, "the pods were too fast to be harmed"
    done = command("status", "run-1", "--wait")
    assert done.status == 0 and "complete: 4 of 4 shards" in done.out
    tries = [line for line in done.out.splitlines() if "failed" in line]
    assert tries and all("done since" in line for line in tries)
    assert results(catalogue.out) == results(whole)
    assert names(catalogue.out) == names(whole)


def test_a_broken_shard_fails_alone(
    cluster: FakeCluster, command: Command, catalogue: Catalogue
) -> None:
    rows = [json.dumps({"id": f"a{i}", "uri": f"{i}.png"}) for i in range(6)]
    rows[3] = json.dumps({"id": "a3", "uri": ""})
    manifest = catalogue.folder / "manifest.jsonl"
    manifest.write_text("\n".join(rows) + "\n")
    broken = Catalogue(catalogue.folder, manifest)
    assert command(*broken.submit("--parallelism", 3)).status == 0
    done = command("status", "run-1", "--wait")
    assert done.status == 70
    assert "failed: 2 of 3 shards, failed: 1" in done.out
    assert "shard 1: Error, status 65, 1 try failed" in done.out
    assert len(results(broken.out)) == 2


def test_a_manifest_that_changes_under_the_job_fails_it(
    cluster: FakeCluster, command: Command, catalogue: Catalogue
) -> None:
    assert command(*catalogue.submit("--queue", "nightly")).status == 0
    with catalogue.manifest.open("a") as file:
        file.write("asset-99,0.png\n")

    def admit() -> None:
        (job,) = cluster.store.select("jobs", NAMESPACE)
        cluster.store.update("jobs", {**job, "spec": {**job["spec"], "suspend": False}})

    cluster.do(admit)
    done = command("status", "run-1", "--wait")
    assert done.status == 70
    assert "PodFailurePolicy" in done.out and "status 64" in done.out
    assert not (catalogue.out / "shards").exists()
