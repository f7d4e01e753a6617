"""Files by URI, and policies that callers bring along."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from gencheck.client import AsyncClient
from gencheck.compose import Settings
from gencheck.errors import (
    GencheckError,
    InvalidArgument,
    InvalidInput,
    InvalidPolicy,
    NotFound,
    PermissionDenied,
)
from gencheck.findings import Verdict
from gencheck.policy import Policy, Thresholds
from gencheck.v1 import common_pb2, router_pb2
from gencheck.wire import policy_from, policy_to, verdict_from

STRICT = Policy("strict", "2", required=("artifact",), thresholds={"BLUR": Thresholds(major=0.0)})


def uri(path: Path) -> common_pb2.Asset:
    return common_pb2.Asset(uri=path.as_uri())


async def test_a_file_under_the_root_is_read_by_the_server(server: Any, samples: Path) -> None:
    path = server.root / "coffee.jpg"
    shutil.copy(samples / "coffee.jpg", path)
    async with AsyncClient(server.address) as client:
        answer = await client.check(uri(path))
    assert verdict_from(answer.verdict) is Verdict.PASS
    assert answer.asset == path.as_uri()


@pytest.mark.parametrize("method", ["check", "check_artifact", "check_mesh"])
async def test_nothing_outside_the_root_is_read(server: Any, samples: Path, method: str) -> None:
    link = server.root / f"link-{method}"
    link.symlink_to(samples / "coffee.jpg")
    outside = [
        uri(samples / "coffee.jpg"),
        common_pb2.Asset(uri="file:///etc/passwd"),
        common_pb2.Asset(uri=f"file://{server.root}/../log"),
        common_pb2.Asset(uri=f"file://{server.root}/%2e%2e/log"),
        uri(link),
    ]
    async with AsyncClient(server.address) as client:
        for asset in outside:
            with pytest.raises(GencheckError) as caught:
                await getattr(client, method)(asset)
            assert isinstance(caught.value, PermissionDenied | InvalidArgument | NotFound), asset
            assert "root:" not in str(caught.value)


async def test_a_file_that_is_not_there_is_told_like_that(server: Any) -> None:
    async with AsyncClient(server.address) as client:
        with pytest.raises(NotFound):
            await client.check(uri(server.root / "none.png"))


async def test_other_schemes_are_refused(server: Any) -> None:
    async with AsyncClient(server.address) as client:
        for text in ("http://127.0.0.1:1/a.png", "ftp://host/a.png", "/etc/passwd", "data:,x"):
            with pytest.raises((InvalidInput, PermissionDenied)):
                await client.check(common_pb2.Asset(uri=text))


async def test_without_roots_no_file_is_read(serve: Any, samples: Path) -> None:
    async with serve(Settings(), ("artifact",)) as (_, address), AsyncClient(address) as client:
        with pytest.raises(PermissionDenied):
            await client.check_artifact(uri(samples / "coffee.jpg"))


async def test_a_carried_policy_decides_through_router_and_service(
    server: Any, samples: Path
) -> None:
    async with AsyncClient(server.address) as client:
        answer = await client.check(samples / "coffee.jpg", policy=STRICT)
        direct = await client.check_artifact(samples / "coffee.jpg", policy=STRICT)
    for got in (answer, direct):
        assert verdict_from(got.verdict) is Verdict.FAIL
        assert {finding.code for finding in got.findings} == {"BLUR"}
        assert (got.policy.name, got.policy.version) == ("strict", "2")
        assert got.policy.sha256 == STRICT.sha256


def test_a_policy_is_the_same_after_the_wire() -> None:
    empty = Policy("open", "1", required=(), min_coverage=0.0)
    for policy in (STRICT, empty):
        assert policy_from(policy_to(policy)).sha256 == policy.sha256


async def test_an_unknown_policy_or_threshold_is_refused(server: Any, samples: Path) -> None:
    async with AsyncClient(server.address) as client:
        with pytest.raises(NotFound, match="default"):
            await client.check(samples / "coffee.jpg", policy="strictest")
        request = router_pb2.CheckRequest(
            asset=common_pb2.Asset(inline=(samples / "coffee.jpg").read_bytes()),
            policy=common_pb2.Policy(name="p", version="1"),
        )
        request.policy.thresholds["NO_SUCH_CODE"].major = 1
        with pytest.raises(InvalidPolicy, match="NO_SUCH_CODE"):
            await client._call("RouterService/Check", request, router_pb2.CheckResponse)


@pytest.mark.parametrize("names", [("artifact", "router"), ("artifact",)])
async def test_a_server_may_forbid_policies_of_callers_and_know_its_own(
    serve: Any, samples: Path, tmp_path: Path, names: tuple[str, ...]
) -> None:
    (tmp_path / "house.toml").write_text(
        'name = "house"\nversion = "1"\n[checks]\nrequired = ["artifact"]\n'
        "[thresholds.BLUR]\nmajor = 0.0\n"
    )
    settings = Settings(policies=tmp_path, allow_carried_policies=False)
    async with serve(settings, names) as (_, address), AsyncClient(address) as client:
        ask = client.check if "router" in names else client.check_artifact
        with pytest.raises(InvalidArgument, match="takes no policies from callers"):
            await ask(samples / "coffee.jpg", policy=STRICT)
        default = await ask(samples / "coffee.jpg")
        house = await ask(samples / "coffee.jpg", policy="house")
    assert verdict_from(default.verdict) is Verdict.PASS
    assert default.policy.name == "default"
    assert verdict_from(house.verdict) is Verdict.FAIL
    assert house.policy.name == "house"
