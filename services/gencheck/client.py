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
import uuid
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Sequence,
)
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any, Self, TypeAlias, TypedDict, TypeVar, Unpack

from google.protobuf.message import Message

from gencheck.errors import DecodeFailed, InvalidInput, NotFound, PermissionDenied, Unavailable
from gencheck.policy import Policy
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
from gencheck.wire import policy_to

AssetLike: TypeAlias = str | os.PathLike[str] | bytes | common_pb2.Asset
PolicyLike: TypeAlias = str | Policy | None

DEFAULT_TIMEOUT_SECONDS = 60.0

M = TypeVar("M", bound=Message)
T = TypeVar("T")


class CheckOptions(TypedDict, total=False):
    """What may be said about a check by the router.

    Attributes:
        prompt: what the asset was made from.
        policy: the name of one that the server knows, or a policy to carry along.
        heat_map: whether to return a heat map of a picture (PNG).
        views: whether to return pictures of a mesh (PNG).
        checks: names of checks; all that apply where empty.
        stop_early: whether to end as soon as the verdict is FAIL, and call off the rest.
    """

    prompt: str
    policy: PolicyLike
    heat_map: bool
    views: bool
    checks: Sequence[str]
    stop_early: bool


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
            asset: a path, the bytes, or an ``Asset``.
            options: see :class:`CheckOptions`.
        """
        request = check_request(asset, **options)
        return await self._call("RouterService/Check", request, router_pb2.CheckResponse)

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
                yield router_pb2.CheckSetRequest(check=request)

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
            asset=to_asset(asset), want_heat_map=heat_map, **_head(policy)
        )
        answer = artifact_pb2.CheckArtifactResponse
        return await self._call("ArtifactService/CheckArtifact", request, answer)

    async def check_consistency(
        self, asset: AssetLike, prompt: str, *, policy: PolicyLike = None
    ) -> consistency_pb2.CheckConsistencyResponse:
        """Is it what was asked for?"""
        request = consistency_pb2.CheckConsistencyRequest(
            asset=to_asset(asset), prompt=prompt, **_head(policy)
        )
        answer = consistency_pb2.CheckConsistencyResponse
        return await self._call("ConsistencyService/CheckConsistency", request, answer)

    async def check_mesh(
        self, asset: AssetLike, *, policy: PolicyLike = None, views: bool = False
    ) -> mesh_pb2.CheckMeshResponse:
        """Is the geometry valid?"""
        request = mesh_pb2.CheckMeshRequest(
            asset=to_asset(asset), want_views=views, **_head(policy)
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
                yield bias_pb2.AuditImagesRequest(image=_set_image(image))

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

    def check_set(
        self,
        requests: Iterable[router_pb2.CheckRequest],
        *,
        audit: bias_pb2.AuditImagesOptions | None = None,
    ) -> Generator[router_pb2.CheckSetResponse, None, None]:
        """See :meth:`AsyncClient.check_set`; close it to leave early."""
        answers = self._client.check_set(requests, audit=audit)
        try:
            while (answer := self._wait(_next(answers))) is not None:
                yield answer
        finally:
            with suppress(Unavailable):  # closed: nothing runs any more
                self._wait(answers.aclose())

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


def check_request(asset: AssetLike, **options: Unpack[CheckOptions]) -> router_pb2.CheckRequest:
    """A request for the router; see :meth:`AsyncClient.check`."""
    return router_pb2.CheckRequest(
        asset=to_asset(asset),
        prompt=options.get("prompt", ""),
        want_heat_map=options.get("heat_map", False),
        want_views=options.get("views", False),
        checks=options.get("checks", ()),
        stop_early=options.get("stop_early", False),
        **_head(options.get("policy")),
    )


def to_asset(asset: AssetLike) -> common_pb2.Asset:
    """A path read into an asset that carries its bytes; bytes and assets as they are.

    Raises:
        NotFound: no such file.
        PermissionDenied: the file cannot be read.
        InvalidInput: a folder, a device, an empty file, or something else that is no asset.
    """
    if isinstance(asset, common_pb2.Asset):
        return asset
    if isinstance(asset, bytes):
        return common_pb2.Asset(inline=asset)
    path, where = Path(asset), str(asset)
    try:
        if path.is_dir():
            raise InvalidInput(
                "this is a folder", where=where, fix="Name the files in it, such as folder/*.png."
            )
        if path.exists() and not path.is_file():
            raise InvalidInput("this is no regular file", where=where)
        return inline_asset(path.read_bytes(), where)
    except FileNotFoundError:
        raise NotFound("no such file", where=where, fix="Check the path.") from None
    except PermissionError:
        raise PermissionDenied("no permission to read this file", where=where) from None
    except OSError as error:
        raise InvalidInput(f"cannot be read: {error.strerror}", where=where) from None


def inline_asset(data: bytes, name: str) -> common_pb2.Asset:
    """An asset that carries its bytes. Raises ``DecodeFailed`` where there are none."""
    if not data:
        raise DecodeFailed("this is empty", where=name, fix="Check what should have written it.")
    return common_pb2.Asset(inline=data, name=printable(name))


def _set_image(image: AssetLike | bias_pb2.SetImage) -> bias_pb2.SetImage:
    return (
        image if isinstance(image, bias_pb2.SetImage) else bias_pb2.SetImage(asset=to_asset(image))
    )


def printable(name: str) -> str:
    """The name of a file as text: bytes of it that are no UTF-8 become U+FFFD."""
    return os.fsencode(name).decode("utf-8", "replace")


def _head(policy: PolicyLike) -> dict[str, Any]:
    head: dict[str, Any] = {"request_id": str(uuid.uuid4())}
    if isinstance(policy, Policy):
        head["policy"] = policy_to(policy)
    elif policy:
        head["policy_name"] = policy
    return head
