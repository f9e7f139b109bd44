"""The kernel's receive buffer of a socket: how much may wait to be read before something is lost.

Knows the two ways to ask for one; how much is wanted is the caller's business.
"""

from __future__ import annotations

import socket

_SO_RCVBUFFORCE = 33  # asm-generic/socket.h; Python does not name it


def resize(sock: socket.socket, size: int, *, force: bool) -> None:
    """Let ``size`` bytes wait (the kernel keeps twice that, for its own needs).

    ``force`` passes the system's limit (net.core.rmem_max). Raises OSError: EPERM to force without CAP_NET_ADMIN.
    """
    sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE if force else socket.SO_RCVBUF, size)


def enlarge(sock: socket.socket, size: int) -> None:
    """Let at least as much wait as the kernel charges ``size`` for, past the system's limit where we may."""
    if sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= size:
        return
    try:
        resize(sock, size, force=True)
    except PermissionError:
        resize(sock, size, force=False)
