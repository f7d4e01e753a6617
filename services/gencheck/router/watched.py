"""Ports that count, time and trace what they ask."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace

import grpc
from prometheus_client import Histogram

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
        return _WatchedCheck(port, self._method(METHODS[check], port.target))

    def audit(self, port: AuditPort, target: str) -> AuditPort:
        """The port of the auditor, watched."""
        return _WatchedAudit(port, self._method(AUDIT, target))

    def _method(self, method: str, target: str) -> _Method:
        return _Method(self._seconds, self._tracing, method.removeprefix("/"), target)


class _Method:
    """One method of one server; what is the same for all calls of it is made once."""

    def __init__(self, seconds: Histogram, tracing: Tracing, name: str, target: str) -> None:
        self._seconds = seconds
        self._well = seconds.labels(SYSTEM, name, grpc.StatusCode.OK.name)
        self._tracing = tracing
        self._name = name
        self._about = {"rpc.system.name": SYSTEM, "rpc.method": name, "server.address": target}

    @contextmanager
    def call(self, call: Call) -> Iterator[Call]:
        """The call as it goes out from inside its span."""
        start = time.perf_counter()
        try:
            with self._tracing.span(self._name, self._about, kind="client"):
                headers = self._tracing.headers()
                yield replace(call, trace=headers) if headers else call
        except BaseException as error:
            code = mapping_of(as_known(error)).code.name
            self._seconds.labels(SYSTEM, self._name, code).observe(time.perf_counter() - start)
            raise
        self._well.observe(time.perf_counter() - start)


class _WatchedCheck:
    def __init__(self, port: CheckPort, method: _Method) -> None:
        self.target = port.target
        self._port = port
        self._method = method

    async def check(self, request: bytes, call: Call, *, deadline: Deadline) -> Reply:
        with self._method.call(call) as outgoing:
            return await self._port.check(request, outgoing, deadline=deadline)


class _WatchedAudit:
    def __init__(self, port: AuditPort, method: _Method) -> None:
        self._port = port
        self._method = method

    async def audit_images(
        self,
        requests: AsyncIterator[bias_pb2.AuditImagesRequest],
        call: Call,
        *,
        deadline: Deadline,
    ) -> bias_pb2.AuditImagesResponse:
        with self._method.call(call) as outgoing:
            return await self._port.audit_images(requests, outgoing, deadline=deadline)
