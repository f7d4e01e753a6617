"""Holds a request to its bounds, and names every field that breaks one."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from gencheck.errors import InvalidArgument, LimitExceeded
from gencheck.serving.bounds import ANY_OF, BOUNDS, INLINE_LIMIT, Rule, Rules
from gencheck.serving.call import is_uuid4
from gencheck.v1 import common_pb2

_MAX_VIOLATIONS = 20
_NO_RULE = Rule()
_ASSET = "gencheck.v1.Asset"
_DIGEST = re.compile("sha256:[0-9a-f]{64}")

Violation = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Field:
    """What the descriptor says about one field, looked up once."""

    rule: Rule
    repeated: bool
    is_map: bool
    number: bool
    enum: EnumDescriptor | None


class Validator:
    """Checks messages against the table; descriptors are read once a message type."""

    def __init__(
        self, *, inline_limit: int = INLINE_LIMIT, bounds: Mapping[str, Rules] = BOUNDS
    ) -> None:
        """Args: inline_limit: bytes of ``Asset.inline``, in place of the table's."""
        self._inline_limit = inline_limit
        asset = bounds.get(_ASSET, {})
        inline = replace(asset.get("inline", _NO_RULE), max_len=inline_limit)
        self._bounds = {**bounds, _ASSET: {**asset, "inline": inline}}
        self._plans: dict[str, dict[str, _Field]] = {}

    def check(self, message: Message) -> None:
        """Raise ``InvalidArgument`` with the path of every field that breaks its bound.

        The path is the one of the proto, list indices from 0: ``policy.waivers[2].code``. An asset
        over the inline limit is ``LimitExceeded``. At most 20 fields are named.
        """
        self._check_inline(message)
        violations: list[Violation] = []
        for violation in self._violations(message, ""):
            violations.append(violation)
            if len(violations) == _MAX_VIOLATIONS:
                break
        if violations:
            raise _invalid(violations)

    def _check_inline(self, message: Message) -> None:
        """The one bound with an error of its own, for its own remedy."""
        asset = _asset_of(message)
        if asset is not None and len(asset.inline) > self._inline_limit:
            raise too_large(len(asset.inline), self._inline_limit, where="asset.inline")

    def _violations(self, message: Message, prefix: str) -> Iterator[Violation]:
        descriptor: Any = message.DESCRIPTOR
        rules = self._bounds.get(descriptor.full_name, {})
        present = message.ListFields()
        yield from _missing(message, {field.name: value for field, value in present}, rules, prefix)
        plan = self._plan(descriptor)
        for field, value in present:
            known = plan[field.name]
            path = prefix + field.name
            if known.is_map:
                yield from self._map_violations(value, known, path)
            elif known.repeated:
                yield from self._list_violations(value, known, path)
            else:
                yield from self._value_violations(value, known, path)

    def _list_violations(
        self, values: Sequence[object], known: _Field, path: str
    ) -> Iterator[Violation]:
        if _too_many(values, known.rule):
            yield path, f"has {len(values)} entries, at most {known.rule.max_items} are taken"
            return
        for index, value in enumerate(values):
            yield from self._value_violations(value, known, f"{path}[{index}]")

    def _map_violations(
        self, entries: Mapping[object, object], known: _Field, path: str
    ) -> Iterator[Violation]:
        if _too_many(entries, known.rule):
            yield path, f"has {len(entries)} entries, at most {known.rule.max_items} are taken"
            return
        for key, value in entries.items():
            where = f"{path}[{str(key)[:64]!r}]"
            yield from _text_violations(str(key), known.rule, where)
            yield from self._value_violations(value, known, where)

    def _value_violations(self, value: object, known: _Field, path: str) -> Iterator[Violation]:
        if isinstance(value, Message):
            yield from self._violations(value, f"{path}.")
        elif isinstance(value, (str, bytes)):
            yield from _text_violations(value, known.rule, path)
        elif known.enum is not None:
            if value not in known.enum.values_by_number:
                yield path, f"{value} is no published value of {known.enum.name}"
        elif known.number and isinstance(value, (int, float)):
            yield from _number_violations(value, known.rule, path)

    def _plan(self, descriptor: Descriptor) -> dict[str, _Field]:
        plan = self._plans.get(descriptor.full_name)
        if plan is None:
            rules = self._bounds.get(descriptor.full_name, {})
            plan = {field.name: _describe(field, rules) for field in descriptor.fields}
            self._plans[descriptor.full_name] = plan
        return plan


def too_large(size: int, limit: int, *, where: str) -> LimitExceeded:
    """The error of a message or asset over the inline limit."""
    return LimitExceeded(
        f"{size} bytes are more than this server takes in one message, {limit}",
        where=where,
        fix="Upload it, name it by a URI, or raise the server's inline limit.",
        metadata={"bytes": str(size), "limit": str(limit)},
    )


def _asset_of(request: Message) -> common_pb2.Asset | None:
    """The asset of a request, or of the part of a stream that carries one."""
    message: Any = request
    for name in ("check", "image"):
        if name in message.DESCRIPTOR.fields_by_name and message.HasField(name):
            message = getattr(message, name)
    if "asset" not in message.DESCRIPTOR.fields_by_name:
        return None
    asset: common_pb2.Asset = message.asset
    return asset


def _describe(field: FieldDescriptor, rules: Rules) -> _Field:
    inner = field.message_type
    is_map = inner is not None and inner.GetOptions().map_entry
    value = inner.fields_by_name["value"] if inner is not None and is_map else field
    return _Field(
        rule=rules.get(field.name, _NO_RULE),
        repeated=field.is_repeated,
        is_map=is_map,
        number=value.cpp_type != FieldDescriptor.CPPTYPE_BOOL and value.enum_type is None,
        enum=value.enum_type,
    )


def _missing(
    message: Message, present: Mapping[str, object], rules: Rules, prefix: str
) -> Iterator[Violation]:
    descriptor: Any = message.DESCRIPTOR
    for name, rule in rules.items():
        if not rule.required:
            continue
        if name in descriptor.oneofs_by_name:
            if message.WhichOneof(name) is None:
                names = " or ".join(f.name for f in descriptor.oneofs_by_name[name].fields)
                yield prefix + name, f"is required: set {names}"
        elif _is_empty(message, descriptor.fields_by_name[name], present.get(name)):
            yield prefix + name, "is required"
    either = ANY_OF.get(descriptor.full_name, ())
    if either and not any(present.get(name) for name in either):
        yield prefix + either[0], f"nothing given: set {' or '.join(either)}"


def _is_empty(message: Message, field: FieldDescriptor, value: object) -> bool:
    oneof = field.containing_oneof
    if oneof is not None and message.WhichOneof(oneof.name) != field.name:
        return False  # another member of the oneof is set, or none: that is the oneof's rule
    if field.message_type is not None and not field.is_repeated:
        return value is None
    return not value.strip() if isinstance(value, str) else not value


def _too_many(values: Sized, rule: Rule) -> bool:
    return rule.max_items is not None and len(values) > rule.max_items


def _text_violations(value: str | bytes, rule: Rule, path: str) -> Iterator[Violation]:
    if rule.max_len is not None and len(value) > rule.max_len:
        unit = "characters" if isinstance(value, str) else "bytes"
        yield path, f"has {len(value)} {unit}, at most {rule.max_len} are taken"
    elif isinstance(value, str) and value:
        if rule.uuid4 and not is_uuid4(value):
            yield path, "must be a UUID of version 4, or empty"
        if rule.choices is not None and value not in rule.choices:
            yield path, f"must be one of {', '.join(rule.choices)}"
        if rule.digest and not _DIGEST.fullmatch(value):
            yield path, 'must be "sha256:" and 64 lower-case hexadecimal digits'
        if rule.one_line and not value.isprintable() and any(map(_is_control, value)):
            yield path, "must not contain control characters"


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Zl", "Zp")


def _number_violations(value: float, rule: Rule, path: str) -> Iterator[Violation]:
    if not math.isfinite(value):
        yield path, "must be a finite number"
    elif rule.low is not None and value < rule.low:
        yield path, f"is {value:g}, must be at least {rule.low:g}"
    elif rule.high is not None and value > rule.high:
        yield path, f"is {value:g}, must be at most {rule.high:g}"


def _invalid(violations: list[Violation]) -> InvalidArgument:
    path, description = violations[0]
    more = len(violations) - 1
    what = description if not more else f"{description} (and {more} more fields are wrong)"
    return InvalidArgument(
        what,
        where=path,
        fix="Correct the named fields.",
        metadata={"fields": ", ".join(path for path, _ in violations)},
        violations=violations,
    )
