"""GenEval's results for people, and for programs."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gencheck.cli import show
from gencheck.cli.run import Done


def outcome(found: dict[str, Any] | Done, *, json: bool) -> None:
    """A line of JSON; for people, one of each picture that is wrong or could not be judged."""
    if isinstance(found, Done):
        show.json_line(found) if json else show.Printer()(found)
    elif json:
        sys.stdout.write(json_module.dumps(found) + "\n")
    elif not found["correct"]:
        why = found["reason"].replace("\n", "; ")
        Console(highlight=False, soft_wrap=True).print(
            Text.assemble(("wrong ", "bold red"), f"{found['filename']}  {found['prompt']}: {why}")
        )


def summary(results: Sequence[dict[str, Any]], *, json: bool) -> None:
    """GenEval's scores; beside lines of JSON on standard error."""
    from gencheck.consistency.geneval import scores

    found = scores(results)
    if found is None:
        return
    table = Table("task", "right", "pictures", "share", box=None)
    for task in found.tasks:
        table.add_row(task.tag, str(task.correct), str(task.pictures), f"{task.share:.2%}")
    console = Console(stderr=json, highlight=False, soft_wrap=True)
    console.print(table)
    console.print(
        f"overall, the mean over tasks: {found.overall:.5f}; right pictures {found.pictures:.2%}, "
        f"prompts with one {found.prompts:.2%}"
    )
