"""The parser against GenEval, DSG-1k, PartiPrompts, T2I-CompBench++ and TIFA prompts."""

from __future__ import annotations

import csv
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from consistency_dsg import evaluate_dsg

from gencheck.consistency import claims as c
from gencheck.consistency.parse import parse_prompt
from gencheck.consistency.parse.numbers import NUMBERS

Chosen = Callable[[str], bool]


def evaluate_parsing(data: Path, chosen: Chosen, show: int, only: str) -> None:
    """Print one table a corpus."""
    for name, run in (
        ("geneval", _geneval),
        ("dsg", evaluate_dsg),
        ("parti", _parti),
        ("compbench", _compbench),
        ("tifa", _tifa),
    ):
        if only in ("", name):
            run(data, chosen, show)
            print()


# -- GenEval: exact slots --------------------------------------------------------------------------

_POSITIONS = {"left of", "right of", "above", "below"}


def _geneval(data: Path, chosen: Chosen, show: int) -> None:
    lines = (data / "prompts_geneval/evaluation_metadata.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if chosen(row["prompt"])]
    exact: dict[str, list[bool]] = defaultdict(list)
    slots: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        want, got = _wanted(row["include"]), _slots(parse_prompt(row["prompt"]).claims)
        exact[row["tag"]].append(want == got)
        if want != got and show:
            show -= 1
            print("   ", row["prompt"], "| want", want - got, "| got", got - want)
        for slot in ("class", "count", "colour", "position"):
            a, b = {s for s in want if s[0] == slot}, {s for s in got if s[0] == slot}
            slots[slot].update(hit=len(a & b), missed=len(a - b), extra=len(b - a))
    print(f"GenEval ({len(rows)} prompts): prompts of which every slot is right; F1 of slots")
    for tag, hits in sorted(exact.items()):
        print(f"  {tag:14} {sum(hits) / len(hits):6.3f}  n={len(hits)}")
    print(f"  {'all':14} {sum(map(sum, exact.values())) / len(rows):6.3f}")
    for slot, counts in slots.items():
        print(f"  F1 {slot:11} {_f1(counts):6.3f}")
    print(f"  F1 {'micro':11} {_f1(sum(slots.values(), Counter())):6.3f}")


def _wanted(include: list[dict[str, object]]) -> set[tuple[object, ...]]:
    slots: set[tuple[object, ...]] = set()
    for thing in include:
        name = thing["class"]
        slots |= {("class", name), ("count", name, thing["count"])}
        if "color" in thing:
            slots.add(("colour", name, thing["color"]))
        if "position" in thing:
            where, other = thing["position"]  # type: ignore[misc]
            slots.add(("position", name, where, include[other]["class"]))
    return slots


def _slots(found: Iterable[c.Claim]) -> set[tuple[object, ...]]:
    """A thing without a number is one thing, as GenEval has it."""
    slots: set[tuple[object, ...]] = set()
    counts: dict[str, int] = {}
    for claim in found:
        match claim.claim:
            case c.ObjectClaim(name):
                slots.add(("class", name))
                counts.setdefault(name, 1)
            case c.CountClaim(name, n):
                counts[name] = n
            case c.AttributeClaim(name, "colour", value):
                slots.add(("colour", name, value))
            case c.RelationClaim(subject, predicate, thing) if predicate in _POSITIONS:
                slots.add(("position", subject, predicate, thing))
    return slots | {("count", name, n) for name, n in counts.items()}


def _f1(counts: Counter[str]) -> float:
    total = 2 * counts["hit"] + counts["missed"] + counts["extra"]
    return 2 * counts["hit"] / total if total else float("nan")


# -- rates -----------------------------------------------------------------------------------------


def _parti(data: Path, chosen: Chosen, show: int) -> None:
    with (data / "prompts_parti/PartiPrompts.tsv").open() as file:
        rows = [r for r in csv.DictReader(file, delimiter="\t") if chosen(r["Prompt"])]
    numbers = [r["Prompt"] for r in rows if r["Challenge"] == "Quantity"]
    spelled = re.compile(rf"\b(\d+|{'|'.join(NUMBERS)})\b", re.IGNORECASE)
    numbers = [p for p in numbers if spelled.search(p)]
    _rate("PartiPrompts Quantity (a number stands in it)", numbers, _has(c.CountClaim), show)
    writing = [r["Prompt"] for r in rows if r["Challenge"] == "Writing & Symbols"]
    written = re.compile(r"[\"“‘]|(?<!\w)'|\bwords?\b|\bsaying\b|written|letters|G I G G L E")
    writing = [p for p in writing if written.search(p)]
    _rate("PartiPrompts Writing & Symbols (words are quoted)", writing, _has(c.TextClaim), show)
    others = [
        r["Prompt"]
        for r in rows
        if not re.search(r"[\"“‘'`«]|says|reads|titled|word|letter|writ|saying", r["Prompt"])
    ]
    _rate("PartiPrompts, no words asked: a text claim all the same", others, _has(c.TextClaim), 0)
    _coverage("PartiPrompts", [r["Prompt"] for r in rows])


def _compbench(data: Path, chosen: Chosen, show: int) -> None:
    tests: dict[str, Callable[[list[c.Statement]], bool]] = {
        "numeracy": _has(c.CountClaim),
        "spatial": _has(c.RelationClaim),
        "3d_spatial": _has(c.RelationClaim),
        "color": _pairs("colour"),
        "shape": _pairs("shape", "size"),
        "texture": _pairs("texture", "material"),
        "non_spatial": _has(c.ActionClaim),
        "complex": bool,
    }
    for name, test in tests.items():
        path = data / f"prompts_t2icompbench/{name}_val.txt"
        prompts = [p for p in path.read_text().splitlines() if p.strip() and chosen(p)]
        _rate(f"T2I-CompBench {name}", prompts, test, show)
        _coverage(f"T2I-CompBench {name}", prompts)


def _tifa(data: Path, chosen: Chosen, show: int) -> None:
    rows = json.loads((data / "prompts_tifa/tifa_v1.0_text_inputs.json").read_text())
    prompts = [row["caption"] for row in rows if chosen(row["caption"])]
    start = time.perf_counter()
    _rate("TIFA prompts: at least one claim", prompts, bool, show)
    seconds = time.perf_counter() - start
    print(f"  {1e3 * seconds / len(prompts):.2f} ms a prompt")
    _coverage("TIFA", prompts)


def _has(kind: type[c.Statement]) -> Callable[[list[c.Statement]], bool]:
    return lambda found: any(isinstance(claim, kind) for claim in found)


def _pairs(*kinds: str) -> Callable[[list[c.Statement]], bool]:
    """Two things, each with a property of one of these kinds."""

    def test(found: list[c.Statement]) -> bool:
        pairs = {
            (f.name, f.value) for f in found if isinstance(f, c.AttributeClaim) and f.kind in kinds
        }
        return len(pairs) >= 2

    return test


def _rate(
    title: str, prompts: list[str], test: Callable[[list[c.Statement]], bool], show: int
) -> None:
    hits = 0
    for prompt in prompts:
        ok = test([claim.claim for claim in parse_prompt(prompt).claims])
        hits += ok
        if not ok and show:
            show -= 1
            print("   ", prompt[:160])
    print(f"{title:56} {hits / max(1, len(prompts)):6.3f}  n={len(prompts)}")


def _coverage(title: str, prompts: list[str]) -> None:
    parsed = [parse_prompt(prompt) for prompt in prompts]
    content = sum(p.content_words for p in parsed)
    missed = sum(len(p.uncovered) for p in parsed)
    print(f"  {title}: content words in no claim {missed / max(1, content):.3f}")
