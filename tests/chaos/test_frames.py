"""Frames are found and scrambled, however the stream is cut."""

from hypothesis import given
from hypothesis import strategies as st

from chaos.frames import Scrambler

frames = st.lists(
    st.tuples(st.integers(0, 9), st.binary(max_size=40)).map(
        lambda f: len(f[1]).to_bytes(3, "big") + bytes([f[0]]) + bytes(5) + f[1]
    ),
    max_size=6,
)


def fed(stream: bytes, cuts: list[int], *, scramble: bool) -> bytes:
    ends = sorted({min(cut, len(stream)) for cut in cuts} | {len(stream)})
    scrambler, start, out = Scrambler(), 0, b""
    for end in ends:
        out += scrambler.feed(stream[start:end], scramble=scramble)
        start = end
    return out


@given(frames, st.lists(st.integers(0, 300)))
def test_a_stream_passes_unchanged_unless_scrambling_is_wanted(
    parts: list[bytes], cuts: list[int]
) -> None:
    assert fed(b"".join(parts), cuts, scramble=False) == b"".join(parts)


@given(frames, st.lists(st.integers(0, 300)))
def test_the_messages_of_data_frames_are_inverted_and_nothing_else(
    parts: list[bytes], cuts: list[int]
) -> None:
    expected = b"".join(
        part[:14] + bytes(byte ^ 0xFF for byte in part[14:]) if part[3] == 0 else part
        for part in parts
    )
    assert fed(b"".join(parts), cuts, scramble=True) == expected
