"""The mesh checker as a gRPC service."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Iterable

from gencheck.deadline import Deadline
from gencheck.errors import ModelNotReady, UnsupportedMedia
from gencheck.findings import Finding, MeshElements, Timing
from gencheck.media.types import MediaKind, Mesh, kind_of
from gencheck.mesh.check import MeshReport, check_mesh, golden, warm_up
from gencheck.mesh.statistics import METHOD, MeshCounts
from gencheck.mesh.uv import UvMap
from gencheck.mesh.uv_view import VIEW, draw_uv_map
from gencheck.policy import grade
from gencheck.render.camera import VIEWS
from gencheck.render.look import shows_colour
from gencheck.render.png import encode_png
from gencheck.render.views import prepare, render_views
from gencheck.serving.call import Call, Rpc, Service
from gencheck.serving.intake import Intake
from gencheck.serving.verdict import Bench
from gencheck.serving.work import CpuPool
from gencheck.v1 import mesh_pb2 as pb
from gencheck.v1.common_pb2 import View
from gencheck.wire import method_to

_MOST = 2**31 - 1  # of a note on the wire; what a file says of itself may be more
_OTHERS = {
    MediaKind.IMAGE: "a picture",
    MediaKind.VIDEO: "a video",
    MediaKind.AUDIO: "sound",
}


class MeshService:
    """Is the geometry valid?"""

    def __init__(self, intake: Intake, bench: Bench, cpu: CpuPool) -> None:
        self._intake = intake
        self._bench = bench
        self._cpu = cpu

    def service(self) -> Service:
        """What the host offers to callers."""
        rpcs = [Rpc("CheckMesh", pb.CheckMeshRequest, pb.CheckMeshResponse, self.check_mesh)]
        return Service("gencheck.v1.MeshService", rpcs, self.warm_up)

    async def warm_up(self) -> None:
        """Compile the kernels and judge a golden mesh rightly, or raise ``ModelNotReady``."""
        await asyncio.to_thread(_judge_golden, deadline=Deadline())

    async def check_mesh(self, request: pb.CheckMeshRequest, call: Call) -> pb.CheckMeshResponse:
        """Decode, measure, grade, judge; draw where asked."""
        policy = self._bench.policy_of(request)
        decoded = await self._intake.decode(request.asset, deadline=call.deadline)
        mesh = decoded.media
        if not isinstance(mesh, Mesh):
            raise UnsupportedMedia(
                f"this is {_OTHERS[kind_of(mesh)]}, no mesh",
                where=decoded.name,
                fix="Send a mesh, such as GLB or USDZ; the artifact check judges all else.",
            )
        report = await self._cpu.run(check_mesh, mesh, deadline=call.deadline)
        timings = [decoded.timing, *report.timings]
        response = pb.CheckMeshResponse()
        if request.want_views or request.want_plain_views:
            start = time.perf_counter()
            marked = sorted(set(_bad_faces(grade(report.measurements, policy))))
            views = await self._cpu.run(_draw, mesh, marked, request, deadline=call.deadline)
            response.views.extend(views)
            if request.want_views and report.uv is not None and len(report.uv.layout.mapped):
                drawn = await self._cpu.run(_draw_uv, report.uv, deadline=call.deadline)
                response.views.append(View(name=VIEW, png=drawn))
            timings.append(Timing("render", time.perf_counter() - start))
        answer = self._bench.answer(
            asset=decoded.name,
            request_id=call.request_id,
            policy=policy,
            measurements=report.measurements,
            outcomes=report.outcomes,
            timings=timings,
        )
        response.MergeFrom(pb.CheckMeshResponse(**answer, statistics=_statistics_to(report)))
        return response


def _draw(
    mesh: Mesh, marked: list[int], request: pb.CheckMeshRequest, *, deadline: Deadline
) -> list[View]:
    """The views that are asked for: with marks for people, plain for models."""
    model = prepare(mesh)
    coloured = shows_colour(model.look, model.whole)
    views = {name: View(name=name, coloured=coloured) for name in VIEWS}
    if request.want_views:
        for name, pixels in render_views(model, marked_faces=marked, deadline=deadline).items():
            views[name].png = encode_png(pixels)
    if request.want_plain_views:
        for name, pixels in render_views(model, marked_faces=None, deadline=deadline).items():
            views[name].plain_png = encode_png(pixels)
    return list(views.values())


def _draw_uv(uv: UvMap, *, deadline: Deadline) -> bytes:
    return encode_png(draw_uv_map(uv, deadline=deadline))


def _bad_faces(findings: Iterable[Finding]) -> Iterable[int]:
    for finding in findings:
        if isinstance(finding.region, MeshElements):
            yield from finding.region.faces


def _judge_golden(*, deadline: Deadline) -> None:
    warm_up()
    if not golden():
        raise ModelNotReady("the golden mesh was not judged rightly", where="mesh")


def _statistics_to(report: MeshReport) -> pb.MeshStatistics:
    return pb.MeshStatistics(
        method=method_to(METHOD),
        metres_per_unit=report.metres,
        format=report.format,
        raw=_counts_to(report.raw),
        welded=_counts_to(report.welded),
        notes={key: min(count, _MOST) for key, count in report.notes.items()},
        largest_components=[
            pb.MeshComponent(**dataclasses.asdict(component)) for component in report.components
        ],
    )


def _counts_to(counts: MeshCounts) -> pb.MeshCounts:
    return pb.MeshCounts(**dataclasses.asdict(counts))
