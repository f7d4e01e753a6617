"""The views of a mesh on their way from the check that draws them to those that look at them."""

from __future__ import annotations

from collections.abc import Sequence

from gencheck.findings import Outcome, SkipReason, skipped
from gencheck.router.merge import Part
from gencheck.v1 import common_pb2, consistency_pb2
from gencheck.v1 import router_pb2 as pb


def take_views(parts: Sequence[Part], *, wanted: bool) -> list[common_pb2.View]:
    """The plain views of an answer, taken out of it; what the caller did not want goes too."""
    taken = []
    for part in parts:
        if part.answer is None:
            continue
        for view in part.answer.views:
            if view.plain_png:
                taken.append(
                    common_pb2.View(name=view.name, png=view.plain_png, coloured=view.coloured)
                )
                view.ClearField("plain_png")
        if not wanted:
            del part.answer.views[:]
    return taken


def views_request(
    request: pb.CheckRequest, head: bytes, name: str, views: Sequence[common_pb2.View]
) -> bytes:
    """A request about the views. Args: head: the id and the policy, serialised."""
    asking = consistency_pb2.CheckViewsRequest(name=name, prompt=request.prompt, views=views)
    return head + asking.SerializeToString()


def no_views(check: str) -> Outcome:
    """The outcome of a check that had nothing to look at."""
    return skipped(check, SkipReason.UNCERTAIN, "the mesh check gave no views to look at")
