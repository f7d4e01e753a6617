"""The command that runs a server."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from gencheck.cli import options
from gencheck.errors import InvalidArgument
from gencheck.serving.logs import configure

if TYPE_CHECKING:
    from gencheck.compose import Settings
    from gencheck.serving.host import HostOptions

_MIB = 1 << 20
_Triton: TypeAlias = Annotated[
    str, typer.Option(metavar="HOST:PORT", help="Run models there, not in this process.")
]
_SharedMemory: TypeAlias = Annotated[
    bool, typer.Option("--triton-shared-memory", help="For large inputs, on the same host.")
]
_Roots: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(metavar="DIR", help="A folder that file:// may name; repeatable."),
]
_Policies: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="DIR", help="A folder with further policies.")
]
_VqaUrl: TypeAlias = Annotated[
    str,
    typer.Option(
        "--vqa", metavar="URL", help="Endpoint for questions about pictures; no check asks any yet."
    ),
]
_VqaModel: TypeAlias = Annotated[
    str, typer.Option("--vqa-model", metavar="NAME", help="The model that it serves.")
]
_MetricsPort: TypeAlias = Annotated[
    int, typer.Option(min=0, max=65535, help="Prometheus metrics over HTTP; 0: none.")
]
_VQA_KEY = "GENCHECK_VQA_KEY"
_HELP = "artifact, consistency, bias, mesh, router, or all."


def serve(
    service: Annotated[str, typer.Argument(help=_HELP)],
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 7400,
    artifact: Annotated[str, typer.Option(metavar="HOST:PORT", help="For the router.")] = "",
    consistency: Annotated[str, typer.Option(metavar="HOST:PORT", help="For the router.")] = "",
    bias: Annotated[str, typer.Option(metavar="HOST:PORT", help="For the router.")] = "",
    mesh: Annotated[str, typer.Option(metavar="HOST:PORT", help="For the router.")] = "",
    triton: _Triton = "",
    triton_shared_memory: _SharedMemory = False,
    vqa: _VqaUrl = "",
    vqa_model: _VqaModel = "",
    root: _Roots = None,
    policies: _Policies = None,
    forbid_carried_policies: Annotated[
        bool, typer.Option("--forbid-carried-policies", help="Callers may only name policies.")
    ] = False,
    inline_limit: Annotated[
        int, typer.Option(metavar="MIB", min=1, max=1024, help="Largest asset in a request.")
    ] = 8,
    metrics_host: Annotated[str, typer.Option(help="Address of the metrics.")] = "127.0.0.1",
    metrics_port: _MetricsPort = 0,
    reflection: Annotated[
        bool, typer.Option("--reflection", help="Offer gRPC reflection.")
    ] = False,
    cores: options.Cores,
    profile: options.Profile = "",
) -> None:
    """Run one service, the router, or all of them on one port, until SIGTERM."""
    from gencheck.compose import SERVICES, Settings
    from gencheck.serving.host import HostOptions

    given = {"artifact": artifact, "consistency": consistency, "bias": bias, "mesh": mesh}
    endpoints = {name: target for name, target in given.items() if target}
    names = _names(service, endpoints, SERVICES)
    _check_vqa(vqa, vqa_model)
    settings = Settings(
        cores=cores,
        profile=profile,
        policies=policies,
        roots=tuple(root or ()),
        allow_carried_policies=not forbid_carried_policies,
        endpoints=endpoints,
        triton=triton,
        triton_shared_memory=triton_shared_memory,
        vqa=vqa,
        vqa_model=vqa_model,
        vqa_key=os.environ.get(_VQA_KEY, ""),
    )
    wanted = HostOptions(
        host=host,
        port=port,
        inline_limit=inline_limit * _MIB,
        metrics_host=metrics_host,
        metrics_port=metrics_port or None,
        reflection=reflection,
    )
    configure()
    asyncio.run(_serve(names, settings, wanted))


def _names(service: str, endpoints: dict[str, str], known: tuple[str, ...]) -> tuple[str, ...]:
    if service == "all":
        return (*known, "router")
    if service not in (*known, "router"):
        raise InvalidArgument(
            f'no service is called "{service}"', where="SERVICE", fix=f"Known are {_HELP}"
        )
    if endpoints and service != "router":
        raise InvalidArgument(
            "only the router is told where services are",
            where="--" + next(iter(endpoints)),
            fix="Leave the option out.",
        )
    if service == "router" and not endpoints:
        raise InvalidArgument(
            "the router knows no service",
            where="--artifact, --consistency, --bias, --mesh",
            fix="Name at least one, or run `gencheck serve all`.",
        )
    return (service,)


def _check_vqa(url: str, model: str) -> None:
    if bool(url) != bool(model):
        raise InvalidArgument(
            "an endpoint needs the name of its model, and a model its endpoint",
            where="--vqa, --vqa-model",
            fix="Give both, or neither.",
        )


async def _serve(names: tuple[str, ...], settings: Settings, options: HostOptions) -> None:
    from gencheck.compose import Workshop
    from gencheck.serving.host import Host

    async with Workshop(settings) as workshop:
        host = Host(await workshop.services(names), options=options)
        port = await host.start()
        sys.stdout.write(f"listening on {options.host}:{port}\n")
        sys.stdout.flush()
        await host.wait()
