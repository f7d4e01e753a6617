"""Downloads from a real https server that cuts, stalls, lies and sends elsewhere."""

from __future__ import annotations

import hashlib
import http.server
import multiprocessing
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gencheck.errors import Unavailable
from gencheck.inference.catalog import Source
from gencheck.inference.download import Downloader, Patience, https_opener

DATA = bytes(range(256)) * 4096  # 1 MiB
HALF = len(DATA) // 2
QUICK = Patience(pauses=(0.01, 0.01), stall_seconds=0.3)


@dataclass
class Behaviour:
    """What the server does, and what it was asked."""

    data: bytes = DATA
    etag: str = '"one"'
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)
    """Bytes after which the connection ends, a request each; then it stays whole."""
    stalls: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    redirect: str = ""
    length: bool = True
    asked: list[str] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)


class Handler(http.server.BaseHTTPRequestHandler):
    behaviour: Behaviour

    def log_message(self, *words: object) -> None: ...

    def do_GET(self) -> None:
        how = self.behaviour
        how.asked.append(self.headers.get("Range", "all"))
        if how.redirect and self.path == "/model":
            self.send_response(302)
            self.send_header("Location", how.redirect)
            self.end_headers()
        elif how.statuses:
            self.send_error(how.statuses.pop(0))
        else:
            self.send_file(how)

    def send_file(self, how: Behaviour) -> None:
        wanted = self.headers.get("Range", "")
        goes_on = how.ranges and wanted and self.headers.get("If-Range") == how.etag
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if goes_on else 0
        body = how.data[start:]
        self.send_response(206 if goes_on else 200)
        if goes_on:
            size = len(how.data)
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        if how.length:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", how.etag)
        self.end_headers()
        if how.cuts:
            body = body[: how.cuts.pop(0)]
        if how.stalls:
            self.wfile.write(body[: how.stalls.pop(0)])
            how.release.wait(30)
            return
        self.wfile.write(body)


class Quiet(http.server.ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves is no error here."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1 that nobody else trusts."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-keyout", path, "-out", path]
    subprocess.run(
        [*command, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True
    )
    # With -keyout and -out the same file, the second replaces the first on some versions.
    if "PRIVATE KEY" not in path.read_text() or "CERTIFICATE-" not in path.read_text():
        pytest.fail("openssl did not write key and certificate")
    return path


@dataclass
class Served:
    address: str
    behaviour: Behaviour
    certificate: Path

    def source(self, **changes: object) -> Source:
        given = {"sha256": hashlib.sha256(DATA).hexdigest(), "size": len(DATA)} | changes
        return Source(f"{self.address}/model", **given)  # type: ignore[arg-type]

    def downloader(self, patience: Patience = QUICK) -> Downloader:
        context = ssl.create_default_context(cafile=str(self.certificate))
        return Downloader(https_opener(context), patience=patience)


@pytest.fixture
def served(certificate: Path) -> Iterator[Served]:
    behaviour = Behaviour()
    server = Quiet(("127.0.0.1", 0), type("Bound", (Handler,), {"behaviour": behaviour}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield Served(f"https://127.0.0.1:{server.server_port}", behaviour, certificate)
    behaviour.release.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "model.onnx.part"


def test_comes_whole_and_tells_how_far_it_is(served: Served, part: Path) -> None:
    seen: list[tuple[int, int]] = []
    served.downloader().download(
        served.source(), part, lambda done, size: seen.append((done, size))
    )
    assert part.read_bytes() == DATA
    assert seen[-1] == (len(DATA), len(DATA))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert served.behaviour.asked == ["all"]
    assert list(part.parent.iterdir()) == [part]


def test_goes_on_after_each_cut(served: Served, part: Path) -> None:
    served.behaviour.cuts = [100_000, 200_000]
    served.downloader().download(served.source(), part)
    assert part.read_bytes() == DATA
    assert served.behaviour.asked == ["all", "bytes=100000-", "bytes=300000-"]


def test_a_stalled_connection_is_left_and_gone_on_from(served: Served, part: Path) -> None:
    served.behaviour.stalls = [HALF]
    served.downloader().download(served.source(), part)
    assert part.read_bytes() == DATA
    assert served.behaviour.asked == ["all", f"bytes={HALF}-"]


def _download(served: Served, part: Path) -> None:
    served.downloader(Patience(pauses=())).download(served.source(), part)


def test_another_process_goes_on_from_what_one_left(served: Served, part: Path) -> None:
    served.behaviour.cuts = [HALF]
    with pytest.raises(Unavailable, match=f"after {HALF} of {len(DATA)} bytes") as caught:
        _download(served, part)
    assert "what is there already is kept" in caught.value.fix
    assert part.stat().st_size == HALF
    remote = Served(served.address, Behaviour(), served.certificate)
    remote.behaviour.release = None  # type: ignore[assignment]  # an event cannot be handed over
    process = multiprocessing.get_context("spawn").Process(target=_download, args=(remote, part))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert part.read_bytes() == DATA
    assert served.behaviour.asked == ["all", f"bytes={HALF}-"]


def test_a_server_without_ranges_begins_anew(served: Served, part: Path) -> None:
    served.behaviour.cuts, served.behaviour.ranges = [HALF], False
    served.downloader().download(served.source(), part)
    assert part.read_bytes() == DATA


def test_a_file_that_changed_meanwhile_is_not_mixed_with_its_old_start(
    served: Served, part: Path
) -> None:
    part.write_bytes(b"x" * HALF)
    part.with_name("model.onnx.part.etag").write_text('"old"')
    served.downloader().download(served.source(), part)
    assert part.read_bytes() == DATA
    assert served.behaviour.asked == [f"bytes={HALF}-"]


def test_a_wrong_start_is_noticed_at_the_end_and_thrown_away(served: Served, part: Path) -> None:
    part.write_bytes(b"x" * HALF)
    part.with_name("model.onnx.part.etag").write_text(served.behaviour.etag)
    served.downloader().download(served.source(), part)
    assert part.read_bytes() == DATA
    assert served.behaviour.asked == [f"bytes={HALF}-", "all"]


@pytest.mark.parametrize("left", [DATA, DATA[:-1] + b"x", DATA + b"x"])
def test_a_part_that_is_complete_or_longer_is_looked_at_too(
    served: Served, part: Path, left: bytes
) -> None:
    part.write_bytes(left)
    served.downloader().download(served.source(), part)
    assert part.read_bytes() == DATA
    assert served.behaviour.asked == ([] if left == DATA else ["all"])


def wrong_bytes(how: Behaviour) -> None:
    how.data = DATA[:-1] + b"x"


def too_many(how: Behaviour) -> None:
    how.data, how.length = DATA * 8, False


def too_many_announced(how: Behaviour) -> None:
    how.data = DATA + b"x"


def too_few_announced(how: Behaviour) -> None:
    how.data = DATA[:-1]


def gone(how: Behaviour) -> None:
    how.statuses = [404]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (wrong_bytes, "sha256"),
        (too_many, "more than 1048576 bytes"),
        (too_many_announced, "1048577 bytes, the catalog names 1048576"),
        (too_few_announced, "1048575 bytes"),
        (gone, "404 Not Found"),
    ],
)
def test_what_is_not_the_file_is_refused_at_once_and_removed(
    served: Served, part: Path, change: Callable[[Behaviour], None], words: str
) -> None:
    change(served.behaviour)
    with pytest.raises(Unavailable, match=words) as caught:
        served.downloader().download(served.source(), part)
    assert served.behaviour.asked == ["all"]
    assert "--from" in caught.value.fix
    assert list(part.parent.iterdir()) == []


def test_a_busy_server_is_asked_again(served: Served, part: Path) -> None:
    served.behaviour.statuses = [503, 429]
    served.downloader().download(served.source(), part)
    assert part.read_bytes() == DATA


def test_tries_have_an_end(served: Served, part: Path) -> None:
    served.behaviour.statuses = [503] * 9
    with pytest.raises(Unavailable, match="503"):
        served.downloader().download(served.source(), part)
    assert len(served.behaviour.asked) == 1 + len(QUICK.pauses)


def test_the_time_has_an_end_too(
    served: Served, part: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Patience, "seconds_for", lambda self, size: 0.0)
    with pytest.raises(Unavailable, match="too slow"):
        served.downloader().download(served.source(), part)
    assert 0 < part.stat().st_size < len(DATA)


@pytest.mark.parametrize("scheme", ["http", "ftp", "file"])
def test_a_redirect_from_https_is_refused(served: Served, part: Path, scheme: str) -> None:
    served.behaviour.redirect = served.address.replace("https", scheme) + "/elsewhere"
    with pytest.raises(Unavailable, match=r"elsewhere than to https|not allowed"):
        served.downloader().download(served.source(), part)
    assert served.behaviour.asked == ["all"]


def test_a_redirect_to_https_is_followed(served: Served, part: Path) -> None:
    served.behaviour.redirect = f"{served.address}/elsewhere"
    served.downloader().download(served.source(), part)
    assert part.read_bytes() == DATA


def test_a_server_that_nobody_vouches_for_is_refused(served: Served, part: Path) -> None:
    with pytest.raises(Unavailable, match="certificate is not trusted"):
        Downloader(https_opener(), patience=QUICK).download(served.source(), part)
    assert served.behaviour.asked == []


def test_nobody_there_is_said(certificate: Path, part: Path) -> None:
    source = Source("https://127.0.0.1:1/model", "0" * 64, 1)
    with pytest.raises(Unavailable, match="Connection refused"):
        Downloader(https_opener(), patience=QUICK).download(source, part)
