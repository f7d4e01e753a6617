"""The command that audits a set: of pictures, or of counts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gencheck.cli import audit_inputs as inputs
from gencheck.cli import audit_options as given
from gencheck.cli import options
from gencheck.cli.ask import connect_to, finish, set_policy, shower_of, stdin_name
from gencheck.cli.run import Connect, Done
from gencheck.errors import GencheckError, InvalidArgument, InvalidInput
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
    states: Sequence[pb.AuditState] = ()
    min_cell: int = 0
    judging: pb.AuditOptions = field(default_factory=pb.AuditOptions)
    policy: PolicyLike = ""


_PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".gif"}


def audit(
    sources: given.Sources = None,
    *,
    attribute: given.Attributes = None,
    reference: given.Reference = None,
    confusion: given.Confusion = None,
    labelled: given.Labelled = None,
    cross: given.Cross = None,
    state: given.States = None,
    state_out: given.StateOut = None,
    min_cell: given.MinCell = 0,
    effect: given.Effect = None,
    minimum_people: given.MinimumPeople = None,
    repeated_looks: given.RepeatedLooks = False,
    order: given.Orders = None,
    pairs: given.Pairs = None,
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
        inputs.references(reference),
        [*inputs.confusions(confusion), *inputs.confusions(labelled, of_this_set=True)],
        inputs.states(state or ()),
        min_cell,
        inputs.judging(effect, minimum_people, order or (), pairs, repeated_looks=repeated_looks),
        chosen,
    )
    tables = [name for name in sources or () if name.lower().endswith(".csv")]
    pictures = [name for name in sources or () if name not in tables]
    _check_sources(tables, pictures, terms, leaving=state_out is not None)
    connect = connect_to(server, timeout, cores, profile, services=["bias"])
    done: list[Done] = []
    if tables or not pictures:
        crosses = [[part.strip() for part in words.split(",")] for words in cross or ()]
        done += _audit_counts(tables, connect, terms, crosses)
    if pictures:
        wanted = pb.AuditImagesOptions(
            attributes=terms.attributes,
            references=terms.references,
            confusions=terms.confusions,
            states=terms.states,
            min_cell=terms.min_cell,
            options=terms.judging,
        )
        found = [name for source in pictures for name in _expand(source)]
        done += audit_files(found, connect, policy=chosen, options=wanted, name=_set_name(pictures))
    if state_out is not None:
        _leave_state(done, state_out)
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


def _check_sources(
    tables: Sequence[str], pictures: Sequence[str], terms: Terms, *, leaving: bool
) -> None:
    if not tables and not pictures and not terms.states:
        raise InvalidArgument(
            "nothing to audit", where="SOURCES", fix="Give pictures, a table, or --state FILE."
        )
    if tables and pictures and (terms.states or leaving):
        raise InvalidArgument(
            "tables and pictures are two audits, and a state is that of one",
            where="--state",
            fix="Audit the pictures first, then the tables with --state.",
        )
    if leaving and terms.min_cell:
        raise InvalidArgument(
            "a state has the counts that --min-cell withholds",
            where="--state-out",
            fix="Leave the state first, then audit it with --state and --min-cell.",
        )
    if terms.states and terms.attributes:
        raise InvalidArgument(
            "a state is audited as a whole", where="--attribute", fix="Leave it out."
        )


def _leave_state(done: Sequence[Done], path: Path) -> None:
    """The state of the one audit, where it was answered."""
    for item in done:
        answer: Any = getattr(item.answer, "audit", item.answer)
        if isinstance(answer, pb.AuditResponse):
            inputs.write_state(path, answer.state)


def _audit_counts(
    names: Sequence[str], connect: Connect, terms: Terms, crosses: Sequence[Sequence[str]] = ()
) -> list[Done]:
    """One audit of all tables and states, after the files that could not be read."""
    tables: list[pb.CountTable] = []
    read, failures = [], []
    for name in names:
        try:
            tables += inputs.count_tables(name, crosses)
            read.append(name)
        except GencheckError as error:
            failures.append(Done(printable(name), error=error))
    if not read and not terms.states:
        return failures
    request = _counts_request(tables, terms, _set_name(read or ["states"]))
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
    return _counts_request(inputs.count_tables(file), Terms(), printable(file))


def _counts_request(tables: list[pb.CountTable], terms: Terms, name: str) -> pb.AuditRequest:
    if terms.attributes:
        tables = [table for table in tables if table.attribute in terms.attributes]
    if not tables and not terms.states:
        raise InvalidArgument(
            "no table of such an attribute",
            where="--attribute",
            fix="Name an attribute that the files have.",
        )
    return pb.AuditRequest(
        name=name,
        tables=tables,
        references=terms.references,
        confusions=terms.confusions,
        states=terms.states,
        min_cell=terms.min_cell,
        options=terms.judging,
    )


def _set_name(sources: Sequence[str]) -> str:
    more = f" and {len(sources) - 1} more" if len(sources) > 1 else ""
    return printable(sources[0]) + more


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
