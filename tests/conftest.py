"""A real Triton, and certificates, for the tests that want them."""

import datetime as dt
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".venv-triton" / "bin" / "python"
LAUNCHER = ROOT / "deploy" / "triton" / "launch.py"
NOT_HERE = 78


class Triton:
    """A Triton that serves a folder; it can be stopped, killed, frozen and started again."""

    def __init__(self, repository: Path, log: Path, *options: str) -> None:
        """Args: options: further ones of the launcher."""
        self.repository = repository
        self.log = log
        self.address = ""
        self._options = options
        self._launcher: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, on the same port as before; skip the test where that is not possible."""
        if not PYTHON.exists():
            pytest.skip("there is no .venv-triton: run make triton-install")
        port = self.address.rpartition(":")[2] or "0"
        options = ["--repository", str(self.repository), "--port", port, "--threads", "1"]
        with self.log.open("a") as log:
            self._launcher = subprocess.Popen(
                [str(PYTHON), str(LAUNCHER), *options, *self._options, "--poll-seconds", "1"],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._launcher.stdout is not None
        line = self._launcher.stdout.readline()
        if not line.startswith("listening on "):
            status, text = self._launcher.wait(), self.log.read_text()
            self._launcher.stdout.close()
            self._launcher = None
            if status == NOT_HERE:
                pytest.skip(text.strip().rpartition("error: ")[2])
            pytest.fail(f"Triton did not start ({status}):\n{text[-3000:]}")
        self.address = line.removeprefix("listening on ").strip()

    @property
    def pid(self) -> int:
        """The process of Triton itself."""
        assert self._launcher is not None
        pid = self._launcher.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(children[0])

    @property
    def backends(self) -> Path:
        """Its backend directory, which the launcher made."""
        words = Path(f"/proc/{self.pid}/cmdline").read_text().split("\0")
        name = "--backend-directory="
        return next(Path(word.removeprefix(name)) for word in words if word.startswith(name))

    def stop(self) -> int | None:
        """End it as an operator would, and make in between; the launcher's exit status."""
        if self._launcher is None:
            return None
        launcher, self._launcher = self._launcher, None
        launcher.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        launcher.send_signal(signal.SIGTERM)  # a second one must not break off the end
        status = launcher.wait(30)
        assert launcher.stdout is not None
        launcher.stdout.close()
        return status

    def wait(self) -> int:
        """The launcher's exit status, once it ends by itself."""
        assert self._launcher is not None
        launcher, self._launcher = self._launcher, None
        assert launcher.stdout is not None
        launcher.stdout.close()
        return launcher.wait(30)


@contextmanager
def triton_serving(repository: Path, log: Path, *options: str) -> Iterator[Triton]:
    """A started Triton, stopped at the end."""
    triton = Triton(repository, log, *options)
    triton.start()
    try:
        yield triton
    finally:
        triton.stop()


TritonOn = Callable[..., AbstractContextManager[Triton]]


@pytest.fixture(scope="session")
def triton_on() -> TritonOn:
    """``triton_on(repository, log)``: a Triton as a context, as slow to start as it is."""
    return triton_serving


@pytest.fixture(scope="session")
def triton_command() -> list[str]:
    """The start of the command line that runs the launcher."""
    return [str(PYTHON), str(LAUNCHER)]


@dataclass(frozen=True)
class Files:
    """A certificate and its key, or an authority (without a key), as files."""

    cert: Path
    key: Path


class Authority:
    """An authority of a test: it issues certificates into a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self._ca = trustme.CA(organization_name=name)
        self._folder = folder
        self._count = 0
        self.name = name
        self.pem = folder / f"{name}.pem"
        self._ca.cert_pem.write_to_path(str(self.pem))

    def issue(self, *names: str, days: tuple[int, int] = (-1, 30), common: str = "") -> Files:
        """A certificate for these names, valid between these days from now."""
        now = dt.datetime.now(dt.UTC)
        made = self._ca.issue_cert(
            *names,
            common_name=common or None,
            not_before=now + dt.timedelta(days=days[0]),
            not_after=now + dt.timedelta(days=days[1]),
        )
        self._count += 1
        stem = self._folder / f"{self.name}-{self._count}"
        files = Files(stem.with_suffix(".pem"), stem.with_suffix(".key"))
        made.private_key_pem.write_to_path(str(files.key))
        for index, blob in enumerate(made.cert_chain_pems):
            blob.write_to_path(str(files.cert), append=index > 0)
        return files


@pytest.fixture
def authority(tmp_path: Path) -> Callable[[str], Authority]:
    """``authority(name)``: a new one, whose files lie in the folder of the test."""

    def make(name: str = "authority") -> Authority:
        folder = tmp_path / "certificates"
        folder.mkdir(exist_ok=True)
        return Authority(folder, name)

    return make
