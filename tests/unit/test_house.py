"""The rules of the house that no linter holds."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "services" / "gencheck"
SOURCES = sorted(p for p in PACKAGE.rglob("*.py") if PACKAGE / "v1" not in p.parents)
RECIPES = sorted(
    p for name in ("recipes", "training") for p in (ROOT / "models" / name).rglob("*.py")
)
LOADTESTS = sorted((ROOT / "loadtests").rglob("*.py"))
LINES_OF_A_FILE, LINES_OF_A_FUNCTION = 400, 60
TRAINING = {"torch", "torchvision", "ultralytics", "segment_anything", "tensorflow", "jax"}
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef

# Written in pieces, so that this file does not name what it forbids.
HOSTS = re.compile(
    r"\bpypi"
    r"\.(org|io)|files\.python"
    r"hosted|registry\.(npm"
    r"js|yarn"
    r"pkg)|proxy\.golang"
    r"\.org|conda\.ana"
    r"conda|static\.crates"
    r"\.io|/simple/[a-z]"
)
MACHINE_PATHS = re.compile(r"(?<![\w.~/-])/(work|root|Users|home/[a-z]+)" r"/\w")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tracked_texts() -> Iterator[tuple[str, str]]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in listing.stdout.split("\0"):
        path = ROOT / name
        if name and path.is_file() and b"\0" not in (data := path.read_bytes()):
            yield name, data.decode("utf-8", errors="replace")


def imported(tree: ast.AST) -> set[str]:
    """The top-level packages that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}


def test_files_are_short() -> None:
    lengths = {
        name_of(p): len(p.read_text().splitlines()) for p in (*SOURCES, *RECIPES, *LOADTESTS)
    }
    assert len(lengths) > 20
    assert not {name: n for name, n in lengths.items() if n > LINES_OF_A_FILE}


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function from its first line to its last, without its docstring."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


def test_functions_are_short(trees: dict[Path, ast.Module]) -> None:
    lengths = {
        f"{name_of(path)}:{node.lineno} {node.name}": length_of(node)
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, FUNCTIONS)
    }
    assert len(lengths) > 200
    assert not {name: n for name, n in lengths.items() if n > LINES_OF_A_FUNCTION}


def test_package_prints_nothing(trees: dict[Path, ast.Module]) -> None:
    calls = [
        f"{name_of(path)}:{node.lineno}"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"print", "breakpoint"}
    ]
    assert not calls


def test_package_imports_no_training_framework(trees: dict[Path, ast.Module]) -> None:
    guilty = {name_of(p): bad for p, tree in trees.items() if (bad := imported(tree) & TRAINING)}
    assert not guilty


def test_insightface_has_one_door(trees: dict[Path, ast.Module]) -> None:
    doors = {name_of(path) for path, tree in trees.items() if "insightface" in imported(tree)}
    assert doors <= {"services/gencheck/vision/insightface.py"}


def test_no_text_names_a_package_registry_or_a_path_of_one_machine() -> None:
    texts = dict(tracked_texts())
    assert "Makefile" in texts
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if HOSTS.search(line) or MACHINE_PATHS.search(line)
    ]
    assert not found


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        ("pip install -i https://pypi" + ".org/simple", HOSTS),
        ('"resolved": "https://registry.npm' + 'js.org/buf"', HOSTS),
        ("open('/root" + "/data')", MACHINE_PATHS),
        ("see /work" + "/shared", MACHINE_PATHS),
    ],
)
def test_the_patterns_find_what_they_forbid(line: str, pattern: re.Pattern[str]) -> None:
    assert pattern.search(line)


def rooms() -> set[str]:
    return {p.name for p in PACKAGE.iterdir() if (p / "__init__.py").exists()} - {"v1"}


def test_every_room_has_tests_of_its_name() -> None:
    tested = {path.parent.name for path in (ROOT / "tests" / "unit").glob("*/test_*.py")}
    assert tested - {"loadtests"} == rooms()


def test_every_module_of_the_ground_has_tests_of_its_name() -> None:
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    tested = {path.stem.removeprefix("test_") for path in (ROOT / "tests/unit").glob("test_*.py")}
    assert modules <= tested


def test_every_make_target_has_help() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE))
    described = set(re.findall(r"^([a-z-]+):.*?## \S", makefile, re.MULTILINE))
    assert targets == described
    assert {"help", "setup", "demo", "test", "lint", "proto", "evaluate", "bench"} <= targets

    shown = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True)
    assert {line.split()[1] for line in shown.stdout.splitlines() if "make " in line} == targets
