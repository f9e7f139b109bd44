"""wire/links.py"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.wire import links
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.links import IpvlanLink, LinkDetails, MacvlanLink
from keepalived_py.wire.netlink import encode_message
from keepalived_py.wire.rtnetlink import Link

_MACVLAN = MacvlanLink(name="vrrp.51", base=2, mac=bytes.fromhex("00005e000133"), group=7, master=9)
_MACVLAN_BYTES = bytes.fromhex(
    "00000000000000000000000000000000"  # family, type, index, flags, change
    "0c000300767272702e353100"  # IFLA_IFNAME
    "0800050002000000"  # IFLA_LINK
    "08001b0007000000"  # IFLA_GROUP
    "08000a0009000000"  # IFLA_MASTER
    "1c0012800b0001006d6163766c616e000c0002800800010001000000"  # IFLA_LINKINFO: kind, private mode
    "0a00010000005e0001330000"  # IFLA_ADDRESS
)  # fmt: skip


def test_a_macvlan_is_written_as_the_kernel_wants_it() -> None:
    assert links.encode_new_macvlan(_MACVLAN) == _MACVLAN_BYTES


def test_what_makes_a_macvlan_reads_as_its_details() -> None:
    details = links.decode_link_details(links.encode_new_macvlan(_MACVLAN))
    link = Link(index=0, name="vrrp.51", flags=0, mac=_MACVLAN.mac, link=2, master=9)
    assert details == LinkDetails(link=link, kind="macvlan", mode=links.MACVLAN_MODE_PRIVATE, group=7)


def test_pyroute2_reads_the_same_ipvlan() -> None:
    from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

    payload = links.encode_new_ipvlan(IpvlanLink(name="vrrp.51", base=2))
    message = ifinfmsg(encode_message(16, 0, 1, payload))
    message.decode()
    assert message.get_attr("IFLA_IFNAME") == "vrrp.51"
    assert message.get_attr("IFLA_LINK") == 2
    assert message.get_attr("IFLA_MASTER") is None
    assert message.get_nested("IFLA_LINKINFO", "IFLA_INFO_KIND") == "ipvlan"
    assert message.get_nested("IFLA_LINKINFO", "IFLA_INFO_DATA").get_attr("IFLA_IPVLAN_MODE") == 0


@pytest.mark.parametrize(("mode", "flags"), [("bridge", "0000"), ("private", "0100"), ("vepa", "0200")])
def test_the_mode_of_an_ipvlan_is_its_flags(mode: str, flags: str) -> None:
    payload = links.encode_new_ipvlan(IpvlanLink(name="vrrp.51", base=2, mode=mode))
    assert payload.endswith(bytes.fromhex(f"060001000000000006000200{flags}0000"))


def test_settings_stand_in_the_section_of_their_family() -> None:
    payload = links.encode_ipv4_settings("e", {links.DEVCONF_ARP_IGNORE: 1, links.DEVCONF_RP_FILTER: 0})
    assert payload[16:] == bytes.fromhex(
        "0600030065000000"  # IFLA_IFNAME
        "1c001a801800028014000180"  # IFLA_AF_SPEC, AF_INET, IFLA_INET_CONF
        "08001300010000000800080000000000"
    )  # fmt: skip
    assert links.encode_no_generated_address("e")[24:] == bytes.fromhex("10001a800c000a800500080001000000")


def test_a_link_is_brought_up_by_its_flag_alone() -> None:
    assert links.encode_up("e")[:16] == bytes.fromhex("00000000000000000100000001000000")


@pytest.mark.parametrize("name", ["", "a-name-that-is-long"])
def test_a_name_that_no_link_can_have_is_refused(name: str) -> None:
    with pytest.raises(WireError, match="no name for a link"):
        links.encode_delete_link(name)


def test_a_wrong_mac_or_mode_is_refused() -> None:
    with pytest.raises(WireError, match="MAC of 5 bytes"):
        links.encode_correct_macvlan("vrrp.51", bytes(5))
    with pytest.raises(WireError, match="no mode passthru"):
        links.encode_new_ipvlan(IpvlanLink(name="vrrp.51", base=2, mode="passthru"))


@given(st.binary(max_size=120))
def test_rubbish_is_refused_with_an_error_of_the_codec(data: bytes) -> None:
    try:
        details = links.decode_link_details(data)
    except WireError:
        return
    assert details.link.name == details.link.name
