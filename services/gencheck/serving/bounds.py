"""The bounds of every request: one table, message type → field → rule.

Enum fields must hold a published value and floating point fields a finite one without being told.
A test fails for a request field of type string, bytes, repeated or map that has no rule here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

INLINE_LIMIT = 8 << 20
"""Bytes of an asset inside a request, by default."""

MAX_PROMPT = 4_000
"""Characters of a prompt."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a field, or a oneof, must keep to.

    Attributes:
        required: a oneof or message must be set, a string or a list must not be empty; a string of
            blanks is empty.
        max_len: characters of a string or bytes of a bytes field; of a map: of its keys.
        max_items: entries of a repeated or map field.
        low: smallest number, inclusive.
        high: largest number, inclusive.
        choices: all values that a string may take.
        uuid4: a UUID of version 4, or empty.
        one_line: no control characters, such as line breaks and NUL.
        digest: ``sha256:`` and 64 lower-case hexadecimal digits, or empty.
    """

    required: bool = False
    max_len: int | None = None
    max_items: int | None = None
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] | None = None
    uuid4: bool = False
    one_line: bool = False
    digest: bool = False


Rules = Mapping[str, Rule]


def _name(size: int = 64, *, required: bool = False) -> Rule:
    return Rule(required=required, max_len=size, one_line=True)


_REQUEST_ID = Rule(uuid4=True, max_len=36)
_LABEL = _name(200)  # attributes and categories: words of a report
_PROMPT = Rule(max_len=MAX_PROMPT)
_ASSET = Rule(required=True)
_DIGEST = Rule(required=True, max_len=71, digest=True)
_BYTES = Rule(low=0)
_COUNT = Rule(low=0, high=1e12)

_POLICY_CHOICE = {"request_id": _REQUEST_ID, "policy_name": _name(128)}
_REFERENCES = Rule(max_items=64)

BOUNDS: Mapping[str, Rules] = {
    "gencheck.v1.Asset": {
        "source": Rule(required=True),
        "inline": Rule(required=True, max_len=INLINE_LIMIT),
        "uri": _name(4_096, required=True),
        "digest": _DIGEST,
        "name": _name(1_024),
    },
    "gencheck.v1.Policy": {
        "name": _name(128, required=True),
        "version": _name(64, required=True),
        "min_coverage": Rule(low=0, high=1),
        "confidence": Rule(low=0.5, high=1),
        "ask": Rule(max_items=8, max_len=32, one_line=True),
        "required": Rule(max_items=64, max_len=64, one_line=True),
        "thresholds": Rule(max_items=256, max_len=64, one_line=True),
        "weights": Rule(max_items=64, max_len=64, one_line=True, low=0, high=1e6),
        "waivers": Rule(max_items=256),
    },
    "gencheck.v1.Thresholds": {
        "minor": Rule(low=0),
        "major": Rule(low=0),
        "critical": Rule(low=0),
        "info": Rule(low=0),
    },
    "gencheck.v1.Waiver": {
        "code": _name(64, required=True),
        "until": _name(10, required=True),
        "reason": Rule(max_len=500),
    },
    "gencheck.v1.CheckArtifactRequest": {"asset": _ASSET, **_POLICY_CHOICE},
    "gencheck.v1.StreamArtifactRequest": {"check": Rule(required=True)},
    "gencheck.v1.CheckMeshRequest": {"asset": _ASSET, **_POLICY_CHOICE},
    "gencheck.v1.CheckConsistencyRequest": {
        "asset": _ASSET,
        **_POLICY_CHOICE,
        "prompt": Rule(required=True, max_len=MAX_PROMPT),
    },
    "gencheck.v1.CheckViewsRequest": {
        "name": _name(1_024),
        **_POLICY_CHOICE,
        "prompt": Rule(required=True, max_len=MAX_PROMPT),
        "views": Rule(required=True, max_items=16),
    },
    "gencheck.v1.View": {
        "name": _name(64, required=True),
        "png": Rule(required=True, max_len=INLINE_LIMIT),
        "plain_png": Rule(max_len=INLINE_LIMIT),
    },
    "gencheck.v1.ParsePromptRequest": {"prompt": Rule(required=True, max_len=MAX_PROMPT)},
    "gencheck.v1.CheckRequest": {
        "asset": _ASSET,
        **_POLICY_CHOICE,
        "prompt": _PROMPT,
        "checks": Rule(max_items=8, max_len=32, choices=("artifact", "consistency", "mesh")),
    },
    "gencheck.v1.CheckSetRequest": {"part": Rule(required=True)},
    "gencheck.v1.CheckSetOptions": {},
    "gencheck.v1.CategoryCount": {"category": _LABEL, "count": _COUNT},
    "gencheck.v1.CountTable": {
        "prompt": _PROMPT,
        "attribute": _name(200, required=True),
        "counts": Rule(max_items=1_000),
        "unverified": _COUNT,
        "model": _name(200),
    },
    "gencheck.v1.Label": {
        "prompt": _PROMPT,
        "attribute": _name(200, required=True),
        "category": _LABEL,
    },
    "gencheck.v1.CategoryShare": {"category": _name(200, required=True), "share": _COUNT},
    "gencheck.v1.Reference": {
        "attribute": _name(200, required=True),
        "shares": Rule(required=True, max_items=1_000),
        "source": Rule(max_len=1_000),
    },
    "gencheck.v1.ConfusionMatrix": {
        "attribute": _name(200, required=True),
        "categories": Rule(required=True, max_items=30, max_len=200, one_line=True),
        "counts": Rule(required=True, max_items=900, low=0, high=1e9),
        "source": Rule(max_len=1_000),
    },
    "gencheck.v1.CategoryOrder": {
        "attribute": _name(200, required=True),
        "categories": Rule(required=True, max_items=100, max_len=200, one_line=True),
    },
    "gencheck.v1.PromptPair": {
        "first": Rule(required=True, max_len=MAX_PROMPT),
        "second": Rule(required=True, max_len=MAX_PROMPT),
    },
    "gencheck.v1.AuditOptions": {
        "effect": Rule(low=0.01, high=0.5),
        "minimum_people": Rule(low=1, high=1_000_000),
        "orders": Rule(max_items=64),
        "pairs": Rule(max_items=200),
    },
    "gencheck.v1.AuditState": {
        "tables": Rule(max_items=10_000),
        "images": Rule(low=0),
        "images_without_face": Rule(low=0),
    },
    "gencheck.v1.AuditRequest": {
        "name": _name(1_024),
        **_POLICY_CHOICE,
        "tables": Rule(max_items=10_000),
        "labels": Rule(max_items=100_000),
        "states": Rule(max_items=1_000),
        "references": _REFERENCES,
        "confusions": Rule(max_items=64),
        "min_cell": Rule(low=0, high=1_000),
    },
    "gencheck.v1.AuditImagesOptions": {
        "name": _name(1_024),
        **_POLICY_CHOICE,
        "attributes": Rule(max_items=16, max_len=200, one_line=True),
        "references": _REFERENCES,
        "confusions": Rule(max_items=64),
        "min_cell": Rule(low=0, high=1_000),
        "states": Rule(max_items=1_000),
    },
    "gencheck.v1.SetImage": {"asset": _ASSET, "prompt": _PROMPT},
    "gencheck.v1.AuditImagesRequest": {"part": Rule(required=True)},
    "gencheck.v1.UploadAssetRequest": {"part": Rule(required=True)},
    "gencheck.v1.UploadMetadata": {
        "digest": Rule(max_len=71, digest=True),
        "size": _BYTES,
        "name": _name(1_024),
    },
    # That a piece holds bytes and their checksum, the service says, with the number of the piece.
    "gencheck.v1.AssetChunk": {"data": Rule(max_len=1 << 20)},
    "gencheck.v1.ReadAssetRequest": {"digest": _DIGEST, "offset": _BYTES, "limit": _BYTES},
    "gencheck.v1.StatAssetRequest": {"digest": _DIGEST},
}

ANY_OF: Mapping[str, tuple[str, ...]] = {
    "gencheck.v1.AuditRequest": ("tables", "labels", "states"),
}
"""Of these fields at least one must hold something."""
