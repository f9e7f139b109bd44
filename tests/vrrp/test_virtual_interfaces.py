"""vrrp/virtual_interfaces.py"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest

from keepalived_py.config.ast import Configuration, IPAddress, VirtualAddress, VirtualMac, VrrpInstance
from keepalived_py.vrrp.virtual_interfaces import (
    Fate,
    VirtualInterface,
    fate_of,
    link_local_of,
    wanted_interfaces,
)
from keepalived_py.wire.links import LinkDetails
from keepalived_py.wire.rtnetlink import Link
from tests.vrrp.notation import wanted

MAC = bytes.fromhex("00005e000133")
BASE = 2


def with_mac(virtual: VirtualMac | None = None, **settings: object) -> VrrpInstance:
    return wanted(virtual_mac=virtual or VirtualMac(kind="vmac", interface="vrrp.51"), **settings)


def interfaces(*instances: VrrpInstance) -> dict[str, VirtualInterface]:
    return wanted_interfaces(Configuration(vrrp_instances=instances))


def address(text: str, interface: str, base: str | None) -> VirtualAddress:
    parsed: IPAddress = IPv6Address(text) if ":" in text else IPv4Address(text)
    return VirtualAddress(address=parsed, prefix_length=24, interface=interface, base_interface=base)


def found(*, kind: str = "macvlan", mac: bytes = MAC, mode: int = 1, base: int = BASE) -> LinkDetails:
    return LinkDetails(link=Link(index=9, name="vrrp.51", flags=0, mac=mac, link=base), kind=kind, mode=mode)


def test_an_instance_wants_a_macvlan_with_the_mac_of_its_router_id_and_family() -> None:
    (made,) = interfaces(with_mac()).values()
    assert (made.name, made.base, made.kind, made.mac.hex(":")) == ("vrrp.51", "eth0", "macvlan", "00:00:5e:00:01:33")
    assert (made.speaks_ipv6, made.wants_link_local) == (False, False)
    (six,) = interfaces(with_mac(family=6, version=3)).values()
    assert six.mac.hex(":") == "00:00:5e:00:02:33"
    assert (six.speaks_ipv6, six.wants_link_local) == (True, True)


def test_a_configured_mac_is_taken_as_it_is() -> None:
    virtual = VirtualMac(kind="vmac", interface="front", mac="02:0a:0b:0c:0d:0e", group=7, netlink_notify=True)
    (made,) = interfaces(with_mac(virtual)).values()
    assert (made.name, made.mac.hex(":"), made.group, made.netlink_notify) == ("front", "02:0a:0b:0c:0d:0e", 7, True)


def test_an_ipv4_interface_speaks_ipv6_only_for_excluded_addresses_of_that_family() -> None:
    (made,) = interfaces(with_mac(excluded_addresses=(address("fd99::1", "eth0", None),))).values()
    assert made.speaks_ipv6
    assert not made.wants_link_local


def test_with_vmac_xmit_base_it_sends_nothing_and_needs_no_address() -> None:
    virtual = VirtualMac(kind="vmac", interface="vrrp.51", xmit_base=True)
    (made,) = interfaces(with_mac(virtual, family=6, version=3)).values()
    assert not made.wants_link_local
    instance = with_mac(virtual)
    assert (instance.advert_interface, with_mac().advert_interface) == ("eth0", "vrrp.51")


def test_addresses_elsewhere_get_interfaces_of_their_own_one_for_each_base_and_family() -> None:
    instance = with_mac(
        virtual_addresses=(
            address("10.9.0.51", "vrrp.51", "eth0"),
            address("10.8.0.51", "vrrp1.51", "eth1"),
            address("10.8.0.52", "vrrp1.51", "eth1"),
        ),
        excluded_addresses=(address("fd99::1", "vrrp6.51", "eth1"), address("10.7.0.1", "eth2", None)),
    )
    made = interfaces(instance)
    assert [(each.name, each.base, each.family) for each in made.values()] == [
        ("vrrp.51", "eth0", 4),
        ("vrrp1.51", "eth1", 4),
        ("vrrp6.51", "eth1", 6),
    ]
    assert made["vrrp6.51"].mac.hex() == "00005e000233"
    assert made["vrrp6.51"].wants_link_local


def test_an_ipvlan_has_a_mode_and_an_address_and_no_mac() -> None:
    virtual = VirtualMac(
        kind="ipvlan",
        interface="vrrp.51",
        mode="private",
        address=IPv4Address("10.0.0.7"),
        address_prefix_length=24,
    )
    (made,) = interfaces(with_mac(virtual)).values()
    assert (made.kind, made.mode, made.mac, made.address) == ("ipvlan", "private", b"", (IPv4Address("10.0.0.7"), 24))
    (host,) = interfaces(with_mac(replace(virtual, address_prefix_length=None))).values()
    assert host.address == (IPv4Address("10.0.0.7"), 32)


@pytest.mark.parametrize(
    ("there", "fate"),
    [
        (None, Fate.CREATE),
        (found(), Fate.ADOPT),
        (found(mac=bytes(6)), Fate.CORRECT),
        (found(mode=4), Fate.CORRECT),
        (found(base=3), Fate.REPLACE),
        (found(kind="ipvlan"), Fate.REPLACE),
        (found(kind="dummy"), Fate.CONFLICT),
        (found(kind=""), Fate.CONFLICT),
    ],
)
def test_what_exists_under_the_name_is_adopted_corrected_replaced_or_left_alone(
    there: LinkDetails | None, fate: Fate
) -> None:
    (made,) = interfaces(with_mac()).values()
    assert fate_of(made, there, BASE) is fate


def test_an_existing_ipvlan_on_the_base_is_adopted() -> None:
    (made,) = interfaces(with_mac(VirtualMac(kind="ipvlan", interface="vrrp.51"))).values()
    assert fate_of(made, found(kind="ipvlan", mac=b"abcdef"), BASE) is Fate.ADOPT


def test_an_ipv6_interface_sends_from_the_configured_address_or_the_bases_or_one_made_of_its_mac() -> None:
    base_mac = bytes.fromhex("4a6314ab4667")
    own = IPv6Address("fe80::7")
    (made,) = interfaces(with_mac(family=6, version=3)).values()
    assert link_local_of(made, [(IPv6Address("fd99::1"), 64), (own, 64)], base_mac) == own
    assert link_local_of(made, [], base_mac) == IPv6Address("fe80::4863:14ff:feab:4667")
    assert link_local_of(made, [], b"") is None
    (told,) = interfaces(with_mac(family=6, version=3, source_address=IPv6Address("fe80::9"))).values()
    assert link_local_of(told, [(own, 64)], base_mac) == IPv6Address("fe80::9")
    (four,) = interfaces(with_mac()).values()
    assert link_local_of(four, [(own, 64)], base_mac) is None
