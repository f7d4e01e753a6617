"""Kubernetes' Job controller for Indexed Jobs, as far as a batch needs it.

After https://kubernetes.io/docs/concepts/workloads/controllers/job/: a pod an index, a backoff an
index, ``podFailurePolicy``, ``maxFailedIndexes``, the deadline, suspension, and removal after the
TTL. A replacement is created only once its predecessor is gone (``podReplacementPolicy: Failed``).
"""

from __future__ import annotations

import asyncio
import copy
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from gencheck.batch import indexes
from kubedouble.kubelet import Kubelet
from kubedouble.store import Object, Refused, Store, now

_JOB, _INDEX = "batch.kubernetes.io/job-name", "batch.kubernetes.io/job-completion-index"
_LONGEST_PAUSE = 0.02


@dataclass
class _Progress:
    """What the controller knows of one Job."""

    started: float
    succeeded: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    tries: dict[int, int] = field(default_factory=dict)
    """Failures of an index that counted."""
    not_before: dict[int, float] = field(default_factory=dict)
    pods_failed: int = 0
    seen: set[str] = field(default_factory=set)
    fate: tuple[str, str] | None = None
    """Why the Job is to fail: reason and message."""


@dataclass
class JobController:
    """Looks at all Jobs whenever something has changed.

    Attributes:
        backoff_seconds: after the first failure of an index; doubles with each (Kubernetes: 10).
    """

    store: Store
    kubelet: Kubelet
    backoff_seconds: float = 0.01
    created: list[tuple[str, int]] = field(default_factory=list)
    """Job and index of every pod, in order."""
    _progress: dict[str, _Progress] = field(default_factory=dict)

    async def run(self) -> None:
        """Reconcile until cancelled."""
        while True:
            for key in [key for key in self.store.objects if key[0] == "jobs"]:
                with suppress(Refused):  # it was deleted meanwhile
                    await self._reconcile(self.store.read(*key))
            await self._collect()
            await self.store.changed(_LONGEST_PAUSE)

    async def evict(self, pod: str) -> None:
        """As a drain of the node does it: the condition first, then SIGTERM."""
        for key, item in list(self.store.objects.items()):
            if key[0] == "pods" and key[2] == pod:
                condition = {
                    "type": "DisruptionTarget",
                    "status": "True",
                    "reason": "EvictionByEvictionAPI",
                }
                status = item["status"] | {"conditions": [condition]}
                self.store.update("pods", {**item, "status": status})
                await self.kubelet.stop(pod, item["spec"]["terminationGracePeriodSeconds"])

    async def _reconcile(self, job: Object) -> None:
        uid, spec = job["metadata"]["uid"], job["spec"]
        clock = asyncio.get_running_loop().time()
        if _condition(job, "Complete") or _condition(job, "Failed"):
            await self._expire(job)
            return
        if spec.get("suspend"):
            return
        state = self._progress.setdefault(uid, _Progress(clock))
        for pod in self._pods(uid):
            if pod["metadata"]["uid"] not in state.seen:
                self._count(job, state, pod)
        self._judge(spec, state, clock)
        active = [pod for pod in self._pods(uid) if not _over(pod)]
        if state.fate is not None:
            await self._stop(active)
            active = []
        else:
            active += self._fill(job, state, {_index(pod) for pod in active}, clock)
        self._report(job, state, len(active))

    def _count(self, job: Object, state: _Progress, pod: Object) -> None:
        """Take note of a pod that has ended."""
        phase = pod["status"]["phase"]
        if not _over(pod):
            return
        state.seen.add(pod["metadata"]["uid"])
        index = _index(pod)
        if phase == "Succeeded":
            state.succeeded.add(index)
            return
        match self._action(job, pod):
            case "FailJob", why:
                state.fate = state.fate or ("PodFailurePolicy", why)
            case "FailIndex", _:
                state.failed.add(index)
            case "Ignore", _:
                return
            case _:
                tries = state.tries[index] = state.tries.get(index, 0) + 1
                if tries > job["spec"]["backoffLimitPerIndex"]:
                    state.failed.add(index)
                pause = self.backoff_seconds * 2 ** (tries - 1)
                state.not_before[index] = asyncio.get_running_loop().time() + pause
        state.pods_failed += 1

    @staticmethod
    def _action(job: Object, pod: Object) -> tuple[str, str]:
        """The first rule of the podFailurePolicy that fits."""
        ended = pod["status"]["containerStatuses"][0]
        code = ended["state"]["terminated"]["exitCode"]
        conditions = {(c["type"], c["status"]) for c in pod["status"].get("conditions", [])}
        for number, rule in enumerate(job["spec"]["podFailurePolicy"]["rules"]):
            exits = rule.get("onExitCodes")
            patterns = rule.get("onPodConditions", [])
            fits = exits is not None and (code in exits["values"]) == (exits["operator"] == "In")
            if fits or any((p["type"], p.get("status", "True")) in conditions for p in patterns):
                meta = pod["metadata"]
                why = (
                    f"Container {ended['name']} for pod {meta['namespace']}/{meta['name']} failed "
                    f"with exit code {code} matching {rule['action']} rule at index {number}"
                )
                return rule["action"], why
        return "Count", ""

    @staticmethod
    def _judge(spec: Object, state: _Progress, clock: float) -> None:
        most = spec.get("maxFailedIndexes")
        if most is not None and len(state.failed) > most:
            state.fate = state.fate or (
                "MaxFailedIndexesExceeded",
                "Job has exceeded the specified maximal number of failed indexes",
            )
        seconds = spec.get("activeDeadlineSeconds")
        if seconds is not None and clock - state.started >= seconds:
            state.fate = state.fate or (
                "DeadlineExceeded",
                "Job was active longer than specified deadline",
            )

    def _fill(self, job: Object, state: _Progress, busy: set[int], clock: float) -> list[Object]:
        """Create pods for the next indexes, as many as may run."""
        new = []
        for index in range(job["spec"]["completions"]):
            if len(busy) + len(new) >= job["spec"]["parallelism"]:
                break
            ready = state.not_before.get(index, 0) <= clock
            if ready and index not in state.succeeded | state.failed | busy:
                new.append(self._create(job, index, state.tries.get(index, 0)))
        return new

    def _create(self, job: Object, index: int, tries: int) -> Object:
        meta, template = job["metadata"], copy.deepcopy(job["spec"]["template"])
        owner = {"apiVersion": "batch/v1", "kind": "Job", "name": meta["name"], "uid": meta["uid"]}
        marks = {_INDEX: str(index)}
        pod = {
            "metadata": {
                "name": f"{meta['name']}-{index}-{secrets.token_hex(3)}",
                "labels": template["metadata"].get("labels", {}) | {_JOB: meta["name"]} | marks,
                "annotations": marks | {"batch.kubernetes.io/job-index-failure-count": str(tries)},
                "ownerReferences": [owner | {"controller": True}],
            },
            "spec": template["spec"],
            "status": {"phase": "Pending"},
        }
        container = pod["spec"]["containers"][0]
        container["env"] = [
            *container.get("env", []),
            {"name": "JOB_COMPLETION_INDEX", "value": str(index)},
        ]
        stored = self.store.create("pods", meta["namespace"], pod)
        self.created.append((meta["name"], index))
        self.kubelet.start(stored)
        return stored

    def _report(self, job: Object, state: _Progress, active: int) -> None:
        """Write the status where it has changed."""
        before = job.get("status", {})
        status = {
            "startTime": before.get("startTime") or now(),
            "active": active,
            "succeeded": len(state.succeeded),
            "failed": state.pods_failed,
            "completedIndexes": indexes.write(state.succeeded),
            "failedIndexes": indexes.write(state.failed),
        }
        if state.fate is not None:
            status["conditions"] = [_true("Failed", *state.fate)]
        elif len(state.succeeded | state.failed) == job["spec"]["completions"] and not active:
            if state.failed:
                status["conditions"] = [_true("Failed", "FailedIndexes", "Job has failed indexes")]
            else:
                status["conditions"] = [_true("Complete", "CompletionsReached", "")]
                status["completionTime"] = now()
        if status != before:
            self.store.update("jobs", {**job, "status": status})

    async def _expire(self, job: Object) -> None:
        """Remove a Job whose time after its end is up; only 0 is short enough to be tested."""
        if job["spec"].get("ttlSecondsAfterFinished") == 0:
            self.store.delete("jobs", job["metadata"]["namespace"], job["metadata"]["name"])

    async def _collect(self) -> None:
        """Remove what belonged to a Job that is gone."""
        there = {item["metadata"]["uid"] for key, item in self.store.objects.items()}
        for key, item in list(self.store.objects.items()):
            owners = item["metadata"].get("ownerReferences", [])
            if owners and owners[0]["uid"] not in there:
                if key[0] == "pods":
                    await self._stop([item])
                with suppress(Refused):
                    self.store.delete(*key)

    async def _stop(self, pods: list[Object]) -> None:
        await asyncio.gather(
            *(
                self.kubelet.stop(
                    pod["metadata"]["name"], pod["spec"]["terminationGracePeriodSeconds"]
                )
                for pod in pods
            )
        )

    def _pods(self, uid: str) -> list[Object]:
        return [
            item
            for key, item in list(self.store.objects.items())
            if key[0] == "pods" and item["metadata"]["ownerReferences"][0]["uid"] == uid
        ]


def _over(pod: Object) -> bool:
    return pod["status"]["phase"] in ("Succeeded", "Failed")


def _index(pod: Object) -> int:
    return int(pod["metadata"]["labels"][_INDEX])


def _condition(job: Object, kind: str) -> bool:
    conditions: list[Any] = job.get("status", {}).get("conditions", [])
    return any(c["type"] == kind and c["status"] == "True" for c in conditions)


def _true(kind: str, reason: str, message: str) -> Object:
    return {
        "type": kind,
        "status": "True",
        "reason": reason,
        "message": message,
        "lastTransitionTime": now(),
    }
