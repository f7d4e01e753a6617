"""Everything together in a thread of its own, reachable as a cluster is: by a kubeconfig."""

from __future__ import annotations

import asyncio
import json
import queue
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import kmock
from aiohttp.test_utils import RawTestServer
from aiohttp.web import Server, ServerRunner

from kubedouble.apiserver import ApiServer
from kubedouble.controller import JobController
from kubedouble.kubelet import Kubelet
from kubedouble.store import Object, Store

T = TypeVar("T")
NAMESPACE = "checks"
_SECONDS = 60


@dataclass
class FakeCluster:
    """A running double; ``do`` and ``wait`` run in its loop."""

    store: Store
    api: ApiServer
    kubelet: Kubelet
    controller: JobController
    kubeconfig: Path
    url: str
    loop: asyncio.AbstractEventLoop

    def do(self, work: Callable[[], T]) -> T:
        """Call something where nothing else changes meanwhile."""

        async def call() -> T:
            return work()

        return self.run(call())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(_SECONDS)

    def wait(self, reached: Callable[[], T]) -> T:
        """Wait until something is true of the store; what it then was."""

        async def poll() -> T:
            async with asyncio.timeout(_SECONDS):
                while not (found := reached()):
                    if self.kubelet.errors:
                        raise self.kubelet.errors[0]
                    await self.store.changed(0.05)
                return found

        return self.run(poll())

    def items(self, plural: str) -> list[Object]:
        """All objects of a kind."""
        return self.do(lambda: list(self.store.select(plural, NAMESPACE)))

    def running(self) -> list[str]:
        """Names of the pods that run now; call it within ``do`` or ``wait``."""
        return [
            pod["metadata"]["name"]
            for pod in self.store.select("pods", NAMESPACE)
            if pod["status"]["phase"] == "Running"
        ]


class _Server(RawTestServer):
    """Closes without waiting for connections that clients keep open."""

    async def _make_runner(self, debug: bool = True, **kwargs: Any) -> ServerRunner:
        server = Server(self._handler, debug=debug, **kwargs)
        return ServerRunner(server, debug=debug, shutdown_timeout=0.1)


@contextmanager
def serving(folder: Path, entrypoints: dict[str, list[str]]) -> Iterator[FakeCluster]:
    """A cluster; its pods end with it."""
    ready: queue.Queue[FakeCluster | BaseException] = queue.Queue()
    stop = asyncio.Event()

    def main() -> None:
        try:
            asyncio.run(_serve(folder, entrypoints, ready, stop))
        except Exception as error:  # told to the test
            ready.put(error)

    thread = threading.Thread(target=main, name="fake-cluster")
    thread.start()
    cluster = ready.get(timeout=_SECONDS)
    if isinstance(cluster, BaseException):
        raise cluster
    try:
        yield cluster
    finally:
        with suppress(RuntimeError):  # its loop is over already
            cluster.loop.call_soon_threadsafe(stop.set)
        thread.join(_SECONDS)
        assert not thread.is_alive()
    if cluster.kubelet.errors:
        raise cluster.kubelet.errors[0]
    if not ready.empty():
        raise AssertionError("the double broke") from ready.get()


async def _serve(
    folder: Path,
    entrypoints: dict[str, list[str]],
    ready: queue.Queue[FakeCluster | BaseException],
    stop: asyncio.Event,
) -> None:
    store = Store()
    (folder / "pods").mkdir(parents=True)
    kubelet = Kubelet(store, entrypoints, folder / "pods")
    api = ApiServer(store, kubelet.log_of)
    controller = JobController(store, kubelet)
    handler = api.handler()
    async with (
        handler,
        kmock.Server(handler, server_cls=_Server) as server,
        asyncio.TaskGroup() as group,
    ):
        url = str(server.url).rstrip("/")
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(json.dumps(_kubeconfig(url)))
        loop = asyncio.get_running_loop()
        reconciling = group.create_task(controller.run())
        ready.put(FakeCluster(store, api, kubelet, controller, kubeconfig, url, loop))
        await stop.wait()
        reconciling.cancel()
        await kubelet.close()


def _kubeconfig(url: str) -> Object:
    """JSON is YAML."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "double",
        "contexts": [
            {
                "name": "double",
                "context": {"cluster": "double", "user": "tester", "namespace": NAMESPACE},
            }
        ],
        "clusters": [{"name": "double", "cluster": {"server": url}}],
        "users": [{"name": "tester", "user": {"token": "none"}}],
    }
