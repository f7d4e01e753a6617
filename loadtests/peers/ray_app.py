"""Ray Serve: four deployments and an ingress that composes them (runs in .venv-peers).

As its guide on model composition has it: deployment handles, all asked at once. The measured
process sets what its performance guide advises for throughput.
"""

import asyncio

from ray import serve
from ray.serve.handle import DeploymentHandle
from starlette.requests import Request
from starlette.responses import Response

ANSWER = b"\x10\x01" + b"x" * 198  # as large as the answer of one of our stubs
QUIET = {"enable_access_log": False}
ACTOR = {"num_cpus": 0}  # no reservation: six actors share the cores, as our processes do


@serve.deployment(ray_actor_options=ACTOR, max_ongoing_requests=256, logging_config=QUIET)
class Stub:
    """Answers at once."""

    async def check(self, payload: bytes) -> bytes:
        """The answer of a stub."""
        return ANSWER


@serve.deployment(ray_actor_options=ACTOR, max_ongoing_requests=256, logging_config=QUIET)
class Composed:
    """Asks all four at once."""

    def __init__(self, *parts: DeploymentHandle) -> None:
        self._parts = parts

    async def __call__(self, request: Request) -> Response:
        """The four answers, one after the other."""
        payload = await request.body()
        answers = await asyncio.gather(*(part.check.remote(payload) for part in self._parts))
        return Response(b"".join(answers), media_type="application/octet-stream")


def build(_arguments: dict[str, str]) -> serve.Application:
    """For ``serve run ray_app:build``."""
    stubs = [Stub.options(name=f"Stub{number}").bind() for number in range(4)]
    return Composed.bind(*stubs)
