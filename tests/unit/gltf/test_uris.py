"""URIs: each is taken apart once."""

from __future__ import annotations

import pytest

from gencheck.gltf.uris import InvalidUri, Uris


def test_equal_uris_share_their_data() -> None:
    uris = Uris()
    first = uris.read("data:;base64,QUJD")
    assert first.data == b"ABC"
    assert uris.read("".join(["data:;base64,", "QUJD"])) is first
    assert uris.read("data:;base64,QUJE").data == b"ABD"


def test_one_that_is_none_is_none_each_time() -> None:
    uris = Uris()
    for _ in range(2):
        with pytest.raises(InvalidUri, match="base64"):
            uris.read("data:;base64,?")
