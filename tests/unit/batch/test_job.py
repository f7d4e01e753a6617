"""The Job as the API server takes it: valid in three versions, and as the contract says."""

from dataclasses import replace
from typing import Any

import kubernetes_validate
import pytest

from gencheck.batch.job import PLAN, POLICY_FILE, QUEUE, SPEC, as_dict, build, build_policy
from gencheck.batch.job_options import JobOptions, Mount, Toleration, Work
from gencheck.cli import exits

WORK = Work("s3://bucket/m.parquet", "s3://bucket/out", 64, "ab" * 32, 6400)
OPTIONS = JobOptions("run-1", "checks", "gencheck-batch:1.2.3", parallelism=8)
FULL = replace(
    OPTIONS,
    max_failed_indexes=3,
    deadline_seconds=3600,
    mounts=(Mount("assets", "/assets", read_only=True), Mount("out", "/out")),
    secrets=("store",),
    tolerations=(Toleration.parse("spot"), Toleration.parse("gpu=1:NoSchedule")),
    node_selector={"pool": "batch"},
    queue="nightly",
    priority_class="low",
)
CARRIED = replace(WORK, policy_text='name = "ours"\n')


def pod_of(job: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = job["spec"]["template"]["spec"]
    return found


@pytest.mark.parametrize("version", ["1.35", "1.36", "1.37"])
@pytest.mark.parametrize(
    ("work", "options"), [(WORK, OPTIONS), (CARRIED, FULL)], ids=["plain", "full"]
)
def test_every_object_is_valid(work: Work, options: JobOptions, version: str) -> None:
    assert kubernetes_validate.validate(as_dict(build(work, options)), version, strict=True)
    policy = build_policy(work, options)
    if policy is not None:
        assert kubernetes_validate.validate(as_dict(policy), version, strict=True)


def test_an_index_is_a_shard() -> None:
    spec = as_dict(build(WORK, OPTIONS))["spec"]
    assert spec["completionMode"] == "Indexed"
    assert (spec["completions"], spec["parallelism"]) == (64, 8)
    assert spec["backoffLimitPerIndex"] == 3
    assert "backoffLimit" not in spec and "maxFailedIndexes" not in spec
    assert as_dict(build(replace(WORK, shards=2), OPTIONS))["spec"]["parallelism"] == 2


def test_exit_statuses_meet_the_failure_policy() -> None:
    rules = as_dict(build(WORK, OPTIONS))["spec"]["podFailurePolicy"]["rules"]
    by_status = {
        value: rule["action"]
        for rule in rules
        if "onExitCodes" in rule
        for value in rule["onExitCodes"]["values"]
    }
    assert by_status == {exits.USAGE: "FailJob", exits.BAD_INPUT: "FailIndex"}
    assert rules[-1] == {
        "action": "Ignore",
        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
    }


def test_pods_meet_the_restricted_standard() -> None:
    pod = pod_of(as_dict(build(CARRIED, FULL)))
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False
    assert pod["restartPolicy"] == "Never"
    assert container["resources"]["limits"].keys() == {"cpu", "memory", "ephemeral-storage"}


def test_what_was_asked_for_is_in_the_pod() -> None:
    job = as_dict(build(CARRIED, FULL))
    pod = pod_of(job)
    (container,) = pod["containers"]
    paths = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    assert paths["/assets"]["readOnly"] is True and "readOnly" not in paths["/out"]
    assert POLICY_FILE in container["args"]
    assert container["envFrom"] == [{"secretRef": {"name": "store"}}]
    assert pod["nodeSelector"] == {"pool": "batch"}
    assert pod["priorityClassName"] == "low"
    assert [t["operator"] for t in pod["tolerations"]] == ["Exists", "Equal"]
    assert job["spec"]["activeDeadlineSeconds"] == 3600
    assert job["metadata"]["labels"][QUEUE] == "nightly"
    assert job["spec"]["suspend"] is True


def test_nothing_waits_in_a_queue_that_was_not_asked_for() -> None:
    job = as_dict(build(WORK, OPTIONS))
    assert QUEUE not in job["metadata"]["labels"]
    assert "suspend" not in job["spec"]


def test_annotations_tell_plans_and_options_apart() -> None:
    def marks(work: Work, options: JobOptions) -> tuple[str, str]:
        found = as_dict(build(work, options))["metadata"]["annotations"]
        return found[PLAN], found[SPEC]

    plan, spec = marks(WORK, OPTIONS)
    assert marks(WORK, OPTIONS) == (plan, spec)
    assert marks(WORK, replace(OPTIONS, memory="16Gi")) != (plan, spec)
    assert marks(WORK, replace(OPTIONS, memory="16Gi"))[0] == plan
    assert marks(replace(WORK, plan="cd" * 32), OPTIONS)[0] != plan


def test_the_policy_belongs_to_its_job() -> None:
    job = build(CARRIED, OPTIONS)
    assert job.metadata is not None
    job.metadata.uid = "u-1"
    policy = build_policy(CARRIED, OPTIONS, owner=job)
    assert policy is not None and policy.metadata is not None
    plain = as_dict(policy)
    assert plain["metadata"]["ownerReferences"][0]["uid"] == "u-1"
    assert plain["immutable"] is True
    assert plain["data"] == {"policy.toml": 'name = "ours"\n'}
    assert build_policy(WORK, OPTIONS) is None
