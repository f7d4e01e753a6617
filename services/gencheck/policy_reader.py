"""From a TOML document to policies, with every mistake and the line that it is in."""

from __future__ import annotations

import datetime as dt
import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gencheck.codes import CODES
from gencheck.errors import InvalidPolicy
from gencheck.findings import Severity
from gencheck.policy import (
    ALL_SERVICES,
    CLAIM_KINDS,
    Key,
    Policy,
    Thresholds,
    Waiver,
    key_text,
    problems_of,
)

_OWN = {"name", "version", "surfaces"}
_OF_A_SURFACE = {
    "min_coverage",
    "confidence",
    "checks",
    "thresholds",
    "weights",
    "verdict",
    "waivers",
}
_STEPS = ("info", "minor", "major", "critical")
_SEVERITIES = "INFO, MINOR, MAJOR or CRITICAL"
_SURFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_MAX_LINES = 5_000


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a key."""

    key: Key
    what: str


def read_policies(text: str, *, where: str) -> tuple[list[Policy], list[InvalidPolicy]]:
    """The policy of a TOML document and one for each of its surfaces; else all that is wrong.

    Args:
        where: the file's name, for messages.

    Returns:
        Policies and no errors, or errors in the order of their lines and no policies.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [], [InvalidPolicy(f"not valid TOML: {error}", where=where)]
    reader = _Reader()
    policies = reader.policies(document)
    if not reader.problems:
        return policies, []
    return [], _explained(reader.problems, text, where)


def _explained(problems: Sequence[Problem], text: str, where: str) -> list[InvalidPolicy]:
    lines = lines_of({problem.key for problem in problems}, text)
    ordered = sorted(problems, key=lambda problem: lines.get(problem.key, math.inf))
    return [
        InvalidPolicy(
            f"{key_text(problem.key)}: {problem.what}",
            where=f"{where}:{line}" if (line := lines.get(problem.key)) else where,
            metadata={"key": key_text(problem.key)},
        )
        for problem in dict.fromkeys(ordered)
    ]


def lines_of(keys: set[Key], text: str) -> dict[Key, int]:
    """The line, from 1, at which each key begins; of a missing one its table's, if it has any.

    Found by the TOML reader itself: a key is in the first statement after which the document, cut
    off there, has it. A document of more than 5,000 lines is not searched.
    """
    wanted = {key[:n] for key in keys for n in range(1, len(key) + 1)}
    lines = text.splitlines(keepends=True)
    found: dict[Key, int] = {}
    begin = 0
    for end in range(1, len(lines) + 1 if len(lines) <= _MAX_LINES else 0):
        try:
            document = tomllib.loads("".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue  # in the middle of a statement
        new = [key for key in wanted - found.keys() if _has(document, key)]
        first = next((n for n in range(begin, end) if _says_something(lines[n])), begin)
        found.update(dict.fromkeys(new, first + 1))
        begin = end
    return {
        key: line
        for key in keys
        if (line := next((found[p] for p in _upwards(key) if p in found), None)) is not None
    }


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _upwards(key: Key) -> Iterator[Key]:
    for n in range(len(key), 0, -1):
        yield key[:n]


def _has(document: Any, key: Key) -> bool:
    for part in key:
        if isinstance(part, int):
            if not isinstance(document, list) or part >= len(document):
                return False
        elif not isinstance(document, dict) or part not in document:
            return False
        document = document[part]
    return True


class _Reader:
    """Turns a document into policies; goes on after a mistake, so that one reading finds all."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def policies(self, document: dict[str, Any]) -> list[Policy]:
        self._known(document, _OWN | _OF_A_SURFACE, ())
        name = self._text(document, "name", ())
        if "/" in name:
            self._wrong(("name",), 'must not hold a "/": that is how surfaces are named')
        unread = Policy(name=name, version=self._text(document, "version", ()))
        base = self._adapt(unread, document, ())
        policies = [base]
        known = {(problem.key, problem.what) for problem in self._hold(base, ())}
        for surface, table in self._table(document, "surfaces", ()).items():
            key: Key = ("surfaces", surface)
            if not _SURFACE.fullmatch(surface):
                self._wrong(key, "the name of a surface is letters, digits, _ and -")
            if not isinstance(table, dict):
                self._wrong(key, "must be a table")
                continue
            self._known(table, _OF_A_SURFACE, key)
            adapted = self._adapt(replace(base, name=f"{name}/{surface}"), table, key)
            policies.append(adapted)
            self._hold(adapted, key, known)
        return policies

    def _hold(
        self, policy: Policy, prefix: Key, known: set[tuple[Key, str]] | None = None
    ) -> list[Problem]:
        """What contradicts itself in a policy, less what its base is told already."""
        found = [
            Problem((*prefix, *key), what)
            for key, what in problems_of(policy)
            if (key, what) not in (known or ()) and (policy.name and policy.version)
        ]
        self.problems += found
        return found

    def _adapt(self, base: Policy, table: dict[str, Any], at: Key) -> Policy:
        """The base with all that a table says otherwise; waivers come on top."""
        verdict = self._table(table, "verdict", at)
        checks = self._table(table, "checks", at)
        self._known(verdict, {"fail_at", "review_at"}, (*at, "verdict"))
        self._known(checks, {"ask", "required"}, (*at, "checks"))
        changed: dict[str, Any] = {}
        for word in table.keys() & {"min_coverage", "confidence"}:
            changed[word] = self._number(table[word], (*at, word), high=1.0)
        if "ask" in checks:
            changed["ask"] = self._names(checks["ask"], (*at, "checks", "ask"))
            changed["required"] = changed["ask"]
        if "required" in checks:
            changed["required"] = self._names(checks["required"], (*at, "checks", "required"))
        for word in verdict.keys() & {"fail_at", "review_at"}:
            changed[word] = self._severity(verdict[word], (*at, "verdict", word))
        return replace(
            base,
            thresholds={**base.thresholds, **self._all_thresholds(table, at)},
            weights={**base.weights, **self._weights(table, at)},
            waivers=(*base.waivers, *self._waivers(table, at)),
            **changed,
        )

    def _wrong(self, key: Key, what: str) -> None:
        self.problems.append(Problem(key, what))

    def _known(self, table: Mapping[str, Any], known: set[str], at: Key) -> None:
        for key in table:
            if key not in known:
                self._wrong((*at, key), f"no such key; known are {', '.join(sorted(known))}")

    def _table(self, document: dict[str, Any], key: str, at: Key) -> dict[str, Any]:
        value = document.get(key, {})
        if isinstance(value, dict):
            return value
        self._wrong((*at, key), "must be a table")
        return {}

    def _text(self, table: dict[str, Any], key: str, at: Key) -> str:
        value = table.get(key)
        if isinstance(value, str) and value.strip():
            return value
        self._wrong((*at, key), "must be a text that is not empty")
        return ""

    def _names(self, value: object, key: Key) -> tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            return tuple(value)
        self._wrong(key, 'must be a list of names, such as ["artifact", "mesh"]')
        return ALL_SERVICES

    def _number(self, value: object, key: Key, *, high: float = math.inf) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._wrong(key, f"must be a number, not {value!r}")
        elif not (0 <= value <= high) or not math.isfinite(value):
            self._wrong(key, f"must be finite and between 0 and {high:g}, not {value!r}")
        else:
            return float(value)
        return 0.0

    def _severity(self, value: object, key: Key) -> Severity:
        if isinstance(value, str) and value in Severity.__members__:
            return Severity[value]
        self._wrong(key, f"must be {_SEVERITIES}, not {value!r}")
        return Severity.MAJOR

    def _all_thresholds(self, table: dict[str, Any], at: Key) -> dict[str, Thresholds]:
        thresholds = {}
        for code, value in self._table(table, "thresholds", at).items():
            key = (*at, "thresholds", code)
            if code not in CODES:
                self._wrong(key, "no such code; see `gencheck policy codes`")
            elif not isinstance(value, dict):
                self._wrong(key, "must be a table with info, minor, major and critical")
            else:
                self._known(value, set(_STEPS), key)
                steps = {
                    step: self._number(value[step], (*key, step))
                    for step in _STEPS
                    if step in value
                }
                thresholds[code] = Thresholds(**steps)
        return thresholds

    def _weights(self, table: dict[str, Any], at: Key) -> dict[str, float]:
        weights = {}
        for kind, value in self._table(table, "weights", at).items():
            key = (*at, "weights", kind)
            if kind not in CLAIM_KINDS:
                self._wrong(key, f"no such claim; known are {', '.join(sorted(CLAIM_KINDS))}")
            else:
                weights[kind] = self._number(value, key, high=1e6)
        return weights

    def _waivers(self, table: dict[str, Any], at: Key) -> list[Waiver]:
        entries = table.get("waivers", [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            self._wrong((*at, "waivers"), "must be tables: [[waivers]]")
            return []
        read = [self._waiver(entry, (*at, "waivers", n)) for n, entry in enumerate(entries)]
        return [waiver for waiver in read if waiver is not None]

    def _waiver(self, entry: dict[str, Any], at: Key) -> Waiver | None:
        before = len(self.problems)
        self._known(entry, {"code", "until", "reason"}, at)
        code, reason = self._text(entry, "code", at), self._text(entry, "reason", at)
        if code and code not in CODES:
            self._wrong((*at, "code"), f"no such code: {code}; see `gencheck policy codes`")
        until = entry.get("until")
        if isinstance(until, str):
            until = _day(until)
        if not isinstance(until, dt.date) or isinstance(until, dt.datetime):
            self._wrong((*at, "until"), "must be a day such as 2027-01-31")
            return None
        return Waiver(code, until, reason) if len(self.problems) == before else None


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
