"""The views of a mesh go from the check that draws them to the one that looks at them."""

import asyncio
from typing import Any

from gencheck import wire
from gencheck.errors import Unavailable
from gencheck.findings import Finding, Method, Severity, Verdict
from gencheck.v1 import common_pb2, consistency_pb2, mesh_pb2
from gencheck.v1 import router_pb2 as pb

PROMPT = "a chair"
OBJ = b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"


def mesh_answer(kit: Any, *names: str, marked: bytes = b"", **fields: Any) -> pb.CheckResponse:
    answer: pb.CheckResponse = kit.answer_of("mesh", **fields)
    for name in names:
        answer.views.add(name=name, png=marked, plain_png=name.encode())
    return answer


async def check(router: Any, kit: Any, seconds: float = 30.0, **fields: Any) -> pb.CheckResponse:
    request = kit.request(name="chair.obj", prompt=PROMPT, **fields)
    request.asset.inline = OBJ
    async with asyncio.timeout(10):
        answer: pb.CheckResponse = await router.check(request, kit.call_for(request, seconds))
    return answer


def looker(kit: Any) -> Any:
    return kit.Check(kit.answer_of("consistency"), reads=consistency_pb2.CheckViewsRequest)


def looked_at(port: Any) -> Any:
    (asked,) = port.requests
    return asked


async def test_the_prompt_is_checked_on_plain_views(kit: Any) -> None:
    mesh = kit.Check(mesh_answer(kit, "front", "top"))
    views = looker(kit)
    answer = await check(kit.router(mesh=mesh, views=views), kit)
    asked = looked_at(views)
    assert [(view.name, view.png) for view in asked.views] == [("front", b"front"), ("top", b"top")]
    assert (asked.name, asked.prompt) == ("chair.obj", PROMPT)
    assert asked.request_id == answer.request_id
    assert asked.policy.name == answer.policy.name == "default"
    assert mesh_pb2.CheckMeshRequest.FromString(mesh.raw[0]).want_plain_views
    assert [part.check for part in answer.parts] == ["mesh", "consistency"]
    assert wire.verdict_from(answer.verdict) is Verdict.PASS


async def test_whether_a_view_shows_colours_goes_along(kit: Any) -> None:
    answer = mesh_answer(kit, "front", "top")
    answer.views[1].coloured = True
    views = looker(kit)
    await check(kit.router(mesh=kit.Check(answer), views=views), kit)
    assert [view.coloured for view in looked_at(views).views] == [False, True]


async def test_a_carried_policy_goes_along(kit: Any) -> None:
    policy = common_pb2.Policy(name="house", version="1", required=["mesh"])
    views = looker(kit)
    router = kit.router(mesh=kit.Check(mesh_answer(kit, "front")), views=views)
    answer = await check(router, kit, policy=policy)
    assert looked_at(views).policy == policy
    assert answer.policy.name == "house"


async def test_views_come_back_only_to_who_asked_for_them(kit: Any) -> None:
    def router() -> Any:
        mesh = kit.Check(mesh_answer(kit, "front", marked=b"red"))
        return kit.router(mesh=mesh, views=looker(kit))

    assert not (await check(router(), kit)).views
    (view,) = (await check(router(), kit, want_views=True)).views
    assert view == common_pb2.View(name="front", png=b"red")


async def test_without_a_prompt_nobody_draws_for_others(kit: Any) -> None:
    mesh = kit.Check(kit.answer_of("mesh"))
    request = kit.request(name="chair.obj")
    request.asset.inline = OBJ
    answer = await kit.router(mesh=mesh).check(request, kit.call_for(request))
    assert not mesh_pb2.CheckMeshRequest.FromString(mesh.raw[0]).want_plain_views
    assert wire.verdict_from(answer.verdict) is Verdict.PASS


async def test_no_views_leave_the_prompt_open(kit: Any) -> None:
    for mesh in (kit.Check(error=Unavailable("down")), kit.Check(kit.answer_of("mesh"))):
        views = looker(kit)
        answer = await check(kit.router(mesh=mesh, views=views), kit)
        assert not views.raw
        outcomes = {o.check: o for o in map(wire.outcome_from, answer.outcomes)}
        assert outcomes["consistency"].reason == "UNCERTAIN"
        assert wire.verdict_from(answer.verdict) is Verdict.INCONCLUSIVE


async def test_a_consistency_service_that_is_not_there_leaves_it_open(kit: Any) -> None:
    router = kit.router(mesh=kit.Check(mesh_answer(kit, "front")))
    answer = await check(router, kit)
    assert wire.verdict_from(answer.verdict) is Verdict.INCONCLUSIVE
    assert answer.parts[1].error.code == 14


async def test_the_second_stage_has_the_time_that_the_first_left(kit: Any) -> None:
    mesh = kit.Check(mesh_answer(kit, "front"), gate=asyncio.Event())
    views = looker(kit)
    asking = asyncio.create_task(check(kit.router(mesh=mesh, views=views), kit, seconds=8.0))
    await mesh.started.wait()
    await asyncio.sleep(0.3)
    mesh.gate.set()
    await asking
    assert mesh.left[0] <= 8.0 * 0.95
    assert views.left[0] <= mesh.left[0] - 0.25


async def test_a_mesh_that_fails_needs_no_second_stage(kit: Any) -> None:
    method = Method("m", "1", "")
    bad = Finding("FLOATER", Severity.CRITICAL, "mesh.floater", "x", 2, 1, "u", method, "")
    views = looker(kit)
    router = kit.router(mesh=kit.Check(mesh_answer(kit, "front", findings=(bad,))), views=views)
    answer = await check(router, kit, stop_early=True)
    assert not views.raw
    assert not answer.views
    assert wire.verdict_from(answer.verdict) is Verdict.FAIL
    assert [(part.check, part.attempts) for part in answer.parts] == [
        ("mesh", 1),
        ("consistency", 0),
    ]
