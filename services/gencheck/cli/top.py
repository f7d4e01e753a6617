"""The command that shows what servers do right now."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gencheck.errors import InvalidArgument

_DEFAULT = "127.0.0.1:9464"
_MOST_SERVERS = 64


def top(
    urls: Annotated[
        list[str] | None,
        typer.Argument(metavar="[METRICS_URL…]", help=f"HOST:PORT or URL; by default {_DEFAULT}."),
    ] = None,
    *,
    interval: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.2, max=60, help="Between two readings.")
    ] = 1.0,
    window: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, max=3600, help="What rates are about.")
    ] = 10.0,
    once: Annotated[bool, typer.Option("--once", help="Print it once and leave.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object a reading.")] = False,
) -> None:
    """Show rates, times, verdicts and health of running servers; q leaves.

    Servers say so at --metrics-port. One that goes away is shown as such, and found again.
    """
    from gencheck.cli.scrape import Server, url_of
    from gencheck.cli.watch import Watch

    addresses = list(dict.fromkeys(url_of(text) for text in urls or [_DEFAULT]))
    if len(addresses) > _MOST_SERVERS:
        raise InvalidArgument(
            f"these are {len(addresses)} servers",
            where="METRICS_URL",
            fix=f"Name at most {_MOST_SERVERS}.",
        )
    servers = [Server(address, window) for address in addresses]
    watch = Watch(servers, interval, window)
    if once:
        watch.once(as_json)
    elif as_json or not (sys.stdout.isatty() and sys.stdin.isatty()):
        watch.print(as_json)
    else:
        watch.show()
