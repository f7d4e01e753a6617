"""The command that audits a set: of pictures, or of counts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from gencheck.bias.confusion import parse_confusions
from gencheck.bias.counts import CountTable
from gencheck.bias.csv_tables import parse_counts, parse_references
from gencheck.cli import options
from gencheck.cli.ask import connect_to, finish, set_policy, shower_of, stdin_name
from gencheck.cli.run import Connect, Done
from gencheck.errors import GencheckError, InvalidArgument, InvalidInput, NotFound
from gencheck.inputs import PolicyLike, printable, to_asset
from gencheck.serving.status import from_status
from gencheck.v1 import bias_pb2 as pb
from gencheck.v1.common_pb2 import Asset


@dataclass(frozen=True, slots=True)
class Terms:
    """How a set is to be audited, whatever it is given as."""

    attributes: Sequence[str] = ()
    references: Sequence[pb.Reference] = ()
    confusions: Sequence[pb.ConfusionMatrix] = ()
    policy: PolicyLike = ""


_PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".gif"}


def audit(
    sources: Annotated[
        list[str], typer.Argument(metavar="DIR|IMAGE…|COUNTS.csv…", help="What to audit.")
    ],
    *,
    attribute: Annotated[
        list[str] | None,
        typer.Option("--attribute", metavar="NAME", help="Only this attribute; repeatable."),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference", metavar="FILE.csv", help="Expected shares: attribute,category,share."
        ),
    ] = None,
    confusion: Annotated[
        Path | None,
        typer.Option(
            "--confusion",
            metavar="FILE.csv",
            help="How the classifier that counted errs: attribute,true,predicted,count.",
        ),
    ] = None,
    labelled: Annotated[
        Path | None,
        typer.Option(
            "--labelled",
            metavar="FILE.csv",
            help="The same columns, of people drawn from this set and not counted in it.",
        ),
    ] = None,
    policy: options.PolicyOption = "",
    server: options.Server = "",
    json: options.Json = False,
    timeout: options.Timeout = 600.0,
    cores: options.Cores,
    profile: options.Profile = "",
) -> None:
    """Whether a set of people is fair. It speaks of sets only, never of one person."""
    chosen = options.read_policy(policy, server)
    terms = Terms(
        attribute or (),
        _references(reference),
        [*_confusions(confusion), *_confusions(labelled, of_this_set=True)],
        chosen,
    )
    counts = [name for name in sources if name.lower().endswith(".csv")]
    pictures = [name for source in sources if source not in counts for name in _expand(source)]
    connect = connect_to(server, timeout, cores, profile, services=["bias"])
    done: list[Done] = []
    if counts:
        done += _audit_counts(counts, connect, terms)
    if pictures:
        wanted = pb.AuditImagesOptions(
            attributes=terms.attributes, references=terms.references, confusions=terms.confusions
        )
        name = _set_name([source for source in sources if source not in counts])
        done += audit_files(pictures, connect, policy=chosen, options=wanted, name=name)
    show = shower_of(json=json)
    for item in done:
        show(item)
    finish(done)


def audit_files(
    files: Sequence[str],
    connect: Connect,
    *,
    policy: PolicyLike,
    options: pb.AuditImagesOptions | None = None,
    name: str = "audit",
) -> list[Done]:
    """The audit of the people in pictures, after the files that could not be read."""
    wanted = options or pb.AuditImagesOptions()
    wanted.name = name
    set_policy(wanted, policy)
    return asyncio.run(_ask_images(connect, files, wanted))


async def _ask_images(
    connect: Connect, files: Sequence[str], options: pb.AuditImagesOptions
) -> list[Done]:
    failures: list[Done] = []

    def assets() -> Iterator[Asset]:
        for name in files:
            try:
                yield to_asset(stdin_name(name))
            except GencheckError as error:
                failures.append(Done(printable(name), error=error))

    try:
        async with connect() as client:
            answer = await client.audit_images(assets(), options)
    except GencheckError as error:
        return [*failures, Done(options.name, error=error)]
    broken = [image for image in answer.images if image.outcome.HasField("error")]
    if len(broken) < len(answer.images):
        return [*failures, Done(options.name, answer=answer)]
    # An audit of nothing says nothing: what became of each file does.
    return [*failures, *(Done(i.asset, error=from_status(i.outcome.error)) for i in broken)]


def _audit_counts(
    files: Sequence[str],
    connect: Connect,
    terms: Terms,
) -> list[Done]:
    """One audit of all tables, after the files that could not be read."""
    tables: dict[str, Sequence[CountTable]] = {}
    failures = []
    for name in files:
        try:
            tables[name] = parse_counts(_read(name), name=name)
        except GencheckError as error:
            failures.append(Done(printable(name), error=error))
    if not tables:
        return failures
    request = _counts_request(tables, terms)
    set_policy(request, terms.policy)
    return [*failures, asyncio.run(_ask_counts(connect, request))]


async def _ask_counts(connect: Connect, request: pb.AuditRequest) -> Done:
    try:
        async with connect() as client:
            return Done(request.name, answer=await client.audit(request))
    except GencheckError as error:
        return Done(request.name, error=error)


def counts_request(file: str) -> pb.AuditRequest:
    """A request with the tables of a CSV file. Raises ``InvalidInput`` with the line."""
    return _counts_request({file: parse_counts(_read(file), name=file)}, Terms())


def _counts_request(
    files: Mapping[str, Sequence[CountTable]],
    terms: Terms,
) -> pb.AuditRequest:
    tables = [table for found in files.values() for table in found]
    if terms.attributes:
        tables = [table for table in tables if table.attribute in terms.attributes]
    if not tables:
        raise InvalidArgument(
            "no table of such an attribute",
            where="--attribute",
            fix="Name an attribute that the files have.",
        )
    return pb.AuditRequest(
        name=_set_name(list(files)),
        tables=[_table_to(table) for table in tables],
        references=terms.references,
        confusions=terms.confusions,
    )


def _set_name(sources: Sequence[str]) -> str:
    more = f" and {len(sources) - 1} more" if len(sources) > 1 else ""
    return printable(sources[0]) + more


def _table_to(table: CountTable) -> pb.CountTable:
    return pb.CountTable(
        prompt=table.prompt,
        attribute=table.attribute,
        counts=[pb.CategoryCount(category=c, count=n) for c, n in table.counts.items()],
        unverified=table.unverified,
    )


def _references(path: Path | None) -> list[pb.Reference]:
    if path is None:
        return []
    shares = parse_references(_read(str(path)), name=str(path))
    return [
        pb.Reference(
            attribute=attribute,
            shares=[pb.CategoryShare(category=c, share=s) for c, s in categories.items()],
            source=str(path),
        )
        for attribute, categories in shares.items()
    ]


def _confusions(path: Path | None, *, of_this_set: bool = False) -> list[pb.ConfusionMatrix]:
    if path is None:
        return []
    found = parse_confusions(_read(str(path)), name=str(path), of_this_set=of_this_set)
    return [
        pb.ConfusionMatrix(
            attribute=matrix.attribute,
            categories=matrix.categories,
            counts=[count for row in matrix.counts for count in row],
            source=printable(matrix.source),
            of_this_set=of_this_set,
        )
        for matrix in found
    ]


def _expand(source: str) -> list[str]:
    """The pictures of a folder, by their endings; anything else as it is."""
    path = Path(source)
    if not path.is_dir():
        return [source]
    files = sorted(str(p) for p in path.rglob("*") if p.suffix.lower() in _PICTURES)
    if not files:
        raise InvalidInput(
            "no pictures in this folder",
            where=source,
            fix=f"Pictures end in {', '.join(sorted(_PICTURES))}.",
        )
    return files


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except FileNotFoundError:
        raise NotFound("no such file", where=name) from None
    except OSError as error:
        raise InvalidInput(f"cannot be read: {error.strerror}", where=name) from None
