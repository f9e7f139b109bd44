"""wire/rule.py"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ip import AF_INET, AF_INET6
from keepalived_py.wire.netlink import encode_message
from keepalived_py.wire.rule import (
    ACTION_GOTO,
    ACTION_PROHIBIT,
    ACTION_TABLE,
    RTM_NEWRULE,
    RuleMessage,
    decode_rule,
    encode_rule,
)

SELECTORS = RuleMessage(
    family=AF_INET,
    action=ACTION_TABLE,
    priority=505,
    table=70000,
    tos=0x10,
    invert=True,
    source=(IPv4Address("10.3.0.0"), 16),
    destination=(IPv4Address("10.4.0.0"), 16),
    mark=0x10,
    mask=0xF0,
    incoming_interface="eth0",
    outgoing_interface="eth1",
    suppress_prefix_length=0,
    suppress_group=7,
    protocol=18,
    realms=0x10002,
)
SELECTORS_BYTES = bytes.fromhex(
    "0210101000000001 02000000"  # family, lengths, tos, no table of 8 bits, action; FIB_RULE_INVERT
    "08000600 f9010000"  # FRA_PRIORITY
    "08000200 0a03000008000100 0a040000"  # FRA_SRC, FRA_DST
    "08000a00 1000000008001000 f0000000"  # FRA_FWMARK, FRA_FWMASK
    "08000f00 70110100"  # FRA_TABLE
    "08000b00 02000100"  # FRA_FLOW
    "08000e00 0000000008000d00 07000000"  # FRA_SUPPRESS_PREFIXLEN, FRA_SUPPRESS_IFGROUP
    "09000300 65746830 0000000009001100 65746831 00000000"  # FRA_IIFNAME, FRA_OIFNAME
    "05001500 12000000"  # FRA_PROTOCOL
)  # fmt: skip
JUMP = RuleMessage(
    family=AF_INET,
    action=ACTION_GOTO,
    priority=513,
    target=900,
    tunnel_id=9_000_000_000,
    uid_range=(1, 2),
    ip_protocol=6,
    source_ports=(1000, 1010),
    destination_ports=(443, 444),
    protocol=18,
)
L3MDEV = RuleMessage(family=AF_INET, action=ACTION_TABLE, priority=512, l3mdev=True, protocol=18)
SIX = RuleMessage(family=AF_INET6, action=ACTION_PROHIBIT, priority=9, source=(IPv6Address("fd00::"), 8))
ALL = [SELECTORS, JUMP, L3MDEV, SIX]


def test_a_rule_reads_as_its_value_and_back() -> None:
    assert encode_rule(SELECTORS) == SELECTORS_BYTES
    assert decode_rule(SELECTORS_BYTES) == SELECTORS


@pytest.mark.parametrize("rule", ALL)
def test_rules_survive_the_wire(rule: RuleMessage) -> None:
    assert decode_rule(encode_rule(rule)) == rule


@pytest.mark.parametrize("rule", ALL)
def test_pyroute2_reads_the_same_rule(rule: RuleMessage) -> None:
    from pyroute2.netlink.rtnl.fibmsg import fibmsg

    message = fibmsg(encode_message(RTM_NEWRULE, 0x605, 1, encode_rule(rule)))
    message.decode()
    assert (message["family"], message["action"], message["tos"]) == (rule.family, rule.action, rule.tos)
    assert message["flags"] == 2 * rule.invert
    assert message["src_len"] == (rule.source[1] if rule.source else 0)
    expected = {
        "FRA_PRIORITY": rule.priority,
        "FRA_SRC": str(rule.source[0]) if rule.source else None,
        "FRA_FWMARK": rule.mark,
        "FRA_IIFNAME": rule.incoming_interface,
        "FRA_OIFNAME": rule.outgoing_interface,
        "FRA_GOTO": rule.target or None,
        "FRA_SUPPRESS_PREFIXLEN": rule.suppress_prefix_length,
        "FRA_SUPPRESS_IFGROUP": rule.suppress_group,
        "FRA_L3MDEV": int(rule.l3mdev) or None,
        "FRA_PROTOCOL": rule.protocol or None,
        "FRA_IP_PROTO": rule.ip_protocol or None,
        "FRA_TABLE": rule.table or None,
        "FRA_FLOW": rule.realms or None,
    }
    assert {name: message.get_attr(name) for name in expected} == expected
    if rule is JUMP:
        assert message.get_attr("FRA_SPORT_RANGE") == "1000:1010"
        assert message.get_attr("FRA_DPORT_RANGE") == "443:444"


@pytest.mark.parametrize(
    "changes",
    [{"tos": 256}, {"source": (IPv6Address("fd00::"), 8)}, {"source_ports": (1, 65536)}, {"uid_range": (0, 1 << 32)}],
)
def test_what_cannot_be_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(WireError):
        encode_rule(replace(SELECTORS, **changes))


@given(st.binary(max_size=120))
def test_damage_is_an_error_of_ours(data: bytes) -> None:
    with contextlib.suppress(WireError):
        decode_rule(data)
    with contextlib.suppress(WireError):
        decode_rule(bytes((AF_INET,)) + data)
