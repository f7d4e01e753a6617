"""Runs the pods of the double as local processes: the same arguments, environment and signals."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kubedouble.store import Object, Store, now

_TAIL_BYTES, _TAIL_LINES = 2048, 80
"""What FallbackToLogsOnError keeps."""


@dataclass
class Kubelet:
    """One node with room for everything.

    Attributes:
        entrypoints: the command of an image, by the image's name without registry and tag.
        folder: where logs and the pods' own volumes lie. Claims are not moved: a claim's path is
            the same path on this machine.
        secrets: keys and values by the Secret's name.
        environment: what images set.
    """

    store: Store
    entrypoints: dict[str, list[str]]
    folder: Path
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    errors: list[BaseException] = field(default_factory=list)
    """What broke the kubelet itself."""

    def start(self, pod: Object) -> None:
        """Run a pod in the background."""
        task = asyncio.create_task(self._run(pod))
        self.tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.errors.append(error)

    def log_of(self, pod: str) -> str | None:
        """All that a pod has said; ``None`` before it runs."""
        path = self.folder / f"{pod}.log"
        return path.read_text(errors="replace") if path.is_file() else None

    def kill(self, pod: str) -> bool:
        """As the kernel kills for memory: no warning, no condition."""
        process = self.processes.get(pod)
        if process is not None and process.returncode is None:
            _signal(process, signal.SIGKILL)
        return process is not None

    async def stop(self, pod: str, seconds: float) -> None:
        """SIGTERM, and SIGKILL for what is still there after its grace period."""
        process = self.processes.get(pod)
        if process is None:
            return
        if process.returncode is None:
            _signal(process, signal.SIGTERM, group=False)
        try:
            async with asyncio.timeout(seconds):
                await process.wait()
        except TimeoutError:
            _signal(process, signal.SIGKILL)
            await process.wait()

    async def close(self) -> None:
        """End all that runs."""
        for pod in list(self.processes):
            self.kill(pod)
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=10)

    async def _run(self, pod: Object) -> None:
        name, container = pod["metadata"]["name"], pod["spec"]["containers"][0]
        home = self.folder / name
        home.mkdir(parents=True)
        while not self._can_start(pod):
            if ("pods", pod["metadata"]["namespace"], name) not in self.store.objects:
                return  # deleted before it ran
            await self.store.changed(1)
        places = self._places(pod, home)
        image = container["image"].rpartition("/")[2].partition("@")[0].partition(":")[0]
        words = [_moved(word, places) for word in container["args"]]
        with (self.folder / f"{name}.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *self.entrypoints[image],
                *words,
                cwd=home,
                env=self._environment(container, places),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes[name] = process
        started = now()
        self._report(name, "Running", {"running": {"startedAt": started}})
        status = await process.wait()
        _signal(process, signal.SIGKILL)  # nothing of a container outlives its first process
        self._ended(name, 128 - status if status < 0 else status, started)

    def _ended(self, name: str, status: int, started: str) -> None:
        ended: Object = {
            "exitCode": status,
            "reason": "Completed" if status == 0 else "Error",
            "startedAt": started,
            "finishedAt": now(),
        }
        if status:
            lines = (self.log_of(name) or "").splitlines(keepends=True)[-_TAIL_LINES:]
            ended["message"] = "".join(lines)[-_TAIL_BYTES:]
        self._report(name, "Failed" if status else "Succeeded", {"terminated": ended})

    def _report(self, name: str, phase: str, state: Object) -> None:
        for key, pod in list(self.store.objects.items()):
            if key[0] == "pods" and key[2] == name:
                status = pod["status"] | {
                    "phase": phase,
                    "containerStatuses": [
                        {
                            "name": pod["spec"]["containers"][0]["name"],
                            "image": pod["spec"]["containers"][0]["image"],
                            "imageID": "",
                            "ready": phase == "Running",
                            "restartCount": 0,
                            "state": state,
                        }
                    ],
                }
                self.store.update("pods", {**pod, "status": status})

    def _can_start(self, pod: Object) -> bool:
        """Whether all that is to be mounted is there; a pod waits for it."""
        needed = [v["configMap"]["name"] for v in pod["spec"]["volumes"] if "configMap" in v]
        namespace = pod["metadata"]["namespace"]
        return all(("configmaps", namespace, name) in self.store.objects for name in needed)

    def _places(self, pod: Object, home: Path) -> dict[str, str]:
        """Where mounts lie on this machine, by their path in the pod."""
        volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", [])}
        places = {}
        for mount in pod["spec"]["containers"][0].get("volumeMounts", []):
            volume = volumes[mount["name"]]
            if "persistentVolumeClaim" in volume:
                places[mount["mountPath"]] = mount["mountPath"]
                continue
            folder = home / mount["name"]
            folder.mkdir()
            places[mount["mountPath"]] = str(folder)
            if "configMap" in volume:
                namespace = pod["metadata"]["namespace"]
                data = self.store.read("configmaps", namespace, volume["configMap"]["name"])["data"]
                for key, text in data.items():
                    (folder / key).write_text(text)
        return places

    def _environment(self, container: Object, places: dict[str, str]) -> dict[str, str]:
        """The image's and the container's own; nothing of this machine but its search path."""
        found = {"PATH": os.environ["PATH"], **self.environment}
        for source in container.get("envFrom", []):
            found |= self.secrets[source["secretRef"]["name"]]
        for item in container.get("env", []):
            found[item["name"]] = _moved(item["value"], places)
        return found


def _moved(text: str, places: dict[str, str]) -> str:
    """A path of the pod as a path of this machine, by the longest mount that holds it."""
    for mount in sorted(places, key=len, reverse=True):
        if text == mount or text.startswith(mount + "/"):
            return places[mount] + text.removeprefix(mount)
    return text


def _signal(process: Any, number: signal.Signals, *, group: bool = True) -> None:
    with suppress(ProcessLookupError):
        if group:
            os.killpg(process.pid, number)
        else:
            os.kill(process.pid, number)
