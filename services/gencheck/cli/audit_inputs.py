"""What an audit is given and leaves as files: counts, records, references, confusions, states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from google.protobuf import json_format

from gencheck.bias.counts import CountTable
from gencheck.bias.csv_tables import MAX_BYTES, parse_pairs, parse_references
from gencheck.bias.records import read_tables
from gencheck.errors import InvalidArgument, InvalidInput, LimitExceeded, NotFound
from gencheck.inputs import printable
from gencheck.v1 import bias_pb2 as pb


def count_tables(name: str, crosses: Sequence[Sequence[str]] = ()) -> list[pb.CountTable]:
    """The tables of a file of counts or records. Raises ``InvalidInput`` with the place."""
    with _reading(name), Path(name).open("rb") as file:
        return [_table_to(table) for table in read_tables(file, name=name, crosses=crosses)]


def _table_to(table: CountTable) -> pb.CountTable:
    return pb.CountTable(
        prompt=table.prompt,
        attribute=table.attribute,
        counts=[pb.CategoryCount(category=c, count=n) for c, n in table.counts.items()],
        unverified=table.unverified,
    )


def references(path: Path | None) -> list[pb.Reference]:
    """What a file says is expected; nothing where there is none."""
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


def confusions(path: Path | None, *, of_this_set: bool = False) -> list[pb.ConfusionMatrix]:
    """The confusion matrices of a file; none where there is none."""
    if path is None:
        return []
    from gencheck.bias.confusion import parse_confusions  # numpy: help does not wait for it

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


def states(paths: Sequence[Path]) -> list[pb.AuditState]:
    """The states that earlier audits left."""
    return [_state(path) for path in paths]


def _state(path: Path) -> pb.AuditState:
    try:
        return json_format.Parse(_read(str(path)), pb.AuditState())
    except (json_format.ParseError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(
            f"no state of an audit: {error}",
            where=printable(str(path)),
            fix="Give a file that --state-out wrote.",
        ) from None


def write_state(path: Path, state: pb.AuditState) -> None:
    """Leave a state, whole or not at all. Equal states are equal files."""
    text = json_format.MessageToJson(
        state, always_print_fields_with_no_presence=True, preserving_proto_field_name=True
    )
    draft = path.with_name(f"{path.name}.part")
    try:
        draft.write_text(f"{text}\n", encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise InvalidInput(
            f"cannot be written: {error.strerror}", where=printable(str(path))
        ) from None


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise NotFound("no such file", where=printable(name)) from None
    except OSError as error:
        raise InvalidInput(f"cannot be read: {error.strerror}", where=printable(name)) from None


def _read(name: str) -> bytes:
    with _reading(name), Path(name).open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"more than {MAX_BYTES >> 20} MiB", where=printable(name))
    return data


def judging(
    effect: float | None,
    minimum_people: int | None,
    orders: Sequence[str],
    pairs: Path | None,
    *,
    repeated_looks: bool,
) -> pb.AuditOptions:
    """How to judge, as the command line says it.

    Raises:
        InvalidArgument: no order, or no pairs.
    """
    found = parse_pairs(_read(str(pairs)), name=str(pairs)) if pairs else ()
    return pb.AuditOptions(
        effect=effect,
        minimum_people=minimum_people,
        repeated_looks=repeated_looks,
        orders=[_order(words) for words in orders],
        pairs=[pb.PromptPair(first=first, second=second) for first, second in found],
    )


def _order(words: str) -> pb.CategoryOrder:
    attribute, _, rest = words.partition("=")
    categories = [part.strip() for part in rest.split(",")]
    if not attribute.strip() or not all(categories):
        raise InvalidArgument(
            f"'{words}' is no order", where="--order", fix="Write NAME=CATEGORY,CATEGORY,…"
        )
    return pb.CategoryOrder(attribute=attribute.strip(), categories=categories)
