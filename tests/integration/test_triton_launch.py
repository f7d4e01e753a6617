"""The launcher where Triton cannot run, and options that make no sense."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

LAUNCHER = Path(__file__).resolve().parents[2] / "deploy" / "triton" / "launch.py"


@pytest.fixture
def launch() -> ModuleType:
    """The script as a module; it needs nothing but the standard library."""
    spec = importlib.util.spec_from_file_location("triton_launch", LAUNCHER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(*options: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, LAUNCHER, *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


def test_says_that_the_wheel_is_missing(tmp_path: Path) -> None:
    status, text = run("--repository", str(tmp_path))
    assert (status, text) == (
        78,
        "error: nvidia-pytriton is not installed: run make triton-install\n",
    )


def test_refuses_a_folder_that_is_not_there_as_a_usage_error(tmp_path: Path) -> None:
    status, text = run("--repository", str(tmp_path / "none"))
    assert status == 64
    assert f"there is no model folder {tmp_path / 'none'}" in text


def test_an_unknown_option_is_no_verdict() -> None:
    assert run("--host", "0.0.0.0")[0] == 64


def test_says_that_this_python_has_no_shared_library(
    launch: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch.sysconfig, "get_config_var", lambda name: "libpython3.11.a")
    with pytest.raises(launch.CannotRunHere, match="a Python with a shared libpython"):
        launch.find_libpython()


def test_says_that_the_wheel_knows_no_such_python(launch: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(launch.CannotRunHere, match="no Triton stub for Python 3"):
        launch.make_backends(tmp_path, tmp_path / "backends")


def test_traces_only_what_callers_trace_and_only_when_told_where_to(
    launch: ModuleType, tmp_path: Path
) -> None:
    url = "http://127.0.0.1:4318/v1/traces"
    words = ["--repository", str(tmp_path)]
    quiet = launch.command_of(tmp_path, tmp_path, launch.parse(words), 8001)
    assert not [word for word in quiet if word.startswith("--trace")]
    told = launch.command_of(tmp_path, tmp_path, launch.parse([*words, "--otlp", url]), 8001)
    assert f"--trace-config=opentelemetry,url={url}" in told
    assert "--trace-config=rate=2147483647" in told


def test_listens_on_loopback_only_and_without_http(launch: ModuleType, tmp_path: Path) -> None:
    options = launch.parse(["--repository", str(tmp_path), "--metrics-port", "8002"])
    command = launch.command_of(tmp_path, tmp_path / "backends", options, 8001)
    addresses = {word for word in command if "address" in word}
    assert addresses == {"--metrics-address=127.0.0.1", "--grpc-address=127.0.0.1"}
    assert "--allow-http=false" in command
