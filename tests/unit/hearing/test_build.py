from __future__ import annotations

from collections.abc import Callable

import pytest

from gencheck.errors import ModelNotReady
from gencheck.hearing.build import build_hearing
from gencheck.hearing.dnsmos import Dnsmos
from gencheck.hearing.roles import HearingRoles
from gencheck.inference.backend import ModelSpec, Tensors
from gencheck.inference.fake import FakeBackend


def never(inputs: Tensors) -> Tensors:
    raise AssertionError("not to be run")


@pytest.fixture
def backend(make_spec: Callable[..., ModelSpec]) -> FakeBackend:
    names = ("silero_vad", "dnsmos_sig_bak_ovr", "dnsmos_p808", "other")
    return FakeBackend({n: (make_spec(n, {"x": (1,)}, {"y": (1,)}), never) for n in names})


async def test_nobody_plays_where_nothing_is_installed(backend: FakeBackend) -> None:
    assert await build_hearing(backend, {}) == HearingRoles()


async def test_models_play_their_roles_and_nothing_is_run(backend: FakeBackend) -> None:
    roles = await build_hearing(
        backend,
        {
            "speech_activity": "silero_vad",
            "speech_quality": "dnsmos_sig_bak_ovr",
            "speech_quality_p808": "dnsmos_p808",
        },
    )
    assert isinstance(roles.quality, Dnsmos)
    assert roles.quality.model.name == "dnsmos_sig_bak_ovr"
    assert roles.activity is not None
    assert backend.calls == []


async def test_a_model_that_nobody_can_decode_is_said(backend: FakeBackend) -> None:
    with pytest.raises(ModelNotReady, match="other") as caught:
        await build_hearing(backend, {"speech_activity": "other"})
    assert "silero_vad" in caught.value.fix
