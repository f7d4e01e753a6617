"""The plan of a run: which manifest, cut into how many shards, judged how. It never changes.

``plan.json`` stands in the folder of results before any of them. Whoever writes results there
reads it first, so that no two runs mix.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from google.protobuf import json_format

from gencheck import __version__
from gencheck.batch.duplicates import refuse_duplicates
from gencheck.batch.manifest import Manifest
from gencheck.batch.store import Store
from gencheck.errors import InvalidArgument
from gencheck.policy import Policy
from gencheck.policy_file import DEFAULT_POLICY
from gencheck.v1 import common_pb2
from gencheck.wire import policy_from, policy_to

FORMAT = 1
NAME = "plan.json"
FOLDER = "shards"
_ENDINGS = {"results": ".parquet", "timings": ".parquet", "audit": ".bin", "done": ".json"}
_ELSEWHERE = "Choose another --out, or remove that folder."
ROWS_OF_A_SHARD = 1_000
MAX_SHARDS = 100_000


@dataclass(frozen=True, slots=True)
class Terms:
    """How a run judges, besides its manifest and its shards.

    Attributes:
        policy: name of the policy.
        carried: the policy itself, as JSON of the API; empty: whoever judges knows it by name.
        profile: models beyond this profile are not used; empty: all that are installed.
        policies: further policies that rows may name, each with its sha256.
        audit: whether the people in the pictures are counted for an audit.
        roots: folders and URL prefixes that a ``uri`` may be under; empty: the manifest's folder.
        hosts: hosts that an ``https://`` one may name.
    """

    policy: str = DEFAULT_POLICY
    carried: Mapping[str, Any] = field(default_factory=dict)
    profile: str = ""
    policies: tuple[str, ...] = ()
    audit: bool = False
    roots: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()

    @classmethod
    def of(cls, policy: Policy | str | None, **others: Any) -> Terms:
        """Terms with a policy by name or carried along."""
        if isinstance(policy, Policy):
            message = json_format.MessageToDict(policy_to(policy), preserving_proto_field_name=True)
            return cls(policy.name, message, **others)
        return cls(policy or DEFAULT_POLICY, **others)

    @property
    def named(self) -> str:
        """The policy for a person: its name, and of a carried one what it says, hashed."""
        judge_by = self.judge_by
        return judge_by if isinstance(judge_by, str) else f"{self.policy} {judge_by.sha256[:12]}"

    @property
    def judge_by(self) -> Policy | str:
        """The policy for a request: itself where carried, else its name."""
        if not self.carried:
            return self.policy
        return policy_from(json_format.ParseDict(dict(self.carried), common_pb2.Policy()))


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does; equal plans give equal results.

    Attributes:
        shards: how many contiguous ranges of rows, of equal size to within one row.
        version: of gencheck, since another one may judge otherwise.
    """

    manifest: Manifest
    shards: int
    terms: Terms
    version: str = __version__

    @property
    def fingerprint(self) -> str:
        """A sha256 of all that results depend on; where the manifest lies is not among it."""
        manifest = (self.manifest.sha256, self.manifest.rows)
        document = [manifest, self.shards, asdict(self.terms), self.version]
        return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()

    @classmethod
    def create(cls, uri: str, terms: Terms, *, shards: int = 0) -> Plan:
        """Survey a manifest and cut it.

        Args:
            shards: how many; 0: as many as give each about 1,000 rows.

        Raises:
            InvalidInput: the manifest is none, or an id is in it twice.
            InvalidArgument: too many shards.
        """
        if not 0 <= shards <= MAX_SHARDS:
            raise InvalidArgument(
                f"{shards} shards are more than {MAX_SHARDS:,}", where="--shards", fix="Take fewer."
            )
        manifest = Manifest.survey(uri)
        refuse_duplicates(manifest)
        return cls(manifest, shards or _shards_for(manifest.rows), terms)

    def shard_range(self, index: int) -> tuple[int, int]:
        """First row of a shard, and how many; a shard may be empty."""
        if not 0 <= index < self.shards:
            raise InvalidArgument(
                f"there is no shard {index}", where="--index", fix=f"There are {self.shards}."
            )
        first = index * self.manifest.rows // self.shards
        return first, (index + 1) * self.manifest.rows // self.shards - first

    def file_of(self, kind: str, index: int) -> str:
        """The name of a shard's file: ``results``, ``timings``, ``audit`` or ``done``."""
        return f"{FOLDER}/{kind}-{index:05d}-of-{self.shards:05d}{_ENDINGS[kind]}"

    def done(self, store: Store) -> set[int]:
        """The shards that are finished, by their markers."""
        there = set(store.names(FOLDER))
        return {i for i in range(self.shards) if self.file_of("done", i).partition("/")[2] in there}

    def marker(self, store: Store, index: int) -> dict[str, Any] | None:
        """What a finished shard says of itself, else ``None``.

        Raises:
            InvalidArgument: the marker is of another plan.
        """
        data = store.read(self.file_of("done", index))
        if data is None:
            return None
        try:
            marker: dict[str, Any] = json.loads(data)
            mine = marker["plan"] == self.fingerprint
        except (ValueError, TypeError, KeyError):
            mine = False
        if not mine:
            raise InvalidArgument(
                f"shard {index} there is of another run", where=store.where(FOLDER), fix=_ELSEWHERE
            )
        return marker

    def write(self, store: Store) -> None:
        """Put it into a folder of results. Raises ``InvalidArgument`` where another run's is."""
        there = self.read(store)
        if there is not None:
            there.require(self, store)
        elif store.names(FOLDER):
            raise InvalidArgument(
                "there are results here without a plan", where=store.where(FOLDER), fix=_ELSEWHERE
            )
        else:
            document = {"format": FORMAT, **asdict(self)}
            store.write(NAME, json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n")

    @classmethod
    def read(cls, store: Store) -> Plan | None:
        """The plan of a folder of results; ``None`` where there is none."""
        data = store.read(NAME)
        if data is None:
            return None
        try:
            document = json.loads(data)
            if document.pop("format") != FORMAT:
                raise ValueError
            terms = document["terms"]
            terms |= {name: tuple(terms.get(name, ())) for name in ("policies", "roots", "hosts")}
            manifest = Manifest.from_document(document["manifest"])
            return cls(manifest, document["shards"], Terms(**terms), document["version"])
        except (ValueError, TypeError, KeyError, AttributeError):
            raise InvalidArgument(
                "this is no plan that this version reads", where=store.where(NAME), fix=_ELSEWHERE
            ) from None

    def require(self, wanted: Plan, store: Store) -> None:
        """Raise ``InvalidArgument`` where the wanted plan is another one; says in what."""
        for name, mine, theirs in self.compared(wanted):
            if mine != theirs:
                raise InvalidArgument(
                    f"the results there are of another run: its {name} is {mine}, not {theirs}",
                    where=store.where(NAME),
                    fix=_ELSEWHERE,
                )

    def compared(self, wanted: Plan) -> Iterator[tuple[str, object, object]]:
        """What two plans say about each thing that results depend on."""
        yield "manifest (sha256)", self.manifest.sha256[:12], wanted.manifest.sha256[:12]
        yield "number of shards", self.shards, wanted.shards
        yield "version of gencheck", self.version, wanted.version
        yield "policy", self.terms.named, wanted.terms.named
        yield "profile", self.terms.profile or "any", wanted.terms.profile or "any"
        yield "--policies", list(self.terms.policies), list(wanted.terms.policies)
        yield "--audit", self.terms.audit, wanted.terms.audit
        yield "--root", list(self.terms.roots), list(wanted.terms.roots)
        yield "--allow-host", list(self.terms.hosts), list(wanted.terms.hosts)


def prepare(store: Store, uri: str, terms: Terms, *, shards: int = 0) -> Plan:
    """The plan of a folder of results: the one that is there, or a new one, written.

    A manifest that is as it was when it was planned is not surveyed again.

    Raises:
        InvalidArgument: the folder holds another run, or the manifest has changed.
    """
    there = Plan.read(store)
    if there is None:
        plan = Plan.create(uri, terms, shards=shards)
        plan.write(store)
        return plan
    manifest = replace(there.manifest, uri=uri)
    if not manifest.unchanged():
        raise InvalidArgument(
            "the manifest is not the one that these results were planned from",
            where=uri,
            fix=_ELSEWHERE,
        )
    there.require(Plan(manifest, shards or there.shards, terms), store)
    return replace(there, manifest=manifest)


def _shards_for(rows: int) -> int:
    return min(MAX_SHARDS, max(1, -(-rows // ROWS_OF_A_SHARD)))
