"""The Indexed Job of a run, as typed objects of the ``kubernetes`` client.

One index is one shard: Kubernetes starts, retries and counts the pods; nothing here schedules.
The exit statuses of ``gencheck batch shard`` meet the Job's ``podFailurePolicy`` here:

======================  ==========================================================
exit status             what the Job does
======================  ==========================================================
0                       the index has succeeded
64 usage                the Job fails: no retry can help, every pod would say the same
65 bad input            the index fails, the others go on
a disruption            the pod is replaced and not counted (drain, preemption)
anything else           counted; tried again up to ``backoff_per_index`` times
======================  ==========================================================

Field by field: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from kubernetes import client

from gencheck.batch.job_options import JobOptions, Work

CONTAINER = "gencheck"
MANAGED_BY = "app.kubernetes.io/managed-by"
PLAN = "gencheck.io/plan"
"""Annotation: sha256 of the plan, which holds the manifest's fingerprint."""
SPEC = "gencheck.io/spec"
"""Annotation: sha256 of the Job as it was asked for; servers add defaults to what they store."""
ROWS = "gencheck.io/rows"
JOB_NAME = "batch.kubernetes.io/job-name"
INDEX = "batch.kubernetes.io/job-completion-index"
QUEUE = "kueue.x-k8s.io/queue-name"
POLICY_FILE = "/etc/gencheck/policy/policy.toml"

_USAGE, _BAD_INPUT = 64, 65
_USER = 65532
_GRACE_SECONDS = 30


def build(work: Work, options: JobOptions) -> client.V1Job:
    """The Job that checks every shard of a plan."""
    labels = _labels(options.name)
    spec = client.V1JobSpec(
        completion_mode="Indexed",
        completions=work.shards,
        parallelism=min(options.parallelism, work.shards),
        backoff_limit_per_index=options.backoff_per_index,
        max_failed_indexes=options.max_failed_indexes,
        pod_replacement_policy="Failed",  # two pods of an index never run at the same time
        pod_failure_policy=_failure_policy(),
        active_deadline_seconds=options.deadline_seconds,
        ttl_seconds_after_finished=options.ttl_seconds,
        suspend=True if options.queue else None,  # Kueue starts it when there is room
        template=client.V1PodTemplateSpec(
            metadata=client.V1ObjectMeta(labels=labels), spec=_pod(work, options)
        ),
    )
    queue = {QUEUE: options.queue} if options.queue else {}
    meta = client.V1ObjectMeta(
        name=options.name,
        namespace=options.namespace,
        labels=labels | queue,
        annotations={PLAN: work.plan, ROWS: str(work.rows), SPEC: _digest(spec)},
    )
    return client.V1Job(api_version="batch/v1", kind="Job", metadata=meta, spec=spec)


def build_policy(
    work: Work, options: JobOptions, owner: client.V1Job | None = None
) -> client.V1ConfigMap | None:
    """The policy file for the pods, gone with the Job that owns it; ``None`` for a named policy."""
    if not work.policy_text:
        return None
    meta = client.V1ObjectMeta(
        name=_policy_name(options), namespace=options.namespace, labels=_labels(options.name)
    )
    if owner is not None and owner.metadata is not None:
        meta.owner_references = [
            client.V1OwnerReference(
                api_version="batch/v1", kind="Job", name=options.name, uid=owner.metadata.uid or ""
            )
        ]
    return client.V1ConfigMap(
        api_version="v1",
        kind="ConfigMap",
        metadata=meta,
        immutable=True,
        data={POLICY_FILE.rpartition("/")[2]: work.policy_text},
    )


def as_dict(item: client.V1Job | client.V1ConfigMap) -> dict[str, Any]:
    """An object as the API server takes it: camel case, nothing empty."""
    return item.model_dump(mode="json", by_alias=True, exclude_none=True)


def _labels(name: str) -> dict[str, str]:
    return {
        MANAGED_BY: "gencheck",
        "app.kubernetes.io/name": "gencheck",
        "app.kubernetes.io/component": "batch",
        "app.kubernetes.io/instance": name,
    }


def _policy_name(options: JobOptions) -> str:
    return f"{options.name}-policy"


def _digest(spec: client.V1JobSpec) -> str:
    plain = spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _failure_policy() -> client.V1PodFailurePolicy:
    def exits(action: str, status: int) -> client.V1PodFailurePolicyRule:
        codes = client.V1PodFailurePolicyOnExitCodesRequirement(
            container_name=CONTAINER, operator="In", values=[status]
        )
        return client.V1PodFailurePolicyRule(action=action, on_exit_codes=codes)

    disrupted = client.V1PodFailurePolicyOnPodConditionsPattern(
        type="DisruptionTarget", status="True"
    )
    return client.V1PodFailurePolicy(
        rules=[
            exits("FailJob", _USAGE),
            exits("FailIndex", _BAD_INPUT),
            client.V1PodFailurePolicyRule(action="Ignore", on_pod_conditions=[disrupted]),
        ]
    )


def _pod(work: Work, options: JobOptions) -> client.V1PodSpec:
    volumes, mounts = _volumes(work, options)
    container = client.V1Container(
        name=CONTAINER,
        image=options.image,
        args=work.arguments(options.cores, POLICY_FILE if work.policy_text else ""),
        env=[client.V1EnvVar(name="HOME", value="/tmp")],  # noqa: S108 - the pod's own
        env_from=[
            client.V1EnvFromSource(secret_ref=client.V1SecretEnvSource(name=name))
            for name in options.secrets
        ]
        or None,
        resources=_resources(options),
        volume_mounts=mounts,
        termination_message_policy="FallbackToLogsOnError",  # `status` shows the last words
        security_context=client.V1SecurityContext(
            allow_privilege_escalation=False,
            read_only_root_filesystem=True,
            capabilities=client.V1Capabilities(drop=["ALL"]),
        ),
    )
    return client.V1PodSpec(
        restart_policy="Never",  # podFailurePolicy asks for it
        containers=[container],
        volumes=volumes,
        service_account_name=options.service_account,
        automount_service_account_token=False,
        enable_service_links=False,
        termination_grace_period_seconds=_GRACE_SECONDS,
        node_selector=dict(options.node_selector) or None,
        priority_class_name=options.priority_class or None,
        tolerations=[
            client.V1Toleration(key=t.key, operator=t.operator, value=t.value, effect=t.effect)
            for t in options.tolerations
        ]
        or None,
        security_context=client.V1PodSecurityContext(
            run_as_non_root=True,
            run_as_user=_USER,
            run_as_group=_USER,
            fs_group=_USER,
            fs_group_change_policy="OnRootMismatch",
            seccomp_profile=client.V1SeccompProfile(type="RuntimeDefault"),
        ),
    )


def _resources(options: JobOptions) -> client.V1ResourceRequirements:
    """Requests equal limits for memory and disk: a pod is not evicted for what it was promised."""
    held = {"memory": options.memory, "ephemeral-storage": options.disk}
    cpu = {"cpu": str(options.cores)}
    return client.V1ResourceRequirements(requests=cpu | held, limits=cpu | held)


def _volumes(
    work: Work, options: JobOptions
) -> tuple[list[client.V1Volume], list[client.V1VolumeMount]]:
    scratch = client.V1EmptyDirVolumeSource(size_limit=options.disk)
    # Decoded arrays travel between processes through shared memory; 64 MB are a container's usual.
    shared = client.V1EmptyDirVolumeSource(medium="Memory", size_limit=options.shared_memory)
    volumes = [
        client.V1Volume(name="tmp", empty_dir=scratch),
        client.V1Volume(name="shm", empty_dir=shared),
    ]
    mounts = [
        client.V1VolumeMount(name="tmp", mount_path="/tmp"),  # noqa: S108 - the pod's own
        client.V1VolumeMount(name="shm", mount_path="/dev/shm"),  # noqa: S108
    ]
    if work.policy_text:
        source = client.V1ConfigMapVolumeSource(name=_policy_name(options))
        volumes.append(client.V1Volume(name="policy", config_map=source))
        folder = POLICY_FILE.rpartition("/")[0]
        mounts.append(client.V1VolumeMount(name="policy", mount_path=folder, read_only=True))
    for number, mount in enumerate(options.mounts):
        claim = client.V1PersistentVolumeClaimVolumeSource(claim_name=mount.claim)
        volumes.append(client.V1Volume(name=f"claim-{number}", persistent_volume_claim=claim))
        mounts.append(
            client.V1VolumeMount(
                name=f"claim-{number}", mount_path=mount.path, read_only=mount.read_only or None
            )
        )
    return volumes, mounts
