"""The double of an API server: real HTTP, real errors, faults on request."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp.web
import kmock
import kubernetes_validate

from kubedouble.store import Object, Refused, Store

VERSION = "1.37"
_KINDS = {"jobs": ("batch/v1", "Job"), "pods": ("v1", "Pod"), "configmaps": ("v1", "ConfigMap")}


@dataclass
class Fault:
    """What happens to the next requests of an action, such as ``create``.

    Attributes:
        status: the answer; 0 for none at all, ever.
        after: do what was asked first, and lose only the answer.
        times: how often.
    """

    action: str
    status: int
    times: int = 1
    retry_after: str | None = None
    after: bool = False


@dataclass
class ApiServer:
    """Jobs, pods, ConfigMaps and logs over HTTP."""

    store: Store
    log_of: Callable[[str], str | None]
    faults: list[Fault] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    """Action and plural of every request."""
    page: int = 500

    def handler(self) -> kmock.KubernetesScaffold:
        """What a server runs."""
        handler = _Scaffold()
        for plural, (version, _) in _KINDS.items():
            handler.resources[f"{version}/{plural}"] = {"namespaced": True}
        logs = handler["get", re.compile(r".*/pods/[^/]+/log")]
        logs << {"Content-Type": "text/plain"} << self._log
        handler["get"] << self._get
        handler["post"] << self._create
        handler["delete"] << self._delete
        return handler

    async def _get(self, request: kmock.Request) -> Any:
        if request.resource is None or request.resource.plural not in _KINDS:
            return None  # discovery: kmock's own
        if request.name is not None:
            await self._fail("read", request)
            return self._full(request, self.store.read(*_key(request)))
        if request.params.get("watch") == "true":
            await self._fail("watch", request)
            return self._watch(request)
        await self._fail("list", request)
        return self._list(request)

    async def _create(self, request: kmock.Request) -> Object:
        plural = _key(request)[0]
        fault = await self._fail("create", request)
        new = request.data
        self._validate(new)
        stored = self.store.create(plural, str(request.namespace), new)
        await self._lose(fault)
        return self._full(request, stored)

    async def _delete(self, request: kmock.Request) -> Object:
        fault = await self._fail("delete", request)
        uid = ((request.data or {}).get("preconditions") or {}).get("uid")
        gone = self.store.delete(*_key(request), uid=uid)
        await self._lose(fault)
        return self._full(request, gone)

    def _validate(self, new: Object) -> None:
        try:
            kubernetes_validate.validate(new, VERSION, strict=True)
        except kubernetes_validate.ValidationError as error:
            where = ".".join(map(str, error.absolute_path))
            raise Refused(
                422, "Invalid", f"{new['kind']} is invalid: {where}: {error.message}"
            ) from None

        if new["kind"] == "Job":
            _validate_job(new["spec"])

    def _full(self, request: kmock.Request, item: Object) -> Object:
        version, kind = _KINDS[_key(request)[0]]
        return {"apiVersion": version, "kind": kind, **item}

    def _list(self, request: kmock.Request) -> Object:
        token = request.params.get("continue")
        if token and int(token.partition(":")[0]) < self.store.oldest:
            raise Refused(410, "Expired", "the continue token is too old")
        plural, namespace, _ = _key(request)
        found = list(self.store.select(plural, namespace, *_selectors(request)))
        first = int(token.partition(":")[2]) if token else 0
        most = min(int(request.params.get("limit", self.page)), self.page)
        meta: Object = {"resourceVersion": str(self.store.version)}
        if first + most < len(found):
            meta["continue"] = f"{self.store.version}:{first + most}"
        version, kind = _KINDS[plural]
        return {
            "apiVersion": version,
            "kind": f"{kind}List",
            "metadata": meta,
            "items": found[first : first + most],
        }

    async def _watch(self, request: kmock.Request) -> AsyncIterator[Any]:
        yield b""  # the headers go out at once
        since = int(request.params.get("resourceVersion") or 0)
        seconds = float(request.params.get("timeoutSeconds", 60))
        plural = _key(request)[0]
        try:
            async for event in self.store.watch(plural, since, *_selectors(request), seconds):
                yield {**event, "object": self._full(request, event["object"])}
        except Refused as error:
            yield {"type": "ERROR", "object": _status(error)}

    async def _log(self, request: kmock.Request) -> bytes:
        await self._fail("log", request)
        plural, namespace, name = _key(request)
        self.store.read(plural, namespace, name)
        text = self.log_of(name)
        if text is None:
            raise Refused(400, "BadRequest", "container is waiting to start: ContainerCreating")
        lines = text.splitlines(keepends=True)
        return "".join(lines[-int(request.params.get("tailLines", len(lines) or 1)) :]).encode()

    async def _fail(self, action: str, request: kmock.Request) -> Fault | None:
        """Note the request; be the fault that is set for it."""
        self.seen.append(f"{action} {_key(request)[0]}")
        fault = next((f for f in self.faults if f.action == action and f.times), None)
        if fault is not None:
            fault.times -= 1
            if not fault.after:
                await self._lose(fault)
        return fault

    async def _lose(self, fault: Fault | None) -> None:
        if fault is None:
            return
        if fault.status == 0:
            await asyncio.sleep(3600)
        error = Refused(fault.status, "Fault", "this is a fault of the test")
        error.retry_after = fault.retry_after
        raise error


def _validate_job(spec: Object) -> None:
    """Rules of the API server that no schema holds."""
    indexed = spec.get("completionMode") == "Indexed"
    pod = spec["template"]["spec"]
    broken = [
        (indexed and not spec.get("completions"), "completions", "when completion mode is Indexed"),
        (
            not indexed and "backoffLimitPerIndex" in spec,
            "backoffLimitPerIndex",
            "requires Indexed",
        ),
        (
            "podFailurePolicy" in spec and pod.get("restartPolicy") != "Never",
            "podFailurePolicy",
            "only restartPolicy Never is supported",
        ),
    ]
    for wrong, where, why in broken:
        if wrong:
            raise Refused(422, "Invalid", f"Job is invalid: spec.{where}: Invalid value: {why}")


class _Scaffold(kmock.KubernetesScaffold):
    """Kubernetes' Status for what the store refuses."""

    async def _render_error(self, exc: Exception) -> aiohttp.web.StreamResponse:
        if not isinstance(exc, Refused):
            return await super()._render_error(exc)
        after = getattr(exc, "retry_after", None)
        return aiohttp.web.Response(
            text=json.dumps(_status(exc)),
            status=exc.code,
            content_type="application/json",
            headers={"Retry-After": after} if after else None,
        )


def _status(error: Refused) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Status",
        "metadata": {},
        "status": "Failure",
        "code": error.code,
        "reason": error.reason,
        "message": error.message,
    }


def _key(request: kmock.Request) -> tuple[str, str, str]:
    plural = str(request.resource.plural) if request.resource else ""
    return plural, str(request.namespace), str(request.name)


def _selectors(request: kmock.Request) -> tuple[str, str]:
    return request.params.get("labelSelector", ""), request.params.get("fieldSelector", "")
