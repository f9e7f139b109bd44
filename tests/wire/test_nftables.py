"""wire/nftables.py: the bytes are what nft(8) 1.0.6 sent for the same (``nft --debug=mnl``)."""

from __future__ import annotations

import pytest

from keepalived_py.wire import nftables
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.netlink import NLM_F_APPEND, NLM_F_CREATE
from keepalived_py.wire.nftables import (
    NFPROTO_IPV4,
    NFPROTO_IPV6,
    Counter,
    DataType,
    DeleteTable,
    Equals,
    Goto,
    Hook,
    NetworkHeader,
    NewChain,
    NewRule,
    NewSet,
    NewTable,
    SetElements,
    encode,
)

_TABLE = "0f0001006b656570616c697665640000"
_GOTO = bytes.fromhex(
    f"0a000000 {_TABLE}"
    "08000200 6f757400"  # chain out
    "24010480"
    "34000180 0c000100 7061796c6f616400 24000280"  # payload: 16 bytes of the network header at 8
    "08000100 00000001 08000200 00000001 08000300 00000008 08000400 00000010"
    "5c000180 0c000100 6269747769736500 4c000280"  # bitwise
    "08000100 00000001 08000200 00000001 08000300 00000010"
    "18000480 14000100 ffc00000000000000000000000000000"
    "18000580 14000100 00000000000000000000000000000000"
    "38000180 08000100 636d7000 2c000280"  # cmp
    "08000100 00000001 08000200 00000000 18000380 14000100 fe800000000000000000000000000000"
    "14000180 0c000100 636f756e74657200 04000280"  # counter
    "44000180 0e000100 696d6d656469617465000000 30000280"  # immediate: goto
    "08000100 00000000 24000280 20000280 08000100 fffffffc 13000200 6f75745f6c696e6b5f6c6f63616c0000"
)
_MAP = bytes.fromhex(
    f"0a000000 {_TABLE}"
    "0d000200 766d61635f6d617000000000"
    "08000300 00000008 08000400 00000014 08000500 00000004"
    "08000a00 00000001"
    "08000600 00000014 08000700 00000004"
    "10000d00 000401000000 010401000000"
)
_ELEMENT = bytes.fromhex(
    f"0a000000 {_TABLE}"
    "0d000200 766d61635f6d617000000000"
    "20000380 1c000180 0c000180 08000100 02000000 0c000280 08000100 02000000"
)


def test_a_rule_is_written_as_nft_writes_it() -> None:
    source = NetworkHeader(offset=8, length=16)
    links = Equals(value=bytes.fromhex("fe80").ljust(16, b"\0"), mask=bytes.fromhex("ffc0").ljust(16, b"\0"))
    rule = NewRule(
        family=NFPROTO_IPV6,
        table="keepalived",
        chain="out",
        expressions=(source, links, Counter(), Goto(chain="out_link_local")),
    )
    assert encode(rule) == [(nftables.NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, _GOTO)]


def test_a_map_of_interfaces_and_its_elements_are_written_as_nft_writes_them() -> None:
    index = DataType.INTERFACE_INDEX
    new = NewSet(family=NFPROTO_IPV6, table="keepalived", name="vmac_map", key=(index,), maps_to=index, number=1)
    assert encode(new) == [(nftables.NFT_MSG_NEWSET, NLM_F_CREATE, _MAP)]
    two = nftables.interface_index(2)
    elements = SetElements(family=NFPROTO_IPV6, table="keepalived", set="vmac_map", add=True, elements=((two, two),))
    assert encode(elements) == [(nftables.NFT_MSG_NEWSETELEM, NLM_F_CREATE, _ELEMENT)]


def test_elements_are_removed_by_their_keys() -> None:
    gone = SetElements(family=NFPROTO_IPV4, table="t", set="s", add=False, elements=((b"\x0a\0\0\x01", b""),))
    ((type_, flags, payload),) = encode(gone)
    assert (type_, flags) == (nftables.NFT_MSG_DELSETELEM, 0)
    assert payload.hex() == "020000000600010074000000060002007300000014000380100001800c000180080001000a000001"


def test_very_many_elements_take_several_messages() -> None:
    keys = tuple((number.to_bytes(4, "big"), b"") for number in range(1200))
    messages = encode(SetElements(family=NFPROTO_IPV4, table="t", set="s", add=True, elements=keys))
    assert len(messages) == 3
    assert all(len(payload) < 0xFFFF for _, _, payload in messages)
    assert sum(payload.count(bytes.fromhex("0c000180")) for _, _, payload in messages) == 1200


def test_no_elements_are_no_message() -> None:
    assert encode(SetElements(family=NFPROTO_IPV4, table="t", set="s", add=True, elements=())) == []


def test_a_concatenation_is_as_long_as_its_padded_parts() -> None:
    key = (DataType.IPV6_ADDRESS, DataType.INTERFACE_NAME)
    ((_, _, payload),) = encode(NewSet(family=NFPROTO_IPV6, table="t", name="s", key=key))
    assert bytes.fromhex("0800040000000229") in payload  # 8 << 6 | 41
    assert bytes.fromhex("0800050000000020") in payload
    assert b"\x0d\0" not in payload[-16:]


def test_a_chain_at_a_hook_has_priority_and_policy_and_another_has_not() -> None:
    ((_, _, hooked),) = encode(NewChain(family=NFPROTO_IPV4, table="t", name="in", hook=Hook.INPUT, priority=-1))
    assert hooked.hex().endswith(
        "07000300696e000014000480080001000000000108000200ffffffff08000500000000010b00070066696c7465720000"
    )
    ((_, _, plain),) = encode(NewChain(family=NFPROTO_IPV4, table="t", name="in"))
    assert plain.hex().endswith("07000300696e0000")


def test_tables_come_and_go_by_family_and_name() -> None:
    assert encode(NewTable(family=NFPROTO_IPV4, table="t")) == [
        (nftables.NFT_MSG_NEWTABLE, NLM_F_CREATE, bytes.fromhex("0200000006000100740000000800020000000000"))
    ]
    assert encode(DeleteTable(family=NFPROTO_IPV6, table="t")) == [
        (nftables.NFT_MSG_DELTABLE, 0, bytes.fromhex("0a0000000600010074000000"))
    ]
    assert nftables.encode_batch_mark().hex() == "0000000a"


def test_an_interface_is_an_element_by_name_with_zeros_behind() -> None:
    assert nftables.interface_name("vrrp.51") == b"vrrp.51\0\0\0\0\0\0\0\0\0"
    with pytest.raises(WireError, match="no name for an interface"):
        nftables.interface_name("a-name-that-is-long")
