"""How a run judges, by the options that run, shard and submit share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gencheck.cli.options import read_policy
from gencheck.errors import InvalidArgument
from gencheck.policy_file import load_policy

if TYPE_CHECKING:
    from gencheck.batch.plan import Terms


def read_terms(
    policy: str,
    *,
    router: str,
    policies: Path | None,
    profile: str,
    audit: bool,
    roots: Sequence[str] | None,
    hosts: Sequence[str] | None,
) -> Terms:
    """The terms of a plan.

    Raises:
        InvalidArgument: no such policy or folder, or a file that holds no policy.
    """
    from gencheck.batch.plan import Terms

    return Terms.of(
        read_policy(policy, router),
        profile=profile,
        policies=_known(policies),
        audit=audit,
        roots=tuple(roots or ()),
        hosts=tuple(hosts or ()),
    )


def _known(folder: Path | None) -> tuple[str, ...]:
    """The policies of a folder, each with its sha256."""
    if folder is None:
        return ()
    if not folder.is_dir():
        raise InvalidArgument("no such folder", where="--policies", fix="Check the path.")
    policies = map(load_policy, sorted(folder.glob("*.toml")))
    return tuple(f"{policy.name} {policy.sha256}" for policy in policies)
