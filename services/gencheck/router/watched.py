"""Ports that count, time and trace what they ask."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace

import grpc

from gencheck.deadline import Deadline
from gencheck.router.ports import AuditPort, CheckPort, Reply
from gencheck.router.remote import AUDIT, METHODS
from gencheck.serving.call import Call
from gencheck.serving.metrics import SYSTEM, Metrics
from gencheck.serving.status import as_known, mapping_of
from gencheck.tracing import Tracing
from gencheck.v1 import bias_pb2


class Watch:
    """Watches calls: a span of each, and its duration by how it ended."""

    def __init__(self, metrics: Metrics, tracing: Tracing) -> None:
        self._seconds = metrics.client_seconds
        self._tracing = tracing

    def check(self, check: str, port: CheckPort) -> CheckPort:
        """The port of a check, watched."""
        return _WatchedCheck(port, self, METHODS[check])

    def audit(self, port: AuditPort, target: str) -> AuditPort:
        """The port of the auditor, watched."""
        return _WatchedAudit(port, self, target)

    @contextmanager
    def call(self, method: str, target: str, call: Call) -> Iterator[Call]:
        """The call as it goes out from inside its span."""
        name = method.removeprefix("/")
        about = {"rpc.system.name": SYSTEM, "rpc.method": name, "server.address": target}
        code = grpc.StatusCode.OK
        start = time.perf_counter()
        try:
            with self._tracing.span(name, about, kind="client"):
                yield replace(call, trace=self._tracing.headers())
        except BaseException as error:
            code = mapping_of(as_known(error)).code
            raise
        finally:
            ended = self._seconds.labels(SYSTEM, name, code.name)
            ended.observe(time.perf_counter() - start)


class _WatchedCheck:
    def __init__(self, port: CheckPort, watch: Watch, method: str) -> None:
        self.target = port.target
        self._port = port
        self._watch = watch
        self._method = method

    async def check(self, request: bytes, call: Call, *, deadline: Deadline) -> Reply:
        with self._watch.call(self._method, self.target, call) as outgoing:
            return await self._port.check(request, outgoing, deadline=deadline)


class _WatchedAudit:
    def __init__(self, port: AuditPort, watch: Watch, target: str) -> None:
        self._port = port
        self._watch = watch
        self._target = target

    async def audit_images(
        self,
        requests: AsyncIterator[bias_pb2.AuditImagesRequest],
        call: Call,
        *,
        deadline: Deadline,
    ) -> bias_pb2.AuditImagesResponse:
        with self._watch.call(AUDIT, self._target, call) as outgoing:
            return await self._port.audit_images(requests, outgoing, deadline=deadline)
