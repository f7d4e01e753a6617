"""What the host costs over a bare grpc.aio server: one process each, the same client, in turns.

Also what traces add: every call sampled, sent to a collector in a process of its own.

python tests/bench/bench_serving.py [--calls 1500] [--rounds 5]
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import grpc

from gencheck.serving.call import Call, Rpc, Service
from gencheck.serving.host import Host, HostOptions
from gencheck.serving.logs import configure
from gencheck.serving.telemetry import NO_TELEMETRY, Telemetry, connect
from gencheck.v1 import consistency_pb2 as pb
from gencheck.v1.common_pb2 import Asset

NAME = "gencheck.v1.ConsistencyService"
SIZES = {"1 KB": 1_000, "1 MB": 1_000_000}


@dataclass(frozen=True)
class Peer:
    """A server in a process of its own."""

    process: asyncio.subprocess.Process
    target: str
    channel: grpc.aio.Channel

    def cpu_seconds(self) -> float:
        """CPU time of the process so far; unlike a latency it bears a busy machine."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _host(telemetry: Telemetry = NO_TELEMETRY) -> None:
    """The host with bounds, admission, metrics and a JSON log line a call."""
    configure()  # to standard error, which the parent sends to /dev/null

    async def check(
        request: pb.CheckConsistencyRequest, _call: Call
    ) -> pb.CheckConsistencyResponse:
        return pb.CheckConsistencyResponse(asset=request.asset.name)

    async def warm_up() -> None:
        """Nothing to load."""

    rpc = Rpc("CheckConsistency", pb.CheckConsistencyRequest, pb.CheckConsistencyResponse, check)
    host = Host([Service(NAME, [rpc], warm_up)], options=HostOptions(), telemetry=telemetry)
    sys.stdout.write(f"{await host.start()}\n")
    sys.stdout.flush()
    await host.wait()


async def _bare() -> None:
    """grpc.aio as its tutorial has it: the same messages, nothing else."""

    async def check(
        request: pb.CheckConsistencyRequest, _context: object
    ) -> pb.CheckConsistencyResponse:
        return pb.CheckConsistencyResponse(asset=request.asset.name)

    server = grpc.aio.server(options=[("grpc.max_receive_message_length", 16 << 20)])
    method = grpc.unary_unary_rpc_method_handler(
        check,
        pb.CheckConsistencyRequest.FromString,
        pb.CheckConsistencyResponse.SerializeToString,
    )
    handler = grpc.method_handlers_generic_handler(NAME, {"CheckConsistency": method})
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await server.wait_for_termination()


async def _traced() -> None:
    """The host, every call traced."""
    await _host(connect(os.environ[_COLLECTOR], name="bench"))


async def _collector() -> None:
    """Takes spans and drops them."""
    method = grpc.unary_unary_rpc_method_handler(_export)
    name = "opentelemetry.proto.collector.trace.v1.TraceService"
    server = grpc.aio.server()
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(name, {"Export": method}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await server.wait_for_termination()


async def _export(_request: bytes, _context: object) -> bytes:
    return b""


_COLLECTOR = "GENCHECK_BENCH_COLLECTOR"
SERVERS: dict[str, Callable[[], Awaitable[None]]] = {
    "bare": _bare,
    "host": _host,
    "traced": _traced,
}


async def _start(name: str, collector: str = "") -> Peer:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        __file__,
        "--serve",
        name,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "GRPC_VERBOSITY": "NONE", _COLLECTOR: collector},
    )
    assert process.stdout is not None
    target = f"127.0.0.1:{int(await process.stdout.readline())}"
    return Peer(process, target, grpc.aio.insecure_channel(target))


async def _latencies(channel: grpc.aio.Channel, raw: bytes, calls: int) -> list[float]:
    """Seconds of each call, one after the other."""
    check: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
        f"/{NAME}/CheckConsistency"
    )
    seconds = []
    for _ in range(calls):
        start = time.perf_counter()
        await check(raw, timeout=30)
        seconds.append(time.perf_counter() - start)
    return seconds


async def _rate(channel: grpc.aio.Channel, raw: bytes, calls: int, at_once: int = 16) -> float:
    """Calls a second, sixteen at a time."""
    start = time.perf_counter()
    await asyncio.gather(*(_latencies(channel, raw, calls // at_once) for _ in range(at_once)))
    return calls / (time.perf_counter() - start)


def _request(size: int) -> bytes:
    asset = Asset(inline=os.urandom(size), name="a.png")
    return pb.CheckConsistencyRequest(asset=asset, prompt="a red cat").SerializeToString()


async def _round(peer: Peer, raw: bytes, calls: int) -> list[float]:
    """p50 and p99 in ms one at a time, calls a second sixteen at a time, CPU ms a call."""
    before = peer.cpu_seconds()
    cuts = statistics.quantiles(await _latencies(peer.channel, raw, calls), n=100)
    rate = await _rate(peer.channel, raw, calls)
    cpu = (peer.cpu_seconds() - before) / (2 * calls)
    return [cuts[49] * 1e3, cuts[98] * 1e3, rate, cpu * 1e3]


async def _compare(peers: dict[str, Peer], size: int, calls: int, rounds: int) -> list[list[float]]:
    """For each server the medians over the rounds, in which the servers take turns."""
    raw = _request(size)
    rows: dict[str, list[list[float]]] = {name: [] for name in peers}
    for peer in peers.values():
        await _latencies(peer.channel, raw, max(20, calls // 10))  # warm
    for _ in range(rounds):
        for name, peer in peers.items():
            rows[name].append(await _round(peer, raw, calls))
    return [
        [statistics.median(column) for column in zip(*values, strict=True)]
        for values in rows.values()
    ]


async def _bench(calls: int, rounds: int) -> None:
    collector = await _start("collector")
    peers = {name: await _start(name, collector.target) for name in SERVERS}
    print(f"asset  server {'p50 ms':>8} {'p99 ms':>8} {'calls/s at 16':>14} {'CPU ms a call':>14}")
    try:
        for label, size in SIZES.items():
            fewer = calls if size < 100_000 else calls // 5
            rows = await _compare(peers, size, fewer, rounds)
            for name, (p50, p99, rate, cpu) in zip(peers, rows, strict=True):
                print(f"{label:<6} {name:<6} {p50:8.3f} {p99:8.3f} {rate:14.0f} {cpu:14.3f}")
            bare, host, traced = rows
            for name, one, other in (("added", bare, host), ("traces", host, traced)):
                print(
                    f"{label:<6} {name:<6} {other[0] - one[0]:8.3f} {other[1] - one[1]:8.3f} "
                    f"{other[2] / one[2]:13.2f}× {other[3] - one[3]:14.3f}"
                )
    finally:
        for peer in (*peers.values(), collector):
            await peer.channel.close()
            peer.process.terminate()
            await peer.process.wait()


def main() -> None:
    """Parse the options and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1_500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", choices=(*SERVERS, "collector"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(SERVERS.get(options.serve, _collector)())  # type: ignore[arg-type]
    else:
        asyncio.run(_bench(options.calls, options.rounds))


if __name__ == "__main__":
    main()
