"""vrrp/edge/links.py"""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import pytest

from keepalived_py.config.ast import Configuration, GlobalDefinitions, VirtualAddress, VirtualMac, VrrpInstance
from keepalived_py.kernel.interfaces import list_interfaces
from keepalived_py.vrrp.edge.firewall import Firewall
from keepalived_py.vrrp.edge.links import VirtualInterfaces
from keepalived_py.vrrp.edge.settings import InterfaceSettings
from tests.lab.netns import Lab, in_namespace
from tests.vrrp.edge.written import Written
from tests.vrrp.notation import wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lab.netns import Namespace

pytestmark = pytest.mark.netns

VMAC = VirtualMac(kind="vmac", interface="vrrp.51")
Result = TypeVar("Result")


class Room(NamedTuple):
    host: Namespace
    links: VirtualInterfaces
    log: Written

    def inside(self, work: Callable[[], Result]) -> Result:
        return in_namespace(self.host.name, work)

    def provide(self, *instances: VrrpInstance) -> bool:
        return self.inside(lambda: self.links.provide(Configuration(vrrp_instances=instances)))

    def shown(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.host.ip("-j", "-d", "addr", "show", "dev", name))[0]
        return found

    def names(self) -> set[str]:
        return {link["ifname"] for link in json.loads(self.host.ip("-j", "link", "show"))}

    def setting(self, path: str) -> str:
        return self.host.run("cat", f"/proc/sys/net/{path}").stdout.strip()


def _room(host: Namespace) -> Room:
    log = Written()
    settings = InterfaceSettings(log)  # type: ignore[arg-type]
    firewall = Firewall(GlobalDefinitions(), log, interface=lambda name: list_interfaces().get(name))  # type: ignore[arg-type]
    return Room(host, VirtualInterfaces(log, settings=settings, firewall=firewall), log)  # type: ignore[arg-type]


@pytest.fixture
def room() -> Iterator[Room]:
    with Lab() as lab:
        host = lab.namespace("links")
        for name in ("eth0", "eth1"):
            host.ip("link", "add", name, "type", "veth", "peer", "name", f"{name}p")
            host.ip("link", "set", name, "up")
            host.ip("link", "set", f"{name}p", "up")
        yield _room(host)


def test_an_interface_is_made_with_settings_and_filter_and_everything_is_as_before_at_the_end(room: Room) -> None:
    room.host.sysctl(conf__all__rp_filter="0", conf__eth0__arp_ignore="0")
    assert room.provide(wanted(virtual_mac=VMAC))
    shown = room.shown("vrrp.51")
    assert (shown["address"], shown["link"]) == ("00:00:5e:00:01:33", "eth0")
    assert shown["linkinfo"]["info_data"]["mode"] == "private"
    assert "UP" in shown["flags"]
    assert shown["addr_info"] == []
    values = {
        name: room.setting(f"ipv4/conf/vrrp.51/{name}")
        for name in ("arp_ignore", "accept_local", "rp_filter", "promote_secondaries")
    }
    assert values == {"arp_ignore": "1", "accept_local": "1", "rp_filter": "0", "promote_secondaries": "1"}
    assert room.setting("ipv6/conf/vrrp.51/disable_ipv6") == "1"
    assert [room.setting(f"ipv4/conf/eth0/{name}") for name in ("arp_ignore", "arp_filter")] == ["1", "1"]
    assert '"vrrp.51" : "eth0"' in room.host.run("nft", "list", "map", "ip", "keepalived", "vmac_map").stdout
    room.inside(room.links.close)
    assert "vrrp.51" not in room.names()
    assert [room.setting(f"ipv4/conf/eth0/{name}") for name in ("arp_ignore", "arp_filter")] == ["0", "0"]
    assert "elements" not in room.host.run("nft", "list", "ruleset").stdout
    assert room.log.lines == [
        "(V): Success creating VMAC interface vrrp.51",
        "(V) Success removing VMAC interface vrrp.51",
    ]


def test_an_ipv6_interface_has_the_bases_link_local_address_and_none_of_its_own_mac(room: Room) -> None:
    room.host.ip("addr", "flush", "dev", "eth0")
    room.host.ip("addr", "add", "fe80::7/64", "dev", "eth0", "nodad")
    room.provide(wanted(virtual_mac=VMAC, family=6, version=3))
    (address,) = room.shown("vrrp.51")["addr_info"]
    assert (address["local"], address["prefixlen"], address.get("deprecated")) == ("fe80::7", 64, True)
    assert room.shown("vrrp.51")["address"] == "00:00:5e:00:02:33"
    assert room.setting("ipv6/conf/vrrp.51/disable_ipv6") == "0"


def test_one_that_a_dead_worker_left_is_adopted_and_given_up_at_the_end(room: Room) -> None:
    room.provide(wanted(virtual_mac=VMAC))
    index = room.shown("vrrp.51")["ifindex"]
    again = _room(room.host)
    assert again.provide(wanted(virtual_mac=VMAC))
    assert again.shown("vrrp.51")["ifindex"] == index
    assert "(V): Success creating VMAC interface vrrp.51" not in again.log.lines
    assert '"vrrp.51" : "eth0"' in again.host.run("nft", "list", "ruleset").stdout
    again.inside(again.links.close)
    assert "vrrp.51" not in again.names()


def test_a_macvlan_of_the_name_with_another_mac_is_corrected(room: Room) -> None:
    room.host.ip("link", "add", "vrrp.51", "link", "eth0", "type", "macvlan", "mode", "bridge")
    room.provide(wanted(virtual_mac=VMAC))
    shown = room.shown("vrrp.51")
    assert (shown["address"], shown["linkinfo"]["info_data"]["mode"]) == ("00:00:5e:00:01:33", "private")
    assert room.log.lines[0] == "(V) Update old VMAC interface vrrp.51 due to wrong MAC/mode "


def test_a_macvlan_of_the_name_on_another_base_is_replaced(room: Room) -> None:
    room.host.ip("link", "add", "vrrp.51", "link", "eth1", "type", "macvlan", "mode", "private")
    room.provide(wanted(virtual_mac=VMAC))
    assert room.shown("vrrp.51")["link"] == "eth0"
    assert room.log.lines[0] == "(V) Removing old VMAC interface vrrp.51 due to conflicting interface"


def test_another_kind_of_interface_of_the_name_is_never_touched(room: Room) -> None:
    room.host.ip("link", "add", "vrrp.51", "type", "veth", "peer", "name", "other")
    room.provide(wanted(virtual_mac=VMAC))
    assert room.log.lines == ["VMAC vrrp.51 conflicts with existing interface"]
    room.inside(room.links.close)
    assert {"vrrp.51", "other"} <= room.names()


def test_what_the_kernel_refuses_is_said_and_the_others_are_made(room: Room) -> None:
    room.host.ip("link", "add", "bridge", "type", "bridge")
    room.host.ip("link", "set", "eth0", "master", "bridge")
    other = wanted("W", interface="eth1", router_id=52, virtual_mac=replace(VMAC, interface="vrrp.52"))
    room.provide(wanted(virtual_mac=VMAC), other)
    assert room.log.lines == [
        "Netlink: error: Device or resource busy, cannot make vrrp.51 on eth0",
        "(V): Unable to create VMAC interface vrrp.51",
        "(W): Success creating VMAC interface vrrp.52",
    ]
    assert "vrrp.52" in room.names()


def test_one_that_vanished_is_made_anew_but_not_while_its_base_is_gone(room: Room) -> None:
    room.provide(wanted(virtual_mac=VMAC))
    room.host.ip("link", "del", "vrrp.51")
    room.inside(lambda: room.links.restore("vrrp.51"))
    index = room.shown("vrrp.51")["ifindex"]
    assert '"vrrp.51" : "eth0"' in room.host.run("nft", "list", "map", "ip", "keepalived", "vmac_map").stdout
    assert index
    room.host.ip("link", "del", "eth0")
    before = len(room.log.lines)
    room.inside(lambda: room.links.restore("vrrp.51"))
    room.inside(lambda: room.links.restore("none-of-ours"))
    assert len(room.log.lines) == before


def test_a_reload_makes_what_is_new_and_removes_what_is_gone_and_leaves_the_rest(room: Room) -> None:
    first = wanted(virtual_mac=VMAC)
    second = wanted("W", router_id=52, virtual_mac=replace(VMAC, interface="vrrp.52"))
    room.provide(first)
    index = room.shown("vrrp.51")["ifindex"]
    assert room.provide(first, second)
    assert not room.provide(first, second)
    assert room.shown("vrrp.51")["ifindex"] == index
    assert not room.provide(second)
    room.inside(room.links.remove_unwanted)
    assert "vrrp.51" not in room.names()
    assert "vrrp.52" in room.names()


def test_addresses_on_another_interface_get_one_of_their_own_there(room: Room) -> None:
    address = VirtualAddress(
        address=IPv4Address("10.8.0.51"), prefix_length=24, interface="vrrp1.51", base_interface="eth1"
    )
    room.provide(wanted(excluded_addresses=(address,)))
    shown = room.shown("vrrp1.51")
    assert (shown["link"], shown["address"]) == ("eth1", "00:00:5e:00:01:33")


def test_the_same_interface_under_a_name_that_is_not_wanted_any_more_makes_way(room: Room) -> None:
    room.provide(wanted(virtual_mac=VMAC))
    room.provide(wanted(virtual_mac=replace(VMAC, interface="front")))
    assert "(V) Deleting old VMAC interface vrrp.51" in room.log.lines
    assert room.names() & {"front", "vrrp.51"} == {"front"}
    assert "UP" in room.shown("front")["flags"]


def test_without_its_base_nothing_is_made_until_the_base_comes(room: Room) -> None:
    room.provide(wanted(interface="late", virtual_mac=VMAC))
    assert room.log.lines == []
    room.host.ip("link", "add", "late", "type", "veth", "peer", "name", "later")
    room.inside(lambda: room.links.restore("vrrp.51"))
    assert room.shown("vrrp.51")["link"] == "late"


def test_two_hundred_are_made_and_removed(room: Room) -> None:
    instances = [
        wanted(f"V{number}", router_id=number, virtual_mac=replace(VMAC, interface=f"vrrp.{number}"))
        for number in range(1, 201)
    ]
    room.provide(*instances)
    assert {f"vrrp.{number}" for number in range(1, 201)} <= room.names()
    room.inside(room.links.close)
    assert not {name for name in room.names() if name.startswith("vrrp")}
