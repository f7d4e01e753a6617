"""The command that makes tokens."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

token = typer.Typer(help="What callers show a server.", no_args_is_help=True)


@token.callback()
def _tokens() -> None:
    """What callers show a server."""


@token.command()
def new(
    caller: Annotated[str, typer.Argument(metavar="CALLER", help="Name of the caller.")],
) -> None:
    """Make a token: it goes to standard error, once; its line for --tokens to standard output."""
    from gencheck.serving.callers import new_token

    secret, line = new_token(caller)
    sys.stderr.write(f"{secret}\n")
    sys.stdout.write(f"{line}\n")
