"""What a Job is asked for: the work of its pods and how they run; read strictly, checked early."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from gencheck.batch.plan import MAX_SHARDS
from gencheck.errors import InvalidArgument

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?")
_OPERATORS = ("Exists", "Equal")
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


@dataclass(frozen=True, slots=True)
class Mount:
    """A PersistentVolumeClaim in the pods."""

    claim: str
    path: str
    read_only: bool = False

    @classmethod
    def parse(cls, text: str) -> Mount:
        """Read ``CLAIM:/PATH`` or ``CLAIM:/PATH:ro``. Raises ``InvalidArgument``."""
        claim, _, rest = text.partition(":")
        path, _, mode = rest.partition(":")
        folder = PurePosixPath(path)
        if not _NAME.fullmatch(claim) or mode not in ("", "ro", "rw"):
            raise _wrong(text, "--mount", "Write CLAIM:/PATH or CLAIM:/PATH:ro.")
        if not folder.is_absolute() or ".." in folder.parts or len(folder.parts) < 2:
            raise _wrong(text, "--mount", "The path is an absolute one below /.")
        return cls(claim, str(folder), mode == "ro")

    def holds(self, path: str) -> bool:
        """Whether a path of the pods lies in this claim."""
        return PurePosixPath(path).is_relative_to(self.path)


@dataclass(frozen=True, slots=True)
class Toleration:
    """A taint of nodes that the pods bear."""

    key: str
    operator: str = "Exists"
    value: str | None = None
    effect: str | None = None

    @classmethod
    def parse(cls, text: str) -> Toleration:
        """Read ``KEY[=VALUE][:EFFECT]``, as kubectl taint has it. Raises ``InvalidArgument``."""
        pair, _, effect = text.partition(":")
        key, equals, value = pair.partition("=")
        if not key or (effect and effect not in _EFFECTS):
            raise _wrong(text, "--toleration", f"Write KEY[=VALUE][:{'|'.join(_EFFECTS)}].")
        operator = "Equal" if equals else "Exists"
        return cls(key, operator, value if equals else None, effect or None)


@dataclass(frozen=True, slots=True)
class Work:
    """What the pods do: ``gencheck batch shard`` with these arguments.

    Attributes:
        plan: sha256 of the plan.
        rows: assets of the whole manifest.
        policy: a name; empty for the default one.
        policy_text: the policy file's text, where it is a file.
        policies: a folder of the pods with policies that rows may name; empty for none.
    """

    manifest: str
    out: str
    shards: int
    plan: str
    rows: int
    policy: str = ""
    policy_text: str = ""
    policies: str = ""
    profile: str = ""
    router: str = ""
    deadline_per_asset: float | None = None
    audit: bool = False
    roots: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()

    def arguments(self, cores: int, policy_file: str) -> list[str]:
        """The command line of a pod; its index comes from ``$JOB_COMPLETION_INDEX``."""
        words = ["batch", "shard", self.manifest, "--out", self.out, "--shards", str(self.shards)]
        words += ["--cores", str(cores)]
        given = {
            "--policy": policy_file or self.policy,
            "--policies": self.policies,
            "--profile": self.profile,
            "--router": self.router,
            "--deadline-per-asset": f"{self.deadline_per_asset:g}"
            if self.deadline_per_asset
            else "",
        }
        for option, value in given.items():
            words += [option, value] if value else []
        words += ["--audit"] if self.audit else []
        for root in self.roots:
            words += ["--root", root]
        for host in self.hosts:
            words += ["--allow-host", host]
        return words


@dataclass(frozen=True, slots=True)
class JobOptions:
    """How the pods run.

    Attributes:
        parallelism: pods at a time, at most.
        backoff_per_index: tries of a shard after its first.
        max_failed_indexes: shards that may fail before the Job gives up; ``None`` for all.
        deadline_seconds: for the whole Job, waiting included; ``None`` for none.
        ttl_seconds: from its end to its removal; the results stay.
        cores: of each pod.
        memory, disk, shared_memory: of each pod, as Kubernetes writes quantities.
        secrets: Secrets whose keys become environment variables, such as credentials of a store.
        queue: a LocalQueue of Kueue.
    """

    name: str
    namespace: str
    image: str
    parallelism: int = 16
    backoff_per_index: int = 3
    max_failed_indexes: int | None = None
    deadline_seconds: int | None = None
    ttl_seconds: int = 7 * 86_400
    cores: int = 2
    memory: str = "8Gi"
    disk: str = "4Gi"
    shared_memory: str = "1Gi"
    service_account: str = "gencheck-batch"
    mounts: tuple[Mount, ...] = ()
    secrets: tuple[str, ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    node_selector: Mapping[str, str] = field(default_factory=dict)
    queue: str = ""
    priority_class: str = ""


def check(work: Work, options: JobOptions) -> None:
    """Refuse what the API server, or every pod, would refuse later.

    Raises:
        InvalidArgument: with the option to change.
    """
    if not _NAME.fullmatch(options.name):
        raise _wrong(options.name, "--name", "Use 1 to 53 of a-z, 0-9 and -, as DNS names have.")
    if not 1 <= work.shards <= MAX_SHARDS:
        raise _wrong(
            str(work.shards), "--shards", f"1 to {MAX_SHARDS:,}: let a shard hold more assets."
        )
    if ":" not in options.image.rpartition("/")[2] and "@" not in options.image:
        raise _wrong(
            options.image, "--image", "Name a tag or a digest: pods of one run are of one version."
        )
    folders = [("--root", root) for root in work.roots]
    folders += [("--policies", work.policies)] if work.policies else []
    for what, url in (("MANIFEST", work.manifest), ("--out", work.out), *folders):
        _check_reachable(what, url, options.mounts)
    claims = {mount.path for mount in options.mounts}
    if len(claims) != len(options.mounts):
        raise _wrong("twice the same path", "--mount", "Give every claim a path of its own.")


def _check_reachable(what: str, url: str, mounts: tuple[Mount, ...]) -> None:
    """A path of this machine means nothing in a pod, unless a claim is mounted there."""
    path = url.removeprefix("file://") if url.startswith("file://") else url
    if "://" in path or any(mount.holds(path) for mount in mounts):
        return
    raise InvalidArgument(
        f"a pod cannot see {path}",
        where=what,
        fix="Use a store that both reach (s3://…, gs://…), or mount the claim that holds it, at "
        "the same path here and there: --mount CLAIM:/PATH.",
    )


def _wrong(text: str, where: str, fix: str) -> InvalidArgument:
    return InvalidArgument(f"this cannot be: {text!r}", where=where, fix=fix)
