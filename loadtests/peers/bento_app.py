"""BentoML: four services and one that composes them (runs in .venv-peers).

As its guide on distributed services has it: ``bentoml.depends``, each service in a process of its
own, asynchronous calls, a bytes body as root input so that nothing is wrapped in multipart.
"""

import asyncio
from typing import Annotated

import bentoml
from bentoml.validators import ContentType

ANSWER = b"\x10\x01" + b"x" * 198  # as large as the answer of one of our stubs
Payload = Annotated[bytes, ContentType("application/octet-stream")]
SETTINGS = {"workers": 1, "traffic": {"timeout": 30, "max_concurrency": 256}}
SETTINGS["logging"] = {"access": {"enabled": False}}


@bentoml.service(**SETTINGS)
class One:
    """A stub."""

    @bentoml.api
    async def check(self, payload: Payload, /) -> Payload:
        """Answer at once."""
        return ANSWER


@bentoml.service(**SETTINGS)
class Two:
    """A stub."""

    @bentoml.api
    async def check(self, payload: Payload, /) -> Payload:
        """Answer at once."""
        return ANSWER


@bentoml.service(**SETTINGS)
class Three:
    """A stub."""

    @bentoml.api
    async def check(self, payload: Payload, /) -> Payload:
        """Answer at once."""
        return ANSWER


@bentoml.service(**SETTINGS)
class Four:
    """A stub."""

    @bentoml.api
    async def check(self, payload: Payload, /) -> Payload:
        """Answer at once."""
        return ANSWER


@bentoml.service(**SETTINGS)
class Composed:
    """Asks all four at once."""

    one = bentoml.depends(One)
    two = bentoml.depends(Two)
    three = bentoml.depends(Three)
    four = bentoml.depends(Four)

    @bentoml.api
    async def check(self, payload: Payload, /) -> Payload:
        """The four answers, one after the other."""
        parts = (self.one, self.two, self.three, self.four)
        answers = await asyncio.gather(*(part.to_async.check(payload) for part in parts))
        return b"".join(answers)
