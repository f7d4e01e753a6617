"""A model behind an OpenAI-compatible endpoint: vLLM, Triton's OpenAI frontend, a hosted one.

Only ``POST …/chat/completions`` is used. What comes back is as untrusted as any input: its size is
bounded, nothing is decompressed, no redirect is followed, and none of its words get into an error.
Neither does the key.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any, TypeAlias

import httpx2

from gencheck.deadline import Deadline
from gencheck.errors import (
    DeadlineExceeded,
    GencheckError,
    InvalidArgument,
    ModelError,
    ModelNotReady,
    Overloaded,
    Unavailable,
)
from gencheck.inference.waiting import wait_for

Reply: TypeAlias = Mapping[str, Any]

_LONGEST_SECONDS = 120.0
"""For a call without a deadline."""
_CONNECT_SECONDS = 10.0
_LARGEST_REPLY = 1 << 18
_PAUSES = (0.5, 1.0, 2.0)
"""Seconds before each new try where the endpoint is busy and does not say for how long."""
_BUSY = (429, 503)


class ChatEndpoint:
    """One endpoint, with a bounded number of calls at a time.

    Make it where it is used: it keeps connections open until :meth:`aclose`.

    Args:
        url: as OpenAI's clients take it, such as ``http://127.0.0.1:8000/v1``.
        key: sent as a bearer token; empty for none.
        concurrency: calls at a time; further ones wait.
        option: of ``gencheck serve``, which named it: what errors point to.

    Raises:
        InvalidArgument: the address or the key cannot be used.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str = "",
        concurrency: int = 4,
        option: str = "vqa",
    ) -> None:
        self._variable = f"GENCHECK_{option.upper()}_KEY"
        self.name, self._path = _address(url, f"--{option}", self._variable)
        self._slots = asyncio.Semaphore(concurrency)
        self._plain = False
        self._client = httpx2.AsyncClient(
            headers={"accept-encoding": "identity", **_authorization(key, self._variable)},
            timeout=httpx2.Timeout(None, connect=_CONNECT_SECONDS),
            limits=httpx2.Limits(max_connections=concurrency),
            follow_redirects=False,
            trust_env=False,  # neither proxies nor .netrc: the key goes to the endpoint alone
        )

    async def complete(
        self,
        request: Mapping[str, object],
        *,
        optional: Mapping[str, object] | None = None,
        deadline: Deadline,
    ) -> Reply:
        """The endpoint's answer to one chat request.

        It is tried again only where the endpoint says that it is busy, and there is time.

        Args:
            optional: further fields, left out from when on the endpoint refuses a request with
                them and takes it without.

        Raises:
            Overloaded, Unavailable: it is busy, does not answer, or broke off.
            ModelNotReady: it refuses the key, sends elsewhere, or does not know the model.
            ModelError: it does not take this request, or its answer is too large, or none.
            DeadlineExceeded, Cancelled: the caller's time is up, the caller has gone.
        """
        deadline.check()
        left = deadline.remaining()
        seconds = _LONGEST_SECONDS if left is None else left
        work = asyncio.ensure_future(self._ask(request, optional or {}, seconds))
        try:
            return await wait_for(work, deadline)
        except TimeoutError as error:
            deadline.check()
            what = f"the endpoint did not answer in {seconds:.1f} s"
            raise self._error(DeadlineExceeded, what) from error

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _ask(
        self, request: Mapping[str, object], optional: Mapping[str, object], seconds: float
    ) -> Reply:
        ends = asyncio.get_running_loop().time() + seconds
        async with self._slots, asyncio.timeout_at(ends):
            if optional and not self._plain:
                try:
                    return await self._tries({**request, **optional}, ends)
                except _RefusedError:
                    pass  # perhaps only what is optional: asked once more without, below
            try:
                reply = await self._tries(request, ends)
            except _RefusedError as refused:
                raise refused.error from None
            self._plain = self._plain or bool(optional)
            return reply

    async def _tries(self, request: Mapping[str, object], ends: float) -> Reply:
        for pause in (*_PAUSES, None):
            try:
                return await self._once(request)
            except _BusyError as busy:
                wait = pause if busy.seconds is None else busy.seconds
                too_late = asyncio.get_running_loop().time() + (wait or 0.0) >= ends
                if pause is None or wait is None or too_late:
                    raise busy.error from None
            await asyncio.sleep(wait)
        raise AssertionError("unreachable")

    async def _once(self, request: Mapping[str, object]) -> Reply:
        try:
            async with self._client.stream("POST", self._path, json=request) as response:
                self._check(response)
                return _parsed(await self._body(response), self.name)
        except httpx2.TransportError as error:
            kind = type(error).__name__  # not its words: they may quote what was sent
            raise self._error(Unavailable, f"the endpoint does not answer ({kind})") from error

    def _check(self, response: httpx2.Response) -> None:
        status = response.status_code
        if status == 200:
            return
        if status in _BUSY:
            busy = self._error(
                Overloaded if status == 429 else Unavailable, f"the endpoint is busy ({status})"
            )
            raise _BusyError(busy, _retry_after(response.headers.get("retry-after", "")))
        if status in (401, 403):
            raise self._error(
                ModelNotReady,
                f"the endpoint refuses the key ({status})",
                f"Set {self._variable} to one that it takes, and start again.",
            )
        if 300 <= status < 400:
            raise self._error(
                ModelNotReady,
                f"the endpoint sends elsewhere ({status}), which is not followed",
                "Give the address that it sends to, if you trust it.",
            )
        if status == 404:
            raise self._error(
                ModelNotReady,
                "the endpoint knows no such path or model (404)",
                "Give the address with its /v1, and a model that it serves.",
            )
        if status in (400, 422):
            error = self._error(ModelError, f"the endpoint does not take the request ({status})")
            raise _RefusedError(error)
        kind = Unavailable if status >= 500 else ModelError
        raise self._error(kind, f"the endpoint answered with status {status}")

    async def _body(self, response: httpx2.Response) -> bytes:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise self._error(ModelError, "the endpoint's answer is compressed, unasked")
        body = bytearray()
        async for part in response.aiter_raw():
            body += part
            if len(body) > _LARGEST_REPLY:
                raise self._error(
                    ModelError, f"the endpoint's answer has more than {_LARGEST_REPLY} bytes"
                )
        return bytes(body)

    def _error(self, kind: type[GencheckError], what: str, fix: str = "") -> GencheckError:
        return kind(what, where=self.name, fix=fix, metadata={"endpoint": self.name})


class _RefusedError(Exception):
    def __init__(self, error: GencheckError) -> None:
        super().__init__()
        self.error = error


class _BusyError(Exception):
    def __init__(self, error: GencheckError, seconds: float | None) -> None:
        super().__init__()
        self.error = error
        self.seconds = seconds


def _address(url: str, option: str, variable: str) -> tuple[str, str]:
    """The endpoint's name, for errors, and the address of its chat."""
    fix = "Give it as http://HOST:PORT/v1."
    try:
        parts = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise InvalidArgument("this is no address", where=option, fix=fix) from error
    if parts.userinfo:
        raise InvalidArgument(
            "the address holds a password",
            where=option,
            fix=f"Leave it out; a key belongs into the variable {variable}.",
        )
    sound = parts.scheme in ("http", "https") and parts.host and 0 < (parts.port or 1) < 65536
    if not sound or parts.query or parts.fragment:
        raise InvalidArgument("this is no address of an endpoint", where=option, fix=fix)
    path = parts.path.rstrip("/") or "/v1"
    base = parts.copy_with(path=path)
    return str(base), f"{base}/chat/completions"


def _authorization(key: str, variable: str) -> dict[str, str]:
    if not key:
        return {}
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise InvalidArgument(
            "the key has characters that no key has", where=variable, fix="Set it anew."
        )
    return {"authorization": f"Bearer {key}"}


def _retry_after(value: str) -> float | None:
    """Seconds to wait, from a number or a date (RFC 9110, 10.2.3); ``None`` where it is neither."""
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except (ValueError, OverflowError):
        return None


def _parsed(body: bytes, name: str) -> Reply:
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError):
        reply = None
    if not isinstance(reply, dict):
        raise ModelError(
            "the endpoint's answer is no JSON object", where=name, metadata={"endpoint": name}
        )
    return reply
