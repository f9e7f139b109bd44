"""Sockets that instances share, on loopback's sockets."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address

from keepalived_py.kernel.sockets import VrrpSockets
from keepalived_py.vrrp.edge.pool import Pool

LOCAL = IPv4Address("127.0.0.1")


def pool() -> Pool:
    receive, send = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    return Pool(sockets=VrrpSockets(receive=receive, send=send, source=LOCAL, group=None), interface="lo", local=LOCAL)


def test_every_instance_that_joins_makes_room_for_its_advert() -> None:
    shared = pool()
    shared.sockets.receive.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    for number in range(20):
        shared.join(f"V{number}")
    assert len(shared.instances) == 20
    assert shared.sockets.receive.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= 20 * 8192
    shared.sockets.close()


def test_what_is_configured_for_the_instances_is_what_there_is() -> None:
    shared = pool()
    shared.join("A", 10_000)
    shared.join("B", 20_000)
    assert shared.sockets.receive.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 2 * 30_000
    shared.join("A", 5_000)
    assert shared.sockets.receive.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 2 * 25_000
    shared.sockets.close()


def test_it_is_described_as_the_reference_does() -> None:
    shared = pool()
    descriptors = f"{shared.sockets.receive.fileno()},{shared.sockets.send.fileno()}"
    assert shared.describe(2) == (
        f"VRRP sockpool: [ifindex(  2), family(IPv4), proto(112), fd({descriptors}) , unicast, address(127.0.0.1)]"
    )
    shared.sockets.close()
