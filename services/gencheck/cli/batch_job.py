"""The options of ``gencheck batch submit``, and what they make: the work and the Job's options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gencheck.cli.batch_terms import read_terms
from gencheck.cli.options import read_policy
from gencheck.errors import InvalidArgument
from gencheck.policy import Policy

if TYPE_CHECKING:
    from gencheck.batch.job_options import JobOptions, Work
    from gencheck.batch.plan import Plan, Terms
    from gencheck.batch.store import Store

Manifest = Annotated[
    str, typer.Argument(metavar="MANIFEST", help="Parquet, CSV or JSONL; a path or a URL.")
]
Out = Annotated[str, typer.Option(metavar="URL", help="Folder of the results, of this run alone.")]
Image = Annotated[
    str,
    typer.Option(envvar="GENCHECK_BATCH_IMAGE", help="The batch image, with a tag or a digest."),
]
Shards = Annotated[
    int, typer.Option(min=0, help="Indexes of the Job.", show_default="1,000 assets each")
]
Name = Annotated[str, typer.Option(help="Of the Job.", show_default="made from the plan")]
Audit = Annotated[bool, typer.Option("--audit", help="Count people in pictures for an audit.")]
Root = Annotated[
    list[str] | None, typer.Option(metavar="URL", help="What a uri may be under; repeatable.")
]
AssetDeadline = Annotated[
    float | None, typer.Option(metavar="SECONDS", min=0.001, help="Time for one asset.")
]
Parallelism = Annotated[int, typer.Option(min=1, max=10_000, help="Pods at a time, at most.")]
Cores = Annotated[int, typer.Option(min=1, max=256, help="Of a pod.")]
Memory = Annotated[str, typer.Option(metavar="QUANTITY", help="Of a pod.")]
Disk = Annotated[str, typer.Option(metavar="QUANTITY", help="Scratch space of a pod.")]
Retries = Annotated[int, typer.Option(min=0, max=100, help="New tries of a shard that fails.")]
MaxFailed = Annotated[
    int | None,
    typer.Option(min=0, help="Give up when more shards than this failed.", show_default="never"),
]
Deadline = Annotated[
    int | None, typer.Option(metavar="SECONDS", min=1, help="Time for the Job.", show_default="any")
]
Keep = Annotated[int, typer.Option(metavar="SECONDS", min=0, help="Keep the Job after its end.")]
Mounts = Annotated[
    list[str] | None,
    typer.Option(metavar="CLAIM:/PATH[:ro]", help="Mount a PersistentVolumeClaim; repeatable."),
]
Secrets = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="A Secret as environment, for a store; repeatable."),
]
Tolerations = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY[=VALUE][:EFFECT]", help="A taint to bear; repeatable."),
]
Nodes = Annotated[
    list[str] | None, typer.Option(metavar="LABEL=VALUE", help="Of the nodes; repeatable.")
]
Account = Annotated[str, typer.Option(help="Service account of the pods.")]
Priority = Annotated[str, typer.Option(help="Priority class of the pods.")]
Queue = Annotated[str, typer.Option(metavar="NAME", help="A LocalQueue of Kueue.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the objects as YAML; write and start nothing.")
]


def read(given: dict[str, Any], namespace: str) -> tuple[Work, JobOptions]:
    """The work and its Job, checked; writes the plan to the results, but for a dry run.

    Raises:
        InvalidArgument: an option that cannot be, a changed manifest, results of another run.
    """
    from gencheck.batch.job_options import check
    from gencheck.batch.store import Store
    from gencheck.batch.submit import default_name

    policy = read_policy(given["policy"], given["router"])
    terms = read_terms(
        given["policy"],
        router=given["router"],
        policies=given["policies"],
        profile=given["profile"],
        audit=given["audit"],
        roots=given["root"],
        hosts=given["allow_host"],
    )
    store = Store(given["out"])
    plan = _plan(given, terms, store)
    work = _work(given, plan, policy)
    wanted = _job_options(given, given["name"] or default_name(plan), namespace)
    check(work, wanted)
    if not given["dry_run"]:
        plan.write(store)
    return work, wanted


def as_yaml(work: Work, wanted: JobOptions) -> str:
    """The objects of a submit, as ``kubectl apply`` takes them."""
    import yaml

    from gencheck.batch.job import as_dict, build, build_policy

    policy = build_policy(work, wanted)
    objects = [as_dict(build(work, wanted)), *([as_dict(policy)] if policy else [])]
    return yaml.safe_dump_all(objects, sort_keys=False, allow_unicode=True)


def _plan(given: dict[str, Any], terms: Terms, store: Store) -> Plan:
    """The plan that stands in the results, or a new one; nothing is written yet."""
    from gencheck.batch.plan import Plan, prepare

    if Plan.read(store) is None:
        return Plan.create(given["manifest"], terms, shards=given["shards"])
    return prepare(store, given["manifest"], terms, shards=given["shards"])


def _work(given: dict[str, Any], plan: Plan, policy: Policy | str | None) -> Work:
    from gencheck.batch.job_options import Work

    carried = isinstance(policy, Policy)
    return Work(
        manifest=given["manifest"],
        out=given["out"],
        shards=plan.shards,
        plan=plan.fingerprint,
        rows=plan.manifest.rows,
        policy="" if carried else given["policy"],
        policy_text=Path(given["policy"]).read_text(encoding="utf-8") if carried else "",
        policies=str(given["policies"] or ""),
        profile=given["profile"],
        router=given["router"],
        deadline_per_asset=given["deadline_per_asset"],
        audit=given["audit"],
        roots=tuple(given["root"] or ()),
        hosts=tuple(given["allow_host"] or ()),
    )


def _job_options(given: dict[str, Any], name: str, namespace: str) -> JobOptions:
    from gencheck.batch.job_options import JobOptions, Mount, Toleration

    return JobOptions(
        name=name,
        namespace=namespace,
        image=given["image"],
        parallelism=given["parallelism"],
        backoff_per_index=given["retries"],
        max_failed_indexes=given["max_failed"],
        deadline_seconds=given["deadline"],
        ttl_seconds=given["keep"],
        cores=given["cores"],
        memory=given["memory"],
        disk=given["disk"],
        service_account=given["service_account"],
        mounts=tuple(Mount.parse(text) for text in given["mount"] or ()),
        secrets=tuple(given["secret"] or ()),
        tolerations=tuple(Toleration.parse(text) for text in given["toleration"] or ()),
        node_selector=dict(_label(text) for text in given["node"] or ()),
        queue=given["queue"],
        priority_class=given["priority_class"],
    )


def _label(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise InvalidArgument(f"this is no label: {text!r}", where="--node", fix="Write KEY=VALUE.")
    return key, value
