"""Labels stay few and known, whatever callers send."""

from __future__ import annotations

import random
from typing import Any

import grpc
import pytest

from gencheck.codes import CODES
from gencheck.v1 import consistency_pb2 as pb
from gencheck.v1.common_pb2 import Asset

NAME = "gencheck.v1.ConsistencyService"
METHODS = {
    f"{NAME}/{method}"
    for method in ("ParsePrompt", "CheckConsistency", "Letters", "AuditImages", "CheckSet")
}
STATUSES = {code.name for code in grpc.StatusCode}
KNOWN = {
    "rpc_system_name": {"grpc"},
    "rpc_method": METHODS,
    "rpc_response_status_code": STATUSES,
    "service": {NAME},
    "verdict": {"PASS", "REVIEW", "FAIL", "INCONCLUSIVE", "UNSPECIFIED", "OTHER"},
    "code": {*CODES, "OTHER"},
    "severity": {"INFO", "MINOR", "MAJOR", "CRITICAL", "UNSPECIFIED", "OTHER"},
    "result": {"passed", "failed", "busy", "joined", "remembered", "refused"},
    "priority": {"interactive", "batch"},
    "check": {"artifact", "consistency", "mesh", "bias", "views"},
}


async def hostile(served: Any) -> None:
    """Calls that differ in everything that a caller can choose."""
    noise = random.Random(1)
    bad = ("bug", "panic", "memory", "wrong type", "huge")
    prompts = [*(f"prompt {n}" for n in range(20)), *bad]
    calls = [(f"/{NAME}/Unheard{n}", b"") for n in range(20)]
    calls += [(f"/gencheck.v1.Other{n}/ParsePrompt", b"") for n in range(20)]
    calls += [(f"/{NAME}/ParsePrompt", noise.randbytes(n)) for n in range(1, 40)]
    calls += [
        (f"/{NAME}/ParsePrompt", pb.ParsePromptRequest(prompt=prompt).SerializeToString())
        for prompt in prompts
    ]
    asset = Asset(inline=b"x", name='gencheck"}\n1', uri="")
    checked = pb.CheckConsistencyRequest(asset=asset, prompt="x").SerializeToString()
    calls += [(f"/{NAME}/CheckConsistency", checked)]
    for number, (method, raw) in enumerate(calls):
        metadata = [
            (f"x-{number}", str(number)),
            ("gencheck-priority", f"p{number}"),
            ("traceparent", f"00-{number}"),
            ("user-agent", f"agent-{number}"),
        ]
        try:
            await served.channel.unary_unary(method)(raw, metadata=metadata, timeout=5)
        except grpc.aio.AioRpcError:
            continue


async def test_every_label_has_a_known_set_of_values(start: Any) -> None:
    async with start() as served:
        await hostile(served)
        families = list(served.host.metrics.registry.collect())
        again = len(served.host.metrics.text().splitlines())
        await hostile(served)
        assert len(served.host.metrics.text().splitlines()) == again
    seen: dict[str, set[str]] = {}
    for family in families:
        for sample in family.samples:
            for name, value in sample.labels.items():
                seen.setdefault(name, set()).add(value)
    assert {"rpc_method", "rpc_response_status_code", "service"} <= set(seen)
    for name, values in seen.items():
        if name in ("le", "version", "reason"):
            continue
        assert values <= KNOWN[name], name
    assert len(seen.get("reason", ())) < 12


@pytest.mark.parametrize("method", sorted(METHODS))
async def test_a_method_is_there_before_its_first_call(start: Any, method: str) -> None:
    async with start() as served:
        for code in ("OK", "INTERNAL"):
            labels = f'rpc_method="{method}",rpc_response_status_code="{code}"'
            assert f"rpc_server_call_duration_seconds_count{{{labels}" in served.host.metrics.text()
