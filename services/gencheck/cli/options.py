"""Options that several commands share, and what they mean."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from gencheck.errors import InvalidArgument, InvalidPolicy, NotFound
from gencheck.policy import Policy
from gencheck.policy_file import built_in_policies, load_policy


def default_cores() -> int:
    """The cores that this process may run on."""
    return len(os.sched_getaffinity(0))


def utf8(text: str) -> str:
    """The text itself. Raises ``InvalidArgument`` where the shell gave bytes that are no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidArgument("this text is not UTF-8", where="prompt") from None
    return text


Files = Annotated[list[str], typer.Argument(metavar="FILE…", help="Files to check.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]
PolicyOption = Annotated[
    str, typer.Option("--policy", metavar="NAME|FILE", help="The policy to judge by.")
]
PolicyFolder = Annotated[
    Path | None,
    typer.Option("--policies", metavar="DIR", help="Further policies, for the column policy."),
]
Report = Annotated[
    Path | None,
    typer.Option(
        "--report",
        metavar="DIR",
        file_okay=False,
        help="Write an HTML report into this folder.",
    ),
]
Prompt = Annotated[
    str,
    typer.Option("--prompt", metavar="TEXT", callback=utf8, help="What the asset was made from."),
]
Prompts = Annotated[
    Path | None,
    typer.Option("--prompts", metavar="FILE.csv", help="Prompts for many: columns file,prompt."),
]
Hosts = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        metavar="HOST",
        help="A host that https:// may name, such as cdn.example.com or *.example.com; repeatable.",
    ),
]
_ACCESS = "by default judge here. TLS and token: GENCHECK_TLS_CA, _CERT, _KEY, GENCHECK_TOKEN."

Server = Annotated[
    str,
    typer.Option("--server", metavar="HOST:PORT", help=f"Ask this server; {_ACCESS}"),
]
Router = Annotated[
    str,
    typer.Option("--router", metavar="HOST:PORT", help=f"Ask this router; {_ACCESS}"),
]
Timeout = Annotated[
    float, typer.Option("--timeout", metavar="SECONDS", min=0.001, help="Time for one asset.")
]
Cores = Annotated[
    int,
    typer.Option(
        "--cores",
        metavar="N",
        min=1,
        max=256,
        default_factory=default_cores,
        show_default="all",
        help="Processor cores to use.",
    ),
]
Profile = Annotated[
    str, typer.Option("--profile", metavar="NAME", help="Use no models beyond this profile.")
]


def read_policy(name_or_file: str, server: str) -> Policy | str | None:
    """A policy file read here, a name as it is, nothing where nothing is named.

    Args:
        server: who will judge; empty: this process, which knows the built-in policies only.

    Raises:
        InvalidArgument: no such policy, or a file that holds none.
    """
    if not name_or_file:
        return None
    if name_or_file in built_in_policies():
        return name_or_file
    path = Path(name_or_file)
    if path.suffix == ".toml" or path.exists() or path.parent.is_file():
        try:
            return load_policy(path)
        except (NotFound, InvalidPolicy) as error:
            raise InvalidArgument(error.what, where=error.where, fix=error.fix) from None
    if server:
        return name_or_file
    raise InvalidArgument(
        f'no policy is called "{name_or_file}"',
        where="--policy",
        fix=f"Name a TOML file, or one of: {', '.join(built_in_policies())}.",
    )
