"""The double's controller does what Kubernetes does, told by commands of the shell."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gencheck.batch.job import as_dict, build, build_policy
from gencheck.batch.job_options import JobOptions, Work
from kubedouble.cluster import NAMESPACE, FakeCluster, serving
from kubedouble.store import Object

WORK = Work("s3://b/m.csv", "s3://b/out", 4, "0" * 64, 12)
SHELL = ["/bin/sh", "-c"]


@pytest.fixture
def shell(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[FakeCluster]:
    """A cluster whose batch image is a script: its index is $JOB_COMPLETION_INDEX."""
    script = f"marks={tmp_path}; i=$JOB_COMPLETION_INDEX; {request.param}"
    with serving(tmp_path / "cluster", {"gencheck-batch": [*SHELL, script, "sh"]}) as running:
        yield running


def start(cluster: FakeCluster, **options: Any) -> None:
    wanted = JobOptions(
        "run-1", NAMESPACE, "gencheck-batch:1", **({"backoff_per_index": 2} | options)
    )
    job = as_dict(build(WORK, wanted))
    job["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 1
    cluster.do(lambda: cluster.store.create("jobs", NAMESPACE, job))


def finish(cluster: FakeCluster) -> Object:
    def ended() -> Object | None:
        status: Object = cluster.store.read("jobs", NAMESPACE, "run-1").get("status", {})
        return status if status.get("conditions") else None

    return cluster.wait(ended) or {}


def tries(cluster: FakeCluster, index: int) -> int:
    return sum(i == index for _, i in cluster.controller.created)


def why(status: Object) -> tuple[str, str]:
    (condition,) = status["conditions"]
    return condition["type"], condition["reason"]


@pytest.mark.parametrize("shell", ["exit 0"], indirect=True)
def test_every_index_runs_once(shell: FakeCluster) -> None:
    start(shell)
    status = finish(shell)
    assert why(status) == ("Complete", "CompletionsReached")
    assert status["completedIndexes"] == "0-3" and status["succeeded"] == 4
    assert [i for _, i in shell.controller.created] == [0, 1, 2, 3]


@pytest.mark.parametrize("shell", ["[ $i = 2 ] && exit 70; exit 0"], indirect=True)
def test_an_index_is_tried_as_often_as_its_backoff_allows(shell: FakeCluster) -> None:
    start(shell)
    status = finish(shell)
    assert why(status) == ("Failed", "FailedIndexes")
    assert (status["completedIndexes"], status["failedIndexes"]) == ("0,1,3", "2")
    assert tries(shell, 2) == 3 and status["failed"] == 3


@pytest.mark.parametrize("shell", ["[ $i = 1 ] && exit 65; exit 0"], indirect=True)
def test_bad_input_fails_its_index_at_once(shell: FakeCluster) -> None:
    start(shell)
    status = finish(shell)
    assert (status["completedIndexes"], status["failedIndexes"]) == ("0,2,3", "1")
    assert tries(shell, 1) == 1


@pytest.mark.parametrize("shell", ["[ $i = 1 ] && exit 64; exec sleep 60"], indirect=True)
def test_wrong_usage_fails_the_job_and_stops_the_others(shell: FakeCluster) -> None:
    start(shell)
    status = finish(shell)
    assert why(status) == ("Failed", "PodFailurePolicy")
    assert "exit code 64 matching FailJob rule at index 0" in status["conditions"][0]["message"]
    assert shell.wait(lambda: not shell.running()) is True


@pytest.mark.parametrize("shell", ["exit 65"], indirect=True)
def test_too_many_failed_indexes(shell: FakeCluster) -> None:
    start(shell, max_failed_indexes=1, parallelism=1)
    assert why(finish(shell)) == ("Failed", "MaxFailedIndexesExceeded")
    assert len(shell.controller.created) == 2


@pytest.mark.parametrize("shell", ["trap '' TERM; while :; do sleep 0.05; done"], indirect=True)
def test_the_deadline_ends_even_what_ignores_sigterm(shell: FakeCluster) -> None:
    start(shell, deadline_seconds=1)
    assert why(finish(shell)) == ("Failed", "DeadlineExceeded")
    pods = shell.wait(
        lambda: [
            p for p in shell.store.select("pods", NAMESPACE) if p["status"]["phase"] == "Failed"
        ]
    )
    assert {
        p["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] for p in pods
    } == {128 + 9}


def marked(cluster: FakeCluster, folder: Path) -> list[str]:
    """The running pods, once each of the four has left its mark."""
    cluster.wait(lambda: len(list(folder.glob("again-*"))) == len(cluster.running()) == 4)
    return cluster.do(cluster.running)


ONCE = "[ -e $marks/again-$i ] && exit 0; touch $marks/again-$i; exec sleep 60"


@pytest.mark.parametrize("shell", [ONCE], indirect=True)
def test_an_evicted_pod_is_replaced_and_not_counted(shell: FakeCluster, tmp_path: Path) -> None:
    start(shell, backoff_per_index=0)
    for name in marked(shell, tmp_path):
        shell.run(shell.controller.evict(name))
    status = finish(shell)
    assert why(status) == ("Complete", "CompletionsReached")
    assert len(shell.controller.created) == 8 and status["failed"] == 0


@pytest.mark.parametrize("shell", [ONCE], indirect=True)
def test_a_killed_pod_is_counted(shell: FakeCluster, tmp_path: Path) -> None:
    start(shell, backoff_per_index=0)
    for name in marked(shell, tmp_path):
        shell.do(lambda name=name: shell.kubelet.kill(name))
    assert finish(shell)["failedIndexes"] == "0-3"


@pytest.mark.parametrize("shell", ["exec sleep 60"], indirect=True)
def test_pods_go_with_their_job(shell: FakeCluster) -> None:
    start(shell, parallelism=2)
    shell.wait(lambda: len(shell.running()) == 2)
    shell.do(lambda: shell.store.delete("jobs", NAMESPACE, "run-1"))
    assert shell.wait(lambda: not list(shell.store.select("pods", NAMESPACE))) is True


@pytest.mark.parametrize("shell", ["exit 0"], indirect=True)
def test_a_finished_job_goes_after_its_time(shell: FakeCluster) -> None:
    start(shell, ttl_seconds=0)
    assert shell.wait(lambda: not shell.store.objects) is True


@pytest.mark.parametrize("shell", ["exit 0"], indirect=True)
def test_a_suspended_job_waits(shell: FakeCluster) -> None:
    start(shell, queue="nightly")
    shell.run(shell.store.changed(0.2))
    assert not shell.controller.created

    def admit() -> None:  # as Kueue does it
        job = shell.store.read("jobs", NAMESPACE, "run-1")
        shell.store.update("jobs", {**job, "spec": {**job["spec"], "suspend": False}})

    shell.do(admit)
    assert finish(shell)["completedIndexes"] == "0-3"


@pytest.mark.parametrize("shell", ["exit 0"], indirect=True)
def test_pods_wait_for_what_they_mount(shell: FakeCluster) -> None:
    carried = replace(WORK, policy_text="name = 'ours'")
    options = JobOptions("run-1", NAMESPACE, "gencheck-batch:1")
    job, policy = build(carried, options), build_policy(carried, options)
    assert policy is not None
    shell.do(lambda: shell.store.create("jobs", NAMESPACE, as_dict(job)))
    shell.wait(lambda: len(shell.controller.created) == 4)
    assert shell.do(shell.running) == []
    shell.do(lambda: shell.store.create("configmaps", NAMESPACE, as_dict(policy)))
    assert finish(shell)["completedIndexes"] == "0-3"


@pytest.mark.parametrize("shell", ['[ "$TOKEN" = secret ] || exit 65'], indirect=True)
def test_secrets_become_environment(shell: FakeCluster) -> None:
    shell.kubelet.secrets["store"] = {"TOKEN": "secret"}
    start(shell, secrets=("store",))
    assert finish(shell)["completedIndexes"] == "0-3"


def test_the_last_words_are_kept(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "print('x' * 5000); print('the end'); raise SystemExit(65)"]
    with serving(tmp_path / "cluster", {"gencheck-batch": words}) as cluster:
        start(cluster)
        finish(cluster)
        (pod, *_) = cluster.items("pods")
        ended = pod["status"]["containerStatuses"][0]["state"]["terminated"]
        assert ended["exitCode"] == 65
        assert ended["message"].endswith("the end\n") and len(ended["message"]) == 2048
