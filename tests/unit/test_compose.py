"""What a process is built of."""

import asyncio
import sys
from pathlib import Path

import pytest

from gencheck.compose import SERVICES, Settings, Workshop, local_client
from gencheck.errors import InvalidArgument, Unavailable


def methods(services: list) -> set[str]:  # type: ignore[type-arg]
    return {f"{service.name}/{rpc.name}" for service in services for rpc in service.rpcs}


async def test_every_service_offers_the_methods_of_the_api(tmp_path: Path) -> None:
    async with Workshop(Settings(cores=1, store=tmp_path)) as workshop:
        offered = methods(await workshop.services([*SERVICES, "router"]))
    assert offered == {
        "gencheck.v1.ArtifactService/CheckArtifact",
        "gencheck.v1.ArtifactService/StreamArtifact",
        "gencheck.v1.ConsistencyService/CheckConsistency",
        "gencheck.v1.ConsistencyService/CheckViews",
        "gencheck.v1.ConsistencyService/ParsePrompt",
        "gencheck.v1.BiasService/Audit",
        "gencheck.v1.BiasService/AuditImages",
        "gencheck.v1.MeshService/CheckMesh",
        "gencheck.v1.RouterService/Check",
        "gencheck.v1.RouterService/CheckSet",
    }


async def test_assets_are_offered_where_there_is_a_store(tmp_path: Path) -> None:
    for store in ("memory", str(tmp_path / "assets"), "memory://compose-test/assets"):
        async with Workshop(Settings(store=tmp_path, asset_store=store)) as workshop:
            offered = methods(await workshop.services(["assets"]))
        names = ("UploadAsset", "ReadAsset", "StatAsset")
        assert offered == {f"gencheck.v1.AssetService/{name}" for name in names}
    async with Workshop(Settings(store=tmp_path)) as workshop:
        with pytest.raises(InvalidArgument, match="assets"):
            await workshop.services(["assets"])


async def test_an_unknown_service_is_refused_by_name(tmp_path: Path) -> None:
    async with Workshop(Settings(store=tmp_path)) as workshop:
        with pytest.raises(InvalidArgument, match="poetry"):
            await workshop.services(["poetry"])


async def test_a_router_alone_starts_no_decoder_and_loads_no_room(tmp_path: Path) -> None:
    settings = Settings(store=tmp_path, endpoints={"mesh": "127.0.0.1:1", "bias": "127.0.0.1:2"})
    async with Workshop(settings) as workshop:
        assert methods(await workshop.services(["router"])) == {
            "gencheck.v1.RouterService/Check",
            "gencheck.v1.RouterService/CheckSet",
        }
        assert workshop._intake is None


async def test_a_local_client_asks_services_of_this_process(tmp_path: Path) -> None:
    settings = Settings(cores=1, store=tmp_path)
    async with local_client(settings, ["consistency"], timeout=30.0) as client:
        answer = await client.parse_prompt("two dogs")
    assert [claim.WhichOneof("claim") for claim in answer.claims] == ["count", "object"]


async def test_a_service_is_built_when_it_is_first_called(tmp_path: Path) -> None:
    async with Workshop(Settings(cores=1, store=tmp_path)) as workshop:
        local = workshop.local(["consistency", "mesh", "router"])
        assert local._services == {}
        calls = [local.rpc("/gencheck.v1.RouterService/Check") for _ in range(2)]
        first, second = await asyncio.gather(*calls)
        assert first is second
        assert [*local._services] == ["gencheck.v1.RouterService"]
        with pytest.raises(Unavailable, match="no service here offers"):
            await local.rpc("/gencheck.v1.BiasService/Audit")
        with pytest.raises(Unavailable, match="no service here offers"):
            await local.rpc("/gencheck.v1.RouterService/Sing")


def test_the_module_itself_imports_no_room() -> None:
    import subprocess

    rooms = "{'gencheck.' + r for r in ('artifact', 'consistency', 'bias', 'mesh')}"
    code = f"import sys, gencheck.compose; assert not {rooms} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
