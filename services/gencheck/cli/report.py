"""The command that makes a report from answers that were kept as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from google.protobuf import json_format
from google.protobuf.message import Message

from gencheck.cli import show
from gencheck.cli.run import Done
from gencheck.cli.tables import read_text
from gencheck.errors import InvalidInput
from gencheck.serving.status import from_status
from gencheck.v1 import bias_pb2, router_pb2


def report(
    answers: Annotated[
        Path, typer.Argument(metavar="ANSWERS.jsonl", help="What --json printed, one a line.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="The folder to write index.html into.")
    ] = Path("report"),
) -> None:
    """An HTML report of answers that were kept; pictures are read from where they were."""
    from gencheck.cli.reporting import write_report

    lines = read_text(answers).splitlines()
    done = [_done(line, f"{answers}:{n}") for n, line in enumerate(lines, 1) if line.strip()]
    show.note(f"report: {write_report(out, done, {})}")


def _done(line: str, where: str) -> Done:
    try:
        fields = json.loads(line)
        message: Any = json_format.ParseDict(fields, _kind_of(fields), ignore_unknown_fields=True)
    except (ValueError, TypeError, AttributeError, json_format.ParseError) as error:
        raise InvalidInput(f"this is no answer of gencheck ({error})", where=where) from None
    if isinstance(message, router_pb2.CheckFailure):
        return Done(message.asset, error=from_status(message.error))
    return Done(getattr(message, "audit", message).asset, answer=message)


def _kind_of(fields: dict[str, object]) -> Message:
    """The message of a line; answers of the services can be read as the router's."""
    if "error" in fields:
        return router_pb2.CheckFailure()
    if "audit" in fields:
        return bias_pb2.AuditImagesResponse()
    if "audits" in fields:
        return bias_pb2.AuditResponse()
    return router_pb2.CheckResponse()
