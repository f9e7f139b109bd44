"""vrrp/filtering.py"""

from __future__ import annotations

import json
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

import pytest

from keepalived_py.kernel.nftables import NftablesSocket
from keepalived_py.vrrp.filtering import Filter, FilteredAddress, FilteredMac
from keepalived_py.wire.nftables import (
    NFPROTO_IPV4,
    NFPROTO_IPV6,
    Counter,
    DeleteTable,
    NewChain,
    NewRule,
    NewSet,
    NewTable,
    SetElements,
)
from tests.lab.netns import Lab, in_namespace

if TYPE_CHECKING:
    from keepalived_py.wire.nftables import Message

INDEX = 7


def address(text: str, interface: str = "eth0", *, by_name: bool = False) -> FilteredAddress:
    return FilteredAddress(address=ip_address(text), interface=interface, interface_index=INDEX, by_name=by_name)


def mac(family: int = 4, *, link_local: str | None = None) -> FilteredMac:
    return FilteredMac(
        interface="vrrp.51",
        interface_index=INDEX,
        base_index=2,
        family=family,
        base_link_local=None if link_local is None else IPv6Address(link_local),
    )


def made(messages: list[Message]) -> list[str]:
    """What messages make, by name: tables, chains, sets, rules by their chain."""
    named = []
    for message in messages:
        family = "ip" if message.family == NFPROTO_IPV4 else "ip6"
        match message:
            case NewTable():
                named.append(f"{family} table")
            case NewChain(name=name):
                named.append(f"{family} chain {name}")
            case NewSet(name=name):
                named.append(f"{family} set {name}")
            case NewRule(chain=chain):
                named.append(f"{family} rule {chain}")
            case SetElements(set=name, add=add, elements=elements):
                named.append(f"{family} {'add' if add else 'remove'} {name} {len(elements)}")
            case DeleteTable():
                named.append(f"{family} delete")
    return named


def test_the_first_address_makes_what_it_needs_and_later_ones_are_elements_alone() -> None:
    filter_ = Filter()
    assert made(filter_.filter_addresses("V", [address("10.0.0.100"), address("10.0.0.101")])) == [
        "ip table",
        "ip chain out",
        "ip chain in",
        "ip set vips",
        "ip rule in",
        "ip rule out",
        "ip add vips 2",
    ]
    assert made(filter_.filter_addresses("W", [address("10.0.0.102")])) == ["ip add vips 1"]
    assert filter_.families == (NFPROTO_IPV4,)


def test_an_address_of_two_instances_is_filtered_until_both_let_go() -> None:
    filter_ = Filter()
    filter_.filter_addresses("V", [address("10.0.0.100")])
    assert filter_.filter_addresses("W", [address("10.0.0.100")]) == []
    assert filter_.release_addresses("V", [address("10.0.0.100")]) == []
    assert made(filter_.release_addresses("W", [address("10.0.0.100")])) == ["ip remove vips 1"]
    assert filter_.release_addresses("W", [address("10.0.0.100")]) == []


@pytest.mark.parametrize(
    ("filtered", "by_index", "expected"),
    [
        (address("2001:db8::5"), False, ("vips", "20010db8000000000000000000000005")),
        (address("fe80::5"), False, ("vips_link_local", "fe80000000000000000000000000000507000000")),
        (
            address("fe80::5", by_name=True),
            False,
            ("vips_link_local_name", "fe800000000000000000000000000005" + b"eth0".ljust(16, b"\0").hex()),
        ),
        (
            address("fe80::5", by_name=True),
            True,
            ("vips_link_local", "fe80000000000000000000000000000507000000"),
        ),
    ],
    ids=["global", "link-local", "interface may come again", "nftables_ifindex"],
)
def test_which_set_an_ipv6_address_goes_into(
    filtered: FilteredAddress, by_index: bool, expected: tuple[str, str]
) -> None:
    last = Filter(by_index=by_index).filter_addresses("V", [filtered])[-1]
    assert isinstance(last, SetElements)
    assert (last.set, last.elements[0][0].hex()) == expected


def test_a_virtual_mac_is_mapped_to_its_base_and_forgotten_by_its_name() -> None:
    filter_ = Filter()
    assert made(filter_.filter_macs([mac()])) == [
        "ip table",
        "ip chain out",
        "ip set vmac_map",
        "ip rule out",
        "ip add vmac_map 1",
    ]
    assert made(filter_.filter_macs([mac(6, link_local="fe80::1")]))[-3:] == [
        "ip6 add vmac_map 1",
        "ip6 add vmac_set 1",
        "ip6 add parent_link_local 1",
    ]
    assert made(filter_.release_macs(["vrrp.51"])) == [
        "ip remove vmac_map 1",
        "ip6 remove vmac_map 1",
        "ip6 remove vmac_set 1",
        "ip6 remove parent_link_local 1",
    ]
    assert filter_.release_macs(["vrrp.51"]) == []


def test_tables_that_somebody_flushed_are_made_anew_with_all_that_is_wanted() -> None:
    filter_ = Filter()
    filter_.filter_macs([mac()])
    filter_.filter_addresses("V", [address("10.0.0.100"), address("2001:db8::5")])
    filter_.forget()
    assert filter_.families == ()
    again = made(filter_.rebuild())
    assert [line for line in again if "table" in line] == ["ip table", "ip6 table"]
    assert again[-3:] == ["ip add vmac_map 1", "ip add vips 1", "ip6 add vips 1"]
    assert filter_.families == (NFPROTO_IPV4, NFPROTO_IPV6)


def test_at_the_end_the_tables_go_that_were_made() -> None:
    filter_ = Filter(table="mine")
    assert filter_.remove_tables() == []
    filter_.filter_addresses("V", [address("2001:db8::5")])
    assert filter_.remove_tables() == [DeleteTable(family=NFPROTO_IPV6, table="mine")]
    assert filter_.remove_tables() == []


def test_with_counters_every_rule_has_one_before_its_verdict() -> None:
    filter_ = Filter(counters=True)
    messages = filter_.filter_macs([mac(), mac(6)]) + filter_.filter_addresses("V", [address("fe80::5")])
    rules = [message for message in messages if isinstance(message, NewRule)]
    assert len(rules) == 12
    assert all(rule.expressions[-2] == Counter() for rule in rules)
    plain = Filter().filter_macs([mac(), mac(6)])
    assert not any(Counter() in rule.expressions for rule in plain if isinstance(rule, NewRule))


#: What ``nft list ruleset`` shows of 2.4.3 for an IPv4 and an IPv6 virtual MAC with no_accept, and one address tracked by name.
_LAYOUT = """\
table ip keepalived {
    map vmac_map {
        type iface_index : iface_index
        elements = { "eth0" : "eth1" }
    }

    set vips {
        type ipv4_addr
        elements = { 10.0.0.100 }
    }

    chain out {
        type filter hook output priority filter - 1; policy accept;
        ip protocol igmp meta oifkind "macvlan" dup to ip daddr device oif map @vmac_map drop
        ip saddr @vips drop
    }

    chain in {
        type filter hook input priority filter - 1; policy accept;
        ip daddr @vips drop
    }
}
table ip6 keepalived {
    set parent_link_local {
        type ipv6_addr . ifname
        elements = { fe80::1 . "eth0" }
    }

    map vmac_map {
        type iface_index : iface_index
        elements = { "eth0" : "eth1" }
    }

    set vmac_set {
        type iface_index
        elements = { "eth0" }
    }

    set mld-report {
        type icmpv6_type
        flags constant
        elements = { mld-listener-report,
                 mld2-listener-report }
    }

    set vips {
        type ipv6_addr
        elements = { 2001:db8::5 }
    }

    set neighbor-discovery {
        type icmpv6_type
        flags constant
        elements = { nd-neighbor-solicit,
                 nd-neighbor-advert }
    }

    set vips_link_local {
        type ipv6_addr . iface_index
        elements = { fe80::5 . "eth0" }
    }

    set vips_link_local_name {
        type ipv6_addr . ifname
        elements = { fe80::6 . "eth0" }
    }

    chain out {
        type filter hook output priority filter - 1; policy accept;
        icmpv6 type nd-neighbor-advert meta oifkind "macvlan" ip6 saddr . oifname @parent_link_local drop
        icmpv6 type @mld-report meta oifkind "macvlan" dup to ip6 daddr device oif map @vmac_map drop
        icmpv6 type nd-router-solicit meta oifkind "macvlan" oif @vmac_set drop
        icmpv6 type @neighbor-discovery accept
        ip6 saddr fe80::/10 goto out_link_local
        ip6 saddr @vips drop
    }

    chain in {
        type filter hook input priority filter - 1; policy accept;
        icmpv6 type @neighbor-discovery accept
        ip6 daddr fe80::/10 goto in_link_local
        ip6 daddr @vips drop
    }

    chain in_link_local {
        ip6 daddr . iif @vips_link_local drop
        ip6 daddr . iifname @vips_link_local_name drop
    }

    chain out_link_local {
        ip6 saddr . oif @vips_link_local drop
        ip6 saddr . oifname @vips_link_local_name drop
    }
}
"""


@pytest.mark.netns
def test_the_kernel_holds_keepaliveds_layout_name_by_name() -> None:
    with Lab() as lab:
        host = lab.namespace("filter")
        host.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
        indices = {link["ifname"]: link["ifindex"] for link in json.loads(host.ip("-j", "link", "show"))}

        def run() -> None:
            filter_ = Filter()
            with NftablesSocket() as netlink:
                for family in (4, 6):
                    virtual = FilteredMac(
                        interface="eth0",
                        interface_index=indices["eth0"],
                        base_index=indices["eth1"],
                        family=family,
                        base_link_local=IPv6Address("fe80::1"),
                    )
                    netlink.apply(filter_.filter_macs([virtual]))
                addresses = [
                    FilteredAddress(
                        address=ip_address(text),
                        interface="eth0",
                        interface_index=indices["eth0"],
                        by_name=text == "fe80::6",
                    )
                    for text in ("10.0.0.100", "2001:db8::5", "fe80::5", "fe80::6")
                ]
                netlink.apply(filter_.filter_addresses("V", addresses))

        in_namespace(host.name, run)
        assert host.run("nft", "list", "ruleset").stdout.expandtabs(4) == _LAYOUT
