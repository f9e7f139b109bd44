"""kernel/ipvs.py, as far as a kernel without ip_vs can show it; the rest is tests/vm/guest_ipvs_socket.py"""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from keepalived_py.kernel.ipvs import IpvsSocket, IpvsUnavailable, as_libnl
from keepalived_py.wire import ipvs
from tests.lab.netns import Namespace, in_namespace


@pytest.mark.netns
def test_without_ip_vs_the_refusal_says_what_the_reference_says_and_what_to_load(alone: Namespace) -> None:
    if Path("/proc/net/ip_vs").exists():
        pytest.skip("this kernel has ip_vs")

    def connect() -> None:
        IpvsSocket().connect()

    with pytest.raises(
        IpvsUnavailable, match=r"^IPVS: Can't initialize ipvs: No such file or directory \(load .*ip_vs"
    ):
        in_namespace(alone.name, connect)


def test_before_connecting_every_use_is_an_os_error() -> None:
    with IpvsSocket() as table, pytest.raises(OSError, match="not connected") as caught:
        table.apply([ipvs.encode_flush()])
    assert caught.value.errno == errno.ENOTCONN


def test_two_errors_have_other_numbers_in_the_reference() -> None:
    assert [as_libnl(number) for number in (errno.ESRCH, errno.EADDRINUSE, errno.EINVAL, 0)] == [
        errno.ENOENT,
        errno.EEXIST,
        errno.EINVAL,
        0,
    ]
