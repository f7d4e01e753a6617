"""Prints the alarms of the whole picture check where there should be none, one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from artifact_pictures import generated_paths, hard_negatives, read_file, read_photo
from artifact_sheet import write_sheet
from artifact_statistics import wilson
from artifact_whole import whole

from gencheck.findings import Finding, Severity
from gencheck.media.types import Image
from gencheck.policy import Policy, grade

SEEDS = {"evaluate": 1, "train": 2}


def print_alarms(
    groups: dict[str, list[Path]], split: str, policy: Policy, sheets: Path | None
) -> None:
    """Clean photos and hard negatives: how many alarm, then which."""
    print(f"\nClean pictures, split {split}, policy {policy.name}")
    print(f"{'set':<18}{'n':>4} {'FAIL':>5} {'MAJOR':>6} {'MINOR':>6}  MAJOR or worse, 95 %")
    for name, files in groups.items():
        pictures = ((path.name, read_file(path)) for path in files)
        print_group(name, pictures, policy, None if sheets is None else sheets / "clean")
    last = list(groups)[-1] if split == "evaluate" else "scikit-image"
    bases = [read_photo(path, 768) for path in groups[last][:8:2]]
    made = (
        (name, Image(pixels, None, "PNG")) for name, pixels in hard_negatives(bases, SEEDS[split])
    )
    print_group("hard negatives", made, policy, None if sheets is None else sheets / "hard")


def print_generated(data: Path, policy: Policy, sheets: Path | None) -> None:
    """The generated pictures: every finding. Nobody marked them: look at the sheets."""
    print(f"\nGenerated pictures, policy {policy.name}: all findings")
    for path in generated_paths(data):
        findings = _look(path.name, read_file(path), policy, sheets and sheets / "generated")
        print(f"  {path.name}: {'' if findings else 'nothing found'}")
        for finding in findings:
            print(f"    {finding.severity.name} {finding.message}")


def print_group(
    title: str, pictures: Iterable[tuple[str, Image]], policy: Policy, sheets: Path | None
) -> None:
    worst: list[Severity | None] = []
    codes: Counter[str] = Counter()
    lines = []
    for name, image in pictures:
        findings = _look(name, image, policy, sheets)
        worst.append(max((f.severity for f in findings), default=None))
        codes.update({f"{f.code} {f.severity.name}" for f in findings})
        lines += [f"    {name}: {f.severity.name} {f.code} {f.measured:.3g} (from {f.threshold:g})"
                  for f in _one_each(findings)]  # fmt: skip
    fail, major, minor = (
        sum(w is not None and w >= least for w in worst)
        for least in (policy.fail_at, Severity.MAJOR, Severity.MINOR)
    )
    low, high = wilson(major, len(worst))
    print(f"{title:<18}{len(worst):>4} {fail:>5} {major:>6} {minor:>6}  {low:.1%} to {high:.1%}")
    for code, count in codes.most_common():
        print(f"  {count:>3} × {code}")
    for line in lines:
        print(line)


def _one_each(findings: list[Finding]) -> list[Finding]:
    """The worst of each code."""
    best: dict[str, Finding] = {}
    for finding in findings:
        if finding.code not in best or finding.measured > best[finding.code].measured:
            best[finding.code] = finding
    return list(best.values())


def _look(name: str, image: Image, policy: Policy, sheets: Path | None) -> list[Finding]:
    report = whole().check(image, want_heat_map=sheets is not None)
    findings = [f for f in grade(report.measurements, policy) if f.severity >= Severity.MINOR]
    if sheets is not None and findings:
        write_sheet(sheets, name, image.pixels, report, findings)
    return findings
