"""The columns of the results, and how an answer becomes a row of them.

What is in a result depends on the asset, the prompt, the policy and the models alone: figures are
rounded to 1e-4, and times, hosts and dates stand in ``timings-*.parquet``. So the same shard gives
the same bytes again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from google.protobuf import json_format

from gencheck.batch.manifest import Row
from gencheck.errors import GencheckError
from gencheck.findings import Outcome, Severity, SkipReason
from gencheck.v1 import common_pb2, consistency_pb2, router_pb2
from gencheck.wire import outcome_from, severity_from, verdict_from

if TYPE_CHECKING:
    import pyarrow as pa

VERSION = "1"
DIGITS = 4
FAILED = "FAILED"
"""In the column ``verdict`` of an asset that could not be judged at all."""
_NO_GAP = {SkipReason.NOT_APPLICABLE.value, SkipReason.NOT_REQUESTED.value}
_LISTS = ("reasons", "findings", "measurements", "claims", "judged", "gaps", "models")


def results_schema() -> pa.Schema:
    """A row an asset; what it has many of is nested.

    ``judged`` names the checks that did their work, ``gaps`` says why others did not. A measurement
    has no unit: its code fixes it (``gencheck policy codes``).
    """
    import pyarrow as pa

    text, number = pa.string(), pa.float64()
    finding = pa.struct(
        {
            "code": text,
            "severity": text,
            "check": text,
            "message": text,
            "measured": number,
            "threshold": number,
            "unit": text,
            "confidence": number,
            "waived": text,
            "region": text,
        }
    )
    measurement = pa.struct({"code": text, "value": number})
    claim = pa.struct({"kind": text, "text": text, "status": text, "probability": number})
    gap = pa.struct({"check": text, "status": text, "reason": text, "message": text})
    return pa.schema(
        {
            "id": text,
            "uri": text,
            "group": text,
            "prompt": text,
            "policy": text,
            "policy_version": text,
            "policy_sha256": text,
            "verdict": text,
            "reasons": pa.list_(text),
            "findings": pa.list_(finding),
            "measurements": pa.list_(measurement),
            "claims": pa.list_(claim),
            "coverage": number,
            "judged": pa.list_(text),
            "gaps": pa.list_(gap),
            "models": pa.list_(text),
            "error_reason": text,
            "error_message": text,
        },
        metadata={"gencheck.schema": f"results/{VERSION}"},
    )


def timings_schema() -> pa.Schema:
    """A row an asset: what differs from run to run."""
    import pyarrow as pa

    stage = pa.struct({"stage": pa.string(), "seconds": pa.float64()})
    return pa.schema(
        {
            "id": pa.string(),
            "seconds": pa.float64(),
            "bytes": pa.int64(),
            "stages": pa.list_(stage),
            "host": pa.string(),
            "started": pa.timestamp("ms", tz="UTC"),
        },
        metadata={"gencheck.schema": f"timings/{VERSION}"},
    )


def judged_row(row: Row, answer: router_pb2.CheckResponse) -> dict[str, Any]:
    """The row of an asset that was judged."""
    others = [outcome_from(o) for o in answer.outcomes if not o.HasField("judged")]
    return {
        **_named(row),
        "policy": answer.policy.name,
        "policy_version": answer.policy.version,
        "policy_sha256": answer.policy.sha256,
        "verdict": verdict_from(answer.verdict).value,
        "reasons": list(answer.reasons),
        "findings": [_finding(finding) for finding in answer.findings],
        "measurements": [{"code": m.code, "value": rounded(m.value)} for m in answer.measurements],
        "claims": [_claim(claim) for claim in answer.claims],
        "coverage": rounded(answer.coverage) if answer.HasField("coverage") else None,
        "judged": [o.check for o in answer.outcomes if o.HasField("judged")],
        "gaps": [_gap(outcome) for outcome in others if outcome.reason not in _NO_GAP],
        "models": [f"{m.role}={m.name}@{m.version}" for m in answer.models],
        "error_reason": None,
        "error_message": None,
    }


def failed_row(row: Row, error: GencheckError, policy: str) -> dict[str, Any]:
    """The row of an asset that could not be judged; everything but the error is empty."""
    return {
        **_named(row),
        **{name: [] for name in _LISTS},
        "policy": row.policy or policy,
        "verdict": FAILED,
        "error_reason": error.reason,
        "error_message": str(error),
    }


def rounded(value: float) -> float:
    """To 1e-4, without a negative zero."""
    return round(value, DIGITS) + 0.0


def _named(row: Row) -> dict[str, Any]:
    return {"id": row.id, "uri": row.uri, "group": row.group, "prompt": row.prompt}


def _finding(finding: common_pb2.Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": severity_from(finding.severity, Severity.INFO).name,
        "check": finding.check,
        "message": finding.message,
        "measured": rounded(finding.measured),
        "threshold": rounded(finding.threshold),
        "unit": finding.unit,
        "confidence": rounded(finding.confidence) if finding.HasField("confidence") else None,
        "waived": finding.waived,
        "region": region_text(finding.region),
    }


def region_text(region: common_pb2.Region) -> str | None:
    """Where a finding is, as JSON of the API; without pixels and long lists of elements."""
    if region.WhichOneof("place") is None:
        return None
    small = common_pb2.Region()
    small.CopyFrom(region)
    small.mask.ClearField("png") if region.HasField("mask") else None
    if region.HasField("mesh_elements"):
        small.mesh_elements.ClearField("indices")
        small.mesh_elements.ClearField("faces")
    fields = json_format.MessageToDict(small, preserving_proto_field_name=True)
    return json.dumps(_rounded(fields), ensure_ascii=False, sort_keys=True)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return rounded(value) if isinstance(value, float) else value


def _claim(result: consistency_pb2.ClaimResult) -> dict[str, Any]:
    status = consistency_pb2.ClaimStatus.Name(result.status).removeprefix("CLAIM_STATUS_")
    return {
        "kind": result.claim.WhichOneof("claim") or "",
        "text": result.claim.span.text,
        "status": status,
        "probability": rounded(result.probability) if result.HasField("probability") else None,
    }


def _gap(outcome: Outcome) -> dict[str, Any]:
    return {
        "check": outcome.check,
        "status": outcome.status.value,
        "reason": outcome.reason,
        "message": outcome.message,
    }
