"""The audit: licences from what is installed, vulnerabilities and the bill from what tools say."""

import importlib.util
import json
import sys
from email.message import Message
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "deploy" / "audit" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)  # as dataclasses want it
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def licences() -> ModuleType:
    return load("licences")


class Package:
    """A distribution with this metadata and these files."""

    def __init__(self, *fields: tuple[str, str], files: tuple[str, ...] = ()) -> None:
        self.metadata = Message()
        for key, value in (("Name", "made-up"), *fields):
            self.metadata[key] = value
        self.files = [PurePosixPath(file) for file in files]


MIT = ("Classifier", "License :: OSI Approved :: MIT License")
GPL = ("Classifier", "License :: OSI Approved :: GNU General Public License v3 (GPLv3)")


def test_nothing_that_serves_is_copyleft_but_what_is_known(licences: ModuleType) -> None:
    names = licences.pinned(ROOT / "requirements.lock")
    assert len(names) > 50
    found = list(licences.findings(map(licences.metadata.distribution, names)))
    assert not [one for one in found if not one.accepted]
    assert {(one.package, one.what) for one in found} == licences.ACCEPTED.keys(), "stale"
    page = (ROOT / "docs" / "security.md").read_text()
    assert all(what in page for _, what in licences.ACCEPTED)


@pytest.mark.parametrize(
    "fields",
    [
        [("License-Expression", "AGPL-3.0-only")],
        [("License-Expression", "MIT AND GPL-2.0-or-later")],
        [("License-Expression", "LGPL-2.1-only OR GPL-2.0-only")],
        [("License-Expression", "CC-BY-NC-4.0")],
        [GPL],
        [MIT, GPL],
        [("License", "GPLv3")],
        [("License", "Free for non-commercial use")],
        [],
        [("License", "UNKNOWN")],
        [("Classifier", "License :: OSI Approved")],
    ],
)
def test_what_binds_or_says_nothing_is_found(
    licences: ModuleType, fields: list[tuple[str, str]]
) -> None:
    [found] = licences.findings([Package(*fields)])
    assert not found.accepted


@pytest.mark.parametrize(
    "fields",
    [
        [MIT],
        [MIT, ("License", "UNKNOWN")],
        [("License-Expression", "MIT OR GPL-3.0-only")],
        [("License-Expression", "BSD-3-Clause AND GPL-3.0-or-later WITH GCC-exception-3.1")],
        [("License-Expression", "MPL-2.0")],
        [("License", "MIT\n\nnothing like the GPL")],
        [("License-Expression", "Apache-2.0"), ("License", "GPL")],
    ],
)
def test_what_is_permissive_is_not(licences: ModuleType, fields: list[tuple[str, str]]) -> None:
    assert not list(licences.findings([Package(*fields)]))


def test_a_library_under_the_gpl_in_a_wheel_is_found(licences: ModuleType) -> None:
    files = ("av.libs/libx264-d6533a8d.so.165", "av.libs/libx2640.so", "doc/libx265.txt")
    [found] = licences.findings([Package(MIT, files=files)])
    assert (found.what, found.accepted) == ("libx264", ""), "known for one package only"


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    return load("audit")


def test_what_nobody_judged_is_unverified(audit: ModuleType) -> None:
    lock = Path("some.lock")
    assert audit.judge(lock, None)[0] == []
    assert "UNVERIFIED" in audit.judge(lock, None)[1]
    skipped = {"dependencies": [{"name": "a", "skip_reason": "not found"}]}
    lines, text = audit.judge(lock, skipped)
    assert not lines and "0 packages judged" in text and "1 UNVERIFIED" in text
    clean = {"dependencies": [{"name": "a", "version": "1", "vulns": []}]}
    assert audit.judge(lock, clean) == (
        [],
        "audit: some.lock: 1 packages judged, 0 vulnerabilities",
    )


def test_a_vulnerability_is_named_and_ends_the_audit(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad: dict[str, Any] = {"id": "PYSEC-1", "fix_versions": ["2.1", "3.0"]}
    answer = {"dependencies": [{"name": "a", "version": "2.0", "vulns": [bad]}]}
    monkeypatch.setattr(audit, "ask", lambda lock: answer)
    monkeypatch.setattr(audit, "write_bill", lambda *words: "written")
    assert audit.main("python", "sbom.json", "some.lock") == 1
    assert "a 2.0: PYSEC-1, fixed in 2.1, 3.0" in capsys.readouterr().out
    monkeypatch.setattr(audit, "ask", lambda lock: None)
    assert audit.main("python", "sbom.json", "some.lock") == 0


def test_the_bill_holds_what_is_pinned_and_what_it_uses(audit: ModuleType) -> None:
    document = {
        "metadata": {"component": {"bom-ref": "root"}},
        "components": [
            {"bom-ref": name, "name": name, "version": "1"} for name in ("Some_Thing", "dev-tool")
        ],
        "dependencies": [
            {"ref": "root", "dependsOn": ["Some_Thing", "dev-tool"]},
            {"ref": "Some_Thing"},
            {"ref": "dev-tool", "dependsOn": ["Some_Thing"]},
        ],
    }
    found = audit.bill(json.loads(json.dumps(document)), {"some-thing": "1"})
    assert [part["name"] for part in found["components"]] == ["Some_Thing"]
    assert found["dependencies"] == [
        {"ref": "root", "dependsOn": ["Some_Thing"]},
        {"ref": "Some_Thing", "dependsOn": []},
    ]
    with pytest.raises(ValueError, match="some-thing"):
        audit.bill(document, {"some-thing": "2"})
