"""Prints the table of docs/artifact.md: every code with its unit, method and steps.

    python tests/quality/artifact_codes.py [--write]

It is made of what the code says itself: ``codes.py``, the default policy, and the method that each
measurement names. ``--write`` puts it into the page.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path

import gencheck.artifact
from gencheck.codes import CODES
from gencheck.findings import Method
from gencheck.policy import Thresholds
from gencheck.policy_file import Policies

PAGE = Path(__file__).resolve().parents[2] / "docs" / "artifact.md"
BEGIN, END = (
    "<!-- codes: made by tests/quality/artifact_codes.py --write -->",
    "<!-- end of codes -->",
)


def methods() -> dict[str, Method]:
    """The method of each check: ``METHOD`` beside ``CHECK``, ``X_METHOD`` beside ``X``."""
    found: dict[str, Method] = {}
    for module in pkgutil.walk_packages(gencheck.artifact.__path__, "gencheck.artifact."):
        names = vars(importlib.import_module(module.name))
        for name, value in names.items():
            if not isinstance(value, Method):
                continue
            check = "CHECK" if name == "METHOD" else name.removesuffix("_METHOD")
            if isinstance(names.get(check), str):
                found.setdefault(names[check], value)
    return found


def table() -> str:
    """The rows in the order of the codes."""
    policy, known = Policies.load().get("default"), methods()
    rows = [
        "| code | what is wrong | unit | minor / major / critical | method |",
        "|---|---|---|---|---|",
    ]
    for name, code in CODES.items():
        if code.check != "artifact":
            continue
        method = known.get(f"artifact.{name.lower()}")
        how = "–" if method is None else f"{method.name}: {method.reference}"
        steps = _steps(policy.thresholds.get(name))
        rows.append(f"| `{name}` | {code.title} | {code.unit} | {steps} | {how} |")
    return "\n".join(rows)


def _steps(thresholds: Thresholds | None) -> str:
    if thresholds is None:
        return "–"
    steps = (thresholds.minor, thresholds.major, thresholds.critical)
    return " / ".join("–" if step is None else f"{step:g}" for step in steps)


def page_with(rows: str, page: str) -> str:
    """The page with the rows between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{rows}\n{END}{after}"


def main() -> int:
    """Prints or writes the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="put it into docs/artifact.md")
    if parser.parse_args().write:
        PAGE.write_text(page_with(table(), PAGE.read_text("utf-8")), "utf-8")
    else:
        print(table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
