"""Policies as TOML files: read strictly, explained when wrong."""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from gencheck.codes import CODES
from gencheck.errors import InvalidPolicy, NotFound
from gencheck.findings import Severity
from gencheck.policy import ALL_SERVICES, Policy, Thresholds, Waiver

DEFAULT_POLICY = "default"
CLAIM_KINDS = frozenset(
    ["object", "count", "attribute", "relation", "action", "text", "style", "scene", "absence"]
)
_TOP = {"name", "version", "min_coverage", "checks", "thresholds", "weights", "verdict", "waivers"}
_SEVERITIES = "INFO, MINOR, MAJOR or CRITICAL"
_MAX_BYTES = 1 << 20


def parse_policy(text: str, *, where: str) -> Policy:
    """A policy from TOML.

    Args:
        where: the file's name, for messages.

    Raises:
        InvalidPolicy: says the key, its line, and what would be right.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidPolicy(f"not valid TOML: {error}", where=where) from None
    return _Reader(where, text).policy(document)


def load_policy(path: Path) -> Policy:
    """A policy from a TOML file. Raises ``NotFound`` or ``InvalidPolicy``."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InvalidPolicy("a policy is at most 1 MiB", where=str(path))
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InvalidPolicy("not UTF-8 text", where=str(path)) from None
    except OSError as error:
        raise NotFound(
            f"the policy cannot be read: {error.strerror}",
            where=str(path),
            fix="Name a policy file, or one of: " + ", ".join(built_in_policies()),
        ) from None
    return parse_policy(text, where=str(path))


def built_in_policies() -> list[str]:
    """The names of the policies that gencheck ships."""
    folder = resources.files("gencheck") / "policies"
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    )


class Policies:
    """The policies that a server or a command knows by name."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self._by_name = {policy.name: policy for policy in policies}

    @classmethod
    def load(cls, folder: Path | None = None) -> Policies:
        """The built-in policies and those of a folder, which win where names are the same."""
        shipped = resources.files("gencheck") / "policies"
        policies = [
            parse_policy((shipped / f"{name}.toml").read_text("utf-8"), where=f"{name}.toml")
            for name in built_in_policies()
        ]
        if folder is not None:
            policies += [load_policy(path) for path in sorted(folder.glob("*.toml"))]
        return cls(policies)

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


class _Reader:
    """Turns a TOML document into a policy and remembers where it is for messages."""

    def __init__(self, where: str, text: str) -> None:
        self._where = where
        self._lines = text.splitlines()

    def fail(self, key: str, what: str) -> InvalidPolicy:
        line = self._line_of(key)
        where = f"{self._where}:{line}" if line else self._where
        return InvalidPolicy(f"{key}: {what}", where=where, metadata={"key": key})

    def _line_of(self, key: str) -> int | None:
        """The line of a dotted key: its header first, then its last word below that."""
        *table, last = key.split(".")
        start = 0
        for number, line in enumerate(self._lines):
            header = line.strip().strip("[]")
            if line.lstrip().startswith("[") and header in {key, ".".join(table), *table[:1]}:
                start = number
                if header == key:
                    return number + 1
        for number, line in enumerate(self._lines[start:], start):
            name = line.split("=")[0].strip()
            if "=" in line and name in {last, key, ".".join(key.split(".")[1:])}:
                return number + 1
        return None

    def policy(self, document: dict[str, Any]) -> Policy:
        self._known(document, _TOP, "")
        verdict = self._table(document, "verdict")
        checks = self._table(document, "checks")
        self._known(verdict, {"fail_at", "review_at"}, "verdict.")
        self._known(checks, {"required"}, "checks.")
        policy = Policy(
            name=self._text(document, "name"),
            version=self._text(document, "version"),
            min_coverage=self._number(document.get("min_coverage", 0.5), "min_coverage", high=1.0),
            required=self._names(checks.get("required", list(ALL_SERVICES)), "checks.required"),
            thresholds={
                code: self._thresholds(code, value)
                for code, value in self._table(document, "thresholds").items()
            },
            weights={
                kind: self._weight(kind, value)
                for kind, value in self._table(document, "weights").items()
            },
            fail_at=self._severity(verdict.get("fail_at", "MAJOR"), "verdict.fail_at"),
            review_at=self._severity(verdict.get("review_at", "MINOR"), "verdict.review_at"),
            waivers=tuple(self._waiver(entry) for entry in document.get("waivers", [])),
        )
        check_policy(policy, where=self._where)
        return policy

    def _known(self, table: Mapping[str, Any], known: set[str], prefix: str) -> None:
        for key in table:
            if key not in known:
                raise self.fail(f"{prefix}{key}", f"no such key; known are {sorted(known)}")

    def _table(self, document: dict[str, Any], key: str) -> dict[str, Any]:
        value = document.get(key, {})
        if not isinstance(value, dict):
            raise self.fail(key, "must be a table")
        return value

    def _text(self, table: dict[str, Any], key: str) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not value:
            raise self.fail(key, "must be a text that is not empty")
        return value

    def _names(self, value: object, key: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise self.fail(key, 'must be a list of names, such as ["artifact", "mesh"]')
        return tuple(value)

    def _number(self, value: object, key: str, *, high: float = math.inf) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fail(key, f"must be a number, not {value!r}")
        if not (0 <= value <= high) or not math.isfinite(value):
            raise self.fail(key, f"must be finite and between 0 and {high:g}, not {value!r}")
        return float(value)

    def _severity(self, value: object, key: str) -> Severity:
        if not isinstance(value, str) or value not in Severity.__members__:
            raise self.fail(key, f"must be {_SEVERITIES}, not {value!r}")
        return Severity[value]

    def _thresholds(self, code: str, value: object) -> Thresholds:
        key = f"thresholds.{code}"
        if code not in CODES:
            raise self.fail(key, "no such code; see `gencheck policy codes`")
        if not isinstance(value, dict):
            raise self.fail(key, "must be a table with minor, major and critical")
        self._known(value, {"minor", "major", "critical"}, f"{key}.")
        steps = {step: self._number(limit, f"{key}.{step}") for step, limit in value.items()}
        return Thresholds(**steps)

    def _weight(self, kind: str, value: object) -> float:
        if kind not in CLAIM_KINDS:
            raise self.fail(f"weights.{kind}", f"no such claim; known are {sorted(CLAIM_KINDS)}")
        return self._number(value, f"weights.{kind}", high=1e6)

    def _waiver(self, entry: object) -> Waiver:
        if not isinstance(entry, dict):
            raise self.fail("waivers", "must be tables: [[waivers]]")
        self._known(entry, {"code", "until", "reason"}, "waivers.")
        until = entry.get("until")
        if isinstance(until, str):
            try:
                until = dt.date.fromisoformat(until)
            except ValueError:
                until = None
        if not isinstance(until, dt.date) or isinstance(until, dt.datetime):
            raise self.fail("waivers.until", "must be a day such as 2027-01-31")
        return Waiver(self._text(entry, "code"), until, self._text(entry, "reason"))


def check_policy(policy: Policy, *, where: str) -> None:
    """What holds for a policy from anywhere. Raises ``InvalidPolicy`` with the key."""

    def fail(key: str, what: str) -> InvalidPolicy:
        return InvalidPolicy(f"{key}: {what}", where=where, metadata={"key": key})

    if not policy.name or not policy.version:
        raise fail("name", "a policy needs a name and a version")
    if not 0 <= policy.min_coverage <= 1:
        raise fail("min_coverage", f"must be between 0 and 1, not {policy.min_coverage:g}")
    for code, limits in policy.thresholds.items():
        if code not in CODES:
            raise fail(f"thresholds.{code}", "no such code")
        steps = [v for v in (limits.minor, limits.major, limits.critical) if v is not None]
        if not all(math.isfinite(step) and step >= 0 for step in steps) or steps != sorted(steps):
            raise fail(f"thresholds.{code}", "minor, major and critical must rise from 0")
    for kind, weight in policy.weights.items():
        if kind not in CLAIM_KINDS or not (math.isfinite(weight) and weight >= 0):
            raise fail(f"weights.{kind}", "needs a known claim and a weight from 0")
    for waiver in policy.waivers:
        if waiver.code not in CODES:
            raise fail("waivers.code", f"no such code: {waiver.code}")
    if policy.review_at > policy.fail_at:
        raise fail("verdict.review_at", "must not be above fail_at")
