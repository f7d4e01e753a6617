"""What three times too many calls do to a host: goodput, the wait of those accepted, the way back.

python tests/bench/bench_overload.py [--seconds 60] [--cost sleep|cpu] [--milliseconds 20]

A real host with a made-up handler (``sleep``: four at a time elsewhere, as on an accelerator;
``cpu``: on two threads here), and in a process of its own the callers: arrivals at random, planned
ahead, so that a late answer delays no further call; latency counts from the planned instant. The
capacity is measured first, with as many callers at a time as are of use.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import grpc

from gencheck.deadline import Deadline
from gencheck.serving.call import Call, Priority, Rpc, Service
from gencheck.serving.host import Host, HostOptions
from gencheck.serving.logs import configure
from gencheck.serving.work import CpuPool
from gencheck.v1 import consistency_pb2 as pb

NAME = "gencheck.v1.ConsistencyService"
METHOD = f"/{NAME}/ParsePrompt"
RAW = pb.ParsePromptRequest(prompt="a red cat").SerializeToString()
SHARE_OF_BATCH = 0.2
DEADLINE_SECONDS = 10.0


def _burn(milliseconds: float, *, deadline: Deadline) -> None:
    end = time.thread_time() + milliseconds / 1e3
    while time.thread_time() < end:
        deadline.check()


async def _serve(cost: str, milliseconds: float) -> None:
    configure()  # to standard error, which the parent sends to /dev/null
    pool, elsewhere = CpuPool(2), asyncio.Semaphore(4)

    async def parse(_: pb.ParsePromptRequest, call: Call) -> pb.ParsePromptResponse:
        if cost == "cpu":
            await pool.run(_burn, milliseconds, deadline=call.deadline)
        else:
            async with elsewhere:
                await asyncio.sleep(milliseconds / 1e3)
        return pb.ParsePromptResponse()

    async def warm_up() -> None:
        """Nothing to load."""

    rpc = Rpc("ParsePrompt", pb.ParsePromptRequest, pb.ParsePromptResponse, parse)
    host = Host([Service(NAME, [rpc], warm_up)], options=HostOptions())
    sys.stdout.write(f"{await host.start()}\n")
    sys.stdout.flush()
    await host.wait()


@dataclass
class Result:
    """What became of the calls of one phase: the planned instant and the seconds of each."""

    served: list[tuple[float, float]] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    by_priority: Counter[str] = field(default_factory=Counter)

    def quantile(self, share: float) -> float:
        seconds = sorted(took for _, took in self.served) or [float("nan")]
        return seconds[min(len(seconds) - 1, int(share * len(seconds)))] * 1e3


class Callers:
    """Calls over a few channels, as that many clients would."""

    def __init__(self, port: int) -> None:
        options = [("grpc.use_local_subchannel_pool", 1)]
        self._channels = [
            grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=options) for _ in range(4)
        ]
        self._calls = [channel.unary_unary(METHOD) for channel in self._channels]

    async def one(self, planned: float, priority: Priority, result: Result) -> None:
        call = random.choice(self._calls)
        try:
            await call(RAW, timeout=DEADLINE_SECONDS, metadata=priority.metadata)
        except grpc.aio.AioRpcError as error:
            result.codes[error.code().name] += 1
        else:
            result.codes["OK"] += 1
            result.by_priority[priority] += 1
            result.served.append((planned, time.perf_counter() - planned))

    async def closed(self, seconds: float, at_once: int) -> Result:
        """So many callers who each wait for their answer."""
        result, end = Result(), time.perf_counter() + seconds

        async def caller() -> None:
            while (now := time.perf_counter()) < end:
                await self.one(now, Priority.INTERACTIVE, result)

        await asyncio.gather(*(caller() for _ in range(at_once)))
        return result

    async def open(self, seconds: float, rate: float) -> Result:
        """Arrivals at random instants, whatever becomes of those before."""
        result = Result()
        planned = time.perf_counter() + 0.1
        end, calls = planned + seconds, set()
        while planned < end:
            await asyncio.sleep(max(0.0, planned - time.perf_counter()))
            batch = random.random() < SHARE_OF_BATCH
            priority = Priority.BATCH if batch else Priority.INTERACTIVE
            task = asyncio.create_task(self.one(planned, priority, result))
            calls.add(task)
            task.add_done_callback(calls.discard)
            planned += random.expovariate(rate)
        await asyncio.gather(*calls)
        return result

    async def aclose(self) -> None:
        for channel in self._channels:
            await channel.close()


async def _load(port: int, seconds: float) -> None:
    callers = Callers(port)
    await callers.closed(3, 12)  # the limit finds its place
    best = await callers.closed(max(3.0, seconds / 4), 12)
    took = max(3.0, seconds / 4)
    capacity = len(best.served) / took
    print(f"capacity {capacity:.0f} calls/s, p99 there {best.quantile(0.99):.0f} ms (12 callers)")
    print(
        f"{'offered':>8} {'rate/s':>7} {'goodput/s':>9} {'p50 ms':>7} {'p99 ms':>7} {'batch':>6}"
        "  codes"
    )
    figures = {}
    for factor in (0.5, 1.0, 3.0):
        result = await callers.open(seconds, factor * capacity)
        figures[factor] = result
        share = result.by_priority[Priority.BATCH] / max(1, len(result.served))
        print(
            f"{factor:7.1f}x {factor * capacity:7.0f} {len(result.served) / seconds:9.0f} "
            f"{result.quantile(0.5):7.0f} {result.quantile(0.99):7.0f} {share:6.0%}  "
            f"{json.dumps(result.codes)}"
        )
        sys.stdout.flush()
    after = await callers.open(10, 0.5 * capacity)
    _verdict(figures, after, seconds)
    await callers.aclose()


def _verdict(figures: dict[float, Result], after: Result, seconds: float) -> None:
    goodput = {factor: len(result.served) / seconds for factor, result in figures.items()}
    peak = max(goodput[1.0], goodput[3.0])
    slow = 2 * figures[0.5].quantile(0.99) / 1e3
    start = min(planned for planned, _ in after.served)
    late = [planned - start + took for planned, took in after.served if took > slow]
    print(f"goodput at 3x: {goodput[3.0] / peak:.0%} of the peak (to reach: 80 %)")
    ratio = figures[3.0].quantile(0.99) / figures[1.0].quantile(0.99)
    print(f"p99 of accepted at 3x: {ratio:.2f} of that at 1x (to reach: at most 2)")
    share = sum(planned - start > 5 for planned, took in after.served if took > slow)
    after_5 = sum(planned - start > 5 for planned, _ in after.served)
    print(
        f"after the overload, at 0.5x: {sum(after.codes.values()) - after.codes['OK']} refused, "
        f"{len(late)} slower than twice the p99 before, of those {share} of {after_5} after 5 s; "
        f"the last within 5 s at {max([0.0, *(at for at in late if at <= 5)]):.2f} s"
    )


async def _bench(options: argparse.Namespace) -> None:
    arguments = ["--cost", options.cost, "--milliseconds", str(options.milliseconds)]
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        __file__,
        "--serve",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "GRPC_VERBOSITY": "NONE"},
    )
    assert server.stdout is not None
    try:
        await _load(int(await server.stdout.readline()), options.seconds)
    finally:
        server.terminate()
        await server.wait()


def main() -> None:
    """Parse the options and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=10, help="of each load; 60 for the record")
    parser.add_argument("--cost", choices=("sleep", "cpu"), default="sleep")
    parser.add_argument("--milliseconds", type=float, default=20.0)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(_serve(options.cost, options.milliseconds))
    else:
        asyncio.run(_bench(options))


if __name__ == "__main__":
    main()
