"""How a Job stands: which shards are done, how fast, and why others failed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from kubernetes import client

from gencheck.batch import indexes
from gencheck.batch.cluster import Cluster
from gencheck.batch.job import CONTAINER, INDEX, ROWS

_MOST_FAILURES = 1000
_WATCH_SECONDS = 30


class State(Enum):
    """Where in its life a Job is."""

    SUSPENDED = "suspended"
    PENDING = "pending"
    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Failure:
    """The last failed try of a shard."""

    index: int
    pod: str
    exit_status: int | None
    reason: str
    message: str
    tries: int = 1


@dataclass(frozen=True, slots=True)
class Status:
    """A Job at one moment.

    Attributes:
        rows: assets of the whole manifest.
        succeeded, failed: indexes, as Kubernetes writes them.
        active: pods that run or wait for a node.
        tries_failed: pods that failed, those included that were tried again.
        reason, message: why the Job failed, in the words of Kubernetes.
    """

    name: str
    namespace: str
    state: State
    shards: int
    rows: int
    succeeded: str
    failed: str
    active: int
    tries_failed: int
    started: dt.datetime | None
    ended: dt.datetime | None
    reason: str = ""
    message: str = ""

    @property
    def finished(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in (State.COMPLETE, State.FAILED)

    @property
    def done(self) -> int:
        """Shards that succeeded."""
        return indexes.count(self.succeeded)

    def has_recovered(self, failure: Failure) -> bool:
        """Whether the shard of a failed try has succeeded since."""
        return indexes.holds(self.succeeded, failure.index)

    def rate(self, now: dt.datetime) -> float | None:
        """Assets a second since the start, by the shards that are done; ``None`` before one is."""
        if self.started is None or not self.done:
            return None
        seconds = ((self.ended or now) - self.started).total_seconds()
        return self.rows * self.done / self.shards / seconds if seconds > 0 else None

    def seconds_left(self, now: dt.datetime) -> float | None:
        """As long as the rest takes at the rate so far; ``None`` where that is not known."""
        rate = self.rate(now)
        if rate is None or self.finished:
            return None
        left = self.shards - self.done - indexes.count(self.failed)
        return self.rows * left / self.shards / rate


def of_job(job: client.V1Job) -> Status:
    """What the Job itself says."""
    assert job.metadata is not None and job.spec is not None
    status = job.status or client.V1JobStatus()
    conditions = {c.type: c for c in status.conditions or [] if c.status == "True"}
    final = conditions.get("Failed") or conditions.get("Complete")
    ended = status.completion_time or (final.last_transition_time if final else None)
    return Status(
        name=job.metadata.name or "",
        namespace=job.metadata.namespace or "",
        state=_state(job.spec, status, conditions),
        shards=job.spec.completions or 0,
        rows=int((job.metadata.annotations or {}).get(ROWS, 0)),
        succeeded=status.completed_indexes or "",
        failed=status.failed_indexes or "",
        active=status.active or 0,
        tries_failed=status.failed or 0,
        started=status.start_time,
        ended=ended if final else None,
        reason=(final.reason or "") if final else "",
        message=(final.message or "") if final else "",
    )


def _state(
    spec: client.V1JobSpec, status: client.V1JobStatus, conditions: dict[str, client.V1JobCondition]
) -> State:
    if "Complete" in conditions:
        return State.COMPLETE
    if "Failed" in conditions:
        return State.FAILED
    if spec.suspend:
        return State.SUSPENDED
    return State.RUNNING if status.active or status.completed_indexes else State.PENDING


def failures(cluster: Cluster, job: str) -> list[Failure]:
    """The last failed try of every shard that had one, by index; of at most 1,000 pods."""
    last: dict[int, Failure] = {}
    pods = cluster.pods(job, phase="Failed", most=_MOST_FAILURES)
    for pod in sorted(pods, key=_finished_at):
        found = _failure(pod)
        before = last.get(found.index)
        tries = before.tries + 1 if before else 1
        last[found.index] = Failure(
            found.index, found.pod, found.exit_status, found.reason, found.message, tries
        )
    return [last[index] for index in sorted(last)]


def follow(cluster: Cluster, name: str) -> Iterator[Status]:
    """The status now and after every change, until the Job has finished.

    A watch that ends, or that the server has forgotten, only means to look again.
    """
    while True:
        job = cluster.read_job(name)
        yield of_job(job)
        if of_job(job).finished:
            return
        for changed in cluster.changes(job, seconds=_WATCH_SECONDS):
            if of_job(changed).finished:
                break  # read once more above: what is reported last is what is stored
            yield of_job(changed)


def index_of(pod: client.V1Pod) -> int:
    """The shard that a pod works on."""
    meta = pod.metadata or client.V1ObjectMeta()
    found = (meta.annotations or {}).get(INDEX) or (meta.labels or {}).get(INDEX) or "-1"
    return int(found)


def created_at(pod: client.V1Pod) -> dt.datetime:
    """When a pod was made; the earliest date where that is not known."""
    when = pod.metadata.creation_timestamp if pod.metadata else None
    return when or dt.datetime.min.replace(tzinfo=dt.UTC)


def _finished_at(pod: client.V1Pod) -> dt.datetime:
    ended = _terminated(pod)
    return (ended.finished_at if ended else None) or created_at(pod)


def _terminated(pod: client.V1Pod) -> client.V1ContainerStateTerminated | None:
    status = pod.status or client.V1PodStatus()
    for container in status.container_statuses or []:
        if container.name == CONTAINER and container.state is not None:
            return container.state.terminated
    return None


def _failure(pod: client.V1Pod) -> Failure:
    status = pod.status or client.V1PodStatus()
    ended = _terminated(pod)
    disrupted = [
        c.reason or c.type
        for c in status.conditions or []
        if c.type == "DisruptionTarget" and c.status == "True"
    ]
    reason = (disrupted or [status.reason or (ended.reason if ended else "") or "Error"])[0]
    return Failure(
        index=index_of(pod),
        pod=(pod.metadata.name if pod.metadata else "") or "",
        exit_status=ended.exit_code if ended else None,
        reason=str(reason),
        message=_last_line((ended.message if ended else "") or status.message or ""),
    )


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip()[:500] if lines else ""
