"""Policies as TOML files: read strictly, explained when wrong."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from gencheck.errors import InvalidPolicy, NotFound
from gencheck.policy import Policy
from gencheck.policy_reader import read_policies

DEFAULT_POLICY = "default"
_MAX_BYTES = 1 << 20


def parse_policies(text: str, *, where: str) -> list[Policy]:
    """The policy of a TOML document, then one for each of its surfaces.

    Args:
        where: the file's name, for messages.

    Raises:
        InvalidPolicy: says the first key that is wrong, its line, and what would be right.
    """
    policies, errors = read_policies(text, where=where)
    if errors:
        raise errors[0]
    return policies


def load_policies(path: Path) -> list[Policy]:
    """The policies of a TOML file. Raises ``NotFound`` or ``InvalidPolicy``."""
    return parse_policies(read_text(path), where=str(path))


def load_policy(path: Path) -> Policy:
    """The policy of a TOML file, or as ``FILE/SURFACE`` the one of a surface.

    Raises:
        NotFound: no such file, or no such surface in it.
        InvalidPolicy: see :func:`parse_policies`.
    """
    if path.exists() or not path.parent.is_file():
        return load_policies(path)[0]
    policies = load_policies(path.parent)
    for policy in policies:
        if policy.name == f"{policies[0].name}/{path.name}":
            return policy
    known = ", ".join(policy.name.rpartition("/")[2] for policy in policies[1:])
    raise NotFound(
        f'this policy knows no surface "{path.name}"',
        where=str(path.parent),
        fix=f"Known are: {known}." if known else "It has none.",
    )


def read_text(path: Path) -> str:
    """What a policy file holds. Raises ``NotFound`` or ``InvalidPolicy``."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InvalidPolicy("a policy is at most 1 MiB", where=str(path))
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InvalidPolicy("not UTF-8 text", where=str(path)) from None
    except OSError as error:
        raise NotFound(
            f"the policy cannot be read: {error.strerror}",
            where=str(path),
            fix="Name a policy file, or one of: " + ", ".join(built_in_policies()),
        ) from None


def built_in_policies() -> list[str]:
    """The names of the policies that gencheck ships, each with its surfaces behind it."""
    return [policy.name for policy in _shipped()]


def _shipped() -> list[Policy]:
    folder = resources.files("gencheck") / "policies"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    return [
        policy
        for file in files
        for policy in parse_policies(file.read_text("utf-8"), where=file.name)
    ]


class Policies:
    """The policies that a server or a command knows by name."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._by_name = {policy.name: policy for policy in policies}

    @classmethod
    def load(cls, folder: Path | None = None) -> Policies:
        """The built-in policies and those of a folder, which win where names are the same.

        Raises:
            InvalidPolicy: a file is wrong, or two of the folder have a name in common.
        """
        known = {policy.name: policy for policy in _shipped()}
        came_from: dict[str, Path] = {}
        for path in sorted(folder.glob("*.toml")) if folder is not None else ():
            for policy in load_policies(path):
                if policy.name in came_from:
                    raise InvalidPolicy(
                        f'a policy "{policy.name}" is in {came_from[policy.name].name} already',
                        where=str(path),
                        fix="Give each policy a name of its own.",
                    )
                known[policy.name], came_from[policy.name] = policy, path
        return cls(known.values())

    def get(self, name: str) -> Policy:
        """The policy of that name, the default one where empty. Raises ``NotFound``."""
        policy = self._by_name.get(name or DEFAULT_POLICY)
        if policy is None:
            raise NotFound(
                f'no policy is called "{name}"',
                where="policy_name",
                fix="Known are: " + ", ".join(sorted(self._by_name)) + ".",
                metadata={"policy": name},
            )
        return policy
