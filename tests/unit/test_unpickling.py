"""Nothing foreign is unpickled: no file of the repository loads one without an allow-list."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PICKLES = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
WORDS = ("pickle", "torch", *sorted(PICKLES))
HARMLESS = {"UnpicklingError", "PicklingError", "PickleError"}
# Between a process and those that it started, and what a test wrote itself.
OWN_MESSAGES = {
    "services/gencheck/media/packing.py",
    "services/gencheck/media/pool.py",
    "services/gencheck/media/worker.py",
    "tests/unit/serving/test_status.py",
    "tests/unit/test_errors.py",
}


def python_files() -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [name for name in listing.stdout.split() if (ROOT / name).is_file()]


def unpickles(source: str) -> list[str]:
    """What in a source can unpickle."""
    found: list[str] = []
    if not any(word in source for word in WORDS):  # spares the tree of nearly all files
        return found
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found += [a.name for a in names if a.name.partition(".")[0] in PICKLES]
            case ast.ImportFrom(module=str(module), names=names):
                if module.partition(".")[0] in PICKLES:
                    found += [a.name for a in names if a.name not in HARMLESS]
                elif module == "torch":
                    found += [f"torch.{a.name}" for a in names if a.name == "load"]
            case ast.Call(func=ast.Attribute(attr=name), keywords=given):
                values = {k.arg: k.value for k in given}
                if _allows(values.get("allow_pickle")):
                    found.append(f"{name}(allow_pickle)")
                if _is_torch_load(node) and not _allows(values.get("weights_only")):
                    found.append("torch.load without weights_only=True")
            case ast.Attribute(attr="read_pickle"):
                found.append("read_pickle")
    return found


def _allows(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is True


def _is_torch_load(call: ast.Call) -> bool:
    """``torch.load`` and its kin; ``torch.jit.load`` runs what it loads."""
    text = ast.unparse(call.func)
    return text in {"torch.load", "torch.jit.load", "torch.package.PackageImporter"}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib.numpy_pickle",
        "from torch import load",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "torch.load(path, weights_only=flag)",
        "torch.jit.load(path)",
        "np.load(path, allow_pickle=True)",
        "pd.read_pickle(path)",
    ],
)
def test_it_is_seen(source: str) -> None:
    assert unpickles(source)


@pytest.mark.parametrize(
    "source",
    [
        "from pickle import UnpicklingError",
        "torch.load(path, weights_only=True)",
        "np.load(path)",
        "np.load(path, allow_pickle=False)",
        "json.load(file)",
    ],
)
def test_what_is_safe_may_stay(source: str) -> None:
    assert not unpickles(source)


def test_no_file_unpickles() -> None:
    names = python_files()
    assert len(names) > 200
    guilty = {
        name: found
        for name in names
        if name not in OWN_MESSAGES
        and (found := unpickles((ROOT / name).read_text(encoding="utf-8")))
    }
    assert not guilty
