"""gencheck's router composing four stubs.

``python -m loadtests.peers.composed TARGET TARGET TARGET TARGET``; without targets the stubs are in
this process, as `gencheck serve all` has its services. No medium has four checks: the plan of a
picture is stretched to four names. All else is the router as `gencheck serve router` has it, but
for a log line a call.
"""

from __future__ import annotations

import asyncio
import sys

from gencheck.compose import Settings, Workshop
from gencheck.router import plan, remote
from gencheck.serving.call import Service
from gencheck.serving.host import Host
from gencheck.serving.local import LocalServices
from gencheck.serving.logs import configure
from loadtests.stubs.behaviour import Behaviour, Work
from loadtests.stubs.hosted import made_up_services

CHECKS = ("artifact", "consistency", "mesh", "fourth")
_METHOD = "/gencheck.v1.ArtifactService/CheckArtifact"


async def _serve(targets: list[str]) -> None:
    plan.CHECKS = CHECKS  # type: ignore[assignment]
    plan._BY_KIND.update(dict.fromkeys(plan._BY_KIND, CHECKS))
    remote.METHODS.update(dict.fromkeys(CHECKS, _METHOD))
    settings = Settings(endpoints=dict(zip(CHECKS, targets, strict=True)) if targets else {})
    async with Workshop(settings) as workshop:
        services = await workshop.services(["router"]) if targets else [await _beside(workshop)]
        host = Host(services, metrics=workshop.metrics)
        sys.stdout.write(f"listening on 127.0.0.1:{await host.start()}\n")
        sys.stdout.flush()
        await host.wait()


async def _beside(workshop: Workshop) -> Service:
    """The router with its stubs in this process."""
    behaviour = Behaviour()
    (stub,) = made_up_services(("artifact",), behaviour, Work(behaviour))

    async def built() -> Service:
        return stub

    local = LocalServices({stub.name: built}, inline_limit=1 << 20)
    return await workshop._router(local, CHECKS)


if __name__ == "__main__":
    configure("WARNING")  # no line a call, as the peers have none
    asyncio.run(_serve(sys.argv[1:]))
