"""Finished runs, made without checking anything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gencheck.batch.manifest import Row
from gencheck.batch.plan import Plan, Terms, prepare
from gencheck.batch.schema import failed_row, judged_row, results_schema, timings_schema
from gencheck.batch.states import StateSum
from gencheck.batch.store import Store
from gencheck.batch.writing import RowWriter
from gencheck.errors import DecodeFailed
from gencheck.v1 import bias_pb2

from .fakes import response


def finished(
    folder: Path,
    words: Sequence[str],
    *,
    shards: int = 2,
    skip: Sequence[int] = (),
    audit: bool = False,
    url: str = "",
    **terms: Any,
) -> tuple[Store, Plan]:
    """A run over assets of which each is judged as its word says; ``broken`` failed.

    Args:
        skip: shards that are not done.
        url: where the results go; a folder beside the manifest by default.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "m.jsonl"
    rows = [
        {"id": f"id{i:04d}", "uri": f"{i}.png", "group": f"g{i % 2}"} for i in range(len(words))
    ]
    manifest.write_text("\n".join(map(json.dumps, rows)))
    store = Store(url or str(folder / "out"))
    plan = prepare(store, str(manifest), Terms(audit=audit, **terms), shards=shards)
    for index in set(range(shards)) - set(skip):
        _shard(store, plan, index, words, folder)
    return store, plan


def _shard(store: Store, plan: Plan, index: int, words: Sequence[str], scratch: Path) -> None:
    files = {kind: scratch / kind for kind in ("results", "timings")}
    rows = plan.manifest.read(*plan.shard_range(index))
    with RowWriter(files["results"], results_schema()) as results:
        for row in rows:
            results.add(result(row, words[row.number]))
    with RowWriter(files["timings"], timings_schema()) as timings:
        for row in rows:
            timings.add({"id": row.id, "seconds": 0.01 * (row.number + 1)})
    if plan.terms.audit:
        people = StateSum()
        people.add(state({"red": 3.0, "blue": 5.0}, images=8))
        files["audit"] = scratch / "audit"
        files["audit"].write_bytes(people.to_bytes())
    digests = {kind: store.put(path, plan.file_of(kind, index)) for kind, path in files.items()}
    marker = {"plan": plan.fingerprint, "rows": len(rows), "sha256": digests}
    store.write(plan.file_of("done", index), json.dumps(marker).encode())


def result(row: Row, word: str) -> dict[str, Any]:
    """The row of an asset that was judged as the word says."""
    if word == "broken":
        return failed_row(row, DecodeFailed("nothing"), "default")
    return judged_row(row, response(row.uri, word))


def state(counts: dict[str, float], *, images: int, prompt: str = "") -> bias_pb2.AuditState:
    """Counts of one attribute."""
    table = bias_pb2.CountTable(
        prompt=prompt,
        attribute="colour",
        counts=[bias_pb2.CategoryCount(category=c, count=n) for c, n in counts.items()],
        unverified=1,
    )
    return bias_pb2.AuditState(tables=[table], images=images, images_without_face=1)
