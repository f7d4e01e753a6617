"""The bounds of requests: every field has one, and each is held with its path."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from gencheck.errors import InvalidArgument, LimitExceeded
from gencheck.serving.bounds import ANY_OF, BOUNDS, Rule
from gencheck.serving.validate import Validator
from gencheck.v1 import (
    artifact_pb2,
    asset_pb2,
    bias_pb2,
    common_pb2,
    consistency_pb2,
    mesh_pb2,
    router_pb2,
)

FILES = (artifact_pb2, asset_pb2, bias_pb2, common_pb2, consistency_pb2, mesh_pb2, router_pb2)
ASSET = {"inline": b"x"}
DIGEST = "sha256:" + "a" * 64
POLICY = {"name": "strict", "version": "1"}
SKEWED = {"attribute": "skin_tone", "counts": [{"category": "1", "count": 3}]}


def request_types() -> dict[str, Descriptor]:
    """Every message that an RPC takes, and every message inside one."""
    found: dict[str, Descriptor] = {}

    def add(descriptor: Descriptor) -> None:
        if descriptor.full_name in found:
            return
        if not descriptor.GetOptions().map_entry:
            found[descriptor.full_name] = descriptor
        for field in descriptor.fields:
            if field.message_type is not None:
                add(field.message_type)

    for file in FILES:
        for service in file.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                add(method.input_type)
    return found


def sized_fields() -> Iterator[tuple[str, FieldDescriptor]]:
    for name, descriptor in request_types().items():
        for field in descriptor.fields:
            if field.is_repeated or field.type in (field.TYPE_STRING, field.TYPE_BYTES):
                yield name, field


@pytest.mark.parametrize(
    ("message", "field"), [pytest.param(*pair, id=pair[1].full_name) for pair in sized_fields()]
)
def test_every_sized_field_of_a_request_has_a_bound(message: str, field: FieldDescriptor) -> None:
    rule = BOUNDS.get(message, {}).get(field.name)
    assert rule is not None, f"give {field.full_name} a rule in serving/bounds.py"
    if field.is_repeated:
        assert rule.max_items is not None
        holds_text = field.type == field.TYPE_STRING or (
            field.message_type is not None and field.message_type.GetOptions().map_entry
        )
        assert not holds_text or rule.max_len is not None, "bound the strings inside as well"
    else:
        assert rule.max_len is not None


def test_every_oneof_of_a_stream_or_source_is_required() -> None:
    for name, descriptor in request_types().items():
        for oneof in descriptor.oneofs_by_name:
            if oneof in ("part", "source"):
                assert BOUNDS[name][oneof].required


def test_no_rule_is_for_a_field_that_does_not_exist() -> None:
    types = request_types()
    for name, rules in BOUNDS.items():
        known = {*types[name].fields_by_name, *types[name].oneofs_by_name}
        assert set(rules) <= known, name
    for name, fields in ANY_OF.items():
        assert set(fields) <= set(types[name].fields_by_name)


def artifact(**fields: Any) -> Message:
    return artifact_pb2.CheckArtifactRequest(**{"asset": ASSET, **fields})


def check(**fields: Any) -> Message:
    return router_pb2.CheckRequest(**{"asset": ASSET, **fields})


def audit(**fields: Any) -> Message:
    return bias_pb2.AuditRequest(**{"tables": [SKEWED], **fields})


def policy(**fields: Any) -> Message:
    return artifact(policy={**POLICY, **fields})


def prompt(text: str) -> Message:
    return consistency_pb2.ParsePromptRequest(prompt=text)


GOOD = {
    "an asset": artifact(),
    "a digest": artifact(asset={"digest": DIGEST}),
    "an upload of anything": asset_pb2.UploadAssetRequest(metadata={}),
    "a part of an asset": asset_pb2.ReadAssetRequest(digest=DIGEST, offset=5, limit=0),
    "a URI": artifact(asset={"uri": "file:///data/a.png", "name": "ä €"}),
    "a full policy": policy(
        min_coverage=1.0,
        confidence=0.95,
        required=["artifact"],
        thresholds={"BLUR": {"minor": 0.2, "major": 0.5}},
        weights={"object": 2.0},
        fail_at="SEVERITY_MAJOR",
        waivers=[{"code": "BLUR", "until": "2027-01-31", "reason": "line\nbreak"}],
    ),
    "a request id": artifact(request_id="3F2504E0-4f89-41d3-9a0c-0305e82c3301"),
    "a long prompt of another script": prompt("猫" * 4_000),
    "a prompt of two lines": prompt("a cat\n\ta dog"),
    "checks": check(checks=["artifact", "mesh"], prompt=""),
    "counts": audit(),
    "labels": bias_pb2.AuditRequest(labels=[{"attribute": "skin_tone", "category": ""}]),
    "a state": bias_pb2.AuditRequest(states=[{"images": 3, "tables": [SKEWED]}]),
    "options": bias_pb2.AuditImagesRequest(options={}),
    "a set": router_pb2.CheckSetRequest(check={"asset": ASSET}),
}

BAD: dict[str, tuple[Message, list[str]]] = {
    "no asset": (artifact_pb2.CheckArtifactRequest(), ["asset"]),
    "an asset without a source": (artifact(asset={"name": "x"}), ["asset.source"]),
    "no bytes": (artifact(asset={"inline": b""}), ["asset.inline"]),
    "a URI of blanks": (artifact(asset={"uri": "  "}), ["asset.uri"]),
    "a URI with NUL": (artifact(asset={"uri": "file:///a\0.png"}), ["asset.uri"]),
    "a URI without end": (artifact(asset={"uri": "f" * 4_097}), ["asset.uri"]),
    "a name with an escape sequence": (
        artifact(asset={"inline": b"x", "name": "\x1b[2J"}),
        ["asset.name"],
    ),
    "a name of two lines": (
        artifact(asset={"inline": b"x", "name": "a\u2028b"}),
        ["asset.name"],
    ),
    "an id that is no UUID": (artifact(request_id="42"), ["request_id"]),
    "an id of version 1": (
        artifact(request_id="3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
        ["request_id"],
    ),
    "the empty prompt": (prompt(""), ["prompt"]),
    "a prompt of blanks": (prompt(" \n\t "), ["prompt"]),
    "10,000 characters": (prompt("x" * 10_000), ["prompt"]),
    "an unknown check": (check(checks=["artifact", "bias"]), ["checks[1]"]),
    "too many checks": (check(checks=["mesh"] * 9), ["checks"]),
    "a policy without anything": (artifact(policy={}), ["policy.name", "policy.version"]),
    "coverage over 1": (policy(min_coverage=1.5), ["policy.min_coverage"]),
    "a confidence below even": (policy(confidence=0.4), ["policy.confidence"]),
    "coverage not a number": (policy(min_coverage=math.nan), ["policy.min_coverage"]),
    "an infinite threshold": (
        policy(thresholds={"BLUR": {"major": math.inf}}),
        ["policy.thresholds['BLUR'].major"],
    ),
    "a negative weight": (policy(weights={"object": -1.0}), ["policy.weights['object']"]),
    "a key without end": (
        policy(weights={"k" * 65: 1.0}),
        [f"policy.weights[{'k' * 64!r}]"],
    ),
    "a severity that does not exist": (policy(fail_at=99), ["policy.fail_at"]),
    "too many waivers": (
        policy(waivers=[{"code": "BLUR", "until": "2027-01-31"}] * 257),
        ["policy.waivers"],
    ),
    "a waiver in the middle": (
        policy(
            waivers=[
                {"code": "BLUR", "until": "2027-01-31"},
                {"code": "", "until": "2027-01-31"},
            ]
        ),
        ["policy.waivers[1].code"],
    ),
    "a digest in capitals": (
        artifact(asset={"digest": DIGEST.upper().replace("SHA", "sha")}),
        ["asset.digest"],
    ),
    "a short digest": (artifact(asset={"digest": DIGEST[:-1]}), ["asset.digest"]),
    "a digest of another kind": (artifact(asset={"digest": "md5:" + "a" * 64}), ["asset.digest"]),
    "a digest with a line break": (artifact(asset={"digest": DIGEST + "\n"}), ["asset.digest"]),
    "an empty digest": (artifact(asset={"digest": ""}), ["asset.digest"]),
    "a part before the start": (
        asset_pb2.ReadAssetRequest(digest=DIGEST, offset=-1, limit=-1),
        ["offset", "limit"],
    ),
    "a piece that is too large": (
        asset_pb2.UploadAssetRequest(chunk={"data": bytes((1 << 20) + 1)}),
        ["chunk.data"],
    ),
    "an upload of less than nothing": (
        asset_pb2.UploadAssetRequest(metadata={"size": -1, "digest": "x"}),
        ["metadata.size", "metadata.digest"],
    ),
    "nothing to audit": (bias_pb2.AuditRequest(), ["tables"]),
    "a negative count": (
        audit(tables=[{"attribute": "a", "counts": [{"category": "x", "count": -1}]}]),
        ["tables[0].counts[0].count"],
    ),
    "a count not a number": (
        audit(tables=[{"attribute": "a", "unverified": math.nan}]),
        ["tables[0].unverified"],
    ),
    "a table of nothing": (audit(tables=[{}]), ["tables[0].attribute"]),
    "a reference without shares": (
        audit(references=[{"attribute": "a"}]),
        ["references[0].shares"],
    ),
    "negative pictures": (
        bias_pb2.AuditRequest(states=[{"images": -1}]),
        ["states[0].images"],
    ),
    "too many labels": (audit(labels=[{"attribute": "a"}] * 100_001), ["labels"]),
    "an empty message of a stream": (bias_pb2.AuditImagesRequest(), ["part"]),
    "a picture without an asset": (bias_pb2.AuditImagesRequest(image={}), ["image.asset"]),
    "a set with a bad check": (
        router_pb2.CheckSetRequest(check={"asset": {}}),
        ["check.asset.source"],
    ),
    "several at once": (
        consistency_pb2.CheckConsistencyRequest(request_id="x"),
        ["asset", "prompt", "request_id"],
    ),
}


@pytest.mark.parametrize("message", GOOD.values(), ids=GOOD)
def test_what_keeps_to_the_bounds_passes(message: Message) -> None:
    Validator().check(message)


@pytest.mark.parametrize(("message", "paths"), BAD.values(), ids=BAD)
def test_what_breaks_a_bound_is_named_by_its_path(message: Message, paths: list[str]) -> None:
    with pytest.raises(InvalidArgument) as caught:
        Validator().check(message)
    assert sorted(path for path, _ in caught.value.violations) == sorted(paths)
    assert caught.value.where == caught.value.violations[0][0]
    assert all(text for _, text in caught.value.violations)


def test_no_more_than_twenty_fields_are_listed() -> None:
    with pytest.raises(InvalidArgument) as caught:
        Validator().check(audit(tables=[{}] * 1_000))
    assert len(caught.value.violations) == 20


@pytest.mark.parametrize(
    "message",
    [
        artifact(asset={"inline": b"x" * 11}),
        bias_pb2.AuditImagesRequest(image={"asset": {"inline": b"x" * 11}}),
        router_pb2.CheckSetRequest(check={"asset": {"inline": b"x" * 11}}),
    ],
)
def test_an_asset_over_the_inline_limit_has_an_error_of_its_own(message: Message) -> None:
    with pytest.raises(LimitExceeded) as caught:
        Validator(inline_limit=10).check(message)
    assert caught.value.metadata == {"bytes": "11", "limit": "10"}
    Validator(inline_limit=11).check(message)


def test_what_a_newer_client_adds_is_no_error() -> None:
    message = prompt("a cat")
    message.MergeFromString(b"\xf8\x07\x01")
    Validator().check(message)


def test_bytes_have_a_bound_wherever_they_are() -> None:
    rules = {"gencheck.v1.Mask": {"png": Rule(max_len=5)}}
    region = common_pb2.Region(mask={"png": b"123456", "box": {"x": math.nan}})
    with pytest.raises(InvalidArgument) as caught:
        Validator(bounds=rules).check(region)
    assert [path for path, _ in caught.value.violations] == ["mask.png", "mask.box.x"]
    Validator(bounds=rules).check(common_pb2.Region(mask={"png": b"12345"}))
