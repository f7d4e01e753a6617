"""``gencheck batch submit``, ``status``, ``logs``, ``cancel``: a run on a cluster."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gencheck.cli import batch_job, exits, options, show

if TYPE_CHECKING:
    from gencheck.batch.cluster import Cluster
    from gencheck.batch.status import Failure, Status

Name = Annotated[str, typer.Argument(metavar="NAME", help="The Job's name; submit printed it.")]
Namespace = Annotated[str, typer.Option(help="Of the Job.", show_default="the context's")]
Context = Annotated[str, typer.Option(help="Of the kubeconfig.", show_default="the current one")]
Kubeconfig = Annotated[
    Path | None, typer.Option(metavar="FILE", show_default="$KUBECONFIG, ~/.kube/config")
]


def _connect(namespace: str, context: str, kubeconfig: Path | None) -> Cluster:
    from gencheck.batch.cluster import connect

    return connect(namespace, context=context, kubeconfig=kubeconfig)


def submit(
    manifest: batch_job.Manifest,
    *,
    out: batch_job.Out,
    image: batch_job.Image,
    shards: batch_job.Shards = 0,
    name: batch_job.Name = "",
    policy: options.PolicyOption = "",
    policies: options.PolicyFolder = None,
    profile: options.Profile = "",
    router: options.Router = "",
    audit: batch_job.Audit = False,
    root: batch_job.Root = None,
    allow_host: options.Hosts = None,
    deadline_per_asset: batch_job.AssetDeadline = None,
    parallelism: batch_job.Parallelism = 16,
    cores: batch_job.Cores = 2,
    memory: batch_job.Memory = "8Gi",
    disk: batch_job.Disk = "4Gi",
    retries: batch_job.Retries = 3,
    max_failed: batch_job.MaxFailed = None,
    deadline: batch_job.Deadline = None,
    keep: batch_job.Keep = 7 * 86_400,
    mount: batch_job.Mounts = None,
    secret: batch_job.Secrets = None,
    toleration: batch_job.Tolerations = None,
    node: batch_job.Nodes = None,
    service_account: batch_job.Account = "gencheck-batch",
    priority_class: batch_job.Priority = "",
    queue: batch_job.Queue = "",
    dry_run: batch_job.DryRun = False,
    namespace: Namespace = "",
    context: Context = "",
    kubeconfig: Kubeconfig = None,
) -> None:
    """Check a manifest on Kubernetes: an Indexed Job, a shard an index.

    Submitting the same again finds the Job that is there. A changed manifest is refused.
    """
    given = dict(locals())
    cluster = None if dry_run else _connect(namespace, context, kubeconfig)
    work, wanted = batch_job.read(given, cluster.namespace if cluster else namespace or "default")
    if cluster is None:
        sys.stdout.write(batch_job.as_yaml(work, wanted))
        return
    from gencheck.batch.submit import submit as hand_over

    done = hand_over(cluster, work, wanted)
    show.note(
        f"{'submitted' if done.created else 'already there'}: {wanted.name} in "
        f"{wanted.namespace}, {work.rows:,} assets in {work.shards:,} shards"
    )
    sys.stdout.write(f"{wanted.name}\n")


def status(
    name: Name,
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Until the Job has finished.")] = False,
    as_json: options.Json = False,
    namespace: Namespace = "",
    context: Context = "",
    kubeconfig: Kubeconfig = None,
) -> None:
    """Shards done and failed, the rate, and why shards failed. Status 70: the Job has failed."""
    from gencheck.batch.status import State, failures, follow, of_job
    from gencheck.batch.submit import ours

    cluster = _connect(namespace, context, kubeconfig)
    found = of_job(ours(cluster, name))
    if wait:
        found = _last(_with_progress(follow(cluster, name)))
    broken = failures(cluster, name) if found.tries_failed else []
    if as_json:
        sys.stdout.write(json.dumps(_document(found, broken)) + "\n")
    else:
        _print(found, broken)
    if found.state is State.FAILED:
        raise typer.Exit(exits.INTERNAL)


def logs(
    name: Name,
    *,
    index: Annotated[
        int | None, typer.Option(min=0, help="Of this shard.", show_default="shards that failed")
    ] = None,
    tail: Annotated[int, typer.Option(min=1, max=100_000, help="Lines of each pod.")] = 100,
    namespace: Namespace = "",
    context: Context = "",
    kubeconfig: Kubeconfig = None,
) -> None:
    """The last lines of the pods of a shard, or of the shards that failed."""
    from gencheck.batch import logs as pod_logs
    from gencheck.batch.submit import ours

    cluster = _connect(namespace, context, kubeconfig)
    ours(cluster, name)
    found = False
    for log in pod_logs.read(cluster, name, index=index, tail=tail):
        found = True
        show.note(f"== shard {log.index}, pod {log.pod}")
        sys.stdout.write(log.text if log.text.endswith("\n") or not log.text else log.text + "\n")
    if not found:
        show.note("no shard has failed; --index N shows one that runs")


def cancel(
    name: Name,
    *,
    namespace: Namespace = "",
    context: Context = "",
    kubeconfig: Kubeconfig = None,
) -> None:
    """Stop a Job and remove it; results stay, and submitting again goes on from there."""
    from gencheck.batch.submit import cancel as stop

    cluster = _connect(namespace, context, kubeconfig)
    stop(cluster, name)
    show.note(f"cancelled: {name} in {cluster.namespace}; results that are written stay")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _last(statuses: Iterator[Status]) -> Status:
    *_, last = statuses  # `follow` gives at least one
    return last


def _with_progress(statuses: Iterator[Status]) -> Iterator[Status]:
    """Pass statuses on, and draw a bar of shards where standard error is a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("shards", total=None)
        for found in statuses:
            words = ", ".join([found.state.value, *_figures(found)])
            progress.update(task, total=found.shards, completed=found.done, description=words)
            yield found


def _document(found: Status, broken: list[Failure]) -> dict[str, Any]:
    now = _now()
    return asdict(found) | {
        "state": found.state.value,
        "done": found.done,
        "started": found.started and found.started.isoformat(),
        "ended": found.ended and found.ended.isoformat(),
        "assets_per_second": found.rate(now),
        "seconds_left": found.seconds_left(now),
        "failures": [asdict(one) | {"recovered": found.has_recovered(one)} for one in broken],
    }


def _figures(found: Status) -> list[str]:
    """What is known of failures, speed and the rest, in words."""
    now = _now()
    parts = []
    if found.failed:
        parts.append(f"failed: {found.failed}")
    if found.active:
        parts.append(f"{found.active:,} pods active")
    if (rate := found.rate(now)) is not None:
        parts.append(f"{rate:,.1f} assets/s")
    if (left := found.seconds_left(now)) is not None:
        parts.append(f"{dt.timedelta(seconds=round(left))} left")
    return parts


def _print(found: Status, broken: list[Failure]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    parts = [f"{found.done:,} of {found.shards:,} shards", *_figures(found)]
    console.print(f"{found.name}  {found.state.value}: {', '.join(parts)}", markup=False)
    if found.message:
        console.print(f"  {found.reason}: {found.message}", markup=False)
    for one in broken:
        ended = "" if one.exit_status is None else f", status {one.exit_status}"
        tries = "1 try" if one.tries == 1 else f"{one.tries} tries"
        since = ", done since" if found.has_recovered(one) else ""
        text = f"  shard {one.index}: {one.reason}{ended}, {tries} failed{since}"
        console.print(f"{text}: {one.message}" if one.message else text, markup=False)
