"""A router and its service, both over mutual TLS, each with a certificate of its own."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from gencheck.client import AsyncClient
from gencheck.compose import Settings, Workshop
from gencheck.errors import InvalidArgument
from gencheck.findings import Verdict
from gencheck.serving.callers import new_token
from gencheck.serving.host import HostOptions, serving
from gencheck.serving.tls import ServerTls, Tls
from gencheck.transport import token_metadata
from gencheck.v1 import router_pb2
from gencheck.wire import verdict_from

NewAuthority: TypeAlias = Callable[..., Any]


async def check(asset: Path, ca: Any, services: Tls) -> router_pb2.CheckResponse:
    """What a router says that shows its service this certificate."""
    files, mine = ca.issue("127.0.0.1"), ca.issue("laptop")
    options = HostOptions(tls=ServerTls(files.cert, files.key, ca.pem), drain_seconds=0)
    tls = Tls(ca.pem, mine.cert, mine.key)
    async with (
        asyncio.timeout(100),
        Workshop(Settings()) as workshop,
        serving(await workshop.services(["artifact"]), options=options) as (service, port),
    ):
        await service.ready()
        endpoints = {"artifact": f"127.0.0.1:{port}"}
        async with (
            Workshop(Settings(endpoints=endpoints, services_tls=services)) as front,
            serving(await front.services(["router"]), options=options) as (router, number),
            AsyncClient(f"127.0.0.1:{number}", tls=tls, timeout=60) as client,
        ):
            await router.ready()
            return await client.check(asset, checks=["artifact"])


async def test_a_router_is_known_by_its_certificate(
    authority: NewAuthority, samples: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gencheck")
    ca = authority()
    mine = ca.issue("router.gencheck")
    answer = await check(samples / "coffee.jpg", ca, Tls(ca.pem, mine.cert, mine.key))
    assert verdict_from(answer.verdict) is Verdict.PASS
    lines = [r.gencheck_fields for r in caplog.records if r.message == "rpc"]
    assert {line["method"]: line["caller"] for line in lines} == {
        "CheckArtifact": "router.gencheck",
        "Check": "laptop",
    }


async def test_a_router_that_is_not_known_answers_without_the_service(
    authority: NewAuthority, samples: Path
) -> None:
    ca, other = authority(), authority("other")
    mine = other.issue("router.gencheck")
    answer = await check(samples / "coffee.jpg", ca, Tls(ca.pem, mine.cert, mine.key))
    assert verdict_from(answer.verdict) is Verdict.INCONCLUSIVE
    [error] = [o.error for o in answer.outcomes if o.check == "artifact"]
    assert "client certificate" in error.message


async def test_a_router_shows_its_services_a_token_of_its_own(
    samples: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gencheck")
    token, line = new_token("router")
    file = tmp_path / "tokens"
    file.write_text(line + "\n")
    plain = HostOptions(drain_seconds=0)
    async with (
        asyncio.timeout(100),
        Workshop(Settings()) as workshop,
        serving(
            await workshop.services(["artifact", "bias"]),
            options=HostOptions(tokens=file, drain_seconds=0),
        ) as (service, port),
    ):
        await service.ready()
        endpoints = dict.fromkeys(("artifact", "bias"), f"127.0.0.1:{port}")
        for known in (token, ""):
            async with (
                Workshop(Settings(endpoints=endpoints, token=known)) as front,
                serving(await front.services(["router"]), options=plain) as (router, number),
                AsyncClient(f"127.0.0.1:{number}", timeout=60) as client,
            ):
                await router.ready()
                answer = await client.check(samples / "coffee.jpg", checks=["artifact"])
                want = Verdict.PASS if known else Verdict.INCONCLUSIVE
                assert verdict_from(answer.verdict) is want
    lines = [r.gencheck_fields for r in caplog.records if r.message == "rpc"]
    assert [line["caller"] for line in lines if line["method"] == "CheckArtifact"] == ["router"]
    assert all(token not in str(record.__dict__) for record in caplog.records)


def test_a_token_of_a_router_is_not_sent_in_plain_text() -> None:
    with pytest.raises(InvalidArgument, match="plain text"):
        token_metadata("secret", "artifact.gencheck:7400", None)
    assert token_metadata("secret", "127.0.0.1:7400", None)
    assert token_metadata("", "artifact.gencheck:7400", None) == ()


async def test_a_service_reads_what_a_router_holds_over_mutual_tls(
    authority: NewAuthority, samples: Path
) -> None:
    ca = authority()
    files, mine = ca.issue("127.0.0.1"), ca.issue("artifact.gencheck")
    tls = Tls(ca.pem, mine.cert, mine.key)
    options = HostOptions(tls=ServerTls(files.cert, files.key, ca.pem), drain_seconds=0)
    endpoints = {"artifact": "127.0.0.1:1"}
    async with (
        asyncio.timeout(100),
        Workshop(Settings(endpoints=endpoints, asset_store="memory")) as front,
        serving(await front.services(["assets", "router"]), options=options) as (_, number),
        AsyncClient(f"127.0.0.1:{number}", tls=tls, timeout=60) as holder,
    ):
        asset = await holder.upload(samples / "coffee.jpg")
        async with (
            Workshop(Settings(assets=f"127.0.0.1:{number}", services_tls=tls)) as workshop,
            serving(await workshop.services(["artifact"]), options=options) as (service, port),
            AsyncClient(f"127.0.0.1:{port}", tls=tls, timeout=60) as client,
        ):
            await service.ready()
            answer = await client.check_artifact(asset)
    assert verdict_from(answer.verdict) is Verdict.PASS
