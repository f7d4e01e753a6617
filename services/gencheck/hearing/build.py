"""Who plays which role of sound: the models of a store, put behind the typed roles."""

from __future__ import annotations

from collections.abc import Mapping

from gencheck.findings import ModelUsed
from gencheck.hearing.dnsmos import PERSONALISED, PLAIN, Dnsmos, Fit
from gencheck.hearing.roles import HearingRoles, SpeechActivity, SpeechQuality
from gencheck.hearing.silero import SileroVad
from gencheck.inference.backend import InferenceBackend
from gencheck.inference.players import Maker, player, used

_ACTIVITY: Mapping[str, Maker[SpeechActivity]] = {
    "silero_vad": lambda backend, used, spec: SileroVad(backend, used),
}
_FITS: Mapping[str, Fit] = {
    "dnsmos_sig_bak_ovr": PLAIN,
    "dnsmos_p_sig_bak_ovr": PERSONALISED,
}


async def build_hearing(backend: InferenceBackend, available: Mapping[str, str]) -> HearingRoles:
    """The roles that the available models can play; ``None`` for the others.

    Nothing is loaded: the models' configurations are read. ``check_players`` loads and tries.

    Args:
        available: model by role: ``speech_quality``, ``speech_quality_p808``,
            ``speech_activity``, as ``ModelStore.players`` gives it.

    Raises:
        NotFound, ModelNotReady: a model is not in the backend, or its configuration is broken.
    """
    p808 = await _p808(backend, available)
    quality: Mapping[str, Maker[SpeechQuality]] = {
        name: lambda backend, used, spec, fit=fit: Dnsmos(backend, used, fit=fit, p808=p808)  # type: ignore[misc]
        for name, fit in _FITS.items()
    }
    return HearingRoles(
        quality=await player(backend, available, "speech_quality", quality),
        activity=await player(backend, available, "speech_activity", _ACTIVITY),
    )


async def _p808(backend: InferenceBackend, available: Mapping[str, str]) -> ModelUsed | None:
    name = available.get("speech_quality_p808")
    return None if name is None else (await used(backend, "speech_quality_p808", name))[0]
