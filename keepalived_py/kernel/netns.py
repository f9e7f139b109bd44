"""Entering a network namespace by name, as ``ip netns`` keeps them (option ``-s``, keyword ``net_namespace``)."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_FOLDER = Path("/run/netns")
_CLONE_NEWNET = 0x40000000


def enter(name: str) -> None:
    """Move the calling thread, and what it starts from now on, into a namespace.

    Raises OSError: ENOENT when there is none of that name, EPERM without CAP_SYS_ADMIN, EINVAL when the name is no
    namespace.
    """
    if "/" in name or name in {"", ".", ".."}:
        raise FileNotFoundError(2, os.strerror(2), name)
    # os.setns comes with Python 3.12; the C library is already loaded.
    libc = ctypes.CDLL(None, use_errno=True)
    with (_FOLDER / name).open("rb") as handle:
        if libc.setns(handle.fileno(), _CLONE_NEWNET) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), name)
