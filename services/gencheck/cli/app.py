"""The commands of ``gencheck``, and what ends them."""

from __future__ import annotations

import sys
from io import TextIOWrapper

import typer
from typer.exceptions import TyperException

from gencheck import __version__
from gencheck.cli import (
    admin,
    audit,
    batch,
    checks,
    exits,
    geneval,
    models,
    report,
    serve,
    show,
    token,
    top,
)
from gencheck.errors import GencheckError, InvalidArgument

app = typer.Typer(
    name="gencheck",
    help="Checks generated images, video, sound and 3D assets before anyone sees them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(checks.check)
app.command()(checks.artifact)
app.command()(checks.mesh)
app.command()(checks.consistency)
app.command()(audit.audit)
app.command()(checks.prompt)
app.command()(geneval.geneval)
app.command()(serve.serve)
app.command()(report.report)
app.command()(top.top)
app.add_typer(models.models, name="models")
app.add_typer(admin.commands, name="policy")
app.add_typer(token.token, name="token")
app.add_typer(batch.batch, name="batch")


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"gencheck {__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Exit status: 0 PASS, 1 FAIL, 2 REVIEW, 3 INCONCLUSIVE; 64 and above: not judged."""


def main() -> None:
    """Run the command line; leave with a documented exit status, never with a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name need not be text
    try:
        status = app(prog_name="gencheck", standalone_mode=False)
    except typer.Abort:
        status = exits.INTERRUPTED
    except typer.Exit as leave:
        status = leave.exit_code
    except TyperException as error:
        show.usage(error)
        status = exits.USAGE
    except InvalidArgument as error:
        show.error_line(error)
        status = exits.USAGE
    except GencheckError as error:
        show.error_line(error)
        status = exits.of_error(error)
    except KeyboardInterrupt:
        status = exits.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        status = 0
    except Exception as error:  # a bug: Python's own 1 would read as a verdict
        show.bug(error)
        status = exits.INTERNAL
    sys.exit(status if isinstance(status, int) else 0)
