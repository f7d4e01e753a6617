"""Adds up the audit states of pictures and shards: counts of people, never a record of one."""

from __future__ import annotations

from gencheck.v1 import bias_pb2


class StateSum:
    """Adds up audit states. Their order does not matter: counts of people are whole numbers."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str], dict[str, float]] = {}
        self._unverified: dict[tuple[str, str, str], float] = {}
        self.images = 0
        self.images_without_face = 0

    def add(self, state: bias_pb2.AuditState) -> None:
        """Add one picture's state, or one shard's."""
        self.images += state.images
        self.images_without_face += state.images_without_face
        for table in state.tables:
            key = (table.prompt, table.attribute, table.model)
            counts = self._counts.setdefault(key, {})
            for entry in table.counts:
                counts[entry.category] = counts.get(entry.category, 0.0) + entry.count
            self._unverified[key] = self._unverified.get(key, 0.0) + table.unverified

    def state(self) -> bias_pb2.AuditState:
        """The sum, its tables and categories in alphabetical order."""
        tables = [
            bias_pb2.CountTable(
                prompt=prompt,
                attribute=attribute,
                counts=[
                    bias_pb2.CategoryCount(category=category, count=count)
                    for category, count in sorted(counts.items())
                ],
                unverified=self._unverified[prompt, attribute, model],
                model=model,
            )
            for (prompt, attribute, model), counts in sorted(self._counts.items())
        ]
        return bias_pb2.AuditState(
            tables=tables, images=self.images, images_without_face=self.images_without_face
        )

    def to_bytes(self) -> bytes:
        """The sum, serialised; equal sums give equal bytes."""
        return self.state().SerializeToString(deterministic=True)
