"""Parents, roots and descent of all nodes, each looked at once; nothing here recurses."""

from __future__ import annotations

from gencheck.gltf.document import Document
from gencheck.gltf.kinds import Object


class Tree:
    """The nodes of a document as trees; where they are none, as near as may be.

    Attributes:
        parents: the parent of each node, -1 for none; of several the last.
        roots: a node for each tree: its root, or one of the loop that it hangs on.
        in_loop: the nodes that are their own ancestors.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        count = len(document.lists["nodes"])
        self.parents = [-1] * count
        for index, node in document.all("nodes"):
            if "children" in node:
                self._adopt(index, node)
        self.in_loop = self._loops()
        self.roots = [-1] * count
        # Descendants of a node have the numbers from its own to its last, in the order of a walk.
        self._first = [0] * count
        self._last = [0] * count
        self._walk()

    def is_above(self, node: int, other: int) -> bool:
        """Whether a node is another or an ancestor of it; in a loop, each is of each."""
        if self.roots[node] != self.roots[other]:
            return False
        return node in self.in_loop or self._first[node] <= self._first[other] <= self._last[node]

    def _adopt(self, index: int, node: Object) -> None:
        for i, child in enumerate(node.get("children") or ()):
            if child is None:
                continue
            if self.parents[child] >= 0:
                where = f"/nodes/{index}/children/{i}"
                self._document.log.add("NODE_PARENT_OVERRIDE", where, child)
            self.parents[child] = index

    def _loops(self) -> set[int]:
        """The nodes that come back to themselves, upwards."""
        walks = [-1] * len(self.parents)  # the walk that saw a node, by where it began
        found: set[int] = set()
        for start, parent in enumerate(self.parents):
            index = start if parent >= 0 else -1
            while index >= 0 and walks[index] < 0:
                walks[index] = start
                index = self.parents[index]
            if index >= 0 and walks[index] == start and index not in found:
                first = index
                found.add(first)
                while (index := self.parents[index]) != first:
                    found.add(index)
        return found

    def _walk(self) -> None:
        children: dict[int, list[int]] = {}
        for child, parent in enumerate(self.parents):
            if parent >= 0:
                children.setdefault(parent, []).append(child)
        tops = [i for i, parent in enumerate(self.parents) if parent < 0]
        number = 0
        for top in (*tops, *sorted(self.in_loop)):
            if top not in children:
                self.roots[top], self._first[top], self._last[top] = top, number, number
                number += 1
            elif self.roots[top] < 0:
                number = self._number(top, children, number)

    def _number(self, top: int, children: dict[int, list[int]], number: int) -> int:
        """Number a tree from its top. Returns the next number."""
        order: list[int] = []
        self.roots[top] = top
        stack = [top]
        while stack:
            index = stack.pop()
            self._first[index] = self._last[index] = number
            number += 1
            order.append(index)
            for child in children.get(index, ()):
                if self.roots[child] < 0:
                    self.roots[child] = top
                    stack.append(child)
        for index in reversed(order[1:]):
            parent = self.parents[index]
            self._last[parent] = max(self._last[parent], self._last[index])
        return number
