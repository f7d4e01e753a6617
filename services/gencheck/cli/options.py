"""Options that several commands share, and what they mean."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from gencheck.errors import InvalidArgument
from gencheck.policy import Policy
from gencheck.policy_file import built_in_policies, load_policy


def default_cores() -> int:
    """The cores that this process may run on."""
    return len(os.sched_getaffinity(0))


Files = Annotated[list[str], typer.Argument(metavar="FILE…", help="Files to check.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]
PolicyOption = Annotated[
    str, typer.Option("--policy", metavar="NAME|FILE", help="The policy to judge by.")
]
Prompt = Annotated[
    str, typer.Option("--prompt", metavar="TEXT", help="What the asset was made from.")
]
Prompts = Annotated[
    Path | None,
    typer.Option("--prompts", metavar="FILE.csv", help="Prompts for many: columns file,prompt."),
]
Server = Annotated[
    str,
    typer.Option("--server", metavar="HOST:PORT", help="Ask this server; by default judge here."),
]
Router = Annotated[
    str,
    typer.Option("--router", metavar="HOST:PORT", help="Ask this router; by default judge here."),
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


def read_policy(name_or_file: str) -> Policy | str | None:
    """A policy file read here, a built-in name as it is, nothing where nothing is named.

    Raises:
        InvalidArgument: neither a file nor a built-in name.
    """
    if not name_or_file:
        return None
    if name_or_file in built_in_policies():
        return name_or_file
    path = Path(name_or_file)
    if path.suffix == ".toml" or path.exists():
        return load_policy(path)
    raise InvalidArgument(
        f'no policy is called "{name_or_file}"',
        where="--policy",
        fix=f"Name a TOML file, or one of: {', '.join(built_in_policies())}.",
    )
