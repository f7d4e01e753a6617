"""The audit of a catalogue: the counts of its shards added up, then judged once."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from gencheck.bias.audit import audit_tables
from gencheck.bias.counts import MAX_TABLES, MIN_CELL, CountTable, state_of
from gencheck.bias.perceived import kept_matrices
from gencheck.bias.publishing import Told, tell
from gencheck.bias.results import AuditReport
from gencheck.deadline import NO_DEADLINE
from gencheck.findings import Judgement
from gencheck.policy import Policy
from gencheck.v1 import bias_pb2


@dataclass(frozen=True, slots=True)
class CatalogueAudit:
    """The audit of the people of a catalogue, without small cells.

    Attributes:
        notes: what is to be known about it besides the notes of each attribute.
    """

    report: AuditReport
    told: Told
    notes: tuple[str, ...]

    @property
    def judgement(self) -> Judgement:
        """Of the true counts."""
        return self.told.judgement

    def document(self) -> dict[str, Any]:
        """As it stands in ``summary.json``."""
        audits = [{**asdict(audit), "finding": audit.finding.value} for audit in self.told.audits]
        return {
            "verdict": self.judgement.verdict.value,
            "reasons": list(self.judgement.reasons),
            "images": self.report.state.images,
            "images_without_face": self.report.state.images_without_face,
            "attributes": audits,
            "associations": [asdict(found) for found in self.told.associations],
            "notes": list(self.notes),
        }


def audit_catalogue(state: bias_pb2.AuditState, policy: Policy) -> CatalogueAudit:
    """Audit summed counts, by group where there are few enough groups, else all together."""
    notes: tuple[str, ...] = (
        f"{state.images:,} pictures, {state.images_without_face:,} of them without a face. "
        "It speaks of the set only, never of one picture or person.",
    )
    tables = [
        CountTable(
            table.prompt,
            table.attribute,
            {entry.category: entry.count for entry in table.counts},
            table.unverified,
            table.model,
        )
        for table in state.tables
    ]
    if len(tables) > MAX_TABLES:
        tables = [replace(table, prompt="") for table in tables]
        notes += (f"Groups are not audited one by one: there are more than {MAX_TABLES} tables.",)
    summed = state_of(tables, images=state.images, images_without_face=state.images_without_face)
    report = audit_tables(summed, {}, kept_matrices(summed), deadline=NO_DEADLINE)
    return CatalogueAudit(report, tell(report, policy, min_cell=MIN_CELL), notes)
