"""Speed of the prompt parser on one core, on the prompts that its quality is measured on."""

from __future__ import annotations

import csv
import json
import os
import time
from pathlib import Path

import numpy as np

from gencheck.consistency.parse import MAX_CHARACTERS, parse_prompt

_OWN = (
    "a photo of two dogs and a red car left of a blue bench, no people, at night",
    "a man in a striped shirt riding a horse through a forest, oil painting",
    'a poster that says "OPEN", neon lights, cinematic, 4k --ar 16:9',
)


def prompts() -> list[str]:
    """DSG-1k and TIFA prompts where ``GENCHECK_DATA`` has them, else three of our own."""
    root = os.environ.get("GENCHECK_DATA")
    if not root:
        return list(_OWN) * 100
    with (Path(root) / "prompts_dsg1k/dsg-1k-anns.csv").open() as file:
        dsg = dict.fromkeys(row["text"] for row in csv.DictReader(file))
    tifa = json.loads((Path(root) / "prompts_tifa/tifa_v1.0_text_inputs.json").read_text())
    return [*dsg, *(row["caption"] for row in tifa)]


def seconds(texts: list[str]) -> list[float]:
    """CPU time of each; the cost of a core that somebody else holds is not the parser's."""
    taken = []
    for text in texts:
        start = time.thread_time()
        parse_prompt(text)
        taken.append(time.thread_time() - start)
    return taken


def main() -> None:
    """Print the table: as the process starts, and once its caches of words are warm."""
    texts = prompts()
    lengths = [len(text) for text in texts]
    print(f"{len(texts)} prompts, median {np.median(lengths):.0f} characters, max {max(lengths)}")
    print(f"  {'':8} {'a second':>9} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8}")
    for name in ("first", "again"):
        taken = 1e3 * np.array(seconds(texts))
        p50, p99 = np.percentile(taken, (50, 99))
        rate = 1e3 * len(taken) / taken.sum()
        print(f"  {name:8} {rate:9.0f} {p50:8.2f} {p99:8.2f} {taken.max():8.2f}")
    longest = (" ".join(texts) * (1 + MAX_CHARACTERS // sum(lengths)))[:MAX_CHARACTERS]
    print(f"  {MAX_CHARACTERS} characters: {1e3 * seconds([longest])[0]:.1f} ms")


if __name__ == "__main__":
    main()
