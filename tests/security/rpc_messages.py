"""Requests made up from the descriptors of the API: a new method or field is included by itself."""

import importlib
import pkgutil
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from hypothesis import strategies as st

import gencheck.v1

_DEPTH = 5
_TEXTS = [
    "",
    "a red cat",
    "two cats",
    "a photo of a dog at night",
    "two dogs and 3 cups, no people",
    'a sign "OPEN"',
    "é" * 50,
    "\x00",
]
_NAMED = {
    "uri": ["file:///etc/passwd", "http://169.254.169.254/", "https://x/", "file://", "s3://a/b"],
    "policy_name": ["", "default", "nobody"],
    "request_id": ["", "c1c5fb2e-7b2b-4d0e-9a5e-0e6f2f9f4d11", "no"],
    "checks": ["artifact", "consistency", "mesh", "bias", ""],
    "required": ["artifact", "mesh", "consistency", "bias", "artifact.blur", "x"],
    "code": ["BLUR", "SKEWED", "BOUNDARY_LOOP", "TRUNCATED", "NOTHING"],
    "thresholds": ["BLUR", "SKEWED", "BOUNDARY_LOOP", "DETECTION_GAP", "NOTHING"],
    "attribute": ["gender", "age", "skin_tone", ""],
    "attributes": ["gender", "age", "skin_tone", ""],
    "category": ["a", "b", "female", ""],
    "until": ["2099-01-01", "2000-01-01", "never"],
    "digest": ["sha256:" + "0" * 64, "assets/" + "f" * 64, "sha256:", "../../etc"],
    "name": ["default", "a.png", "a.glb", "x.txt", ""],
    "version": ["1", "2026.1", ""],
}
# Of the ways to name an asset this one is mostly taken: the others end before a check.
_OFTEN = {"inline": 8}
_NUMBERS = [0.0, 1.0, 0.5, -1.0, 3.0, 100.0, 1e12, 1e300, float("nan"), float("inf"), -0.0]
_INTEGERS = [0, 1, 2, 7, 1_000, (1 << 31) - 1]


@dataclass(frozen=True)
class Method:
    """One method of the API."""

    path: str
    request: type[Message]
    response: type[Message]
    streams_requests: bool
    streams_responses: bool


def methods() -> list[Method]:
    """Every method of every service in gencheck.v1."""
    found = []
    for module in pkgutil.iter_modules(gencheck.v1.__path__):
        if module.name.endswith("_pb2"):
            file = importlib.import_module(f"gencheck.v1.{module.name}").DESCRIPTOR
            for service in file.services_by_name.values():
                found += [_method(method) for method in service.methods]
    return sorted(found, key=lambda method: method.path)


def _method(descriptor: MethodDescriptor) -> Method:
    return Method(
        f"/{descriptor.containing_service.full_name}/{descriptor.name}",
        message_factory.GetMessageClass(descriptor.input_type),
        message_factory.GetMessageClass(descriptor.output_type),
        descriptor.client_streaming,
        descriptor.server_streaming,
    )


class Requests:
    """Strategies for the messages of each type, made once."""

    def __init__(self, assets: Sequence[bytes]) -> None:
        """Args: assets: encoded files, which are sent whole and damaged."""
        self._assets = assets
        self._made: dict[tuple[str, int], st.SearchStrategy[Message]] = {}

    def of(self, kind: type[Message], depth: int = 0) -> st.SearchStrategy[Message]:
        """Messages of a type, mostly of the kind that a server takes."""
        key = (kind.DESCRIPTOR.full_name, depth)
        if key not in self._made:
            made: st.SearchStrategy[Message] = st.deferred(lambda: self._messages(kind, depth))
            if depth == 0 and "asset" in kind.DESCRIPTOR.fields_by_name:
                made = st.one_of(made, self._plain(kind))
            self._made[key] = made
        return self._made[key]

    def _plain(self, kind: type[Message]) -> st.SearchStrategy[Message]:
        """A request of nothing but a whole asset, so that checks are reached as well."""
        fields = kind.DESCRIPTOR.fields_by_name

        def make(asset: bytes, prompt: str) -> Message:
            said = {"prompt": prompt} if "prompt" in fields else {}
            return kind(asset={"inline": asset}, **said)

        return st.builds(make, st.sampled_from(self._assets), st.sampled_from(_TEXTS))

    def _messages(self, kind: type[Message], depth: int) -> st.SearchStrategy[Message]:
        chosen: dict[str, list[FieldDescriptor]] = {}
        for field in kind.DESCRIPTOR.fields:
            oneof = field.containing_oneof
            chosen.setdefault(oneof.name if oneof else field.name, []).append(field)
        groups = [
            st.one_of(
                *(self._setter(f, depth) for f in fields for _ in range(_OFTEN.get(f.name, 1))),
                *self._absent(fields),
            )
            for fields in chosen.values()
            if depth < _DEPTH
        ]
        return st.tuples(*groups).map(lambda setters: _filled(kind, setters))

    @staticmethod
    def _absent(fields: Sequence[FieldDescriptor]) -> list[st.SearchStrategy[Any]]:
        """What every request needs is rarely left out."""
        name = fields[0].name
        if name in ("asset", "inline", "prompt", "check", "image", "options", "tables", "counts"):
            return []
        # Most policies made up here are refused, and with them the whole request.
        return [st.none()] * (8 if name in ("policy_name", "policy", "request_id") else 2)

    def _setter(self, field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
        def put(value: Any) -> Callable[[Any], None]:
            return lambda message: _put(message, field, value)

        return self._values(field, depth).map(put)

    def _values(self, field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
        inner = field.message_type
        if inner is not None and inner.GetOptions().map_entry:
            key, value = inner.fields_by_name["key"], inner.fields_by_name["value"]
            keys = st.sampled_from(_NAMED.get(field.name, _TEXTS))
            if key.cpp_type != FieldDescriptor.CPPTYPE_STRING:
                keys = st.sampled_from(_INTEGERS)
            return st.dictionaries(keys, self._one(value, depth), max_size=3)
        one = self._one(field, depth)
        return st.lists(one, max_size=3) if field.is_repeated else one

    def _one(self, field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
        if field.message_type is not None:
            return self.of(message_factory.GetMessageClass(field.message_type), depth + 1)
        match field.cpp_type:
            case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_BYTES:
                return st.builds(damaged_or_not, st.sampled_from(self._assets), st.integers(0, 999))
            case FieldDescriptor.CPPTYPE_STRING:
                return st.sampled_from(_NAMED.get(field.name, _TEXTS))
            case FieldDescriptor.CPPTYPE_BOOL:
                return st.booleans()
            case FieldDescriptor.CPPTYPE_ENUM:
                return st.sampled_from([*field.enum_type.values_by_number, 99])
            case FieldDescriptor.CPPTYPE_DOUBLE | FieldDescriptor.CPPTYPE_FLOAT:
                return st.sampled_from(_NUMBERS)
        return st.sampled_from(_INTEGERS)


def _filled(kind: type[Message], setters: Sequence[Callable[[Any], None] | None]) -> Message:
    message = kind()
    for setter in setters:
        if setter is not None:
            setter(message)
    return message


def _put(message: Any, field: FieldDescriptor, value: Any) -> None:
    if isinstance(value, dict):
        target = getattr(message, field.name)
        for key, item in value.items():
            if isinstance(item, Message):
                target[key].CopyFrom(item)
            else:
                target[key] = item
    elif isinstance(value, list):
        getattr(message, field.name).extend(value)
    elif isinstance(value, Message):
        getattr(message, field.name).CopyFrom(value)
    else:
        setattr(message, field.name, value)


def damaged_or_not(data: bytes, seed: int) -> bytes:
    """The bytes, in two of three cases with a few changed, cut or repeated."""
    rng = random.Random(seed)
    result = bytearray(data)
    for _ in range(rng.choice((0, 1, 4))):
        at = rng.randrange(len(result) + 1)
        match rng.randrange(4):
            case 0:
                result[at : at + 1] = rng.randbytes(1)
            case 1:
                del result[at : at + rng.choice((1, 16, len(result) // 3 + 1))]
            case 2:
                result[at:at] = result[max(0, at - 16) : at]
            case _:
                head = rng.randrange(min(len(result), 64) + 1)
                result[head : head + 2] = rng.randbytes(2)
    return bytes(result)
