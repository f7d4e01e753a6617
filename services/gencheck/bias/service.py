"""The bias auditor as a gRPC service. It judges sets, never a picture or a person."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from functools import partial

from gencheck.bias.audit import audit_tables
from gencheck.bias.confusion import Confusion
from gencheck.bias.counts import AuditState, CountTable, Label, StateSum, state_of, tables_of_labels
from gencheck.bias.images import ImageReading, check_attributes, read_image
from gencheck.bias.options import AuditOptions
from gencheck.bias.perceived import NOTHING_PERCEIVED, Plan, kept_matrices, plan
from gencheck.bias.publishing import tell
from gencheck.bias.results import AttributeAudit, AuditReport, CorrectionUsed
from gencheck.deadline import Deadline
from gencheck.errors import GencheckError, InvalidArgument, ModelNotReady, Unavailable
from gencheck.findings import ModelUsed, Outcome, OutcomeStatus, SkipReason, judged, skipped
from gencheck.media.animation import still_of
from gencheck.policy import Policy
from gencheck.serving.call import Call, Rpc, Service
from gencheck.serving.intake import Intake
from gencheck.serving.status import code_of
from gencheck.serving.verdict import Bench
from gencheck.serving.work import CpuPool
from gencheck.v1 import bias_pb2 as pb
from gencheck.vision.build import check_roles
from gencheck.vision.roles import MISSING_ROLE_FIX, Roles
from gencheck.wire import answer, method_to, outcome_to

_GOLDEN = CountTable("", "golden", {"a": 90.0, "b": 10.0})


class BiasService:
    """Is the set fair?"""

    def __init__(self, intake: Intake, bench: Bench, cpu: CpuPool, roles: Roles) -> None:
        self._intake = intake
        self._bench = bench
        self._cpu = cpu
        self._roles = roles

    def service(self) -> Service:
        """What the host offers to callers."""
        rpcs = [
            Rpc("Audit", pb.AuditRequest, pb.AuditResponse, self.audit),
            Rpc(
                "AuditImages",
                pb.AuditImagesRequest,
                pb.AuditImagesResponse,
                self.audit_images,
                "client_stream",
            ),
        ]
        return Service("gencheck.v1.BiasService", rpcs, self.warm_up)

    async def warm_up(self) -> None:
        """A skewed golden table is found skewed, and the roles judge their golden input."""
        golden = state_of([_GOLDEN])
        report = await asyncio.to_thread(audit_tables, golden, {}, deadline=Deadline())
        if report.audits[0].finding.name != "SKEWED":
            raise ModelNotReady("the golden counts were not judged rightly", where="bias")
        await check_roles(self._roles, deadline=Deadline(ahead=True))

    async def audit(self, request: pb.AuditRequest, call: Call) -> pb.AuditResponse:
        """Counts, labels and earlier states, audited together."""
        policy = self._bench.policy_of(request)
        state = _state_from(request)
        if not state.tables:
            raise InvalidArgument(
                "nothing to audit", where="tables", fix="Send tables, labels or states."
            )
        report = await self._audited(state, request, call.deadline)
        return self._answer(request, call, policy, report)

    async def audit_images(
        self, requests: AsyncIterator[pb.AuditImagesRequest], call: Call
    ) -> pb.AuditImagesResponse:
        """Pictures, read one by one into counts; nothing else of them is kept."""
        options = await _first_options(requests)
        policy = self._bench.policy_of(options)
        check_attributes(options.attributes)
        perceived = plan(
            options.attributes,
            self._roles.attributes,
            {matrix.attribute for matrix in options.confusions},
            looks=options.options.repeated_looks,
        )
        if self._roles.faces is None:
            raise Unavailable(
                "nobody plays the role FaceDetector, which an audit of pictures needs",
                fix=MISSING_ROLE_FIX["faces"],
                metadata={"role": "FaceDetector"},
            )
        total = StateSum()
        for earlier in options.states:
            total.add(_state_of(earlier))
        images = []
        async for request in requests:
            image = _image_of(request)
            outcome, reading = await self._read(image, options, perceived, call)
            if reading is not None:
                total.add(reading.state)
            images.append(outcome)
        report = await self._audited(total.state(), options, call.deadline, perceived)
        audit = self._answer(options, call, policy, report, self._models(perceived))
        return pb.AuditImagesResponse(audit=audit, images=images)

    async def _read(
        self, image: pb.SetImage, options: pb.AuditImagesOptions, perceived: Plan, call: Call
    ) -> tuple[pb.ImageOutcome, ImageReading | None]:
        name = image.asset.name or image.asset.uri
        try:
            decoded = await self._intake.decode(image.asset, deadline=call.deadline)
            pixels = still_of(decoded.media)
            if pixels is None:
                outcome = skipped("bias", SkipReason.NOT_APPLICABLE, "this is no picture")
                return _image_outcome(decoded.name, outcome), None
            reading = await read_image(
                pixels,
                self._roles,
                prompt=image.prompt,
                attributes=options.attributes,
                perceived=perceived.attributes,
                deadline=call.deadline,
            )
        except GencheckError as error:
            call.deadline.check()
            outcome = Outcome(
                "bias",
                OutcomeStatus.ERROR,
                error.reason,
                str(error),
                code_of(error),
                error.metadata,
            )
            return _image_outcome(name, outcome), None
        return _image_outcome(decoded.name, judged("bias"), reading.faces), reading

    async def _audited(
        self,
        state: AuditState,
        terms: pb.AuditRequest | pb.AuditImagesOptions,
        deadline: Deadline,
        perceived: Plan = NOTHING_PERCEIVED,
    ) -> AuditReport:
        given = [_confusion_from(matrix) for matrix in terms.confusions]
        kept = kept_matrices(state, {matrix.attribute for matrix in given})
        confusions = [*given, *kept]
        expected = {
            reference.attribute: {share.category: share.share for share in reference.shares}
            for reference in terms.references
        }
        audited = partial(audit_tables, options=_options_from(terms.options))
        report = await self._cpu.run(audited, state, expected, confusions, deadline=deadline)
        return report.with_gaps(perceived.gaps)

    def _models(self, perceived: Plan) -> list[ModelUsed]:
        readers = (self._roles.faces, self._roles.attributes if perceived.attributes else None)
        return [role.model for role in readers if role is not None]

    def _answer(
        self,
        terms: pb.AuditRequest | pb.AuditImagesOptions,
        call: Call,
        policy: Policy,
        report: AuditReport,
        models: Sequence[ModelUsed] = (),
    ) -> pb.AuditResponse:
        told = tell(report, policy, min_cell=terms.min_cell)
        fields = answer(
            asset=terms.name or "audit",
            request_id=call.request_id,
            measurements=told.measurements,
            findings=told.findings,
            outcomes=told.outcomes,
            judgement=told.judgement,
            models=models,
            timings=report.timings,
        )
        return pb.AuditResponse(
            **fields,
            audits=[_audit_to(audit) for audit in told.audits],
            associations=[pb.Association(**asdict(found)) for found in told.associations],
            pairs=[pb.PairComparison(**asdict(found)) for found in told.pairs],
            crossed=[pb.CrossedAttribute(**asdict(found)) for found in told.crossed],
            state=None if told.published else _state_to(report.state),
        )


async def _first_options(
    requests: AsyncIterator[pb.AuditImagesRequest],
) -> pb.AuditImagesOptions:
    async for request in requests:
        if request.WhichOneof("part") == "options":
            return request.options
        break
    raise InvalidArgument("the first message of the stream must carry the options", where="options")


def _image_of(request: pb.AuditImagesRequest) -> pb.SetImage:
    if request.WhichOneof("part") != "image":
        raise InvalidArgument("after the options every message carries a picture", where="image")
    return request.image


def _image_outcome(name: str, outcome: Outcome, faces: int = 0) -> pb.ImageOutcome:
    return pb.ImageOutcome(asset=name, outcome=outcome_to(outcome), faces=faces)


def _state_from(request: pb.AuditRequest) -> AuditState:
    labels = (Label(label.prompt, label.attribute, label.category) for label in request.labels)
    total = StateSum()
    for table in itertools.chain(map(_table_from, request.tables), tables_of_labels(labels)):
        total.add_table(table)
    for earlier in request.states:
        total.add(_state_of(earlier))
    return total.state()


def _state_of(state: pb.AuditState) -> AuditState:
    return state_of(
        map(_table_from, state.tables),
        images=state.images,
        images_without_face=state.images_without_face,
    )


def _table_from(table: pb.CountTable) -> CountTable:
    counts: dict[str, float] = {}
    for entry in table.counts:
        counts[entry.category] = counts.get(entry.category, 0.0) + entry.count
    return CountTable(table.prompt, table.attribute, counts, table.unverified, table.model)


def _confusion_from(matrix: pb.ConfusionMatrix) -> Confusion:
    width = max(1, len(matrix.categories))
    counts = tuple(matrix.counts)
    return Confusion(
        attribute=matrix.attribute,
        categories=tuple(matrix.categories),
        counts=tuple(counts[i : i + width] for i in range(0, len(counts), width)),
        source=matrix.source,
        of_this_set=matrix.of_this_set,
    )


def _state_to(state: AuditState) -> pb.AuditState:
    tables = [
        pb.CountTable(
            prompt=table.prompt,
            attribute=table.attribute,
            counts=[pb.CategoryCount(category=c, count=n) for c, n in table.counts.items()],
            unverified=table.unverified,
            model=table.model,
        )
        for table in state.tables
    ]
    return pb.AuditState(
        tables=tables, images=state.images, images_without_face=state.images_without_face
    )


def _options_from(options: pb.AuditOptions) -> AuditOptions:
    several = ("orders", "pairs")
    given = {
        field.name: value for field, value in options.ListFields() if field.name not in several
    }
    return AuditOptions(
        **given,
        orders={order.attribute: tuple(order.categories) for order in options.orders},
        pairs=[(pair.first, pair.second) for pair in options.pairs],
    )


def _audit_to(audit: AttributeAudit) -> pb.AttributeAudit:
    return pb.AttributeAudit(
        prompt=audit.prompt,
        attribute=audit.attribute,
        finding=pb.AuditFinding.Value(f"AUDIT_FINDING_{audit.finding.name}"),
        shares=[pb.AuditedShare(**asdict(share)) for share in audit.shares],
        n=audit.n,
        unverified=audit.unverified,
        needed=audit.needed,
        interval_method=method_to(audit.interval_method),
        test_method=method_to(audit.test_method),
        p_value=audit.p_value,
        p_adjusted=audit.p_adjusted,
        distance=audit.distance,
        distance_low=audit.distance_low,
        distance_high=audit.distance_high,
        notes=audit.notes,
        correction=_correction_to(audit.correction),
        model=audit.model,
        minimum=audit.minimum,
        q_value=audit.q_value,
        effect=audit.effect,
        power=audit.power,
        effects=[pb.Effect(**asdict(effect)) for effect in audit.effects],
        e_value=audit.e_value,
        withheld=audit.withheld,
    )


def _correction_to(used: CorrectionUsed | None) -> pb.Correction | None:
    if used is None:
        return None
    return pb.Correction(
        method=method_to(used.method),
        source=used.source,
        people=used.people,
        refused=used.refused,
    )
