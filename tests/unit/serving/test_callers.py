"""Tokens and the callers they stand for."""

import logging
from pathlib import Path

import pytest

from gencheck.errors import InvalidArgument, Unauthenticated
from gencheck.serving.callers import (
    Callers,
    bearer,
    certified,
    digest_of,
    new_token,
    read_tokens,
)


@pytest.fixture
def tokens(tmp_path: Path) -> dict[str, str]:
    """Callers and their tokens; the file is ``tokens``."""
    made = {name: new_token(name) for name in ("pipeline", "qa.team")}
    lines = ["# who may call", "", *(line for _, line in made.values())]
    (tmp_path / "tokens").write_text("\n".join(lines))
    return {name: token for name, (token, _) in made.items()}


def test_every_token_has_its_caller(tokens: dict[str, str], tmp_path: Path) -> None:
    callers = Callers(tmp_path / "tokens")
    for name, token in tokens.items():
        assert callers.require(bearer(token)) == name
        assert callers.name_of([("x", b"\xff"), ("authorization", f"bearer {token}")]) == name


@pytest.mark.parametrize(
    ("metadata", "cause"),
    [
        ([], "missing"),
        ([("authorisation", "Bearer gck_x")], "missing"),
        ([("authorization", "")], "malformed"),
        ([("authorization", "Bearer")], "malformed"),
        ([("authorization", "Bearer ")], "malformed"),
        ([("authorization", "Basic YTpi")], "malformed"),
        ([("authorization", "Bearer " + "x" * 1_025)], "malformed"),
        ([("authorization", "Bearer x"), ("authorization", "Bearer y")], "malformed"),
        ([("authorization", b"Bearer \xff\xfe")], "malformed"),
        ([("authorization", "Bearer gck_x")], "unknown"),
        ([("authorization", "Bearer \udcff")], "unknown"),
    ],
)
def test_whoever_has_none_is_refused(
    tokens: dict[str, str], tmp_path: Path, metadata: list[tuple[str, str | bytes]], cause: str
) -> None:
    callers = Callers(tmp_path / "tokens")
    with pytest.raises(Unauthenticated) as raised:
        callers.require(metadata)
    assert raised.value.metadata == {"cause": cause}
    assert callers.name_of(metadata) == ""
    for key, value in metadata:
        text = str(value).partition(" ")[2]
        assert key != "authorization" or len(text) < 3 or text not in str(raised.value)


def test_the_hash_of_a_token_is_no_token(tokens: dict[str, str], tmp_path: Path) -> None:
    callers = Callers(tmp_path / "tokens")
    for token in tokens.values():
        for near in (digest_of(token), token[:-1], token + "x", token.upper(), "gck_"):
            assert callers.name_of(bearer(near)) == ""


def test_a_changed_file_counts_at_once_and_a_broken_one_does_not(
    tokens: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gencheck")
    path = tmp_path / "tokens"
    callers = Callers(path)
    token, line = new_token("newcomer")
    path.write_text(f"{line}\n")
    assert callers.name_of(bearer(token)) == "newcomer"
    assert callers.name_of(bearer(tokens["pipeline"])) == "", "revoked"
    for broken in ("nonsense\n", ""):
        path.write_text(broken)
        assert callers.name_of(bearer(token)) == "newcomer"
    path.unlink()
    assert callers.name_of(bearer(token)) == "newcomer"
    said = [record.message for record in caplog.records]
    assert said == ["tokens read anew", *["new tokens refused, the old ones stay"] * 3]


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("", "tokens", "names no caller"),
        ("# nobody\n", "tokens", "names no caller"),
        ("pipeline\n", "tokens:1", "NAME SHA256"),
        ("\npipeline gck_clear\n", "tokens:2", "NAME SHA256"),
        (f"pipe line {'a' * 64}\n", "tokens:1", "NAME SHA256"),
        (f"-x {'a' * 64}\n", "tokens:1", "NAME SHA256"),
        (f"pipeline {'A' * 64}\n", "tokens:1", "NAME SHA256"),
        (f"a {'a' * 64}\nb {'a' * 64}\n", "tokens:2", "another caller"),
        ("".join(f"a {i:064x}\n" for i in range(1_001)), "tokens", "more than 1,000"),
    ],
)
def test_a_broken_file_is_explained_by_line(
    tmp_path: Path, text: str, where: str, what: str
) -> None:
    path = tmp_path / "tokens"
    path.write_text(text)
    with pytest.raises(InvalidArgument, match=what) as raised:
        read_tokens(path)
    assert raised.value.where == str(tmp_path / where)
    assert "gck_clear" not in str(raised.value), "a token written there by mistake is not shown"


def test_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"caf\xe9 " + b"a" * 64)
    for path, what in ((tmp_path, "Is a directory"), (tmp_path / "latin", "not UTF-8")):
        with pytest.raises(InvalidArgument, match=what):
            Callers(path)


def test_new_tokens_are_long_and_never_the_same() -> None:
    made = {new_token("a") for _ in range(100)}
    assert len(made) == 100
    for token, line in made:
        assert token.startswith("gck_") and len(token) >= 4 + 43  # 32 bytes in base64
        assert line == f"a {digest_of(token)}" and token not in line
    for name in ("", "a b", "#a", "x" * 64, "a\nb", "ä"):
        with pytest.raises(InvalidArgument):
            new_token(name)


def test_a_header_takes_a_token_and_nothing_else() -> None:
    assert bearer("") == ()
    for odd in ("a b", "a\r\nx: y", "ä", "x" * 1_025):
        with pytest.raises(InvalidArgument) as raised:
            bearer(odd)
        assert odd not in str(raised.value)


def test_a_certificate_names_its_owner() -> None:
    san, common = "x509_subject_alternative_name", "x509_common_name"
    assert certified({}) == ""
    assert certified({"transport_security_type": [b"ssl"]}) == ""
    assert certified({common: [b"router"]}) == "router"
    assert certified({common: [b"x"], san: [b"spiffe://a/b", b"c"]}) == "spiffe://a/b"
    assert certified({san: [b"", b"a\nb"], common: [b"good"]}) == "good", "no line of a log breaks"
    assert len(certified({common: [b"x" * 1_000]})) == 253
