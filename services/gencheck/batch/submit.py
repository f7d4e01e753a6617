"""Handing a plan to the cluster, once: the same Job again is the one that is there already."""

from __future__ import annotations

from dataclasses import dataclass

from kubernetes import client

from gencheck.batch.cluster import Cluster, Conflict
from gencheck.batch.job import MANAGED_BY, PLAN, SPEC, build, build_policy
from gencheck.batch.job_options import JobOptions, Work
from gencheck.batch.plan import Plan
from gencheck.errors import InvalidArgument, NotFound, PermissionDenied, Unavailable


@dataclass(frozen=True, slots=True)
class Submitted:
    """The Job in the cluster, and whether this call created it."""

    job: client.V1Job
    created: bool


def default_name(plan: Plan) -> str:
    """A name that the same plan always gets, so that submitting twice is submitting once."""
    return f"gencheck-{plan.fingerprint[:10]}"


def submit(cluster: Cluster, work: Work, options: JobOptions) -> Submitted:
    """Create the Job, or find it there.

    Raises:
        InvalidArgument: a Job of that name does something else.
        Unavailable: it is just being removed.
    """
    wanted = build(work, options)
    try:
        found, created = cluster.create_job(wanted), True
    except Conflict:
        found, created = cluster.read_job(options.name), False
        _require_same(found, wanted)
    policy = build_policy(work, options, owner=found)
    if policy is not None:  # after the Job, which owns it: its pods wait for the volume
        _store_policy(cluster, policy)
    return Submitted(found, created)


def ours(cluster: Cluster, name: str) -> client.V1Job:
    """The Job of that name. Raises ``PermissionDenied`` where gencheck did not make it."""
    job = cluster.read_job(name)
    labels = (job.metadata.labels if job.metadata else None) or {}
    if labels.get(MANAGED_BY) != "gencheck":
        raise PermissionDenied(
            "gencheck did not make this Job", where=name, fix="Use kubectl for it."
        )
    return job


def cancel(cluster: Cluster, name: str) -> None:
    """Remove the Job and its pods; results that are written stay, and a new submit goes on."""
    job = ours(cluster, name)
    try:
        cluster.delete_job(name, (job.metadata.uid if job.metadata else "") or "")
    except NotFound:  # gone by now: an earlier try of ours had worked, or its time was up
        return
    except Conflict:
        raise InvalidArgument(
            "meanwhile this is another Job", where=name, fix="Look at it with `status` first."
        ) from None


def _require_same(found: client.V1Job, wanted: client.V1Job) -> None:
    assert found.metadata is not None and wanted.metadata is not None
    name = found.metadata.name or ""
    if found.metadata.deletion_timestamp is not None:
        raise Unavailable("this Job is being removed", where=name, fix="Try again in a while.")
    theirs, mine = found.metadata.annotations or {}, wanted.metadata.annotations or {}
    if theirs.get(PLAN) != mine[PLAN]:
        raise InvalidArgument(
            "a Job of this name checks another manifest, or by another plan",
            where=name,
            fix="Choose another --name, and another --out: results of two runs never mix.",
        )
    if theirs.get(SPEC) != mine[SPEC]:
        raise InvalidArgument(
            "this Job was submitted with other options",
            where=name,
            fix=f"Stop it with `gencheck batch cancel {name}` and submit again: what is done stays "
            "done. Or give the same options.",
        )


def _store_policy(cluster: Cluster, policy: client.V1ConfigMap) -> None:
    assert policy.metadata is not None
    try:
        cluster.create_policy(policy)
    except Conflict:
        there = cluster.read_policy(policy.metadata.name or "")
        if there.data != policy.data:
            raise InvalidArgument(
                "a ConfigMap of this name holds something else",
                where=policy.metadata.name or "",
                fix="Choose another --name.",
            ) from None
