"""The command that judges pictures by GenEval's rules."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gencheck.cli import exits, options, show_geneval
from gencheck.cli.run import Done, progress
from gencheck.cli.tables import read_text
from gencheck.errors import GencheckError, InvalidInput, LimitExceeded, NotFound, Unavailable
from gencheck.findings import Verdict
from gencheck.inputs import printable

if TYPE_CHECKING:
    from gencheck.compose import Settings
    from gencheck.consistency.geneval import Metadata

_PICTURE = re.compile(r"\d+\.(png|jpe?g|webp)", re.IGNORECASE)
_LAYOUT = "GenEval's layout is DIR/00000/metadata.jsonl and DIR/00000/samples/0000.png."


def geneval(
    source: Annotated[
        Path, typer.Argument(metavar="DIR|BOXES.jsonl", help="Pictures, or boxes of a detector.")
    ],
    *,
    metadata: Annotated[
        Path | None,
        typer.Option(
            "--metadata",
            metavar="FILE.jsonl",
            help="evaluation_metadata.jsonl: line n is for folder n, where nothing nearer says.",
        ),
    ] = None,
    score: Annotated[
        float | None,
        typer.Option(
            "--counting-score",
            metavar="SCORE",
            min=0.0,
            max=1.0,
            show_default="0.9 of boxes, 0.45 of gencheck's own detector",
            help="Score above which a box counts where the task is to count.",
        ),
    ] = None,
    json: options.Json = False,
    timeout: options.Timeout = 60.0,
    cores: options.Cores,
    profile: options.Profile = "",
) -> None:
    """GenEval's verdict on each picture, and its scores.

    Give pictures in GenEval's folders, for gencheck's own object detector, or boxes of another.
    """
    from gencheck.consistency.geneval import COUNTING_SCORE, read_metadata, result_line

    prompts = read_metadata(read_text(metadata), str(metadata)) if metadata else []
    if source.is_dir():
        from gencheck.compose import Settings
        from gencheck.consistency.geneval.pictures import COUNTING_SCORE as OWN

        judge = partial(result_line, counting_score=OWN if score is None else score)
        samples = find_samples(source)
        judged = _look(samples, prompts, judge, Settings(cores=cores, profile=profile), timeout)
        outcomes = asyncio.run(_shown(judged, len(samples), json=json))
    else:
        judge = partial(result_line, counting_score=COUNTING_SCORE if score is None else score)
        outcomes = [_show(one, json=json) for one in _judge_lines(source, prompts, judge)]
    _finish(outcomes, source, json=json)


Outcome = dict[str, Any] | Done
"""A result of GenEval, or what went wrong with a picture."""
Judge = Callable[[str, Any, Any], dict[str, Any]]


def _finish(outcomes: Sequence[Outcome], source: Path, *, json: bool) -> None:
    """Show the scores and leave."""
    results = [outcome for outcome in outcomes if isinstance(outcome, dict)]
    errors = [outcome.error for outcome in outcomes if isinstance(outcome, Done) and outcome.error]
    if not outcomes:
        raise InvalidInput("no boxes", where=str(source))
    show_geneval.summary(results, json=json)
    # A score is no verdict: pictures that are wrong are what it counts.
    raise typer.Exit(exits.of_many([Verdict.PASS] * bool(results), errors))


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture and the folder of its prompt."""

    picture: Path
    folder: Path


def find_samples(source: Path) -> list[Sample]:
    """The pictures of a folder in GenEval's layout, in the order of their numbers.

    Raises:
        InvalidInput: there are none.
    """
    folders = sorted(
        (folder for folder in source.iterdir() if folder.name.isdecimal() and folder.is_dir()),
        key=lambda folder: int(folder.name),
    )
    found = [
        Sample(picture, folder)
        for folder in folders
        for picture in sorted(folder.glob("samples/*"))
        if _PICTURE.fullmatch(picture.name) and picture.is_file()
    ]
    if not found:
        raise InvalidInput("no pictures", where=str(source), fix=_LAYOUT)
    return found


async def _look(
    samples: Sequence[Sample],
    prompts: Sequence[Metadata],
    judge: Judge,
    settings: Settings,
    timeout: float,
) -> AsyncIterator[Outcome]:
    from gencheck.compose import Workshop
    from gencheck.consistency.geneval.pictures import look_for
    from gencheck.deadline import Deadline
    from gencheck.inputs import to_asset
    from gencheck.media.types import Image
    from gencheck.vision.roles import MISSING_ROLE_FIX

    async with Workshop(settings) as workshop:
        intake, roles = await workshop.eyes()
        if roles.objects is None:
            raise Unavailable("no object detector is installed", fix=MISSING_ROLE_FIX["objects"])
        for sample in samples:
            name = str(sample.picture)
            try:
                asked = _metadata_of(sample.folder, prompts)
                deadline = Deadline.after(timeout)
                media = (await intake.decode(to_asset(name), deadline=deadline)).media
                if not isinstance(media, Image):
                    raise InvalidInput("no single picture", where=name)
                found = await look_for(asked, media.pixels, roles.objects, deadline=deadline)
                yield judge(printable(name), found, asked)
            except GencheckError as error:
                yield _failed(name, error)


def _failed(name: str, error: GencheckError) -> Done:
    error.where = error.where or printable(name)
    return Done(printable(name), error=error)


def _metadata_of(folder: Path, prompts: Sequence[Metadata]) -> Metadata:
    from gencheck.consistency.geneval import parse_metadata

    path = folder / "metadata.jsonl"
    if path.is_file():
        return parse_metadata(read_text(path), str(path))
    return _numbered(int(folder.name), prompts, str(path))


def _numbered(number: int, prompts: Sequence[Metadata], where: str) -> Metadata:
    if number < len(prompts):
        return prompts[number]
    raise NotFound(f"no metadata of prompt {number}", where=where, fix="Name it with --metadata.")


def _judge_lines(source: Path, prompts: Sequence[Metadata], judge: Judge) -> Iterator[Outcome]:
    from gencheck.consistency.geneval import parse_boxes

    for number, line in enumerate(_lines(source), 1):
        where = f"{source}:{number}"
        try:
            boxes = parse_boxes(line, where)
            asked = boxes.metadata
            if asked is None:
                asked = _numbered(_prompt_number(boxes.filename, where), prompts, where)
            yield judge(boxes.filename, boxes.found, asked)
        except GencheckError as error:
            yield _failed(where, error)


def _prompt_number(filename: str, where: str) -> int:
    parts = Path(filename).parts
    if len(parts) < 3 or not parts[-3].isdecimal():
        raise InvalidInput(f"no metadata, and {filename!r:.60} names no folder of it", where=where)
    return int(parts[-3])


def _lines(source: Path) -> Iterator[str]:
    """The lines of a file, one at a time, never more of one than can be judged."""
    from gencheck.consistency.geneval import MAX_LINE

    try:
        with source.open(encoding="utf-8") as file:
            while line := file.readline(MAX_LINE + 1):
                if len(line) > MAX_LINE:
                    raise LimitExceeded(f"a line over {MAX_LINE} characters", where=str(source))
                if line.strip():
                    yield line
    except FileNotFoundError:
        raise NotFound("no such file or folder", where=str(source)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"cannot be read as text: {error}", where=str(source)) from None


async def _shown(judged: AsyncIterator[Outcome], total: int, *, json: bool) -> list[Outcome]:
    outcomes = []
    with progress(total) as advance:
        async for outcome in judged:
            outcomes.append(_show(outcome, json=json))
            advance()
    return outcomes


def _show(outcome: Outcome, *, json: bool) -> Outcome:
    """Show an outcome; of a result only what scores are made of stays in memory."""
    show_geneval.outcome(outcome, json=json)
    if isinstance(outcome, Done):
        return outcome
    return {key: outcome[key] for key in ("tag", "correct", "metadata")}
