"""What a caller gives (a path, bytes, a policy) as the messages that carry it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias, TypedDict, Unpack

from gencheck.errors import DecodeFailed, InvalidInput, NotFound, PermissionDenied
from gencheck.policy import Policy
from gencheck.v1 import bias_pb2, common_pb2, router_pb2
from gencheck.wire import policy_to

AssetLike: TypeAlias = str | os.PathLike[str] | bytes | common_pb2.Asset
PolicyLike: TypeAlias = str | Policy | None


class CheckOptions(TypedDict, total=False):
    """What may be said about a check by the router.

    Attributes:
        prompt: what the asset was made from.
        policy: the name of one that the server knows, or a policy to carry along.
        heat_map: whether to return a heat map of a picture (PNG).
        views: whether to return pictures of a mesh (PNG).
        checks: names of checks; all that apply where empty.
        stop_early: whether to end as soon as the verdict is FAIL, and call off the rest.
    """

    prompt: str
    policy: PolicyLike
    heat_map: bool
    views: bool
    checks: Sequence[str]
    stop_early: bool


def to_asset(asset: AssetLike) -> common_pb2.Asset:
    """A path read into an asset that carries its bytes; bytes and assets as they are.

    Raises:
        NotFound: no such file.
        PermissionDenied: the file cannot be read.
        InvalidInput: a folder, a device, an empty file, or something else that is no asset.
    """
    if isinstance(asset, common_pb2.Asset):
        return asset
    if isinstance(asset, bytes):
        return common_pb2.Asset(inline=asset)
    where = str(asset)
    path = regular_file(asset)
    with file_errors(where):
        return inline_asset(path.read_bytes(), where)


def regular_file(asset: str | os.PathLike[str]) -> Path:
    """The path of a regular file; or of none, which opening it will tell."""
    path = Path(asset)
    where = str(asset)
    with file_errors(where):
        if path.is_dir():
            raise InvalidInput(
                "this is a folder", where=where, fix="Name the files in it, such as folder/*.png."
            )
        if path.exists() and not path.is_file():
            raise InvalidInput("this is no regular file", where=where)
    return path


def carried_bytes(asset: AssetLike) -> int:
    """The bytes that a request would carry; 0 where reading them will say what is wrong."""
    if isinstance(asset, common_pb2.Asset):
        return len(asset.inline)
    if isinstance(asset, bytes):
        return len(asset)
    try:
        return Path(asset).stat().st_size
    except (OSError, ValueError):
        return 0


@contextmanager
def file_errors(where: str) -> Iterator[None]:
    """What reading a file raises, as errors of the tree."""
    try:
        yield
    except FileNotFoundError:
        fix = (
            "This is an address: download the file first." if "://" in where else "Check the path."
        )
        raise NotFound("no such file", where=where, fix=fix) from None
    except PermissionError:
        raise PermissionDenied("no permission to read this file", where=where) from None
    except OSError as error:
        raise InvalidInput(f"cannot be read: {error.strerror}", where=where) from None


def inline_asset(data: bytes, name: str) -> common_pb2.Asset:
    """An asset that carries its bytes. Raises ``DecodeFailed`` where there are none."""
    if not data:
        raise DecodeFailed("this is empty", where=name, fix="Check what should have written it.")
    return common_pb2.Asset(inline=data, name=printable(name))


def printable(name: str) -> str:
    """The name of a file as text: bytes of it that are no UTF-8 become U+FFFD."""
    return os.fsencode(name).decode("utf-8", "replace")


def check_request(asset: AssetLike, **options: Unpack[CheckOptions]) -> router_pb2.CheckRequest:
    """A request for the router; see :meth:`AsyncClient.check`."""
    return router_pb2.CheckRequest(
        asset=to_asset(asset),
        prompt=options.get("prompt", ""),
        want_heat_map=options.get("heat_map", False),
        want_views=options.get("views", False),
        checks=options.get("checks", ()),
        stop_early=options.get("stop_early", False),
        **head(options.get("policy")),
    )


def set_image(image: AssetLike | bias_pb2.SetImage) -> bias_pb2.SetImage:
    """A picture of a set."""
    return (
        image if isinstance(image, bias_pb2.SetImage) else bias_pb2.SetImage(asset=to_asset(image))
    )


def head(policy: PolicyLike) -> dict[str, Any]:
    """What all requests begin with: an id, and whose policy."""
    fields: dict[str, Any] = {"request_id": str(uuid.uuid4())}
    if isinstance(policy, Policy):
        fields["policy"] = policy_to(policy)
    elif policy:
        fields["policy_name"] = policy
    return fields
