"""What the client sends, before any server is asked."""

import os
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message

from gencheck.client import AsyncClient, check_request
from gencheck.errors import InvalidInput, NotFound, PermissionDenied
from gencheck.inputs import to_asset
from gencheck.policy import Policy
from gencheck.v1 import bias_pb2, common_pb2, router_pb2


class Recorder:
    """A transport that keeps what it is given and answers with empty messages."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[Message], float | None]] = []

    async def unary(self, method: str, request: Message, answer: Any, timeout: float | None) -> Any:
        self.calls.append((method, [request], timeout))
        return answer()

    async def upload(
        self, method: str, requests: AsyncIterator[Message], answer: Any, timeout: float | None
    ) -> Any:
        self.calls.append((method, [request async for request in requests], timeout))
        return answer()

    async def download(
        self, method: str, request: Message, answer: Any, timeout: float | None
    ) -> AsyncIterator[Any]:
        self.calls.append((method, [request], timeout))
        yield answer()

    async def exchange(
        self, method: str, requests: AsyncIterator[Message], answer: Any, timeout: float | None
    ) -> AsyncIterator[Any]:
        self.calls.append((method, [request async for request in requests], timeout))
        yield answer()

    async def aclose(self) -> None:
        self.calls.append(("closed", [], None))


def test_a_path_is_sent_as_its_bytes_under_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG")
    assert to_asset(path) == common_pb2.Asset(inline=b"\x89PNG", name=str(path))
    assert to_asset(b"bytes") == common_pb2.Asset(inline=b"bytes")
    asset = common_pb2.Asset(uri="file:///a")
    assert to_asset(asset) is asset


def test_what_is_no_readable_file_is_said_before_a_server_is_asked(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such file"):
        to_asset(tmp_path / "nothing.png")
    with pytest.raises(InvalidInput, match="folder"):
        to_asset(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidInput, match="no regular file"):
        to_asset(tmp_path / "pipe")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_said(tmp_path: Path) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes(b"x")
    path.chmod(0)
    with pytest.raises(PermissionDenied):
        to_asset(path)


def test_a_request_names_or_carries_its_policy_and_has_an_id() -> None:
    named = check_request(b"x", prompt="a cat", policy="strict", views=True, stop_early=True)
    assert (named.policy_name, named.prompt, named.want_views) == ("strict", "a cat", True)
    assert named.stop_early
    assert not check_request(b"x").stop_early
    assert uuid.UUID(named.request_id).version == 4
    carried = check_request(b"x", policy=Policy("shop", "3"))
    assert (carried.policy.name, carried.policy_name) == ("shop", "")
    assert not check_request(b"x").HasField("policy_choice")


async def test_every_method_asks_the_rpc_of_its_name_within_the_timeout() -> None:
    recorder = Recorder()
    async with AsyncClient(recorder, timeout=7.0) as client:
        await client.check(b"x")
        await client.check_artifact(b"x", heat_map=True)
        await client.check_consistency(b"x", "a cat")
        await client.check_mesh(b"x", views=True)
        await client.parse_prompt("a cat")
        await client.audit(bias_pb2.AuditRequest())
        await client.audit_images([b"x", b"y"])
        answers = [a async for a in client.check_set([router_pb2.CheckRequest()])]
        _ = [part async for part in client.stream_artifact(b"x")]
    assert len(answers) == 1
    assert [(method, len(sent), timeout) for method, sent, timeout in recorder.calls] == [
        ("/gencheck.v1.RouterService/Check", 1, 7.0),
        ("/gencheck.v1.ArtifactService/CheckArtifact", 1, 7.0),
        ("/gencheck.v1.ConsistencyService/CheckConsistency", 1, 7.0),
        ("/gencheck.v1.MeshService/CheckMesh", 1, 7.0),
        ("/gencheck.v1.ConsistencyService/ParsePrompt", 1, 7.0),
        ("/gencheck.v1.BiasService/Audit", 1, 7.0),
        ("/gencheck.v1.BiasService/AuditImages", 3, 7.0),
        ("/gencheck.v1.RouterService/CheckSet", 2, 7.0),
        ("/gencheck.v1.ArtifactService/StreamArtifact", 1, 7.0),
        ("closed", 0, None),
    ]


def test_the_package_offers_its_clients_without_importing_grpc_at_once() -> None:
    code = "import sys, gencheck; assert 'grpc' not in sys.modules; gencheck.Client"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
