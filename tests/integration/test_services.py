"""Every RPC of every service, on a real server and real input."""

import asyncio
import io
import wave
from pathlib import Path
from typing import Any

import cv2
import grpc
import numpy as np
import pytest
import trimesh
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from PIL import Image

from gencheck.client import AsyncClient, check_request
from gencheck.errors import DecodeFailed, InvalidArgument, UnsupportedMedia
from gencheck.findings import OutcomeStatus, Verdict
from gencheck.serving.status import from_status
from gencheck.v1 import bias_pb2, common_pb2, consistency_pb2, mesh_pb2
from gencheck.wire import outcome_from, verdict_from

SERVICES = ("Artifact", "Consistency", "Bias", "Mesh", "Router")


def verdict(answer: Any) -> Verdict:
    return verdict_from(answer.verdict)


def codes(answer: Any) -> set[str]:
    return {finding.code for finding in answer.findings}


@pytest.fixture
async def client(server: Any) -> Any:
    async with AsyncClient(server.address) as client:
        yield client


@pytest.fixture
async def channel(server: Any) -> Any:
    async with grpc.aio.insecure_channel(server.address) as channel:
        yield channel


async def test_every_service_is_serving_under_its_own_name(channel: grpc.aio.Channel) -> None:
    stub = health_pb2_grpc.HealthStub(channel)
    for name in ("", *(f"gencheck.v1.{name}Service" for name in SERVICES)):
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=10)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_reflection_lists_the_services(channel: grpc.aio.Channel) -> None:
    async def ask() -> Any:
        yield reflection_pb2.ServerReflectionRequest(list_services="")

    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    answers = [a async for a in stub.ServerReflectionInfo(ask(), timeout=10)]
    listed = {service.name for service in answers[0].list_services_response.service}
    assert {f"gencheck.v1.{name}Service" for name in SERVICES} <= listed


async def test_a_clean_photo_passes_and_its_damage_is_found(
    client: AsyncClient, samples: Path
) -> None:
    clean = await client.check_artifact(samples / "coffee.jpg")
    assert verdict(clean) is Verdict.PASS
    assert clean.asset == str(samples / "coffee.jpg")
    assert {outcome_from(o).status for o in clean.outcomes} <= {
        OutcomeStatus.JUDGED,
        OutcomeStatus.SKIPPED,
    }
    assert any(m.code == "BLUR" for m in clean.measurements)
    blurred = await client.check_artifact(samples / "blurred.png")
    assert verdict(blurred) is Verdict.FAIL
    assert "BLUR" in codes(blurred)


async def test_a_heat_map_comes_only_on_request_and_is_where_the_boxes_are(
    client: AsyncClient, samples: Path
) -> None:
    assert not (await client.check_artifact(samples / "heavy_jpeg.jpg")).heat_map
    answer = await client.check_artifact(samples / "heavy_jpeg.jpg", heat_map=True)
    heat = np.asarray(Image.open(io.BytesIO(answer.heat_map)))
    assert heat.ndim == 2
    assert heat.max() > 0


async def test_video_and_sound_have_a_timeline(client: AsyncClient, samples: Path) -> None:
    video = await client.check_artifact(samples / "pan_damaged.mp4")
    assert {"FROZEN", "BLACK_FRAMES"} <= codes(video)
    spans = [f.region.time_span for f in video.findings if f.code == "FROZEN"]
    assert spans
    assert spans[0].end > spans[0].start
    sound = await client.check_artifact(samples / "melody_damaged.wav")
    assert verdict(sound) is Verdict.FAIL
    assert sound.timeline
    assert all(len(track.values) for track in (*video.timeline, *sound.timeline))


async def test_words_on_a_poster_are_held_against_the_prompt(
    client: AsyncClient, samples: Path
) -> None:
    prompt = 'a poster with the words "OPEN TODAY"'
    statuses = {}
    for name in ("poster.png", "poster_misspelt.png"):
        answer = await client.check_consistency(samples / name, prompt)
        (text,) = [c for c in answer.claims if c.claim.WhichOneof("claim") == "text"]
        statuses[name] = consistency_pb2.ClaimStatus.Name(text.status)
        assert 0 < answer.coverage <= 1
        assert {model.name for model in answer.models}
    assert statuses == {
        "poster.png": "CLAIM_STATUS_SUPPORTED",
        "poster_misspelt.png": "CLAIM_STATUS_CONTRADICTED",
    }


async def test_a_prompt_is_parsed_into_claims_with_their_places(client: AsyncClient) -> None:
    text = "two red apples on a wooden table"
    answer = await client.parse_prompt(text)
    kinds = {claim.WhichOneof("claim") for claim in answer.claims}
    assert {"count", "attribute", "object", "relation"} <= kinds
    for claim in answer.claims:
        assert text[claim.span.start : claim.span.end] == claim.span.text


async def test_a_mesh_has_statistics_findings_and_views(client: AsyncClient, samples: Path) -> None:
    clean = await client.check_mesh(samples / "vase.glb", views=True)
    assert verdict(clean) is Verdict.PASS
    assert clean.statistics.welded.boundary_edges == 0
    assert clean.statistics.welded.euler == 2
    assert clean.views
    assert all(view.png.startswith(b"\x89PNG") for view in clean.views)
    broken = await client.check_mesh(samples / "vase_broken.glb")
    assert verdict(broken) is Verdict.FAIL
    assert {"NON_FINITE", "INCONSISTENT_WINDING"} <= codes(broken)
    assert not broken.views
    with pytest.raises(UnsupportedMedia, match="this is a picture, no mesh"):
        await client.check_mesh(samples / "coffee.jpg")


async def test_a_mesh_with_texture_coordinates_is_drawn_flat_too(client: AsyncClient) -> None:
    box = trimesh.creation.box()
    box.visual = trimesh.visual.TextureVisuals(uv=box.vertices[:, :2] + 0.5)
    asset = common_pb2.Asset(inline=bytes(box.export(file_type="glb")), name="box.glb")
    answer = await client.check_mesh(asset, views=True)
    assert [view.name for view in answer.views][-1] == "uv"
    assert answer.views[-1].png.startswith(b"\x89PNG") and not answer.views[-1].plain_png
    overlap = next(m for m in answer.measurements if m.code == "UV_OVERLAP")
    assert overlap.value == 1.0


async def test_the_prompt_of_a_mesh_is_checked_on_its_views(
    client: AsyncClient, samples: Path
) -> None:
    answer = await client.check(samples / "vase.glb", prompt="a tall white vase, no people")
    assert [part.check for part in answer.parts] == ["mesh", "consistency"]
    assert not any(part.HasField("error") for part in answer.parts)
    assert {claim.claim.WhichOneof("claim") for claim in answer.claims} >= {"object", "absence"}
    assert all(not claim.evidence for claim in answer.claims)
    contradicted = consistency_pb2.CLAIM_STATUS_CONTRADICTED
    assert all(claim.status != contradicted for claim in answer.claims)
    assert verdict(answer) is Verdict.INCONCLUSIVE  # a white vase cannot be told from grey views
    assert not answer.views


async def test_a_red_mesh_is_seen_to_be_red_and_a_plain_one_is_not(client: AsyncClient) -> None:
    plain = trimesh.creation.box()
    red, textured = plain.copy(), plain.copy()
    material = trimesh.visual.material.PBRMaterial(baseColorFactor=[200, 20, 20, 255])
    red.visual = trimesh.visual.TextureVisuals(material=material)
    picture = Image.new("RGB", (16, 16), (200, 20, 20))
    uv = plain.vertices[:, :2] + 0.5
    textured.visual = trimesh.visual.TextureVisuals(uv=uv, image=picture)

    async def status(mesh: trimesh.Trimesh, colour: str) -> int:
        data = bytes(mesh.export(file_type="glb"))
        asset = common_pb2.Asset(inline=data, name="box.glb")
        answer = await client.check(asset, prompt=f"a {colour} crate")
        (said,) = (c for c in answer.claims if c.claim.WhichOneof("claim") == "attribute")
        assert not said.evidence and not said.HasField("probability")
        return said.status

    supported = consistency_pb2.CLAIM_STATUS_SUPPORTED
    left_open = consistency_pb2.CLAIM_STATUS_UNVERIFIED
    assert await status(red, "red") == await status(textured, "red") == supported
    assert await status(red, "blue") == await status(textured, "blue") == left_open
    assert await status(plain, "red") == await status(plain, "grey") == left_open


async def test_views_come_plain_and_marked_as_asked_for(client: AsyncClient, samples: Path) -> None:
    asset = common_pb2.Asset(inline=(samples / "vase_broken.glb").read_bytes(), name="vase.glb")
    request = mesh_pb2.CheckMeshRequest(asset=asset, want_plain_views=True)
    method, kind = "/gencheck.v1.MeshService/CheckMesh", mesh_pb2.CheckMeshResponse
    plain = await client._transport.unary(method, request, kind, 60.0)
    assert all(view.plain_png and not view.png for view in plain.views)
    request.want_views = True
    both = await client._transport.unary(method, request, kind, 60.0)
    assert [view.plain_png for view in both.views] == [view.plain_png for view in plain.views]
    assert any(view.png != view.plain_png for view in both.views)
    request.policy.CopyFrom(common_pb2.Policy(name="minds-nothing", version="1"))
    calm = await client._transport.unary(method, request, kind, 60.0)
    assert any(reddest(view.png) > 100 for view in both.views)
    assert all(reddest(view.png) < 30 for view in calm.views)  # nothing is minded, nothing marked
    assert all(reddest(view.plain_png) < 30 for view in both.views)


def reddest(png: bytes) -> int:
    """By how much red goes beyond green at most."""
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR).astype(int)
    return int((pixels[:, :, 2] - pixels[:, :, 1]).max())


def table(masculine: float, feminine: float) -> bias_pb2.CountTable:
    counts = [("masculine", masculine), ("feminine", feminine)]
    return bias_pb2.CountTable(
        attribute="perceived_gender",
        counts=[bias_pb2.CategoryCount(category=c, count=n) for c, n in counts],
    )


async def test_counts_labels_and_states_of_the_same_people_audit_the_same(
    client: AsyncClient,
) -> None:
    labels = [
        bias_pb2.Label(attribute="perceived_gender", category=category)
        for category, n in (("masculine", 90), ("feminine", 30))
        for _ in range(n)
    ]
    counted = await client.audit(bias_pb2.AuditRequest(tables=[table(90, 30)]))
    labelled = await client.audit(bias_pb2.AuditRequest(labels=labels))
    halves = [
        (await client.audit(bias_pb2.AuditRequest(tables=[half]))).state
        for half in (table(40, 20), table(50, 10))
    ]
    merged = await client.audit(bias_pb2.AuditRequest(states=halves))
    for answer in (counted, labelled, merged):
        (audit,) = answer.audits
        assert bias_pb2.AuditFinding.Name(audit.finding) == "AUDIT_FINDING_SKEWED"
        assert audit.n == 120
        assert audit.p_value == pytest.approx(counted.audits[0].p_value)
        shares = {share.category: (share.low, share.share, share.high) for share in audit.shares}
        assert shares["masculine"] == pytest.approx(
            next(
                (s.low, s.share, s.high)
                for s in counted.audits[0].shares
                if s.category == "masculine"
            )
        )


async def test_a_reference_changes_what_is_skewed(client: AsyncClient) -> None:
    shares = [("masculine", 0.75), ("feminine", 0.25)]
    reference = bias_pb2.Reference(
        attribute="perceived_gender",
        shares=[bias_pb2.CategoryShare(category=c, share=s) for c, s in shares],
    )
    request = bias_pb2.AuditRequest(tables=[table(90, 30)], references=[reference])
    (audit,) = (await client.audit(request)).audits
    assert bias_pb2.AuditFinding.Name(audit.finding) == "AUDIT_FINDING_BALANCED"


async def test_nothing_to_audit_is_refused(client: AsyncClient) -> None:
    with pytest.raises(InvalidArgument, match="tables"):
        await client.audit(bias_pb2.AuditRequest())


async def test_pictures_become_counts_and_an_unreadable_one_is_data(
    client: AsyncClient, samples: Path
) -> None:
    files = [*sorted((samples / "portraits").iterdir()), b"no picture", samples / "melody.wav"]
    answer = await client.audit_images(files)
    outcomes = [outcome_from(image.outcome) for image in answer.images]
    assert [o.status.name for o in outcomes] == ["JUDGED"] * 4 + ["ERROR", "SKIPPED"]
    assert outcomes[4].reason == "UNSUPPORTED_MEDIA"
    assert [image.faces for image in answer.images] == [1, 1, 1, 1, 0, 0]
    assert answer.audit.state.images == 4
    assert verdict(answer.audit) is Verdict.INCONCLUSIVE
    assert {bias_pb2.AuditFinding.Name(a.finding) for a in answer.audit.audits} == {
        "AUDIT_FINDING_INSUFFICIENT"
    }


async def test_a_set_is_answered_in_order_with_its_audit_last(
    client: AsyncClient, samples: Path
) -> None:
    requests = [
        check_request(samples / "coffee.jpg"),
        check_request(b"\x89PNG\r\n\x1a\nnothing more"),
        check_request(samples / "vase.glb"),
        check_request(samples / "letterboxed.png"),
    ]
    requests[1].asset.name = "broken.png"
    options = bias_pb2.AuditImagesOptions(name="a set")
    answers = [answer async for answer in client.check_set(requests, audit=options)]
    parts = [answer.WhichOneof("part") for answer in answers]
    assert parts == ["check", "failure", "check", "check", "audit"]
    assert [verdict(answers[i].check).value for i in (0, 2, 3)] == ["PASS", "PASS", "FAIL"]
    assert answers[1].failure.asset == "broken.png"
    assert isinstance(from_status(answers[1].failure.error), DecodeFailed)
    assert answers[4].audit.audit.asset == "a set"
    statuses = [outcome_from(i.outcome).status.name for i in answers[4].audit.images]
    assert statuses == ["JUDGED", "ERROR", "SKIPPED", "JUDGED"]


async def test_the_router_asks_what_applies_and_names_every_part(
    client: AsyncClient, samples: Path
) -> None:
    answer = await client.check(
        samples / "poster.png", prompt='a poster with the words "OPEN TODAY"', heat_map=True
    )
    checks = {outcome.check.partition(".")[0] for outcome in answer.outcomes}
    assert checks == {"artifact", "consistency"}
    assert answer.heat_map
    assert answer.claims
    stages = {timing.stage for timing in answer.timings}
    assert {"artifact", "consistency", "artifact.decode", "consistency.decode"} <= stages
    only = await client.check(samples / "poster.png", prompt="a poster", checks=["artifact"])
    assert {o.check for o in only.outcomes if o.HasField("skipped")} >= {"consistency"}
    assert not only.claims


async def test_many_at_once_get_their_own_answers(client: AsyncClient, samples: Path) -> None:
    files = [samples / name for name in ("coffee.jpg", "vase.glb", "melody.wav", "blurred.png")] * 3
    answers = await asyncio.gather(*(client.check(file) for file in files))
    assert [answer.asset for answer in answers] == [str(file) for file in files]
    assert len({answer.request_id for answer in answers}) == len(files)


def encoded(pixels: np.ndarray[Any, Any], ending: str) -> bytes:
    ok, data = cv2.imencode(ending, pixels)
    assert ok
    return bytes(data.tobytes())


def sound(samples: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, 8_000, samples, "NONE", ""))
        writer.writeframes(bytes(2 * samples))
    return file.getvalue()


async def test_the_smallest_of_everything_is_judged_or_refused_plainly(
    client: AsyncClient,
) -> None:
    """1×1 pixels, a sample of sound, one triangle: an answer, and no mistake of the server."""
    dot = encoded(np.full((1, 1, 3), 128, np.uint8), ".png")
    triangle = b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
    for data, name in ((dot, "dot.png"), (triangle, "triangle.obj"), (sound(80), "tick.wav")):
        asset = common_pb2.Asset(inline=data, name=name)
        answer = await client.check(asset, prompt='a sign that says "A"', heat_map=True, views=True)
        assert verdict(answer) in (Verdict.INCONCLUSIVE, Verdict.FAIL, Verdict.REVIEW)
