"""The commands that judge files: check, artifact, mesh, consistency, prompt."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from google.protobuf.message import Message

from gencheck.bias.counts import MIN_CELL
from gencheck.cli import exits, options, show
from gencheck.cli.ask import EVERYTHING, connect_to, finish, judge_files, shower_of, stdin_name
from gencheck.cli.audit import audit_files
from gencheck.cli.follow import follow
from gencheck.cli.run import Done, Job, run_jobs
from gencheck.cli.tables import read_prompts
from gencheck.client import AsyncClient
from gencheck.errors import GencheckError, InvalidArgument
from gencheck.inputs import printable
from gencheck.v1.bias_pb2 import AuditImagesOptions


def check(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILE…", help="Files to check; - is one.")
    ] = None,
    *,
    prompt: options.Prompt = "",
    prompts: options.Prompts = None,
    policy: options.PolicyOption = "",
    report: options.Report = None,
    router: options.Router = "",
    audit: Annotated[
        bool, typer.Option("--audit", help="Also audit the people in the pictures as one set.")
    ] = False,
    stop_early: Annotated[
        bool, typer.Option("--stop-early", help="End at the first thing that makes a file FAIL.")
    ] = False,
    json: options.Json = False,
    timeout: options.Timeout = 60.0,
    cores: options.Cores,
    profile: options.Profile = "",
) -> None:
    """All checks that apply to each file, and one verdict."""
    chosen = options.read_policy(policy, router)
    prompt_of = dict(read_prompts(prompts)) if prompts else {}
    names = [*(files or ()), *(name for name in prompt_of if name not in (files or ()))]
    if not names:
        raise InvalidArgument("nothing to check", where="FILE…", fix="Name at least one file.")
    if audit and "-" in names:
        raise InvalidArgument("standard input can be read only once", where="--audit")

    async def ask(client: AsyncClient, name: str) -> Message:
        return await client.check(
            stdin_name(name),
            prompt=prompt_of.get(name, prompt),
            policy=chosen,
            heat_map=report is not None,
            views=report is not None,
            stop_early=stop_early,
        )

    connect = connect_to(router, timeout, cores, profile, services=EVERYTHING)
    done = judge_files(names, ask, connect, json=json, parallel=cores)
    if audit:
        read = [item.asset for item in done if item.answer is not None]
        # A report is shown to others.
        terms = AuditImagesOptions(min_cell=0 if report is None else MIN_CELL)
        for item in audit_files(read, connect, policy=chosen, options=terms) if read else ():
            shower_of(json=json)(item)
            done.append(item)
    if report is not None:
        _write_report(report, done, {n: prompt_of.get(n, prompt) for n in names})
    finish(done)


def artifact(
    files: options.Files,
    *,
    policy: options.PolicyOption = "",
    report: options.Report = None,
    heat_map: Annotated[
        Path | None,
        typer.Option(
            "--heat-map",
            metavar="DIR|FILE.png",
            help="Write pictures with what is wrong in red: into this folder, or of one file here.",
        ),
    ] = None,
    stream: Annotated[
        bool,
        typer.Option(
            "--stream",
            help="Read video and sound as they go, up to four hours, and tell findings at once.",
        ),
    ] = False,
    server: options.Server = "",
    json: options.Json = False,
    timeout: options.Timeout = 60.0,
    cores: options.Cores,
    profile: options.Profile = "",
) -> None:
    """Technical artifacts in pictures, video and sound."""
    chosen = options.read_policy(policy, server)
    wanted = report is not None or heat_map is not None

    async def ask(client: AsyncClient, name: str) -> Message:
        asset = stdin_name(name)
        if stream:
            parts = client.stream_artifact(asset, policy=chosen, heat_map=wanted)
            return await follow(parts, printable(name))
        return await client.check_artifact(asset, policy=chosen, heat_map=wanted)

    connect = connect_to(server, timeout, cores, profile, services=["artifact"])
    done = judge_files(files, ask, connect, json=json, parallel=cores)
    if report is not None:
        _write_report(report, done, {})
    if heat_map is not None:
        from gencheck.cli.heat_maps import write_heat_maps

        for path in write_heat_maps(heat_map, done):
            show.note(f"heat map: {path}")
    finish(done)


def mesh(
    files: options.Files,
    *,
    policy: options.PolicyOption = "",
    report: options.Report = None,
    views: Annotated[
        Path | None,
        typer.Option(
            "--views",
            metavar="DIR",
            file_okay=False,
            help="Write pictures from four sides, with what is wrong in red, into this folder.",
        ),
    ] = None,
    server: options.Server = "",
    json: options.Json = False,
    timeout: options.Timeout = 60.0,
    cores: options.Cores,
) -> None:
    """The geometry of 3D assets: GLB, glTF, OBJ, STL, PLY, OFF, 3MF, COLLADA (DAE), USD, USDZ."""
    chosen = options.read_policy(policy, server)
    wanted = report is not None or views is not None

    async def ask(client: AsyncClient, name: str) -> Message:
        return await client.check_mesh(stdin_name(name), policy=chosen, views=wanted)

    connect = connect_to(server, timeout, cores, "", services=["mesh"])
    done = judge_files(files, ask, connect, json=json, parallel=cores)
    if report is not None:
        _write_report(report, done, {})
    if views is not None:
        from gencheck.cli.views import write_views

        for path in write_views(views, done):
            show.note(f"view: {path}")
    finish(done)


def consistency(
    images: Annotated[
        list[str] | None, typer.Argument(metavar="IMAGE…", help="Pictures or videos.")
    ] = None,
    *,
    prompt: options.Prompt = "",
    prompts: options.Prompts = None,
    policy: options.PolicyOption = "",
    server: options.Server = "",
    json: options.Json = False,
    timeout: options.Timeout = 60.0,
    cores: options.Cores,
    profile: options.Profile = "",
) -> None:
    """Every claim of a prompt, held against the picture."""
    chosen = options.read_policy(policy, server)
    pairs = [(name, prompt) for name in images or ()]
    pairs += read_prompts(prompts) if prompts else []
    if not pairs:
        raise InvalidArgument("nothing to check", where="IMAGE…", fix="Name at least one picture.")
    if images and not prompt:
        raise InvalidArgument("no prompt", where="--prompt", fix='Add --prompt "…".')
    jobs = [Job(printable(name), _asking_with(name, text, chosen)) for name, text in pairs]
    connect = connect_to(server, timeout, cores, profile, services=["consistency"])
    finish(asyncio.run(run_jobs(connect, jobs, shower_of(json=json), parallel=cores)))


def _write_report(folder: Path, done: Sequence[Done], prompts: Mapping[str, str]) -> None:
    from gencheck.cli.reporting import write_report

    show.note(f"report: {write_report(folder, done, prompts)}")


def _asking_with(name: str, text: str, policy: Any) -> Callable[[AsyncClient], Awaitable[Message]]:
    return lambda client: client.check_consistency(stdin_name(name), text, policy=policy)


def prompt(
    texts: Annotated[
        list[str], typer.Argument(metavar="TEXT…", help="Prompts; - reads one a line.")
    ],
    json: options.Json = False,
) -> None:
    """The claims of prompts, and the words that stand in none."""
    from gencheck.consistency.service import parse_to_message

    prompts: list[str] = []
    for text in texts:
        prompts += _lines() if text == "-" else [options.utf8(text)]
    failures: list[GencheckError] = []
    printer = show.Printer()
    for text in prompts:
        try:
            answer = parse_to_message(text)
        except GencheckError as error:
            failures.append(error)
            done = Done(text[:80], error=error)
            show.json_line(done) if json else printer(done)
            continue
        if json:
            show.json_line(Done(text, answer=answer))
        else:
            printer.claims(answer)
    raise typer.Exit(exits.BAD_INPUT if len(failures) == len(prompts) else 0)


def _lines() -> list[str]:
    """The lines of standard input; what is no UTF-8 in them becomes U+FFFD."""
    return sys.stdin.buffer.read().decode("utf-8", "replace").splitlines()
