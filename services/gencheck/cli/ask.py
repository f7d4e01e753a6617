"""How commands reach a service, ask about files, and end."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import typer
from google.protobuf.message import Message

from gencheck.cli import exits, show
from gencheck.cli.run import Connect, Done, Job, run_jobs
from gencheck.client import AsyncClient
from gencheck.inputs import PolicyLike, inline_asset, printable
from gencheck.policy import Policy
from gencheck.serving.call import Priority
from gencheck.serving.callers import bearer
from gencheck.serving.tls import Tls
from gencheck.wire import policy_to

_TOKEN = "GENCHECK_TOKEN"
EVERYTHING = ("artifact", "consistency", "bias", "mesh", "router")

Ask = Callable[[AsyncClient, str], Awaitable[Message]]


def connect_to(
    target: str, timeout: float, cores: int, profile: str, *, services: Sequence[str]
) -> Connect:
    """A server where one is named, else the same services in this process."""
    if target:
        return remote(target, timeout)
    from gencheck.compose import Settings, local_client

    settings = Settings(cores=cores, profile=profile)
    return lambda: local_client(settings, services, timeout=timeout)


def remote(
    target: str, timeout: float, *, priority: Priority = Priority.INTERACTIVE
) -> Callable[[], AsyncClient]:
    """What opens a server's client, here or in a worker: it carries no secret with it.

    Raises:
        InvalidArgument: a certificate or a token in the environment that cannot be used.
    """
    if tls := Tls.from_environment(os.environ):
        tls.credentials()
    bearer(os.environ.get(_TOKEN, ""))
    return partial(_open, target, timeout, priority)


def _open(target: str, timeout: float, priority: Priority) -> AsyncClient:
    """A client with the certificates and the token of the environment."""
    tls, token = Tls.from_environment(os.environ), os.environ.get(_TOKEN, "")
    return AsyncClient(target, timeout=timeout, tls=tls, token=token, priority=priority)


def shower_of(*, json: bool) -> Callable[[Done], None]:
    """What shows answers: lines of JSON, or words."""
    return show.json_line if json else show.Printer()


def set_policy(request: Any, policy: PolicyLike) -> None:
    """Name or carry a policy in a request."""
    if isinstance(policy, Policy):
        request.policy.CopyFrom(policy_to(policy))
    elif policy:
        request.policy_name = policy


def judge_files(
    files: Sequence[str], ask: Ask, connect: Connect, *, json: bool, parallel: int
) -> list[Done]:
    """Ask about every file and show what became of it."""
    jobs = [Job(printable(name), _asking(ask, name)) for name in files]
    return asyncio.run(run_jobs(connect, jobs, shower_of(json=json), parallel=parallel))


def finish(done: Sequence[Done]) -> None:
    """Leave with the exit status of the worst."""
    answers: list[Any] = [item.answer for item in done if item.answer is not None]
    errors = [item.error for item in done if item.error is not None]
    raise typer.Exit(exits.of_many((show.verdict_of(answer) for answer in answers), errors))


def _asking(ask: Ask, name: str) -> Callable[[AsyncClient], Awaitable[Message]]:
    return lambda client: ask(client, name)


def stdin_name(name: str) -> Any:
    """Standard input for ``-``, else the path itself."""
    if name == "-":
        return inline_asset(sys.stdin.buffer.read(), "-")
    return name
