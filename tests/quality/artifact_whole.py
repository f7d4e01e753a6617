"""The whole artifact check as the service runs it: signals, and the models that are installed."""

from __future__ import annotations

import asyncio
from functools import cache

from gencheck.artifact.check import ArtifactReport, check_media
from gencheck.artifact.looking import added, look
from gencheck.deadline import NO_DEADLINE
from gencheck.hearing.build import build_hearing
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.store import ModelStore, default_store, shipped_models
from gencheck.media.types import Media
from gencheck.vision.build import build_roles


class Whole:
    """Signals and models over one medium."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        store = ModelStore(default_store(), shipped_models())
        backend = EmbeddedBackend(store.root, threads=1)
        self._roles = self._runner.run(build_roles(backend, store.players()))
        self._hearing = self._runner.run(build_hearing(backend, store.players()))

    def check(self, media: Media, *, want_heat_map: bool = False) -> ArtifactReport:
        """What is measured. A model that fails raises: a figure must not leave it out."""
        seen = self._runner.run(look(media, self._roles, self._hearing, deadline=NO_DEADLINE))
        for one in seen:
            if one.failure is not None:
                raise one.failure
        report = check_media(media, deadline=NO_DEADLINE, want_heat_map=want_heat_map)
        return added(report, seen, ())


@cache
def whole() -> Whole:
    """One a process: models are loaded once."""
    return Whole()
