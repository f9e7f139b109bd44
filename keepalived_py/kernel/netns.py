"""Network namespaces by name, as ``ip netns`` keeps them (option ``-s``, keyword ``net_namespace``), with the mounts of one.

Moves the calling thread, and whatever it starts from then on. Who moves where, and what is said of a failure, is the caller's.
Source: reference/cli-and-process.md §3.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDER = Path("/run/netns")
_CLONE_NEWNS = 0x00020000
_CLONE_NEWNET = 0x40000000
_MS_BIND, _MS_REC, _MS_SLAVE = 0x1000, 0x4000, 0x80000

# os.setns and os.unshare come with Python 3.12; mount never. The C library is already loaded.
_libc = ctypes.CDLL(None, use_errno=True)

#: The namespace that this process was started in, once it has left it.
_home: int | None = None


def path_of(name: str) -> Path:
    """Return where a namespace of that name is kept. Raises FileNotFoundError for what cannot be a name."""
    if "/" in name or name in {"", ".", ".."}:
        raise FileNotFoundError(2, os.strerror(2), name)
    return _FOLDER / name


def enter(name: str) -> None:
    """Move the calling thread, and what it starts from now on, into a namespace.

    Raises OSError: ENOENT when there is none of that name, EPERM without CAP_SYS_ADMIN, EINVAL when the name is no
    namespace.
    """
    global _home  # noqa: PLW0603 - as the namespace itself, of the whole process
    with path_of(name).open("rb") as handle:
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _check(_libc.setns(handle.fileno(), _CLONE_NEWNET), name)
        except OSError:
            os.close(before)
            raise
    if _home is None:
        _home = before
    else:
        os.close(before)


def go_home() -> None:
    """Move the calling thread into the namespace that this process was started in, if it has left it. Raises OSError."""
    if _home is not None:
        _check(_libc.setns(_home, _CLONE_NEWNET), "")


def home() -> str | None:
    """Return a path of the namespace that this process was started in; None when it has not left it."""
    return None if _home is None else f"/proc/self/fd/{_home}"


@contextlib.contextmanager
def visit(path: str) -> Iterator[None]:
    """Move the calling thread into a namespace for a moment: sockets opened there stay there. Raises OSError."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        there = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _check(_libc.setns(there, _CLONE_NEWNET), path)
        finally:
            os.close(there)
        try:
            yield
        finally:
            _check(_libc.setns(before, _CLONE_NEWNET), path)
    finally:
        os.close(before)


class PrivateFolder:
    """Gives this process, and what it starts, ``folder/name`` in place of ``folder``: two namespaces, two sets of PID files.

    ``open`` leaves the mounts of the host behind (changes of theirs still reach us); ``close`` undoes it and removes the
    folder if it is empty. Both raise OSError.
    """

    def __init__(self, folder: str, name: str) -> None:
        self._folder = folder
        self._inside = os.path.join(folder, name)
        self._mounted = False

    def open(self) -> None:
        """Make the folder and put it over the other."""
        with contextlib.suppress(FileExistsError):
            os.mkdir(self._inside)
        os.chmod(self._inside, 0o755)  # noqa: S103 - whoever looks for PID files may look here
        _check(_libc.unshare(_CLONE_NEWNS), self._folder)
        # systemd makes all mounts shared: what we mount must not appear outside.
        _check(_libc.mount(b"", b"/", None, _MS_REC | _MS_SLAVE, None), "/")
        source, target = os.fsencode(self._inside), os.fsencode(self._folder)
        _check(_libc.mount(source, target, None, _MS_BIND, None), self._inside)
        self._mounted = True

    def close(self) -> None:
        """Take it away again."""
        if not self._mounted:
            return
        self._mounted = False
        _check(_libc.umount(os.fsencode(self._folder)), self._folder)
        with contextlib.suppress(OSError):  # not empty: another daemon in the same namespace
            os.rmdir(self._inside)


def _check(result: int, name: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)
