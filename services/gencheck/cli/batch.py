"""The commands for whole catalogues."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial as bound
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from gencheck.cli import batch_cluster, exits, options, show, show_batch
from gencheck.cli.ask import EVERYTHING, remote
from gencheck.cli.batch_terms import read_terms
from gencheck.cli.run import rate_bar
from gencheck.errors import InvalidArgument
from gencheck.serving.call import Priority

if TYPE_CHECKING:
    from gencheck.batch.plan import Plan
    from gencheck.batch.store import Store
    from gencheck.batch.worker import Connect
    from gencheck.compose import Settings

# An asset is tried three times, and each time checked and audited, and a minute or so is waited for
# a busy server; then its worker is stuck.
_TRIES_AND_AUDITS = 7
_BUSY_SECONDS = 120

batch = typer.Typer(help="Whole catalogues, in shards.", no_args_is_help=True)

Manifest = Annotated[
    str,
    typer.Argument(
        metavar="MANIFEST",
        help="Parquet, CSV or JSONL with id, uri and optionally prompt, group, policy.",
    ),
]
Out = Annotated[str, typer.Option("--out", metavar="DIR|URL", help="Where the results go.")]
Shards = Annotated[
    int, typer.Option("--shards", metavar="N", min=0, help="By default about 1,000 rows each.")
]
Root = Annotated[
    list[str] | None,
    typer.Option(
        "--root",
        metavar="DIR|URL",
        help="Where a uri may point; repeatable. By default the manifest's folder.",
    ),
]
Audit = Annotated[
    bool, typer.Option("--audit", help="Also count the people in the pictures, for an audit.")
]
Seconds = Annotated[
    float,
    typer.Option("--deadline-per-asset", metavar="SECONDS", min=0.001, help="Time for one asset."),
]


class Terminated(BaseException):
    """SIGTERM: what is finished stays, the rest is for whoever comes next."""


@batch.callback()
def _extra() -> None:
    """Whole catalogues, in shards."""
    missing = [name for name in ("duckdb", "fsspec", "pyarrow") if find_spec(name) is None]
    if missing:
        raise InvalidArgument(
            f"not installed: {', '.join(missing)}",
            where="gencheck batch",
            fix='Install what catalogues need: pip install "gencheck[batch]".',
        )


@batch.command()
def run(
    manifest: Manifest,
    *,
    out: Out,
    workers: Annotated[
        int, typer.Option("--workers", metavar="N", min=0, help="Processes; by default one a core.")
    ] = 0,
    shards: Shards = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Only go on with a run; never begin one.")
    ] = False,
    policy: options.PolicyOption = "",
    policies: options.PolicyFolder = None,
    router: options.Router = "",
    audit: Audit = False,
    root: Root = None,
    allow_host: options.Hosts = None,
    deadline_per_asset: Seconds = 120.0,
    cores: options.Cores,
    profile: options.Profile = "",
) -> None:
    """Check a catalogue on this machine. Run again, it goes on where it stopped."""
    from gencheck.batch.plan import Plan, prepare
    from gencheck.batch.store import Store
    from gencheck.compose import Settings

    store = Store(out)
    terms = read_terms(
        policy,
        router=router,
        policies=policies,
        profile=profile,
        audit=audit,
        roots=root,
        hosts=allow_host,
    )
    if resume and Plan.read(store) is None:
        raise InvalidArgument("there is no run to go on with", where=out, fix="Check --out.")
    with Console(stderr=True).status("reading the manifest"):
        plan = prepare(store, manifest, terms, shards=shards)
    done = plan.done(store)
    left = [index for index in range(plan.shards) if index not in done]
    if done:
        show.note(f"{len(done):,} of {plan.shards:,} shards are done already in {out}")
    workers = min(workers or cores, max(1, len(left)))
    settings = Settings(cores=max(1, cores // workers), profile=profile, policies=policies)
    connect = _connect(router, deadline_per_asset, settings)
    patience = _TRIES_AND_AUDITS * deadline_per_asset + _BUSY_SECONDS
    _run(plan, store, connect, left, workers=workers, cores=cores, patience=patience)
    show.note(f"done: {plan.manifest.rows:,} assets in {plan.shards:,} shards in {out}")


@batch.command()
def shard(
    manifest: Manifest,
    *,
    out: Out,
    shards: Shards = 0,
    index: Annotated[
        int | None,
        typer.Option(
            "--index",
            metavar="I",
            min=0,
            envvar="JOB_COMPLETION_INDEX",
            help="The shard to check, from 0.",
        ),
    ] = None,
    policy: options.PolicyOption = "",
    policies: options.PolicyFolder = None,
    router: options.Router = "",
    audit: Audit = False,
    root: Root = None,
    allow_host: options.Hosts = None,
    deadline_per_asset: Seconds = 120.0,
    cores: options.Cores,
    profile: options.Profile = "",
) -> None:
    """Check one shard: what a pod of an Indexed Job runs. A shard that is done is left alone."""
    from gencheck.batch.plan import prepare
    from gencheck.batch.store import Store
    from gencheck.compose import Settings

    if index is None:
        raise InvalidArgument(
            "which shard?", where="--index", fix="Give --index or set JOB_COMPLETION_INDEX."
        )
    store = Store(out)
    terms = read_terms(
        policy,
        router=router,
        policies=policies,
        profile=profile,
        audit=audit,
        roots=root,
        hosts=allow_host,
    )
    plan = prepare(store, manifest, terms, shards=shards)
    rows = plan.shard_range(index)[1]
    if plan.marker(store, index) is not None:
        show.note(f"shard {index} of {plan.shards} is done already")
        return
    settings = Settings(cores=cores, profile=profile, policies=policies)
    connect = _connect(router, deadline_per_asset, settings)
    patience = _TRIES_AND_AUDITS * deadline_per_asset + _BUSY_SECONDS
    _run(plan, store, connect, [index], workers=1, cores=cores, patience=patience)
    show.note(f"shard {index} of {plan.shards} is done: {rows:,} assets")


@batch.command()
def merge(
    out: Annotated[str, typer.Argument(metavar="DIR|URL", help="The folder of results.")],
    *,
    partial: Annotated[
        bool, typer.Option("--partial", help="Merge what is there, though shards are missing.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Merge the shards: results.parquet, summary.json, report/index.html."""
    from gencheck.batch.merge import REPORT, RESULTS, conclude, finished_plan, merge_shards
    from gencheck.batch.store import Store
    from gencheck.policy_file import Policies

    store = Store(out)
    plan, shards = finished_plan(store, partial=partial)
    rows = sum(plan.shard_range(index)[1] for index in shards)
    with rate_bar(rows, "merging") as advance:
        merged = merge_shards(store, plan, shards, advance)
    summary = conclude(store, merged, Policies.load())
    if json:
        show_batch.json_document(asdict(summary))
    else:
        show_batch.summary(summary)
    show.note(f"dataset: {store.where(RESULTS)}\nreport: {store.where(REPORT)}")


@batch.command()
def compare(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="The results of one run.")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="The results of another.")],
    *,
    partial: Annotated[
        bool, typer.Option("--partial", help="Compare what is there, though shards are missing.")
    ] = False,
    changes: Annotated[
        Path | None,
        typer.Option("--changes", metavar="FILE.parquet", help="Write every changed asset there."),
    ] = None,
    json: options.Json = False,
) -> None:
    """What changed between two runs over the same assets, with intervals."""
    from gencheck.batch.compare import Side
    from gencheck.batch.compare import compare as compare_runs
    from gencheck.batch.merge import finished_plan
    from gencheck.batch.store import Store

    stores = (Store(before), Store(after))
    first, second = (Side(s, *finished_plan(s, partial=partial)) for s in stores)
    found = compare_runs(first, second, changes=changes)
    if json:
        show_batch.json_document(asdict(found))
    else:
        show_batch.comparison(found)


def _connect(router: str, timeout: float, settings: Settings) -> Connect:
    """What opens the judge in a worker; it has to pickle."""
    if router:
        return remote(router, timeout, priority=Priority.BATCH)
    from gencheck.compose import local_client

    return bound(local_client, settings, EVERYTHING, timeout=timeout)


def _run(
    plan: Plan,
    store: Store,
    connect: Connect,
    shards: list[int],
    *,
    workers: int,
    cores: int,
    patience: float,
) -> None:
    from gencheck.batch.run import Runner
    from gencheck.batch.worker import Work
    from gencheck.media.types import Limits

    rows = sum(plan.shard_range(index)[1] for index in shards)
    parallel = max(1, cores // workers)
    with (
        _sigterm(),
        TemporaryDirectory(prefix="gencheck-batch-") as scratch,
        rate_bar(rows) as advance,
        Runner(
            Work(plan, store, connect, parallel, Limits(), Path(scratch)),
            workers=workers,
            tell=advance,
            patience=patience,
        ) as runner,
    ):
        runner.run(shards)


@contextmanager
def _sigterm() -> Iterator[None]:
    """SIGTERM stops the run as Ctrl-C does, with a status of its own."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except Terminated:
        show.note("stopped: what was finished stays; run the same command again to go on")
        raise typer.Exit(exits.TERMINATED) from None
    except KeyboardInterrupt:
        show.note("stopped: what was finished stays; run the same command again to go on")
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


batch.command()(batch_cluster.submit)
batch.command()(batch_cluster.status)
batch.command()(batch_cluster.logs)
batch.command()(batch_cluster.cancel)
