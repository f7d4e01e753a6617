"""The options of ``gencheck serve``: a name each, so that its signature stays a list to read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SERVICE_HELP = "artifact, consistency, bias, mesh, router, or all."

ServiceName = Annotated[str, typer.Argument(help=SERVICE_HELP)]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")]
Endpoint = Annotated[str, typer.Option(metavar="HOST:PORT", help="For the router.")]
Triton = Annotated[
    str, typer.Option(metavar="HOST:PORT", help="Run models there, not in this process.")
]
SharedMemory = Annotated[
    bool, typer.Option("--triton-shared-memory", help="For large inputs, on the same host.")
]
Roots = Annotated[
    list[str] | None,
    typer.Option(
        "--root",
        metavar="DIR|URL",
        help="A folder that file:// may name, or a prefix such as s3://bucket/in; repeatable.",
    ),
]
AssetStore = Annotated[
    str,
    typer.Option(
        "--asset-store",
        metavar="memory|none|DIR|URL",
        help="Where the router holds uploaded assets; by default memory for all, else none.",
    ),
]
AssetBytes = Annotated[
    int,
    typer.Option("--asset-bytes", metavar="MIB", min=1, help="How much of them it holds."),
]
Assets = Annotated[
    str,
    typer.Option(
        "--assets",
        metavar="HOST:PORT|DIR|URL",
        help="Who holds uploaded assets, for a service beside the router.",
    ),
]
PolicyFolder = Annotated[
    Path | None, typer.Option(metavar="DIR", help="A folder with further policies.")
]
NoCarriedPolicies = Annotated[
    bool, typer.Option("--forbid-carried-policies", help="Callers may only name policies.")
]
VqaUrl = Annotated[
    str,
    typer.Option(
        "--vqa",
        metavar="URL",
        help="Endpoint that is asked what nothing else judges.",
    ),
]
VqaModel = Annotated[
    str, typer.Option("--vqa-model", metavar="NAME", help="The model that it serves.")
]
ParserUrl = Annotated[
    str,
    typer.Option(
        "--parser", metavar="URL", help="Endpoint that takes prompts apart, not the grammar."
    ),
]
ParserModel = Annotated[
    str, typer.Option("--parser-model", metavar="NAME", help="The model that it serves.")
]
InlineLimit = Annotated[
    int, typer.Option(metavar="MIB", min=1, max=1024, help="Largest asset in a request.")
]
MaxInProgress = Annotated[
    int, typer.Option(metavar="N", min=1, max=10_000, help="Most calls at a time; fewer if slow.")
]
MetricsHost = Annotated[str, typer.Option(help="Address of the metrics.")]
MetricsPort = Annotated[
    int, typer.Option(min=0, max=65535, help="Prometheus metrics over HTTP; 0: none.")
]
Otlp = Annotated[
    str, typer.Option("--otlp", metavar="HOST:PORT", help="Send traces to this collector.")
]
TraceRatio = Annotated[
    float, typer.Option(metavar="SHARE", help="Of the traces that begin here, 0 to 1.")
]
HealthPort = Annotated[
    int, typer.Option(min=0, max=65535, help="Health alone, in plain text, for probes; 0: none.")
]
TlsCert = Annotated[
    Path | None, typer.Option("--tls-cert", metavar="FILE", help="Certificate, with its chain.")
]
TlsKey = Annotated[
    Path | None, typer.Option("--tls-key", metavar="FILE", help="Key of the certificate.")
]
ClientCa = Annotated[
    Path | None,
    typer.Option("--tls-client-ca", metavar="FILE", help="Clients need a certificate by this CA."),
]
Tokens = Annotated[
    Path | None,
    typer.Option("--tokens", metavar="FILE", help="Callers need a token: lines NAME SHA256."),
]
ServicesCa = Annotated[
    Path | None,
    typer.Option("--services-ca", metavar="FILE", help="Others are called over TLS, by this CA."),
]
ServicesCert = Annotated[
    Path | None,
    typer.Option("--services-cert", metavar="FILE", help="What this server shows those it calls."),
]
ServicesKey = Annotated[
    Path | None, typer.Option("--services-key", metavar="FILE", help="Key of that certificate.")
]
Reflection = Annotated[bool, typer.Option("--reflection", help="Offer gRPC reflection.")]
