"""kernel/netlink_socket.py"""

from __future__ import annotations

import errno
import socket

import pytest

from keepalived_py.kernel.netlink_socket import NetlinkSocket
from keepalived_py.wire import rtnetlink
from keepalived_py.wire.netlink import GENL_ID_CTRL, decode_family, encode_get_family


def test_a_dump_returns_all_its_messages() -> None:
    with NetlinkSocket(socket.NETLINK_ROUTE) as netlink:
        messages = netlink.dump(rtnetlink.RTM_GETLINK, rtnetlink.encode_get_links())
    assert {message.type for message in messages} == {rtnetlink.RTM_NEWLINK}
    assert "lo" in {rtnetlink.decode_link(message.payload).name for message in messages}


def test_a_request_that_is_answered_with_data_returns_it() -> None:
    with NetlinkSocket(16) as netlink:
        answers = netlink.request(GENL_ID_CTRL, encode_get_family("nlctrl"))
    assert decode_family(answers[0].payload) == GENL_ID_CTRL


def test_a_refused_request_is_an_os_error_with_the_kernels_number() -> None:
    with NetlinkSocket(16) as netlink, pytest.raises(OSError, match="No such file") as caught:
        netlink.request(GENL_ID_CTRL, encode_get_family("NOSUCHFAMILY"))
    assert caught.value.errno == errno.ENOENT


def test_after_a_refusal_the_socket_goes_on_working() -> None:
    with NetlinkSocket(16) as netlink:
        with pytest.raises(OSError, match="No such file"):
            netlink.request(GENL_ID_CTRL, encode_get_family("NOSUCHFAMILY"))
        assert netlink.request(GENL_ID_CTRL, encode_get_family("nlctrl"))


def test_requests_without_answer_tell_their_errno_in_order() -> None:
    # Message type 2000 is unknown to rtnetlink: refused one by one, and nothing is changed on any host.
    with NetlinkSocket(socket.NETLINK_ROUTE) as netlink:
        assert netlink.transact([(2000, 0, b"")] * 350) == [errno.EOPNOTSUPP] * 350
        assert netlink.transact([]) == []
