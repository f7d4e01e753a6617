"""A store in a folder: survives restarts, and may be read by other processes of the same machine.

An asset is a file ``ab/abcd…`` named by its sha256. One on its way in is a file in ``parts/``, held
by a lock until it is renamed to its place or removed; those that a crash left are removed when the
store takes its first asset. No link is followed, nothing else in the folder is touched.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gencheck.assets.store import Room, unknown
from gencheck.errors import InvalidArgument, NotFound, Unavailable
from gencheck.media.fetch.types import Head
from gencheck.media.filesystems import store_errors
from gencheck.media.sniff import HEAD_BYTES

_HEX = re.compile("[0-9a-f]{64}")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NOTHING = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}  # a link, too, is no asset
_WHERE = "asset store"  # where it is does not concern callers


class DiskStore:
    """Holds so many bytes in a folder, the most recently used ones.

    Several processes may read it. Several may write to it too; each then counts its own bytes.
    """

    blocks = True

    def __init__(self, folder: Path, capacity: int) -> None:
        """Raises ``InvalidArgument`` where the folder cannot be made."""
        self.capacity: int | None = capacity
        self._room = Room(capacity)
        self._surveyed = False
        self._lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._root = os.open(folder, _FOLDER & ~os.O_NOFOLLOW)
        except OSError as error:
            raise InvalidArgument(
                f"this folder cannot be used: {error.strerror}", where=str(folder)
            ) from None

    def close(self) -> None:
        """See :class:`gencheck.assets.store.Store`."""
        os.close(self._root)

    def peek(self, digest: str) -> Head:
        """See :class:`gencheck.assets.store.Store`."""
        with self._opened(digest) as handle:
            self._use(digest, handle)
            return Head(os.pread(handle, HEAD_BYTES, 0), os.fstat(handle).st_size)

    @contextmanager
    def open(self, digest: str) -> Iterator[_Reading]:
        """See :class:`gencheck.assets.store.Store`. It can be read whoever removes it meanwhile."""
        with self._opened(digest) as handle:
            self._room.pin(digest)
            try:
                self._use(digest, handle)
                yield _Reading(handle)
            finally:
                self._room.unpin(digest)

    @contextmanager
    def create(self) -> Iterator[_Writing]:
        """See :class:`gencheck.assets.store.Store`."""
        name = secrets.token_hex(16)
        with store_errors(_WHERE):
            self._survey()
            with self._folder("parts", make=True) as parts:
                handle = os.open(name, _WRITE, 0o600, dir_fd=parts)
                fcntl.flock(handle, fcntl.LOCK_EX)
        writing = _Writing(self, handle, name)
        try:
            yield writing
        finally:
            with suppress(OSError), self._folder("parts") as parts:  # unless it was kept
                os.unlink(name, dir_fd=parts)
            os.close(handle)
            self._room.release(writing.reserved)

    def remove(self, digest: str) -> None:
        """See :class:`gencheck.assets.store.Store`."""
        self._room.drop(digest)
        name = _name(digest)
        with suppress(OSError, NotFound), self._folder(name[:2]) as folder:
            os.unlink(name, dir_fd=folder)

    def _reserve(self, count: int) -> None:
        for digest in self._room.reserve(count):
            self.remove(digest)

    def _keep(self, digest: str, part: str, size: int) -> bool:
        name = _name(digest)
        with (
            self._lock,
            store_errors(_WHERE),
            self._folder("parts") as parts,
            self._folder(name[:2], make=True) as folder,
        ):
            existed = _is_file(name, folder)
            if not existed:
                os.rename(part, name, src_dir_fd=parts, dst_dir_fd=folder)
                os.fsync(folder)
        self._room.add(digest, size)
        return not existed

    @contextmanager
    def _opened(self, digest: str) -> Iterator[int]:
        name = _name(digest)
        try:
            with self._folder(name[:2]) as folder:
                handle = os.open(name, _READ, dir_fd=folder)
        except OSError as error:
            if error.errno not in _NOTHING:
                with store_errors(_WHERE):
                    raise
            self._room.drop(digest)
            raise unknown(digest) from None
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise unknown(digest)
            yield handle
        finally:
            os.close(handle)

    @contextmanager
    def _folder(self, name: str, *, make: bool = False) -> Iterator[int]:
        if make:
            with suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=self._root)
        handle = os.open(name, _FOLDER, dir_fd=self._root)
        try:
            yield handle
        finally:
            os.close(handle)

    def _use(self, digest: str, handle: int) -> None:
        """Remember that it was used, past a restart too."""
        self._room.touch(digest)
        with suppress(OSError):  # somebody else's folder can be read all the same
            os.utime(handle)

    def _survey(self) -> None:
        """Once, before anything is written: count what is there, remove what a crash left."""
        with self._lock:
            if self._surveyed:
                return
            found = sorted(self._found())
            for _, digest, size in found:
                self._room.add(digest, size)
            self._remove_leftovers()
            self._reserve(0)  # the folder may hold more than it shall by now
            self._surveyed = True

    def _found(self) -> Iterator[tuple[float, str, int]]:
        for prefix in _names(self._root):
            if not re.fullmatch("[0-9a-f]{2}", prefix):
                continue
            with suppress(OSError), self._folder(prefix) as folder:
                for name in _names(folder):
                    info = os.stat(name, dir_fd=folder, follow_symlinks=False)
                    if _HEX.fullmatch(name) and name[:2] == prefix and stat.S_ISREG(info.st_mode):
                        yield info.st_mtime, f"sha256:{name}", info.st_size

    def _remove_leftovers(self) -> None:
        with suppress(FileNotFoundError), self._folder("parts") as parts:
            for name in _names(parts):
                with suppress(OSError):  # another process is writing it: the lock is held
                    handle = os.open(name, _READ, dir_fd=parts)
                    try:
                        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        os.unlink(name, dir_fd=parts)
                    finally:
                        os.close(handle)


class _Reading:
    def __init__(self, handle: int) -> None:
        self._handle = handle
        self.size = os.fstat(handle).st_size

    def read(self, offset: int, count: int) -> bytes:
        with store_errors(_WHERE):
            return os.pread(self._handle, count, offset)


class _Writing:
    def __init__(self, store: DiskStore, handle: int, name: str) -> None:
        self._store = store
        self._handle = handle
        self._name = name
        self.reserved = 0

    def write(self, data: bytes) -> None:
        self._store._reserve(len(data))
        self.reserved += len(data)
        view = memoryview(data)
        with store_errors(_WHERE):
            while view:
                view = view[os.write(self._handle, view) :]

    def keep(self, digest: str) -> bool:
        with store_errors(_WHERE):
            os.fsync(self._handle)
        try:
            return self._store._keep(digest, self._name, self.reserved)
        except NotFound:
            raise Unavailable("the part of this upload was removed", where=_WHERE) from None


def _names(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries]


def _name(digest: str) -> str:
    name = digest.removeprefix("sha256:")
    if not _HEX.fullmatch(name):
        raise unknown(digest)
    return name


def _is_file(name: str, folder: int) -> bool:
    try:
        return stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False
