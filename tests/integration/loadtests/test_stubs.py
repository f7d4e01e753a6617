"""Made-up services in processes of their own, as other tests and load tests start them."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gencheck.client import AsyncClient
from gencheck.v1 import bias_pb2, common_pb2

Verdict = common_pb2.Verdict


@asynccontextmanager
async def stub(kind: str, *options: str) -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "loadtests.stubs",
        kind,
        *options,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            line = (await process.stdout.readline()).decode()
        assert line.startswith("listening on ")
        yield line.split()[-1]
    finally:
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


@pytest.mark.parametrize("kind", ["host", "bare"])
async def test_all_four_checks_answer_as_told(kind: str) -> None:
    options = ("--verdict", "FAIL", "--answer-bytes", "5000", "--seconds", "0.001", "--burn")
    async with stub(kind, *options) as address, AsyncClient(address) as client:
        artifact = await client.check_artifact(common_pb2.Asset(inline=b"x", name="a.png"))
        assert (artifact.asset, artifact.verdict) == ("a.png", Verdict.VERDICT_FAIL)
        assert artifact.ByteSize() > 5000
        assert (await client.check_mesh(b"x")).verdict == Verdict.VERDICT_FAIL
        assert (await client.check_consistency(b"x", "a cat")).verdict == Verdict.VERDICT_FAIL
        labels = [bias_pb2.Label(attribute="a", category="b")]
        audit = await client.audit(bias_pb2.AuditRequest(labels=labels))
        assert audit.verdict == Verdict.VERDICT_FAIL
        await client.parse_prompt("a cat")


async def test_pictures_of_a_set_are_counted() -> None:
    options = ("--checks", "bias", "--verdict", "INCONCLUSIVE")
    async with stub("host", *options) as address, AsyncClient(address) as client:
        answer = await client.audit_images([b"x", b"y"])
    assert answer.audit.state.images == 2
    assert answer.audit.verdict == Verdict.VERDICT_INCONCLUSIVE
