"""Start the real Triton of the ``nvidia-pytriton`` wheel on loopback, until SIGTERM.

    .venv-triton/bin/python deploy/triton/launch.py [--repository DIR] [--port N]

Prints ``listening on 127.0.0.1:PORT`` once every model is loaded or has failed to; what Triton says
goes to standard error. gRPC only, loopback only: 2.51 has known vulnerabilities.

Exit status: 0 stopped, 64 a wrong option, 69 Triton did not start or died, 78 not on this machine.
"""

import argparse
import importlib.util
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

LOOPBACK = "127.0.0.1"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where the stubs keep theirs
MOST_THREADS = 4
"""Threads of one model run at most, as in the embedded backend."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)
NEVER_OF_ITS_OWN = (1 << 31) - 1
"""One in so many calls begins a trace; 0 would turn off those of callers as well."""
STOP_SECONDS = 10
TRIES = 3
USAGE, UNAVAILABLE, CONFIG = 64, 69, 78
_STARTED = "Started GRPCInferenceService"


class CannotRunHere(Exception):
    """This machine or this Python lacks what the wheel's Triton needs."""


class Failed(Exception):
    """Triton did not start."""


def find_wheel() -> Path:
    """The folder of ``nvidia-pytriton`` that holds the server; nothing of it is imported."""
    found = importlib.util.find_spec("pytriton")
    if found is None or not found.submodule_search_locations:
        raise CannotRunHere("nvidia-pytriton is not installed: run make triton-install")
    folder = Path(found.submodule_search_locations[0], "tritonserver")
    if not (folder / "bin" / "tritonserver").is_file():
        raise CannotRunHere(f"nvidia-pytriton has no tritonserver for this machine in {folder}")
    return folder


def find_libpython() -> Path:
    """The folder with the shared library of this Python, which Triton's Python stub loads."""
    name = str(sysconfig.get_config_var("INSTSONAME") or "")
    for variable in ("LIBDIR", "LIBPL"):
        folder = Path(str(sysconfig.get_config_var(variable) or ""))
        if ".so" in name and (folder / name).is_file():
            return folder
    raise CannotRunHere("Triton needs a Python with a shared libpython, which this one is not")


def make_backends(wheel: Path, folder: Path) -> None:
    """The backend directory: the wheel's Python backend, and ours on top of it.

    Raises:
        CannotRunHere: the wheel has no stub for this version of Python.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    stub = wheel / "python_backend_stubs" / version / "triton_python_backend_stub"
    if not stub.is_file():
        raise CannotRunHere(f"nvidia-pytriton has no Triton stub for Python {version}")
    shutil.copytree(wheel / "backends" / "python", folder / "python")
    shutil.copy(stub, folder / "python")
    (folder / "python" / stub.name).chmod(0o755)
    shutil.copytree(Path(__file__).parent / "backends", folder, dirs_exist_ok=True)


def environment_of(wheel: Path, libpython: Path, threads: int) -> dict[str, str]:
    """What the server and its stubs find in their environment."""
    packages = wheel.parents[1]
    libraries = [packages / "nvidia_pytriton.libs", libpython, os.environ.get("LD_LIBRARY_PATH")]
    return os.environ | {
        "LD_LIBRARY_PATH": ":".join(str(path) for path in libraries if path),
        "GENCHECK_TRITON_PACKAGES": str(packages),
        "GENCHECK_TRITON_THREADS": str(threads),
    }


def command_of(wheel: Path, backends: Path, options: argparse.Namespace, port: int) -> list[str]:
    """The command line of the server."""
    metrics = [f"--metrics-address={LOOPBACK}", f"--metrics-port={options.metrics_port}"]
    return [
        str(wheel / "bin" / "tritonserver"),
        f"--model-repository={options.repository}",
        f"--backend-directory={backends}",
        "--model-control-mode=poll",  # what is installed later is served without a restart
        f"--repository-poll-secs={options.poll_seconds}",
        "--disable-auto-complete-config",  # config.pbtxt says everything
        "--exit-on-error=false",  # one broken model is not ready; the others serve
        "--exit-timeout-secs=5",
        f"--backend-config=python,shm-region-prefix-name={backends.parent.name}",
        "--allow-http=false",
        f"--grpc-address={LOOPBACK}",
        f"--grpc-port={port}",
        f"--allow-metrics={str(bool(options.metrics_port)).lower()}",
        *(metrics if options.metrics_port else []),
        *(trace_options(options.otlp) if options.otlp else []),
    ]


def trace_options(url: str) -> list[str]:
    """Spans go to a collector's OTLP/HTTP, of calls whose caller sends a ``traceparent``."""
    return [
        "--trace-config=mode=opentelemetry",
        "--trace-config=level=TIMESTAMPS",
        f"--trace-config=rate={NEVER_OF_ITS_OWN}",
        f"--trace-config=opentelemetry,url={url}",
        "--trace-config=opentelemetry,resource=service.name=triton",
    ]


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        return int(listener.getsockname()[1])


def check_free(port: int) -> None:
    """Raise ``Failed`` if somebody listens on the port."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError as error:
            raise Failed(f"port {port} cannot be had ({error.strerror}): choose another") from error


def start(command: list[str], environment: dict[str, str], seconds: float) -> "Server":
    """Start the server and wait until it answers.

    Raises:
        Failed: it ended, or was not ready in time.
    """
    server = Server(command, environment)
    try:
        server.wait_until_started(time.monotonic() + seconds)
    except BaseException:
        server.stop()
        raise
    return server


class Server:
    """A running ``tritonserver``, in a process group of its own."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            command, env=environment, stderr=subprocess.PIPE, start_new_session=True
        )
        assert self._process.stderr is not None
        self._errors = self._process.stderr.fileno()

    def wait_until_started(self, end: float) -> None:
        """Return once the server says that it listens, which it does when models are loaded."""
        seen = b""
        while _STARTED.encode() not in seen:
            if time.monotonic() >= end:
                raise Failed("Triton was not ready in time")
            text = self._read(0.2)
            if text is None:
                raise Failed("Triton ended before it was ready; its messages are above")
            seen = seen[-len(_STARTED) :] + text

    def wait(self) -> int:
        """Pass its messages on until it ends; its exit status."""
        while self._read(1.0) is not None:
            pass
        return self._process.wait()

    def stop(self) -> None:
        """Let running requests end, then end the server and whatever it started."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"Triton did not end within {STOP_SECONDS} s; killed", file=sys.stderr)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _read(self, seconds: float) -> bytes | None:
        """What it wrote within that time, also passed on; ``None`` once it has ended."""
        if not select.select([self._errors], [], [], seconds)[0]:
            return None if self._process.poll() is not None else b""
        text = os.read(self._errors, 1 << 16)
        sys.stderr.buffer.write(text)
        sys.stderr.buffer.flush()
        return text or None


def run(options: argparse.Namespace) -> int:
    """Start, announce, wait, stop."""
    wheel, libpython = find_wheel(), find_libpython()
    with tempfile.TemporaryDirectory(prefix="gencheck-triton-") as folder:
        backends = Path(folder, "backends")
        make_backends(wheel, backends)
        environment = environment_of(wheel, libpython, options.threads)
        try:
            server, port = start_on_a_port(wheel, backends, options, environment)
            try:
                print(f"listening on {LOOPBACK}:{port}", flush=True)
                status = server.wait()
                raise Failed(f"Triton ended by itself with status {status}")
            finally:
                server.stop()
        finally:
            for path in SHARED_MEMORY.glob(f"{Path(folder).name}*"):  # left by killed stubs
                path.unlink(missing_ok=True)


def start_on_a_port(
    wheel: Path, backends: Path, options: argparse.Namespace, environment: dict[str, str]
) -> tuple[Server, int]:
    """Start on the port asked for; on a free one somebody else may be faster, so try again."""
    tries = 1 if options.port else TRIES
    for left in reversed(range(tries)):
        port = options.port or free_port()
        check_free(port)
        command = command_of(wheel, backends, options, port)
        try:
            return start(command, environment, options.start_seconds), port
        except Failed:
            if not left:
                raise
    raise AssertionError("unreachable")


class Parser(argparse.ArgumentParser):
    """Ends with the status of a usage error: argparse's own 2 is a verdict of gencheck."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and end."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"error: {message}\n")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    store = Path(os.environ.get("GENCHECK_MODELS") or f"{data}/gencheck/models")
    cores = len(os.sched_getaffinity(0))
    parser = Parser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--repository", type=Path, default=store, help="model folder (default: the store)")
    add("--port", type=int, default=0, help="gRPC port; 0 takes a free one")
    add("--metrics-port", type=int, default=0, help="Prometheus metrics over HTTP; 0: none")
    add("--otlp", default="", metavar="URL", help="traces: http://HOST:PORT/v1/traces")
    add("--threads", type=int, default=min(cores, MOST_THREADS), help="CPU threads of a model run")
    add("--poll-seconds", type=int, default=5, help="how often the folder is looked at")
    add("--start-seconds", type=float, default=120, help="how long Triton may take to start")
    options = parser.parse_args(arguments)
    options.repository = options.repository.expanduser().resolve()
    if not options.repository.is_dir():
        parser.error(f"there is no model folder {options.repository}: gencheck models install")
    return options


def leave(*_: object) -> None:
    """End at the first signal; a second one (make passes its own on) must not break off the end."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


def main() -> int:
    """Run until SIGTERM or SIGINT; the exit status."""
    options = parse()
    for number in SIGNALS:
        signal.signal(number, leave)
    try:
        return run(options)
    except CannotRunHere as error:
        print(f"error: {error}", file=sys.stderr)
        return CONFIG
    except Failed as error:
        print(f"error: {error}", file=sys.stderr)
        return UNAVAILABLE


if __name__ == "__main__":
    sys.exit(main())
