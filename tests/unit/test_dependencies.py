"""What the default install brings: small, without torch, and able to run on a bare machine."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pins(lock: str) -> dict[str, str]:
    lines = [line for line in (ROOT / lock).read_text().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.+!]+", line) for line in lines), lines
    return {canonicalize_name(name): version for name, version in (x.split("==") for x in lines)}


DEFAULT, DEVELOPER = pins("requirements.lock"), pins("requirements-dev.lock")


def needed_by(name: str, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Distributions that an installed distribution with extras asks for on this machine."""
    for text in metadata.requires(name) or []:
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": e}) for e in (*extras, "")):
            yield canonicalize_name(requirement.name), frozenset(requirement.extras)


def closure(requirements: list[str]) -> set[str]:
    """Everything that must be installed so that the requirements work."""
    found: set[tuple[str, frozenset[str]]] = set()
    todo = [
        (canonicalize_name(r.name), frozenset(r.extras)) for r in map(Requirement, requirements)
    ]
    while todo:
        item = todo.pop()
        if item not in found:
            found.add(item)
            todo += needed_by(*item)
    return {name for name, _ in found}


def shared_libraries(distribution: str) -> Iterator[Path]:
    for file in metadata.files(distribution) or []:
        if ".so" in file.name and not file.name.endswith((".py", ".pyi")):
            yield Path(str(file.locate()))


def needed_libraries(path: Path) -> list[str]:
    """The DT_NEEDED entries of an ELF file; none for a linker script or another kind of file."""
    with path.open("rb") as stream:
        try:
            dynamic = ELFFile(stream).get_section_by_name(".dynamic")
        except ELFError:
            return []
        return [] if dynamic is None else [tag.needed for tag in dynamic.iter_tags("DT_NEEDED")]


def test_default_install_is_exactly_what_the_project_and_its_build_need() -> None:
    extras = [
        text for name in ("batch", "telemetry") for text in PROJECT["optional-dependencies"][name]
    ]
    needed = closure([*PROJECT["dependencies"], *extras, "hatchling", "editables"])
    assert set(DEFAULT) == needed


def test_developer_lock_adds_exactly_what_is_missing() -> None:
    extra = PROJECT["optional-dependencies"]["dev"]
    assert set(DEVELOPER) == closure(extra) - set(DEFAULT)


def test_pins_lie_within_the_ranges_of_the_project() -> None:
    both = DEFAULT | DEVELOPER
    for text in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]:
        requirement = Requirement(text)
        assert requirement.specifier.contains(both[canonicalize_name(requirement.name)]), text


def test_what_is_installed_is_what_is_pinned() -> None:
    both = DEFAULT | DEVELOPER
    assert {name: metadata.version(name) for name in both} == both


def test_no_training_framework_and_only_the_headless_opencv() -> None:
    both = set(DEFAULT | DEVELOPER)
    assert {name for name in both if "opencv" in name} == {"opencv-python-headless"}
    assert not {name for name in both if name.startswith(("torch", "nvidia", "tensorflow", "jax"))}
    assert not both & {"ultralytics", "segment-anything", "insightface", "transformers"}


def test_no_shared_library_needs_a_display() -> None:
    libraries = [path for name in DEFAULT for path in shared_libraries(name)]
    assert len(libraries) > 200
    display = re.compile(r"lib(GL|EGL|X11|Xext|Xrender|xcb)[.-]")
    # A wheel that carries such a library itself (auditwheel renames it) needs none of the machine.
    carried = {path.name for path in libraries}
    wanting = {
        str(path): missing
        for path in libraries
        if (missing := [n for n in needed_libraries(path) if display.match(n) and n not in carried])
    }
    assert not wanting


def test_tritonclient_imports_beside_our_stubs() -> None:
    code = (
        "import tritonclient.grpc, tritonclient.grpc.aio\n"
        "from gencheck.v1 import artifact_pb2_grpc, bias_pb2_grpc, consistency_pb2_grpc\n"
        "from gencheck.v1 import mesh_pb2_grpc, router_pb2_grpc\n"
        "from tritonclient.grpc import model_config_pb2\n"
        "print(model_config_pb2.ModelConfig(name='x').name, router_pb2_grpc.RouterServiceStub)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("x <class")
