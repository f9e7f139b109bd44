"""kernel/sockets.py"""

from __future__ import annotations

import errno
import json
import select
import socket
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

import pytest

from keepalived_py.kernel import sockets
from keepalived_py.wire import arp, vrrp
from keepalived_py.wire.ip import IPAddress, encode_ipv4_header
from tests.lab.netns import Namespace, in_namespace

if TYPE_CHECKING:
    from keepalived_py.kernel.sockets import VrrpSockets
    from tests.kernel.conftest import Pair

pytestmark = pytest.mark.netns

_LEFT, _RIGHT = IPv4Address("10.99.0.1"), IPv4Address("10.99.0.2")
_LEFT6, _RIGHT6 = IPv6Address("fd99::1"), IPv6Address("fd99::2")
_ADVERT = vrrp.Advertisement(
    version=2, virtual_router_id=51, priority=150, addresses=(IPv4Address("10.99.0.100"),), interval=1_000_000
)
_ADVERT6 = vrrp.Advertisement(
    version=3, virtual_router_id=60, priority=150, addresses=(IPv6Address("fd99::100"),), interval=1_000_000
)


def _index(namespace: Namespace) -> int:
    return int(json.loads(namespace.ip("-j", "link", "show", "dev", "eth0"))[0]["ifindex"])


def _datagram(source: IPv4Address, destination: IPv4Address, advert: vrrp.Advertisement = _ADVERT) -> bytes:
    message = vrrp.encode(advert, source=source, destination=destination)
    header = encode_ipv4_header(
        source, destination, protocol=112, payload_length=len(message), identification=1, ttl=255
    )
    return header + message


def _multicast(namespace: Namespace, source: IPAddress, group: IPAddress) -> VrrpSockets:
    index = _index(namespace)
    return in_namespace(namespace.name, lambda: sockets.open_vrrp_multicast("eth0", index, source, group))


def _unicast(namespace: Namespace, source: IPAddress, *, require_source: bool = True) -> VrrpSockets:
    return in_namespace(
        namespace.name, lambda: sockets.open_vrrp_unicast(source, "eth0", require_source=require_source)
    )


def _received(opened: VrrpSockets, *, seconds: float = 5) -> vrrp.Packet | None:
    select.select([opened.receive], [], [], seconds)
    return opened.receive_packet()


def _sniffer(namespace: Namespace) -> socket.socket:
    def make() -> socket.socket:
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        made.bind(("eth0", 3))
        made.settimeout(5)
        return made

    return in_namespace(namespace.name, make)


def _frame(sniffer: socket.socket, ethertype: int, offset: int = 0, value: bytes = b"") -> bytes:
    """Return the first frame of a type with some bytes in it."""
    while True:
        frame = sniffer.recv(2048)
        if frame[12:14] == ethertype.to_bytes(2, "big") and frame[offset : offset + len(value)] == value:
            return frame


def test_a_multicast_advert_is_heard_at_the_other_end_and_not_by_its_sender(pair: Pair) -> None:
    left = _multicast(pair.left, _LEFT, vrrp.GROUP_IPV4)
    right = _multicast(pair.right, _RIGHT, vrrp.GROUP_IPV4)
    left.send_datagram(_datagram(_LEFT, vrrp.GROUP_IPV4), vrrp.GROUP_IPV4)
    assert _received(right) == vrrp.packet_of(_ADVERT, source=_LEFT, destination=vrrp.GROUP_IPV4)
    assert right.receive_packet() is None
    assert left.receive_packet() is None
    for opened in (left, right):
        opened.close()


def test_scapy_reads_on_the_wire_what_was_sent_with_ttl_255_tos_c0_and_our_identification(pair: Pair) -> None:
    from scapy.layers.inet import IP
    from scapy.layers.l2 import Ether
    from scapy.layers.vrrp import VRRP

    sniffer = _sniffer(pair.right)
    left = _multicast(pair.left, _LEFT, vrrp.GROUP_IPV4)
    datagram = _datagram(_LEFT, vrrp.GROUP_IPV4)
    left.send_datagram(datagram, vrrp.GROUP_IPV4)
    frame = _frame(sniffer, 0x0800, 23, bytes([112]))
    assert frame[14 : 14 + len(datagram)] == datagram
    theirs = Ether(frame)
    assert theirs.dst == "01:00:5e:00:00:12"
    assert (theirs[IP].ttl, theirs[IP].tos, theirs[IP].id, theirs[IP].flags) == (255, 0xC0, 1, 0)
    assert (theirs[VRRP].vrid, theirs[VRRP].priority, theirs[VRRP].addrlist) == (51, 150, ["10.99.0.100"])
    left.close()
    sniffer.close()


def test_a_multicast_socket_hears_neither_unicast_nor_other_groups(pair: Pair) -> None:
    other = IPv4Address("224.0.0.99")
    right = _multicast(pair.right, _RIGHT, vrrp.GROUP_IPV4)
    right_other = _multicast(pair.right, _RIGHT, other)
    unicast = _unicast(pair.left, _LEFT)
    left_other = _multicast(pair.left, _LEFT, other)
    unicast.send_datagram(_datagram(_LEFT, _RIGHT), _RIGHT)
    left_other.send_datagram(_datagram(_LEFT, other), other)
    assert _received(right_other) is not None
    assert right.receive_packet() is None
    for opened in (right, right_other, unicast, left_other):
        opened.close()


def test_unicast_goes_to_its_peer_and_back(pair: Pair) -> None:
    left, right = _unicast(pair.left, _LEFT), _unicast(pair.right, _RIGHT)
    left.send_datagram(_datagram(_LEFT, _RIGHT), _RIGHT)
    assert _received(right) == vrrp.packet_of(_ADVERT, source=_LEFT, destination=_RIGHT)
    right.send_datagram(_datagram(_RIGHT, _LEFT), _LEFT)
    assert _received(left) == vrrp.packet_of(_ADVERT, source=_RIGHT, destination=_LEFT)
    for opened in (left, right):
        opened.close()


def test_a_unicast_socket_hears_only_what_is_for_its_own_address(pair: Pair) -> None:
    pair.right.ip("addr", "add", "10.99.0.3/24", "dev", "eth0")
    left, right = _unicast(pair.left, _LEFT), _unicast(pair.right, _RIGHT)
    third = _unicast(pair.right, IPv4Address("10.99.0.3"))
    left.send_datagram(_datagram(_LEFT, IPv4Address("10.99.0.3")), IPv4Address("10.99.0.3"))
    assert _received(third) is not None
    assert right.receive_packet() is None
    for opened in (left, right, third):
        opened.close()


def test_a_source_that_this_host_does_not_have_cannot_be_opened(pair: Pair) -> None:
    with pytest.raises(OSError, match="Cannot assign requested address") as caught:
        _unicast(pair.left, IPv4Address("192.166.56.101"))
    assert caught.value.errno == errno.EADDRNOTAVAIL


def test_without_requiring_the_source_the_socket_waits_for_the_address_to_come(pair: Pair) -> None:
    later = IPv4Address("10.99.0.9")
    left, right = _unicast(pair.left, _LEFT), _unicast(pair.right, later, require_source=False)
    pair.right.ip("addr", "add", "10.99.0.9/24", "dev", "eth0")
    left.send_datagram(_datagram(_LEFT, later), later)
    packet = _received(right)
    assert packet is not None
    assert packet.destination == later
    for opened in (left, right):
        opened.close()


def test_sending_goes_on_when_the_source_address_is_taken_away(pair: Pair) -> None:
    left, right = _unicast(pair.left, _LEFT), _unicast(pair.right, _RIGHT)
    pair.left.ip("addr", "del", "10.99.0.1/24", "dev", "eth0")
    pair.left.ip("addr", "add", "10.99.0.7/24", "dev", "eth0")
    left.send_datagram(_datagram(_LEFT, _RIGHT), _RIGHT)
    packet = _received(right)
    assert packet is not None
    assert packet.source == _LEFT
    for opened in (left, right):
        opened.close()


def test_ipv6_multicast_carries_hop_limit_destination_and_a_checksum_that_the_kernel_filled_in(pair: Pair) -> None:
    left, right = _multicast(pair.left, _LEFT6, vrrp.GROUP_IPV6), _multicast(pair.right, _RIGHT6, vrrp.GROUP_IPV6)
    message = vrrp.encode(_ADVERT6, source=_LEFT6, destination=vrrp.GROUP_IPV6)
    left.send_datagram(message[:6] + b"\0\0" + message[8:], vrrp.GROUP_IPV6)
    assert _received(right) == vrrp.packet_of(_ADVERT6, source=_LEFT6, destination=vrrp.GROUP_IPV6)
    assert left.receive_packet() is None
    for opened in (left, right):
        opened.close()


def test_ipv6_unicast_goes_to_its_peer(pair: Pair) -> None:
    left, right = _unicast(pair.left, _LEFT6), _unicast(pair.right, _RIGHT6)
    left.send_datagram(vrrp.encode(_ADVERT6, source=_LEFT6, destination=_RIGHT6), _RIGHT6)
    packet = _received(right)
    assert packet is not None
    assert (packet.source, packet.destination, packet.virtual_router_id) == (_LEFT6, _RIGHT6, 60)
    assert packet.checksum_valid
    for opened in (left, right):
        opened.close()


def test_an_interface_that_is_not_there_is_an_os_error(pair: Pair) -> None:
    with pytest.raises(OSError, match="No such device"):
        in_namespace(pair.left.name, lambda: sockets.open_vrrp_multicast("eth9", 999, _LEFT, vrrp.GROUP_IPV4))


def test_sending_on_an_interface_that_is_down_is_an_os_error(pair: Pair) -> None:
    left = _multicast(pair.left, _LEFT, vrrp.GROUP_IPV4)
    pair.left.ip("link", "set", "eth0", "down")
    with pytest.raises(OSError, match=r"Network is (down|unreachable)"):
        left.send_datagram(_datagram(_LEFT, vrrp.GROUP_IPV4), vrrp.GROUP_IPV4)
    left.close()


def test_the_sending_socket_never_has_anything_to_read(pair: Pair) -> None:
    left, right = _multicast(pair.left, _LEFT, vrrp.GROUP_IPV4), _multicast(pair.right, _RIGHT, vrrp.GROUP_IPV4)
    for _ in range(10):
        left.send_datagram(_datagram(_LEFT, vrrp.GROUP_IPV4), vrrp.GROUP_IPV4)
    assert _received(right) is not None
    with pytest.raises(BlockingIOError):
        right.send.recv(2048)
    for opened in (left, right):
        opened.close()


def test_an_advert_with_as_many_addresses_as_there_can_be_arrives_whole(pair: Pair) -> None:
    many = vrrp.Advertisement(
        version=3,
        virtual_router_id=51,
        priority=150,
        addresses=tuple(IPv4Address(0x0A000000 + number) for number in range(255)),
        interval=1_000_000,
    )
    left, right = _multicast(pair.left, _LEFT, vrrp.GROUP_IPV4), _multicast(pair.right, _RIGHT, vrrp.GROUP_IPV4)
    left.send_datagram(_datagram(_LEFT, vrrp.GROUP_IPV4, many), vrrp.GROUP_IPV4)
    assert _received(right) == vrrp.packet_of(many, source=_LEFT, destination=vrrp.GROUP_IPV4)
    for opened in (left, right):
        opened.close()


def test_gratuitous_arp_is_seen_at_the_other_end_and_moves_its_neighbour_entry(pair: Pair) -> None:
    pair.right.ip("neigh", "replace", "10.99.0.100", "lladdr", "02:00:00:00:00:99", "nud", "stale", "dev", "eth0")
    sniffer = _sniffer(pair.right)
    index = _index(pair.left)
    mac = bytes.fromhex(pair.left.run("cat", "/sys/class/net/eth0/address").stdout.strip().replace(":", ""))
    frame = arp.encode_gratuitous(IPv4Address("10.99.0.100"), mac)
    sender = in_namespace(pair.left.name, sockets.open_link)
    in_namespace(pair.left.name, lambda: sockets.send_frame(sender, index, frame))
    assert _frame(sniffer, 0x0806, 28, IPv4Address("10.99.0.100").packed)[:42] == frame
    neighbours = json.loads(pair.right.ip("-j", "neigh", "show", "10.99.0.100"))
    assert [entry["lladdr"] for entry in neighbours] == [mac.hex(":")]
    sender.close()
    sniffer.close()


def test_gratuitous_arp_on_an_interface_that_is_gone_is_an_os_error(pair: Pair) -> None:
    with (
        in_namespace(pair.left.name, sockets.open_link) as sender,
        pytest.raises(OSError, match="No such device") as caught,
    ):
        in_namespace(pair.left.name, lambda: sockets.send_frame(sender, 999, bytes(42)))
    assert caught.value.errno == errno.ENODEV
