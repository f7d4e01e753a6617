"""The Python client: synchronous and asynchronous, typed, with gencheck's own errors.

::

    with gencheck.Client("127.0.0.1:7400") as client:
        answer = client.check("poster.png", prompt='a poster that says "OPEN"')
        print(answer.verdict, list(answer.reasons))

Answers are the messages of the API (``gencheck.v1``). Whatever goes wrong is a ``GencheckError``.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Coroutine,
    Generator,
    Iterable,
)
from contextlib import aclosing, suppress
from typing import Any, Self, TypeVar, Unpack

from google.protobuf.message import Message

from gencheck import transfer
from gencheck.errors import (
    GencheckError,
    Unavailable,
)
from gencheck.inputs import (
    AssetLike,
    CheckOptions,
    PolicyLike,
    carried_bytes,
    check_request,
    file_errors,
    head,
    printable,
    regular_file,
    set_image,
    to_asset,
)
from gencheck.serving.bounds import INLINE_LIMIT
from gencheck.serving.call import Priority
from gencheck.serving.tls import Tls
from gencheck.transport import GrpcTransport, Transport
from gencheck.v1 import (
    artifact_pb2,
    bias_pb2,
    common_pb2,
    consistency_pb2,
    mesh_pb2,
    router_pb2,
)

DEFAULT_TIMEOUT_SECONDS = 60.0

M = TypeVar("M", bound=Message)
T = TypeVar("T")


class AsyncClient:
    """Calls the router, or any one service: servers of one kind only know their own methods."""

    def __init__(
        self,
        target: str | Transport,
        *,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        tls: Tls | None = None,
        token: str = "",
        priority: Priority = Priority.INTERACTIVE,
    ) -> None:
        """Args: target: ``HOST:PORT`` or transport; token: who calls; priority: who goes first."""
        if isinstance(target, str):
            target = GrpcTransport(target, tls=tls, token=token, priority=priority)
        self._transport = target
        self._timeout = timeout
        self._takes_uploads = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the channel."""
        await self._transport.aclose()

    async def check(
        self, asset: AssetLike, **options: Unpack[CheckOptions]
    ) -> router_pb2.CheckResponse:
        """Everything that applies to one asset, and one verdict.

        Args:
            asset: a path, the bytes, or an ``Asset``. What is too large for a request is uploaded
                first, where the server takes uploads.
            options: see :class:`CheckOptions`.
        """
        request = check_request(await self.sendable(asset), **options)
        return await self._call("RouterService/Check", request, router_pb2.CheckResponse)

    async def upload(
        self,
        asset: str | os.PathLike[str] | bytes,
        *,
        name: str = "",
        progress: transfer.Progress | None = None,
    ) -> common_pb2.Asset:
        """Send an asset once; the answer names it by its digest, for any number of checks.

        What the server has already is not sent again. Of a file, no more than a piece of 1 MiB is
        in memory.

        Args:
            name: for answers; the path by default.
            progress: is told how many bytes are through, and how many there are.

        Raises:
            Unavailable: the server holds no assets.
            LimitExceeded: larger than it holds.
        """
        where = name or ("" if isinstance(asset, bytes) else printable(os.fspath(asset)))
        source = asset if isinstance(asset, bytes) else regular_file(asset)
        with file_errors(where):
            stored = await transfer.upload(
                self._transport, source, name=where, timeout=self._timeout, progress=progress
            )
        return common_pb2.Asset(digest=stored.digest, name=where)

    async def sendable(self, asset: AssetLike) -> common_pb2.Asset:
        """The asset as a request can carry it: its bytes, or its digest where they are too many.

        Where the server takes no uploads the bytes go along all the same: it may have a larger
        limit than others.
        """
        if self._takes_uploads and carried_bytes(asset) > INLINE_LIMIT:
            try:
                if isinstance(asset, common_pb2.Asset):
                    return await self.upload(asset.inline, name=asset.name)
                return await self.upload(asset)
            except GencheckError as error:
                if not transfer.is_not_offered(error):
                    raise
                self._takes_uploads = False
        return to_asset(asset)

    async def _fitting(self, message: M) -> M:
        """The message, its asset uploaded where a stream could not carry it."""
        given: Any = message
        if len(given.asset.inline) <= INLINE_LIMIT:
            return message
        fitting: Any = type(message)()
        fitting.CopyFrom(message)
        fitting.asset.CopyFrom(await self.sendable(given.asset))
        return fitting  # type: ignore[no-any-return]

    async def check_set(
        self,
        requests: Iterable[router_pb2.CheckRequest],
        *,
        audit: bias_pb2.AuditImagesOptions | None = None,
    ) -> AsyncGenerator[router_pb2.CheckSetResponse, None]:
        """An answer an asset, in their order; then, where asked for, the audit of the set."""

        async def stream() -> AsyncIterator[Message]:
            yield router_pb2.CheckSetRequest(options=router_pb2.CheckSetOptions(audit=audit))
            for request in requests:
                yield router_pb2.CheckSetRequest(check=await self._fitting(request))

        method = "/gencheck.v1.RouterService/CheckSet"
        answers = self._transport.exchange(
            method, stream(), router_pb2.CheckSetResponse, self._timeout
        )
        async with aclosing(answers):
            async for answer in answers:
                yield answer

    async def check_artifact(
        self, asset: AssetLike, *, policy: PolicyLike = None, heat_map: bool = False
    ) -> artifact_pb2.CheckArtifactResponse:
        """Is it broken?"""
        request = artifact_pb2.CheckArtifactRequest(
            asset=await self.sendable(asset), want_heat_map=heat_map, **head(policy)
        )
        answer = artifact_pb2.CheckArtifactResponse
        return await self._call("ArtifactService/CheckArtifact", request, answer)

    async def stream_artifact(
        self, asset: AssetLike, *, policy: PolicyLike = None, heat_map: bool = False
    ) -> AsyncGenerator[artifact_pb2.StreamArtifactResponse, None]:
        """Progress and findings while a video or sound is read, then what is said of all of it."""
        check = artifact_pb2.CheckArtifactRequest(
            asset=await self.sendable(asset), want_heat_map=heat_map, **head(policy)
        )
        request = artifact_pb2.StreamArtifactRequest(check=check)
        kind, method = artifact_pb2.StreamArtifactResponse, "ArtifactService/StreamArtifact"
        parts = self._transport.download(f"/gencheck.v1.{method}", request, kind, self._timeout)
        async with aclosing(parts):
            async for part in parts:
                yield part

    async def check_consistency(
        self, asset: AssetLike, prompt: str, *, policy: PolicyLike = None
    ) -> consistency_pb2.CheckConsistencyResponse:
        """Is it what was asked for?"""
        request = consistency_pb2.CheckConsistencyRequest(
            asset=await self.sendable(asset), prompt=prompt, **head(policy)
        )
        answer = consistency_pb2.CheckConsistencyResponse
        return await self._call("ConsistencyService/CheckConsistency", request, answer)

    async def check_mesh(
        self, asset: AssetLike, *, policy: PolicyLike = None, views: bool = False
    ) -> mesh_pb2.CheckMeshResponse:
        """Is the geometry valid?"""
        request = mesh_pb2.CheckMeshRequest(
            asset=await self.sendable(asset), want_views=views, **head(policy)
        )
        return await self._call("MeshService/CheckMesh", request, mesh_pb2.CheckMeshResponse)

    async def parse_prompt(self, prompt: str) -> consistency_pb2.ParsePromptResponse:
        """The claims of a prompt."""
        request = consistency_pb2.ParsePromptRequest(prompt=prompt)
        answer = consistency_pb2.ParsePromptResponse
        return await self._call("ConsistencyService/ParsePrompt", request, answer)

    async def audit(self, request: bias_pb2.AuditRequest) -> bias_pb2.AuditResponse:
        """Is the set fair, by its counts, labels or states?"""
        return await self._call("BiasService/Audit", request, bias_pb2.AuditResponse)

    async def audit_images(
        self,
        images: Iterable[AssetLike | bias_pb2.SetImage],
        options: bias_pb2.AuditImagesOptions | None = None,
    ) -> bias_pb2.AuditImagesResponse:
        """Is the set fair, by its pictures? A ``SetImage`` also says which group it is of."""

        async def stream() -> AsyncIterator[Message]:
            yield bias_pb2.AuditImagesRequest(options=options or bias_pb2.AuditImagesOptions())
            for image in images:
                picture = await self._fitting(set_image(image))
                yield bias_pb2.AuditImagesRequest(image=picture)

        method = "/gencheck.v1.BiasService/AuditImages"
        answer = bias_pb2.AuditImagesResponse
        return await self._transport.upload(method, stream(), answer, self._timeout)

    async def _call(self, method: str, request: Message, answer: type[M]) -> M:
        return await self._transport.unary(f"/gencheck.v1.{method}", request, answer, self._timeout)


class Client:
    """The same calls, blocking. Safe to share between threads; not across a fork."""

    def __init__(
        self,
        target: str,
        *,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        tls: Tls | None = None,
        token: str = "",
    ) -> None:
        """See :class:`AsyncClient`."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._lock = threading.Lock()
        self._closed = False
        making = _make(lambda: AsyncClient(target, timeout=timeout, tls=tls, token=token))
        try:
            self._client = self._wait(making)
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the channel; calls of other threads end as ``Cancelled``. Twice is once."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            closing = asyncio.run_coroutine_threadsafe(self._aclose(), self._loop)
        closing.result()
        self._end()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _aclose(self) -> None:
        await self._client.aclose()
        calls = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*calls, return_exceptions=True)

    def check(self, asset: AssetLike, **options: Unpack[CheckOptions]) -> router_pb2.CheckResponse:
        """See :meth:`AsyncClient.check`."""
        return self._wait(self._client.check(asset, **options))

    def upload(
        self,
        asset: str | os.PathLike[str] | bytes,
        *,
        name: str = "",
        progress: transfer.Progress | None = None,
    ) -> common_pb2.Asset:
        """See :meth:`AsyncClient.upload`; ``progress`` is called from another thread."""
        return self._wait(self._client.upload(asset, name=name, progress=progress))

    def check_set(
        self,
        requests: Iterable[router_pb2.CheckRequest],
        *,
        audit: bias_pb2.AuditImagesOptions | None = None,
    ) -> Generator[router_pb2.CheckSetResponse, None, None]:
        """See :meth:`AsyncClient.check_set`; close it to leave early."""
        yield from self._each(self._client.check_set(requests, audit=audit))

    def stream_artifact(
        self, asset: AssetLike, *, policy: PolicyLike = None, heat_map: bool = False
    ) -> Generator[artifact_pb2.StreamArtifactResponse, None, None]:
        """See :meth:`AsyncClient.stream_artifact`; close it to leave early."""
        yield from self._each(self._client.stream_artifact(asset, policy=policy, heat_map=heat_map))

    def check_artifact(
        self, asset: AssetLike, *, policy: PolicyLike = None, heat_map: bool = False
    ) -> artifact_pb2.CheckArtifactResponse:
        """See :meth:`AsyncClient.check_artifact`."""
        return self._wait(self._client.check_artifact(asset, policy=policy, heat_map=heat_map))

    def check_consistency(
        self, asset: AssetLike, prompt: str, *, policy: PolicyLike = None
    ) -> consistency_pb2.CheckConsistencyResponse:
        """See :meth:`AsyncClient.check_consistency`."""
        return self._wait(self._client.check_consistency(asset, prompt, policy=policy))

    def check_mesh(
        self, asset: AssetLike, *, policy: PolicyLike = None, views: bool = False
    ) -> mesh_pb2.CheckMeshResponse:
        """See :meth:`AsyncClient.check_mesh`."""
        return self._wait(self._client.check_mesh(asset, policy=policy, views=views))

    def parse_prompt(self, prompt: str) -> consistency_pb2.ParsePromptResponse:
        """See :meth:`AsyncClient.parse_prompt`."""
        return self._wait(self._client.parse_prompt(prompt))

    def audit(self, request: bias_pb2.AuditRequest) -> bias_pb2.AuditResponse:
        """See :meth:`AsyncClient.audit`."""
        return self._wait(self._client.audit(request))

    def audit_images(
        self,
        images: Iterable[AssetLike | bias_pb2.SetImage],
        options: bias_pb2.AuditImagesOptions | None = None,
    ) -> bias_pb2.AuditImagesResponse:
        """See :meth:`AsyncClient.audit_images`."""
        return self._wait(self._client.audit_images(images, options))

    def _each(self, answers: AsyncGenerator[T, None]) -> Generator[T, None, None]:
        try:
            while (answer := self._wait(_next(answers))) is not None:
                yield answer
        finally:
            with suppress(Unavailable):  # closed: nothing runs any more
                self._wait(answers.aclose())

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        with self._lock:
            if self._closed:
                work.close()
                raise Unavailable("this client is closed", fix="Make a new one.")
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            raise


async def _make(build: Callable[[], T]) -> T:
    return build()


async def _next(answers: AsyncIterator[T]) -> T | None:
    return await anext(answers, None)
