"""kernel/addresses.py"""

from __future__ import annotations

import errno
import json
import socket
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from keepalived_py.config.ast import VirtualAddress
from keepalived_py.kernel.addresses import AddressRequest, AddressTable
from keepalived_py.kernel.netlink_socket import NetlinkSocket
from keepalived_py.wire.rtnetlink import PROTOCOL_KEEPALIVED, RTM_GETADDR, decode_address, encode_get_addresses
from tests.lab.netns import Namespace, in_namespace

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.netns

_VIP = VirtualAddress(address=IPv4Address("10.99.0.100"), prefix_length=24, interface="eth0")
_VIP6 = VirtualAddress(address=IPv6Address("fd99::100"), prefix_length=64, interface="eth0")

Result = TypeVar("Result")


def _with_table(namespace: Namespace, work: Callable[[AddressTable], Result]) -> Result:
    def run() -> Result:
        with AddressTable() as table:
            return work(table)

    return in_namespace(namespace.name, run)


def _index(namespace: Namespace, interface: str = "eth0") -> int:
    return int(json.loads(namespace.ip("-j", "link", "show", "dev", interface))[0]["ifindex"])


def _shown(namespace: Namespace, address: str) -> dict[str, Any]:
    """Return what ip(8) says of an address, {} when it is not set."""
    for link in json.loads(namespace.ip("-j", "addr", "show", "dev", "eth0")):
        for entry in link["addr_info"]:
            if entry["local"] == address:
                return dict(entry)
    return {}


@pytest.mark.parametrize("virtual", [_VIP, _VIP6], ids=["IPv4", "IPv6"])
def test_an_address_comes_and_goes(alone: Namespace, virtual: VirtualAddress) -> None:
    index = _index(alone)
    added = _with_table(alone, lambda table: table.add(virtual, index))
    assert (added.ok, added.changed) == (True, True)
    shown = _shown(alone, str(virtual.address))
    assert shown["prefixlen"] == virtual.prefix_length
    assert shown["scope"] == "global"
    removed = _with_table(alone, lambda table: table.remove(virtual, index))
    assert (removed.ok, removed.changed) == (True, True)
    assert _shown(alone, str(virtual.address)) == {}


@pytest.mark.parametrize("virtual", [_VIP, _VIP6], ids=["IPv4", "IPv6"])
def test_an_address_that_is_there_already_counts_as_ours(alone: Namespace, virtual: VirtualAddress) -> None:
    alone.ip("addr", "add", f"{virtual.address}/{virtual.prefix_length}", "dev", "eth0")
    result = _with_table(alone, lambda table: table.add(virtual, _index(alone)))
    assert (result.errno, result.ok, result.changed, result.text) == (errno.EEXIST, True, False, "File exists")


@pytest.mark.parametrize("virtual", [_VIP, _VIP6], ids=["IPv4", "IPv6"])
def test_an_address_that_is_gone_already_counts_as_removed(alone: Namespace, virtual: VirtualAddress) -> None:
    result = _with_table(alone, lambda table: table.remove(virtual, _index(alone)))
    assert (result.ok, result.changed) == (True, False)


def test_without_its_interface_an_address_cannot_be_added_but_counts_as_removed(alone: Namespace) -> None:
    assert not _with_table(alone, lambda table: table.add(_VIP, 999)).ok
    assert _with_table(alone, lambda table: table.remove(_VIP, 999)).ok
    assert _with_table(alone, lambda table: table.present(999)) == set()


def test_label_scope_and_broadcast_are_set_as_configured(alone: Namespace) -> None:
    virtual = replace(_VIP, label="eth0:vip", scope=253, broadcast=IPv4Address("10.99.0.255"))
    assert _with_table(alone, lambda table: table.add(virtual, _index(alone))).ok
    shown = _shown(alone, "10.99.0.100")
    assert (shown["label"], shown["scope"], shown["broadcast"]) == ("eth0:vip", "link", "10.99.0.255")
    # What is not key may differ when it is removed.
    assert _with_table(alone, lambda table: table.remove(_VIP, _index(alone))).changed


def test_a_peer_address_has_the_peers_prefix_length(alone: Namespace) -> None:
    virtual = replace(_VIP, prefix_length=32, peer=IPv4Address("10.98.0.1"), peer_prefix_length=30)
    assert _with_table(alone, lambda table: table.add(virtual, _index(alone))).ok
    shown = _shown(alone, "10.99.0.100")
    assert (shown["address"], shown["prefixlen"]) == ("10.98.0.1", 30)
    assert _with_table(alone, lambda table: table.remove(virtual, _index(alone))).changed


def test_an_ipv6_address_that_is_never_preferred_is_deprecated_for_ever_and_never_tentative(alone: Namespace) -> None:
    virtual = replace(_VIP6, prefix_length=128, preferred_lifetime=0)
    assert _with_table(alone, lambda table: table.add(virtual, _index(alone))).ok
    shown = _shown(alone, "fd99::100")
    assert shown["deprecated"]
    assert shown["nodad"]
    assert "tentative" not in shown
    assert (shown["preferred_life_time"], shown["valid_life_time"]) == (0, 4294967295)


def test_an_ipv6_address_may_be_preferred_for_a_while_and_look_for_duplicates(alone: Namespace) -> None:
    virtual = replace(_VIP6, preferred_lifetime=600, flags=frozenset({"-nodad", "noprefixroute", "mngtmpaddr"}))
    assert _with_table(alone, lambda table: table.add(virtual, _index(alone))).ok
    shown = _shown(alone, "fd99::100")
    assert 590 <= shown["preferred_life_time"] <= 600
    assert shown["valid_life_time"] == 4294967295
    assert shown["noprefixroute"]
    assert shown["mngtmpaddr"]
    assert "nodad" not in shown
    assert "fd99::/64" not in alone.ip("-6", "route", "show", "dev", "eth0")


def test_an_address_carries_the_protocol_number_of_keepalived(alone: Namespace) -> None:
    for virtual in (_VIP, _VIP6):
        assert _with_table(alone, lambda table, virtual=virtual: table.add(virtual, _index(alone))).ok  # type: ignore[misc]

    def protocols() -> set[int]:
        with NetlinkSocket(socket.NETLINK_ROUTE) as netlink:
            found = [decode_address(each.payload) for each in netlink.dump(RTM_GETADDR, encode_get_addresses())]
        return {each.protocol for each in found if each.address in (_VIP.address, _VIP6.address)}

    assert in_namespace(alone.name, protocols) == {PROTOCOL_KEEPALIVED}


def test_many_requests_go_in_order_and_one_that_fails_stops_no_other(alone: Namespace) -> None:
    index = _index(alone)
    many = [replace(_VIP, address=IPv4Address(0x0A630200 + number), prefix_length=32) for number in range(250)]
    requests = [AddressRequest(add=True, address=address, interface_index=index) for address in many]
    requests[7] = replace(requests[7], interface_index=999)
    requests[8] = replace(requests[8], address=replace(many[8], prefix_length=33))
    requests[9] = replace(requests[9], address=replace(many[9], prefix_length=300))
    requests[201] = requests[200]
    results = _with_table(alone, lambda table: table.apply(requests))
    expected = {7: errno.ENODEV, 8: errno.EINVAL, 9: errno.EINVAL, 201: errno.EEXIST}
    assert {number: result for number, result in enumerate(results) if result} == expected
    present = _with_table(alone, lambda table: table.present(index))
    wanted = {(address.address, 32) for number, address in enumerate(many) if number not in {7, 8, 9, 201}}
    assert {pair for pair in present if pair[0] in IPV4_RANGE} == wanted
    removal = [replace(request, add=False) for request in requests]
    outcome = _with_table(alone, lambda table: table.apply(removal))
    assert all(r.is_done(number) or number == errno.EINVAL for r, number in zip(removal, outcome, strict=True))
    assert not {pair for pair in _with_table(alone, lambda table: table.present(index)) if pair[0] in IPV4_RANGE}


IPV4_RANGE = {ip_address(0x0A630200 + number) for number in range(256)}


def test_what_is_present_is_told_for_one_interface_only(alone: Namespace) -> None:
    alone.ip("addr", "add", "10.1.0.1/16", "dev", "eth0")
    alone.ip("addr", "add", "10.2.0.1/16", "dev", "eth1")
    present = _with_table(alone, lambda table: table.present(_index(alone)))
    assert (IPv4Address("10.1.0.1"), 16) in present
    assert (IPv4Address("10.2.0.1"), 16) not in present
    assert any(address.is_link_local for address, _ in present)


def test_nothing_to_do_is_done() -> None:
    with AddressTable() as table:
        assert table.apply([]) == []
