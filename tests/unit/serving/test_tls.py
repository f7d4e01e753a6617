"""Files of certificates: judged before they are used, and read again when they change."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from cryptography.hazmat.primitives import serialization

from gencheck.errors import InvalidArgument
from gencheck.serving.tls import ServerTls, Tls, _Files, is_loopback

NewAuthority: TypeAlias = Callable[..., Any]


def test_a_pair_and_an_authority_make_credentials(authority: NewAuthority) -> None:
    ca = authority()
    files = ca.issue("localhost")
    assert ServerTls(files.cert, files.key).credentials()
    assert ServerTls(files.cert, files.key, ca.pem).credentials()
    assert Tls(ca.pem, files.cert, files.key).credentials()
    assert Tls().credentials(), "the public authorities"


def test_what_is_no_file_of_its_kind_is_named(authority: NewAuthority, tmp_path: Path) -> None:
    ca = authority()
    good, other = ca.issue("localhost"), ca.issue("localhost")
    noise, missing, big = (tmp_path / name for name in ("noise.pem", "missing.pem", "big.pem"))
    noise.write_bytes(bytes(range(256)))
    big.write_bytes(b"x" * (1 << 20) + b"x")
    cut = tmp_path / "cut.pem"
    cut.write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    wrong = {
        (good.cert, other.key): (other.key, f"does not fit the certificate {good.cert}"),
        (noise, good.key): (noise, "no certificate in PEM"),
        (good.key, good.key): (good.key, "no certificate in PEM"),
        (cut, good.key): (cut, "cannot be used"),
        (good.cert, good.cert): (good.cert, "no private key in PEM"),
        (good.cert, missing): (missing, "No such file"),
        (good.cert, tmp_path): (tmp_path, "Is a directory"),
        (big, good.key): (big, "larger than 1 MiB"),
    }
    for (cert, key), (where, what) in wrong.items():
        for tls in (ServerTls(cert, key), Tls(ca.pem, cert, key)):
            with pytest.raises(InvalidArgument, match=what) as raised:
                tls.credentials()
            assert raised.value.where == str(where)
    for broken in (noise, cut, good.key):
        with pytest.raises(InvalidArgument, match="no certificates of authorities"):
            Tls(broken).credentials()
        with pytest.raises(InvalidArgument, match="no certificates of authorities"):
            ServerTls(good.cert, good.key, broken).credentials()


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked(
    authority: NewAuthority, tmp_path: Path
) -> None:
    files = authority().issue("localhost")
    key = serialization.load_pem_private_key(files.key.read_bytes(), None)
    forms = serialization.PrivateFormat
    for name, form in (("pkcs8", forms.PKCS8), ("openssl", forms.TraditionalOpenSSL)):
        closed = tmp_path / f"{name}.key"
        closed.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, form, serialization.BestAvailableEncryption(b"word")
            )
        )
        with pytest.raises(InvalidArgument, match="has a passphrase") as raised:
            ServerTls(files.cert, closed).credentials()
        assert raised.value.where == str(closed)


def test_a_certificate_without_its_key_is_refused(authority: NewAuthority) -> None:
    ca = authority()
    files = ca.issue("localhost")
    with pytest.raises(InvalidArgument, match="a certificate without its key"):
        Tls(ca.pem, files.cert).credentials()
    with pytest.raises(InvalidArgument, match="a key without its certificate"):
        Tls(ca.pem, key=files.key).credentials()


def test_the_environment_holds_paths_or_pem(authority: NewAuthority) -> None:
    ca = authority()
    files = ca.issue("localhost")
    assert Tls.from_environment({}) is None
    assert Tls.from_environment({"GENCHECK_TLS_CA": "public"}) == Tls()
    by_path = {"CA": ca.pem, "CERT": files.cert, "KEY": files.key}
    paths = {f"GENCHECK_TLS_{name}": str(path) for name, path in by_path.items()}
    assert Tls.from_environment(paths) == Tls(ca.pem, files.cert, files.key)
    texts = {f"GENCHECK_TLS_{name}": path.read_text() for name, path in by_path.items()}
    found = Tls.from_environment(texts)
    assert found is not None
    assert found == Tls(*(path.read_bytes() for path in by_path.values()))
    assert found.credentials()
    assert "PRIVATE" not in repr(found)
    del paths["GENCHECK_TLS_CA"]
    with pytest.raises(InvalidArgument, match="needs an authority"):
        Tls.from_environment(paths)


def test_only_what_changed_and_can_be_used_is_taken(
    authority: NewAuthority, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gencheck")
    ca = authority()
    used, new = ca.issue("localhost"), ca.issue("localhost")
    files = _Files(ServerTls(used.cert, used.key, ca.pem))
    assert files.changed() is None
    used.key.write_bytes(new.key.read_bytes())  # half of the change so far
    assert files.changed() is None
    assert files.changed() is None
    assert [record.message for record in caplog.records] == [
        "new certificate refused, the old one stays"
    ], "said once, not at every handshake"
    used.cert.write_bytes(new.cert.read_bytes())
    assert files.changed() is not None
    assert files.changed() is None
    used.cert.unlink()
    assert files.changed() is None
    ca.pem.write_bytes(authority("other").pem.read_bytes())
    used.cert.write_bytes(new.cert.read_bytes())
    assert files.changed() is not None, "other authorities of clients count as well"
    assert "PRIVATE" not in caplog.text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "localhost.evil.test", "", "*"])
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)
