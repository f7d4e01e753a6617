"""The command that runs a server."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

from gencheck.cli import options
from gencheck.cli import serve_options as given
from gencheck.errors import InvalidArgument
from gencheck.serving.logs import configure

if TYPE_CHECKING:
    from gencheck.compose import Settings
    from gencheck.serving.host import HostOptions

_MIB = 1 << 20
_VQA_KEY = "GENCHECK_VQA_KEY"


def serve(
    service: given.ServiceName,
    *,
    host: given.Host = "127.0.0.1",
    port: given.Port = 7400,
    artifact: given.Endpoint = "",
    consistency: given.Endpoint = "",
    bias: given.Endpoint = "",
    mesh: given.Endpoint = "",
    triton: given.Triton = "",
    triton_shared_memory: given.SharedMemory = False,
    vqa: given.VqaUrl = "",
    vqa_model: given.VqaModel = "",
    root: given.Roots = None,
    policies: given.PolicyFolder = None,
    forbid_carried_policies: given.NoCarriedPolicies = False,
    inline_limit: given.InlineLimit = 8,
    metrics_host: given.MetricsHost = "127.0.0.1",
    metrics_port: given.MetricsPort = 0,
    otlp: given.Otlp = "",
    trace_ratio: given.TraceRatio = 1.0,
    reflection: given.Reflection = False,
    cores: options.Cores,
    profile: options.Profile = "",
) -> None:
    """Run one service, the router, or all of them on one port, until SIGTERM."""
    from gencheck.compose import SERVICES, Settings
    from gencheck.serving.host import HostOptions

    targets = {"artifact": artifact, "consistency": consistency, "bias": bias, "mesh": mesh}
    endpoints = {name: target for name, target in targets.items() if target}
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
        otlp=otlp,
        trace_name="gencheck" if service == "all" else f"gencheck-{service}",
        trace_ratio=trace_ratio,
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
            f'no service is called "{service}"',
            where="SERVICE",
            fix=f"Known are {given.SERVICE_HELP}",
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
        services = await workshop.services(names)
        host = Host(
            services, options=options, metrics=workshop.metrics, telemetry=workshop.telemetry
        )
        port = await host.start()
        sys.stdout.write(f"listening on {options.host}:{port}\n")
        sys.stdout.flush()
        await host.wait()
