"""gencheck composing four stubs: its host, its ports and its merging, with a plan of all four.

``python -m loadtests.peers.composed TARGET…``; without a target the stubs are in this process, as
`gencheck serve all` has its services. The router's own plan never asks four services about one
asset (a picture with a prompt takes two), so this asks all of them at once; everything that a call
passes through is the router's.
"""

from __future__ import annotations

import asyncio
import sys
import time

from gencheck.policy_file import Policies
from gencheck.router.local import LocalCheck
from gencheck.router.merge import Part, merge, read_answer
from gencheck.router.ports import CheckPort
from gencheck.router.remote import RemoteCheck
from gencheck.serving.bounds import INLINE_LIMIT
from gencheck.serving.call import Call, Rpc, Service
from gencheck.serving.host import Host, HostOptions
from gencheck.serving.local import LocalServices
from gencheck.serving.logs import configure
from gencheck.transport import open_channel
from gencheck.v1 import router_pb2 as pb
from loadtests.stubs.behaviour import Behaviour, Work
from loadtests.stubs.hosted import made_up_services


def _beside() -> list[CheckPort]:
    """Four stubs in this process."""
    behaviour = Behaviour()
    services = made_up_services(("artifact",), behaviour, Work(behaviour))
    return [
        LocalCheck("artifact", LocalServices(services, inline_limit=INLINE_LIMIT)) for _ in range(4)
    ]


async def _serve(targets: list[str]) -> None:
    policy = Policies.load(None).get("")
    channels = [open_channel(target) for target in targets]
    ports: list[CheckPort] = [
        RemoteCheck("artifact", channel, target)
        for channel, target in zip(channels, targets, strict=True)
    ] or _beside()

    async def check(request: pb.CheckRequest, call: Call) -> pb.CheckResponse:
        raw = call.raw or request.SerializeToString()

        async def ask(port: CheckPort) -> Part:
            start = time.perf_counter()
            data = await port.check(raw, call, deadline=call.deadline)
            answer = read_answer("artifact", data)
            return Part("artifact", time.perf_counter() - start, answer=answer)

        parts = await asyncio.gather(*(ask(port) for port in ports))
        return merge(parts, (), policy, asset=request.asset.name, request_id=call.request_id)

    async def warm_up() -> None:
        """Nothing to load."""

    rpc = Rpc("Check", pb.CheckRequest, pb.CheckResponse, check)
    host = Host([Service("gencheck.v1.RouterService", [rpc], warm_up)], options=HostOptions())
    sys.stdout.write(f"listening on 127.0.0.1:{await host.start()}\n")
    sys.stdout.flush()
    await host.wait()
    for channel in channels:
        await channel.close()


if __name__ == "__main__":
    configure("WARNING")  # no line a call, as the peers have none
    asyncio.run(_serve(sys.argv[1:]))
