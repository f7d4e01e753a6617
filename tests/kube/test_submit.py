"""``gencheck batch submit``, ``status``, ``logs``, ``cancel``, as people and scripts see them."""

import json
import threading
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from kubedouble.apiserver import Fault
from kubedouble.cluster import NAMESPACE, FakeCluster
from kubedouble.driving import Catalogue, Command
from kubedouble.manifests import rendered
from kubedouble.store import Object

QUEUED = ("--queue", "nobody")
"""Nobody admits it, so no pod starts."""


def the_job(cluster: FakeCluster) -> Object:
    (job,) = cluster.items("jobs")
    return job


def test_a_dry_run_prints_valid_objects_and_touches_nothing(
    cluster: FakeCluster, command: Command, catalogue: Catalogue, tmp_path: Path
) -> None:
    policy = tmp_path / "ours.toml"
    policy.write_text('name = "ours"\nversion = "1"\n')
    done = command(*catalogue.submit("--dry-run", "--policy", policy))
    assert done.status == 0, done.err
    objects = list(yaml.safe_load_all(done.out))
    assert [item["kind"] for item in objects] == ["Job", "ConfigMap"]
    for item in objects:
        assert kubernetes_validate.validate(item, "1.37", strict=True)
    assert not catalogue.out.exists()
    assert cluster.api.seen == []


def test_submitting_twice_is_submitting_once(
    cluster: FakeCluster, command: Command, catalogue: Catalogue
) -> None:
    first = command(*catalogue.submit(*QUEUED))
    uid = the_job(cluster)["metadata"]["uid"]
    again = command(*catalogue.submit(*QUEUED))
    assert (first.status, first.out) == (again.status, again.out) == (0, "run-1\n")
    assert "submitted: run-1" in first.err and "already there: run-1" in again.err
    assert the_job(cluster)["metadata"]["uid"] == uid


def test_the_name_comes_from_the_plan(
    cluster: FakeCluster, command: Command, catalogue: Catalogue
) -> None:
    words = catalogue.submit(*QUEUED)
    at = words.index("--name")
    del words[at : at + 2]
    names = {command(*words).out for _ in range(2)}
    assert names == {f"{the_job(cluster)['metadata']['name']}\n"}


def test_a_create_whose_answer_was_lost(
    cluster: FakeCluster, command: Command, catalogue: Catalogue
) -> None:
    cluster.api.faults.append(Fault("create", 504, after=True))
    assert command(*catalogue.submit(*QUEUED)).status == 0
    assert the_job(cluster)


def test_a_changed_manifest_is_refused(
    cluster: FakeCluster, command: Command, catalogue: Catalogue
) -> None:
    assert command(*catalogue.submit(*QUEUED)).status == 0
    with catalogue.manifest.open("a") as file:
        file.write("asset-99,0.png\n")
    same_results = command(*catalogue.submit(*QUEUED))
    assert same_results.status == 64 and "manifest" in same_results.err
    elsewhere = command(*catalogue.submit(*QUEUED, "--out", catalogue.folder / "out-2"))
    assert elsewhere.status == 64 and "another manifest" in elsewhere.err
    assert len(cluster.items("jobs")) == 1


def test_other_options_for_the_same_name_are_refused(
    cluster: FakeCluster, command: Command, catalogue: Catalogue
) -> None:
    assert command(*catalogue.submit(*QUEUED)).status == 0
    done = command(*catalogue.submit(*QUEUED, "--memory", "64Gi"))
    assert done.status == 64 and "other options" in done.err


def test_a_policy_file_travels_with_its_job(
    cluster: FakeCluster, command: Command, catalogue: Catalogue, tmp_path: Path
) -> None:
    policy = tmp_path / "ours.toml"
    policy.write_text('name = "ours"\nversion = "1"\n')
    for _ in range(2):
        assert command(*catalogue.submit(*QUEUED, "--policy", policy)).status == 0
    (stored,) = cluster.items("configmaps")
    owner = stored["metadata"]["ownerReferences"][0]
    assert owner["uid"] == the_job(cluster)["metadata"]["uid"]
    assert stored["data"] == {"policy.toml": policy.read_text()}
    assert command("cancel", "run-1").status == 0
    assert cluster.wait(lambda: not cluster.store.objects) is True


def test_a_submit_that_died_half_way_is_mended(
    cluster: FakeCluster, command: Command, catalogue: Catalogue, tmp_path: Path
) -> None:
    policy = tmp_path / "ours.toml"
    policy.write_text('name = "ours"\nversion = "1"\n')
    words = catalogue.submit(*QUEUED, "--policy", policy)
    assert command(*words).status == 0
    (stored,) = cluster.items("configmaps")
    name = stored["metadata"]["name"]
    cluster.do(lambda: cluster.store.delete("configmaps", NAMESPACE, name))
    assert command(*words).status == 0
    assert len(cluster.items("configmaps")) == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--out", "/elsewhere"], "a pod cannot see /elsewhere"),
        (["--image", "gencheck-batch"], "--image"),
        (["--mount", "data"], "--mount"),
        (["--node", "pool"], "--node"),
        (["--policy", "no-such-policy"], "--policy"),
        (["--shards", "100001"], "--shards"),
    ],
)
def test_wrong_options_reach_nobody(
    cluster: FakeCluster, command: Command, catalogue: Catalogue, more: list[str], said: str
) -> None:
    done = command(*catalogue.submit(*more))
    assert done.status == 64 and said in done.err
    assert cluster.api.seen == []
    assert not catalogue.out.exists()


def test_no_cluster(command: Command, catalogue: Catalogue) -> None:
    done = command(*catalogue.submit())
    assert done.status == 64 and "kubeconfig" in done.err
    assert not catalogue.out.exists()


def test_a_broken_manifest_is_found_before_the_cluster_hears_of_it(
    cluster: FakeCluster, command: Command, catalogue: Catalogue
) -> None:
    catalogue.manifest.write_text("id,uri\na,0.png\na,1.png\n")
    done = command(*catalogue.submit())
    assert done.status == 65 and cluster.api.seen == []


def test_status_says_why_shards_failed(
    cluster: FakeCluster, command: Command, catalogue: Catalogue
) -> None:
    command(*catalogue.submit(*QUEUED))

    def fail() -> None:
        job = cluster.store.read("jobs", NAMESPACE, "run-1")
        status = {
            "startTime": "2026-01-01T00:00:00Z",
            "completedIndexes": "0,2",
            "failedIndexes": "1",
            "failed": 2,
            "conditions": [
                {
                    "type": "Failed",
                    "status": "True",
                    "reason": "FailedIndexes",
                    "message": "Job has failed indexes",
                    "lastTransitionTime": "2026-01-01T00:00:08Z",
                }
            ],
        }
        cluster.store.update("jobs", {**job, "status": status})
        for number in range(2):
            cluster.store.create("pods", NAMESPACE, failed_pod(number))

    cluster.do(fail)
    plain, machine = command("status", "run-1"), command("status", "run-1", "--json")
    assert plain.status == machine.status == 70
    assert "failed: 2 of 3 shards, failed: 1, 1.0 assets/s" in plain.out
    assert "shard 1: OOMKilled, status 137, 2 tries failed: last words 1" in plain.out
    document = json.loads(machine.out)
    assert document["failures"][0]["recovered"] is False
    assert document["failures"][0]["index"] == 1 and document["assets_per_second"] == 1.0
    (cluster.kubelet.folder / "pod-1.log").write_text("one\ntwo\n")
    logs = command("logs", "run-1", "--tail", "1")
    assert (logs.status, logs.out) == (0, "two\n")
    assert "shard 1, pod pod-1" in logs.err


def failed_pod(number: int) -> Object:
    index = {"batch.kubernetes.io/job-completion-index": "1"}
    ended = {
        "exitCode": 137,
        "reason": "OOMKilled",
        "message": f"words\nlast words {number}\n",
        "finishedAt": f"2026-01-01T00:00:0{number}Z",
    }
    state = {"name": "gencheck", "image": "x", "imageID": "", "ready": False, "restartCount": 0}
    return {
        "metadata": {
            "name": f"pod-{number}",
            "labels": index | {"batch.kubernetes.io/job-name": "run-1"},
            "annotations": index,
        },
        "spec": {"containers": [{"name": "gencheck"}]},
        "status": {
            "phase": "Failed",
            "containerStatuses": [state | {"state": {"terminated": ended}}],
        },
    }


def test_jobs_of_others_are_left_alone(cluster: FakeCluster, command: Command) -> None:
    def make() -> None:
        spec = {"template": {"spec": {"containers": []}}, "suspend": True}
        cluster.store.create("jobs", NAMESPACE, {"metadata": {"name": "theirs"}, "spec": spec})

    cluster.do(make)
    for words in (("status",), ("logs",), ("cancel",)):
        done = command(*words, "theirs")
        assert done.status == 65 and "gencheck did not make this Job" in done.err
    assert len(cluster.items("jobs")) == 1


def test_unknown_names(cluster: FakeCluster, command: Command, catalogue: Catalogue) -> None:
    for words in (("status",), ("logs",), ("cancel",)):
        done = command(*words, "nothing")
        assert done.status == 65 and "nothing" in done.err
    command(*catalogue.submit(*QUEUED))
    assert command("logs", "run-1").err.startswith("no shard has failed")
    assert command("logs", "run-1", "--index", "2").status == 65


def test_a_cancel_whose_answer_was_lost(
    cluster: FakeCluster, command: Command, catalogue: Catalogue
) -> None:
    command(*catalogue.submit(*QUEUED))
    cluster.api.faults.append(Fault("delete", 504, after=True))
    assert command("cancel", "run-1").status == 0
    assert cluster.items("jobs") == []


def test_an_api_server_that_is_down(
    cluster: FakeCluster, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    cluster.api.faults.append(Fault("read", 503, times=99))
    done = command("status", "run-1")
    assert done.status == 69 and "503" in done.err


def test_the_role_of_the_submitter_allows_what_is_asked_for_and_no_more(
    cluster: FakeCluster, command: Command, catalogue: Catalogue, tmp_path: Path
) -> None:
    policy = tmp_path / "ours.toml"
    policy.write_text('name = "ours"\nversion = "1"\n')
    for _ in range(2):
        command(*catalogue.submit(*QUEUED, "--policy", policy))

    def finish() -> None:
        job = cluster.store.read("jobs", NAMESPACE, "run-1")
        conditions = [{"type": "Complete", "status": "True"}]
        cluster.store.update("jobs", {**job, "status": {"conditions": conditions, "failed": 1}})
        cluster.store.create("pods", NAMESPACE, failed_pod(0))

    def finish_when_watched() -> None:
        cluster.wait(lambda: "watch jobs" in cluster.api.seen)
        cluster.do(finish)

    finishing = threading.Thread(target=finish_when_watched)
    finishing.start()
    assert command("status", "run-1", "--wait").status == 0
    finishing.join()
    command("logs", "run-1")
    command("cancel", "run-1")
    (role,) = [item for item in rendered("prod") if item["kind"] == "Role"]
    allowed = {
        f"{verb} {resource}"
        for rule in role["rules"]
        for verb in rule["verbs"]
        for resource in rule["resources"]
    }
    words = {"read": "get", "log": "get"}
    asked = set()
    for seen in cluster.api.seen:
        action, _, plural = seen.partition(" ")
        asked.add(f"{words.get(action, action)} {plural}{'/log' * (action == 'log')}")
    assert asked == allowed
