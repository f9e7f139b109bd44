"""kernel/receive_buffer.py"""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from keepalived_py.kernel.receive_buffer import enlarge, resize
from tests.lab.capabilities import cannot_run

LIMIT = Path("/proc/sys/net/core/rmem_max")


def room(sock: socket.socket) -> int:
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)


def test_the_kernel_keeps_twice_of_what_is_asked_for() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        resize(sock, 20_000, force=False)
        assert room(sock) == 40_000


def test_only_force_passes_the_systems_limit() -> None:
    limit = int(LIMIT.read_text())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        resize(sock, 2 * limit, force=False)
        assert room(sock) == 2 * limit
        try:
            resize(sock, 2 * limit, force=True)
        except PermissionError:
            cannot_run("passing the system's limit needs CAP_NET_ADMIN")
        assert room(sock) == 4 * limit


@pytest.mark.parametrize("before", [4096, 100_000])
def test_enlarging_never_makes_smaller(before: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        resize(sock, before, force=False)
        had = room(sock)
        enlarge(sock, 50_000)
        assert room(sock) >= max(had, 50_000)
        assert (room(sock) == had) == (had >= 50_000)
