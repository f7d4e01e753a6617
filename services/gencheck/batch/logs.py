"""What the pods of a Job said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gencheck.batch import status
from gencheck.batch.cluster import Cluster
from gencheck.errors import NotFound

_MOST_PODS = 20


@dataclass(frozen=True, slots=True)
class Log:
    """The last lines of one pod."""

    index: int
    pod: str
    text: str


def read(cluster: Cluster, job: str, *, index: int | None, tail: int) -> Iterator[Log]:
    """The newest pod of one shard; without an index those of shards that failed, at most 20.

    Raises:
        NotFound: there is no such pod.
    """
    if index is not None:
        pods = sorted(cluster.pods(job, index=index), key=status.created_at)[-1:]
        if not pods:
            raise NotFound(
                f"shard {index} has no pod",
                where=job,
                fix="It waits for its turn, or its pods are removed already.",
            )
        names = [(index, (pod.metadata.name if pod.metadata else "") or "") for pod in pods]
    else:
        names = [(one.index, one.pod) for one in status.failures(cluster, job)][:_MOST_PODS]
    for number, name in names:
        yield Log(number, name, cluster.log(name, tail=tail))
