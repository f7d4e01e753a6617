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
    list[Path] | None,
    typer.Option("--root", metavar="DIR", help="A folder that file:// may name; repeatable."),
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
        "--vqa", metavar="URL", help="Endpoint for questions about pictures; no check asks any yet."
    ),
]
VqaModel = Annotated[
    str, typer.Option("--vqa-model", metavar="NAME", help="The model that it serves.")
]
InlineLimit = Annotated[
    int, typer.Option(metavar="MIB", min=1, max=1024, help="Largest asset in a request.")
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
Reflection = Annotated[bool, typer.Option("--reflection", help="Offer gRPC reflection.")]
