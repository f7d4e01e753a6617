"""The real client against the double: every answer that an API server may give."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from kubernetes.utils import Backoff

from gencheck.batch import cluster as module
from gencheck.batch.cluster import Cluster, Conflict, connect
from gencheck.batch.job import INDEX, JOB_NAME, build
from gencheck.batch.job_options import JobOptions, Work
from gencheck.batch.status import State, follow
from gencheck.errors import InvalidArgument, NotFound, PermissionDenied, Unavailable
from kubedouble.apiserver import Fault
from kubedouble.cluster import NAMESPACE, FakeCluster

QUEUED = JobOptions("run-1", NAMESPACE, "gencheck-batch:1", queue="nobody")
"""Its pods never start."""
WORK = Work("s3://b/m.csv", "s3://b/out", 3, "0" * 64, 12)
QUICK = Backoff(steps=4, duration=0.01, factor=2.0)


@pytest.fixture
def client(cluster: FakeCluster) -> Cluster:
    found = connect(kubeconfig=cluster.kubeconfig)
    return Cluster(found.api, found.namespace, backoff=QUICK)


def test_the_namespace_is_the_one_of_the_context(cluster: FakeCluster) -> None:
    assert connect(kubeconfig=cluster.kubeconfig).namespace == NAMESPACE
    assert connect("other", kubeconfig=cluster.kubeconfig).namespace == "other"


def test_create_read_delete(cluster: FakeCluster, client: Cluster) -> None:
    made = client.create_job(build(WORK, QUEUED))
    assert made.metadata is not None and made.metadata.uid
    there = client.read_job("run-1")
    assert there.spec is not None and there.spec.completions == 3
    client.delete_job("run-1", made.metadata.uid)
    with pytest.raises(NotFound, match="run-1"):
        client.read_job("run-1")


def test_a_name_that_is_taken_is_a_conflict(client: Cluster) -> None:
    client.create_job(build(WORK, QUEUED))
    with pytest.raises(Conflict):
        client.create_job(build(WORK, QUEUED))


def test_deleting_another_job_than_the_one_seen_is_refused(client: Cluster) -> None:
    client.create_job(build(WORK, QUEUED))
    with pytest.raises(Conflict):
        client.delete_job("run-1", "another-uid")
    assert client.read_job("run-1")


def test_what_the_server_finds_invalid_is_said(client: Cluster) -> None:
    job = build(WORK, QUEUED)
    assert job.spec is not None
    job.spec.completions = None
    with pytest.raises(InvalidArgument, match=r"spec\.completions"):
        client.create_job(job)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_passes_is_tried_again(cluster: FakeCluster, client: Cluster, status: int) -> None:
    cluster.api.faults.append(Fault("create", status, times=3))
    assert client.create_job(build(WORK, QUEUED))
    assert cluster.api.seen.count("create jobs") == 4


def test_what_does_not_pass_ends(cluster: FakeCluster, client: Cluster) -> None:
    cluster.api.faults.append(Fault("read", 500, times=1000))
    with pytest.raises(Unavailable, match="status 500"):
        client.read_job("run-1")
    assert cluster.api.seen.count("read jobs") == QUICK.steps


@pytest.mark.parametrize(("status", "error"), [(403, PermissionDenied), (401, PermissionDenied)])
def test_what_cannot_pass_is_not_tried_again(
    cluster: FakeCluster, client: Cluster, status: int, error: type[Exception]
) -> None:
    cluster.api.faults.append(Fault("read", status, times=1000))
    with pytest.raises(error):
        client.read_job("run-1")
    assert cluster.api.seen.count("read jobs") == 1


def test_retry_after_is_respected_within_bounds(
    cluster: FakeCluster, client: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(module.time, "sleep", pauses.append)
    cluster.api.faults.append(Fault("read", 429, retry_after="3"))
    cluster.api.faults.append(Fault("read", 429, retry_after="86400"))
    with pytest.raises(NotFound):
        client.read_job("run-1")
    assert pauses == [3.0, 10.0]


def test_a_server_that_says_nothing_ends_in_time(cluster: FakeCluster, client: Cluster) -> None:
    cluster.api.faults.append(Fault("read", 0, times=1000))
    hurried = Cluster(client.api, NAMESPACE, backoff=QUICK, timeout=(5, 0.2))
    with pytest.raises(Unavailable, match="does not answer"):
        hurried.read_job("run-1")
    assert cluster.api.seen.count("read jobs") == QUICK.steps


def test_nobody_listens(tmp_path: Path, cluster: FakeCluster) -> None:
    text = cluster.kubeconfig.read_text().replace(cluster.url, "http://127.0.0.1:9")
    (tmp_path / "config").write_text(text)
    found = connect(kubeconfig=tmp_path / "config")
    with pytest.raises(Unavailable, match="does not answer"):
        Cluster(found.api, "x", backoff=QUICK).read_job("run-1")


@pytest.mark.parametrize("text", ["", "{", "apiVersion: v1\nkind: Config\n"])
def test_no_way_to_a_cluster(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").write_text(text)
    with pytest.raises(InvalidArgument, match="kubeconfig"):
        connect(kubeconfig=tmp_path / "config")
    with pytest.raises(InvalidArgument):
        connect(kubeconfig=tmp_path / "missing")


def test_pods_are_read_page_by_page(cluster: FakeCluster, client: Cluster) -> None:
    def fill() -> None:
        for i in range(25):
            labels = {JOB_NAME: "run-1", INDEX: str(i % 5)}
            meta = {"name": f"pod-{i:02d}", "labels": labels}
            pod = {"metadata": meta, "status": {"phase": "Failed" if i % 2 else "Succeeded"}}
            cluster.store.create("pods", NAMESPACE, pod)

    cluster.do(fill)
    cluster.api.page = 4
    names = [pod.metadata.name for pod in client.pods("run-1") if pod.metadata]
    assert names == [f"pod-{i:02d}" for i in range(25)]
    assert cluster.api.seen.count("list pods") == 7
    assert len(client.pods("run-1", most=6)) == 6
    assert len(client.pods("run-1", index=3)) == 5
    assert len(client.pods("run-1", phase="Failed")) == 12
    assert client.pods("another") == []


def set_status(cluster: FakeCluster, **status: object) -> Callable[[], None]:
    def change() -> None:
        job = cluster.store.read("jobs", NAMESPACE, "run-1")
        cluster.store.update("jobs", {**job, "status": status})

    return change


COMPLETE = {
    "completedIndexes": "0-2",
    "conditions": [{"type": "Complete", "status": "True"}],
}


def test_a_job_is_followed_to_its_end(cluster: FakeCluster, client: Cluster) -> None:
    client.create_job(build(WORK, QUEUED))
    statuses = follow(client, "run-1")
    assert next(statuses).state is State.SUSPENDED
    cluster.do(set_status(cluster, completedIndexes="0", active=1))
    assert next(statuses).done == 1
    cluster.do(set_status(cluster, **COMPLETE))
    assert [found.state for found in statuses] == [State.COMPLETE]


@pytest.mark.parametrize(("status", "times"), [(500, 2), (410, 1)])
def test_a_watch_that_breaks_only_means_to_look_again(
    cluster: FakeCluster, client: Cluster, status: int, times: int
) -> None:
    fault = Fault("watch", status, times)
    client.create_job(build(WORK, QUEUED))
    statuses = follow(client, "run-1")
    next(statuses)
    cluster.api.faults.append(fault)

    def finish_after_the_fault() -> None:
        cluster.wait(lambda: fault.times == 0)
        cluster.do(set_status(cluster, **COMPLETE))

    finishing = threading.Thread(target=finish_after_the_fault)
    finishing.start()
    assert [found.state for found in statuses][-1] is State.COMPLETE
    finishing.join()


def test_history_that_the_server_forgot(cluster: FakeCluster, client: Cluster) -> None:
    job = client.create_job(build(WORK, QUEUED))
    cluster.do(cluster.store.forget)
    assert list(client.changes(job, seconds=5)) == []  # 410 as an event: it ends at once
    cluster.do(set_status(cluster, **COMPLETE))
    assert [found.state for found in follow(client, "run-1")] == [State.COMPLETE]


def test_a_job_that_is_deleted_is_not_waited_for(cluster: FakeCluster, client: Cluster) -> None:
    client.create_job(build(WORK, QUEUED))
    statuses = follow(client, "run-1")
    next(statuses)
    cluster.do(lambda: cluster.store.delete("jobs", NAMESPACE, "run-1"))
    with pytest.raises(NotFound):
        list(statuses)


def test_the_log_of_a_pod_that_has_not_started_is_empty(
    cluster: FakeCluster, client: Cluster
) -> None:
    pod = {"metadata": {"name": "p"}, "status": {"phase": "Pending"}}
    cluster.do(lambda: cluster.store.create("pods", NAMESPACE, pod))
    assert client.log("p", tail=5) == ""
    (cluster.kubelet.folder / "p.log").write_text("one\ntwo\nthree\n")
    assert client.log("p", tail=2) == "two\nthree\n"
    with pytest.raises(NotFound):
        client.log("q", tail=2)


def test_watching_starts_at_the_version_that_was_read(
    cluster: FakeCluster, client: Cluster
) -> None:
    job = client.create_job(build(WORK, QUEUED))
    cluster.do(set_status(cluster, completedIndexes="0"))  # before anybody watches

    async def later() -> None:
        await asyncio.sleep(0)

    cluster.run(later())
    first = next(client.changes(job, seconds=5))
    assert first.status is not None and first.status.completed_indexes == "0"
