"""What the router costs over a bare grpc.aio fan-out of the same bytes to the same four stubs.

python tests/bench/bench_router.py [--calls 600] [--rounds 5]

Processes of their own: this client, four stub services, which answer at once, and in turns one of
three in front of them. *router* is the product as `gencheck serve router` has it: bounds,
admission, policy, plan, merge, verdict, metrics, a log line. *bare* is a grpc.aio server that sends
the bytes of a request on as they are and joins the bytes of the answers. *naive* parses the
request, makes one of its own type for each service, and merges the parsed answers. No medium has
four checks: here the plan of a picture is stretched to four names, so that all of them send the
same four questions.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from gencheck.client import AsyncClient
from gencheck.compose import Settings, Workshop
from gencheck.router import plan, remote
from gencheck.serving.call import new_id
from gencheck.serving.host import Host
from gencheck.serving.logs import configure
from gencheck.v1 import artifact_pb2, common_pb2, router_pb2

METHODS = {**remote.METHODS, "fourth": remote.METHODS["artifact"]}
CHECKS = ("artifact", "consistency", "mesh", "fourth")
LARGE = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
Handler = Callable[[bytes, Any], Awaitable[bytes]]


@dataclass(frozen=True)
class Peer:
    """A server in a process of its own."""

    process: asyncio.subprocess.Process
    target: str

    def cpu_seconds(self) -> float:
        """CPU time of the process so far; unlike a latency it bears a busy machine."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        await self.process.wait()


async def _serve_raw(handler: Handler) -> None:
    """A grpc.aio server as its tutorial has it, for every method: bytes in, bytes out."""

    class Every(grpc.GenericRpcHandler):
        def service(self, details: Any) -> Any:
            if not details.method.startswith("/gencheck.v1."):
                return None  # a server without a health service counts as healthy
            return grpc.unary_unary_rpc_method_handler(handler)

    server = grpc.aio.server(options=LARGE)
    server.add_generic_rpc_handlers((Every(),))
    _say(server.add_insecure_port("127.0.0.1:0"))
    await server.start()
    await server.wait_for_termination()


async def _stub(check: str) -> None:
    """Answers at once, with as much as a check of a picture says."""
    answer = router_pb2.CheckResponse(verdict=common_pb2.VERDICT_PASS)
    for part in ("", ".blur", ".noise", ".banding", ".blocking"):
        answer.outcomes.add(check=check + part, judged=common_pb2.Judged())
        method = common_pb2.Method(name="as measured", version="1", reference="nowhere 2026")
        answer.measurements.add(
            code="BLUR", value=0.5, unit="blur ratio 0..1", check=check + part, method=method
        )
        answer.timings.add(stage=check + part, seconds=0.001)
    rest = answer.SerializeToString()

    async def handle(raw: bytes, _context: Any) -> bytes:
        asked = router_pb2.CheckRequest.FromString(raw)
        about = router_pb2.CheckResponse(asset=asked.asset.name, request_id=asked.request_id)
        return about.SerializeToString() + rest

    await _serve_raw(handle)


def _calls(targets: list[str]) -> list[Any]:
    return [
        grpc.aio.insecure_channel(target, options=LARGE).unary_unary(METHODS[check])
        for check, target in zip(CHECKS, targets, strict=True)
    ]


async def _bare(targets: list[str]) -> None:
    calls = _calls(targets)

    async def handle(raw: bytes, _context: Any) -> bytes:
        return b"".join(await asyncio.gather(*(call(raw, timeout=30) for call in calls)))

    await _serve_raw(handle)


async def _naive(targets: list[str]) -> None:
    calls = _calls(targets)

    async def handle(raw: bytes, _context: Any) -> bytes:
        asked = router_pb2.CheckRequest.FromString(raw)
        answers = await asyncio.gather(
            *(
                call(
                    artifact_pb2.CheckArtifactRequest(
                        asset=asked.asset, request_id=asked.request_id
                    ).SerializeToString(),
                    timeout=30,
                )
                for call in calls
            )
        )
        merged = router_pb2.CheckResponse()
        for answer in answers:
            merged.MergeFrom(router_pb2.CheckResponse.FromString(answer))
        return merged.SerializeToString()

    await _serve_raw(handle)


async def _router(targets: list[str], root: str) -> None:
    configure()  # to standard error, which the parent sends to /dev/null
    plan.CHECKS = CHECKS  # type: ignore[assignment]
    plan._BY_KIND.update(dict.fromkeys(plan._BY_KIND, CHECKS))
    remote.METHODS.update(METHODS)
    endpoints = dict(zip(CHECKS, targets, strict=True))
    settings = Settings(roots=(Path(root),), endpoints=endpoints, asset_store="memory")
    async with Workshop(settings) as workshop:
        services = await workshop.services(["assets", "router"])
        host = Host(services, metrics=workshop.metrics)
        _say(await host.start())
        await host.wait()


def _say(port: int) -> None:
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()


async def _start(*words: str) -> Peer:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, __file__, "--serve", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "GRPC_VERBOSITY": "NONE"},
    )
    assert process.stdout is not None
    return Peer(process, f"127.0.0.1:{int(await process.stdout.readline())}")


Make = Callable[[], bytes]


async def _latencies(call: Any, make: Make, calls: int) -> list[float]:
    """Seconds of each call, one after the other."""
    seconds = []
    for _ in range(calls):
        raw = make()
        start = time.perf_counter()
        while True:
            if await _accepted(call, raw):
                break
            await asyncio.sleep(0.002)
        seconds.append(time.perf_counter() - start)
    return seconds


async def _accepted(call: Any, raw: bytes) -> bool:
    """Whether the server took the call: the router's admission may refuse one of sixteen."""
    try:
        await call(raw, timeout=30)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
            raise
        return False
    return True


async def _round(peer: Peer, call: Any, make: Make, calls: int) -> list[float]:
    """p50 and p99 in ms one at a time, calls a second sixteen at a time, CPU ms a call."""
    before = peer.cpu_seconds()
    cuts = statistics.quantiles(await _latencies(call, make, calls), n=100)
    start = time.perf_counter()
    await asyncio.gather(*(_latencies(call, make, calls // 16) for _ in range(16)))
    rate = (calls // 16) * 16 / (time.perf_counter() - start)
    cpu = (peer.cpu_seconds() - before) / (calls + (calls // 16) * 16)
    return [cuts[49] * 1e3, cuts[98] * 1e3, rate, cpu * 1e3]


async def _compare(peers: dict[str, Peer], make: Make, calls: int, rounds: int) -> list[Any]:
    """For each peer the medians over the rounds, in which the peers take turns."""
    rows: dict[str, list[list[float]]] = {name: [] for name in peers}
    asked = {
        name: grpc.aio.insecure_channel(peer.target, options=LARGE).unary_unary(
            "/gencheck.v1.RouterService/Check"
        )
        for name, peer in peers.items()
    }
    for call in asked.values():
        answer = router_pb2.CheckResponse.FromString((await _warm(call, make, calls))[-1])
        assert len(answer.outcomes) == 5 * len(CHECKS)
        assert all(outcome.HasField("judged") for outcome in answer.outcomes)
    for _ in range(rounds):
        for name, peer in peers.items():
            rows[name].append(await _round(peer, asked[name], make, calls))
    return [[statistics.median(c) for c in zip(*values, strict=True)] for values in rows.values()]


async def _warm(call: Any, make: Make, calls: int) -> list[bytes]:
    return [await call(make(), timeout=30) for _ in range(max(20, calls // 10))]


async def _requests(root: Path, router: str) -> dict[str, Make]:
    """By name what makes a request, each with an id of its own."""
    small, large = PNG + os.urandom(1_000), PNG + os.urandom(1_000_000)
    (root / "small.png").write_bytes(small)

    def make(**source: Any) -> bytes:
        asset = common_pb2.Asset(name="a.png", **source)
        return router_pb2.CheckRequest(
            asset=asset, request_id=new_id(), prompt="a red cat"
        ).SerializeToString()

    uri = (root / "small.png").as_uri()
    async with AsyncClient(router) as client:
        digest = (await client.upload(small)).digest
    return {
        "1 KB by digest": lambda: make(digest=digest),
        "1 KB by URI": lambda: make(uri=uri),
        "1 KB inline": lambda: make(inline=small),
        "1 MB inline": lambda: make(inline=large),
    }


async def _bench(calls: int, rounds: int) -> None:
    async with AsyncExitStack() as stack:
        root = stack.enter_context(tempfile.TemporaryDirectory())

        async def start(*words: str) -> Peer:
            peer = await _start(*words)
            stack.push_async_callback(peer.stop)
            return peer

        stubs = [(await start("stub", check)).target for check in CHECKS]
        peers = {
            "bare": await start("bare", *stubs),
            "naive": await start("naive", *stubs),
            "router": await start("router", root, *stubs),
        }
        head = f"{'p50 ms':>8} {'p99 ms':>8} {'calls/s at 16':>14} {'CPU ms a call':>14}"
        print(f"{'asset':<15} {'server':<8}{head}   over bare: p50, p99, rate, CPU", flush=True)
        for label, make in (await _requests(Path(root), peers["router"].target)).items():
            fewer = calls // 4 if "MB" in label else calls
            rows = await _compare(peers, make, fewer, rounds)
            for name, row in zip(peers, rows, strict=True):
                p50, p99, rate, cpu = row
                over = "  ".join(f"{a / b:.2f}×" for a, b in zip(row, rows[0], strict=True))
                figures = f"{p50:8.2f} {p99:8.2f} {rate:14.0f} {cpu:14.2f}"
                print(f"{label:<15} {name:<8}{figures}   {over}", flush=True)


def main() -> None:
    """Parse the options and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    match options.serve:
        case None:
            asyncio.run(_bench(options.calls, options.rounds))
        case ["stub", check]:
            asyncio.run(_stub(check))
        case ["bare", *targets]:
            asyncio.run(_bare(targets))
        case ["naive", *targets]:
            asyncio.run(_naive(targets))
        case ["router", root, *targets]:
            asyncio.run(_router(targets, root))


if __name__ == "__main__":
    main()
