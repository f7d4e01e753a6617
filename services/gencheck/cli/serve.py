"""The command that runs a server."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Any

from gencheck.cli import options
from gencheck.cli import serve_options as given
from gencheck.errors import InvalidArgument
from gencheck.serving.logs import configure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gencheck.compose import Settings
    from gencheck.serving.host import HostOptions
    from gencheck.serving.tls import ServerTls, Tls

_MIB = 1 << 20
_TOKEN = "GENCHECK_TOKEN"
_VQA_KEY = "GENCHECK_VQA_KEY"
_PARSER_KEY = "GENCHECK_PARSER_KEY"
# Clients watch the health; what they hear of it takes milliseconds.
_LAME_DUCK_SECONDS = 0.5


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
    parser: given.ParserUrl = "",
    parser_model: given.ParserModel = "",
    root: given.Roots = None,
    allow_host: options.Hosts = None,
    asset_store: given.AssetStore = "",
    asset_bytes: given.AssetBytes = 512,
    assets: given.Assets = "",
    policies: given.PolicyFolder = None,
    forbid_carried_policies: given.NoCarriedPolicies = False,
    inline_limit: given.InlineLimit = 8,
    max_in_progress: given.MaxInProgress = 64,
    metrics_host: given.MetricsHost = "127.0.0.1",
    metrics_port: given.MetricsPort = 0,
    otlp: given.Otlp = "",
    trace_ratio: given.TraceRatio = 1.0,
    health_port: given.HealthPort = 0,
    tls_cert: given.TlsCert = None,
    tls_key: given.TlsKey = None,
    tls_client_ca: given.ClientCa = None,
    tokens: given.Tokens = None,
    services_ca: given.ServicesCa = None,
    services_cert: given.ServicesCert = None,
    services_key: given.ServicesKey = None,
    reflection: given.Reflection = False,
    cores: options.Cores,
    profile: options.Profile = "",
) -> None:
    """Run one service, the router, or all of them on one port, until SIGTERM."""
    from gencheck.compose import SERVICES

    said = dict(locals())
    endpoints = {name: said[name] for name in SERVICES if said[name]}
    names = _names(service, endpoints, SERVICES)
    said["asset_store"] = _store(names, asset_store, assets)
    settings, wanted = _settings(said, endpoints), _listening(said)
    configure()
    asyncio.run(_serve(names, settings, wanted))


def _settings(said: dict[str, Any], endpoints: dict[str, str]) -> Settings:
    from gencheck.compose import Settings

    for option in ("vqa", "parser"):
        _check_model(f"--{option}", said[option], said[f"{option}_model"])
    return Settings(
        cores=said["cores"],
        profile=said["profile"],
        policies=said["policies"],
        roots=tuple(said["root"] or ()),
        hosts=tuple(said["allow_host"] or ()),
        asset_store=said["asset_store"],
        asset_bytes=said["asset_bytes"] * _MIB,
        assets=said["assets"],
        token=os.environ.get(_TOKEN, "") if endpoints or said["assets"] else "",
        allow_carried_policies=not said["forbid_carried_policies"],
        endpoints=endpoints,
        triton=said["triton"],
        triton_shared_memory=said["triton_shared_memory"],
        vqa=said["vqa"],
        vqa_model=said["vqa_model"],
        vqa_key=os.environ.get(_VQA_KEY, ""),
        parser=said["parser"],
        parser_model=said["parser_model"],
        parser_key=os.environ.get(_PARSER_KEY, ""),
        otlp=said["otlp"],
        trace_name=_trace_name(said["service"]),
        trace_ratio=said["trace_ratio"],
        services_tls=_services_tls(
            [*endpoints, *([said["assets"]] if said["assets"] else [])],
            said["services_ca"],
            said["services_cert"],
            said["services_key"],
        ),
    )


def _trace_name(service: str) -> str:
    return "gencheck" if service == "all" else f"gencheck-{service}"


def _listening(said: dict[str, Any]) -> HostOptions:
    from gencheck.serving.host import HostOptions

    return HostOptions(
        host=said["host"],
        port=said["port"],
        inline_limit=said["inline_limit"] * _MIB,
        max_in_progress=said["max_in_progress"],
        metrics_host=said["metrics_host"],
        metrics_port=said["metrics_port"] or None,
        tls=_server_tls(said["tls_cert"], said["tls_key"], said["tls_client_ca"]),
        tokens=said["tokens"],
        health_port=said["health_port"] or None,
        reflection=said["reflection"],
        lame_duck_seconds=_LAME_DUCK_SECONDS,
    )


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


def _store(names: tuple[str, ...], store: str, assets: str) -> str:
    """Where this process holds assets.

    By default where all are in one process: services beside have to be told who holds them.
    """
    if "router" not in names:
        if store:
            raise InvalidArgument(
                "only the router holds assets",
                where="--asset-store",
                fix="Tell this service where they are, with --assets.",
            )
        return ""
    if assets:
        raise InvalidArgument(
            "the router holds assets itself",
            where="--assets",
            fix="Say --asset-store, and --assets to the services beside it.",
        )
    if not store:
        return "memory" if len(names) > 1 else ""
    return "" if store == "none" else store


def _server_tls(cert: Path | None, key: Path | None, client_ca: Path | None) -> ServerTls | None:
    from gencheck.serving.tls import ServerTls

    if cert is not None and key is not None:
        return ServerTls(cert, key, client_ca)
    if cert or key or client_ca:
        raise InvalidArgument(
            "TLS needs a certificate and its key",
            where="--tls-cert, --tls-key",
            fix="Give both, or neither.",
        )
    return None


def _services_tls(
    called: Sequence[str], ca: Path | None, cert: Path | None, key: Path | None
) -> Tls | None:
    from gencheck.serving.tls import Tls

    if not (ca or cert or key):
        return None
    if not called:
        raise InvalidArgument(
            "this server calls no other", where="--services-ca", fix="Leave the option out."
        )
    if ca is None or (cert is None) != (key is None):
        raise InvalidArgument(
            "calls over TLS need a CA, and a certificate its key",
            where="--services-ca, --services-cert, --services-key",
            fix="Give the CA alone, or all three.",
        )
    return Tls(ca, cert, key)


def _check_model(option: str, url: str, model: str) -> None:
    if bool(url) != bool(model):
        raise InvalidArgument(
            "an endpoint needs the name of its model, and a model its endpoint",
            where=f"{option}, {option}-model",
            fix="Give both, or neither.",
        )


async def _serve(names: tuple[str, ...], settings: Settings, options: HostOptions) -> None:
    from gencheck.compose import Workshop
    from gencheck.serving.host import Host

    async with Workshop(settings) as workshop:
        hosted = (*names, "assets") if settings.asset_store else names
        services = await workshop.services(hosted)
        host = Host(
            services, options=options, metrics=workshop.metrics, telemetry=workshop.telemetry
        )
        port = await host.start()
        sys.stdout.write(f"listening on {options.host}:{port}\n")
        sys.stdout.flush()
        await host.wait()
