"""wire/ipvs_control.py"""

from __future__ import annotations

import contextlib
import struct
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.wire import ipvs_control
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ipvs_control import SyncDaemon, Timeouts
from keepalived_py.wire.netlink import attribute, generic, nested

_FULL = SyncDaemon(
    state=ipvs_control.SYNC_MASTER,
    interface="eth1",
    sync_id=51,
    maximum_length=1460,
    group=IPv4Address("224.0.0.81"),
    port=8848,
    ttl=2,
)
_FULL_BYTES = bytes.fromhex(
    "09010000"  # NEW_DAEMON, version 1
    "40000380"  # DAEMON, nested
    "0800010001000000"  # STATE master
    "090002006574683100000000"  # MCAST_IFN
    "0800030033000000"  # SYNC_ID
    "06000400b4050000"  # SYNC_MAXLEN
    "0600070090220000"  # MCAST_PORT, host order
    "0500080002000000"  # MCAST_TTL
    "08000500e0000051"  # MCAST_GROUP
)  # fmt: skip
_PLAIN = SyncDaemon(state=ipvs_control.SYNC_BACKUP, interface="eth1", sync_id=0)


def test_a_daemon_reads_as_its_value_and_back() -> None:
    assert ipvs_control.encode_new_daemon(_FULL) == _FULL_BYTES
    assert ipvs_control.decode_daemon(_FULL_BYTES) == _FULL


@pytest.mark.parametrize("daemon", [_FULL, _PLAIN, replace(_FULL, group=IPv6Address("ff02::81"))])
def test_daemons_survive_the_wire(daemon: SyncDaemon) -> None:
    assert ipvs_control.decode_daemon(ipvs_control.encode_new_daemon(daemon)) == daemon


def test_a_daemon_is_stopped_by_role_and_id() -> None:
    expected = bytes.fromhex("0a0100001400038008000100020000000800030033000000")  # fmt: skip
    assert ipvs_control.encode_delete_daemon(ipvs_control.SYNC_BACKUP, 51) == expected


def test_timeouts_are_sent_where_they_are_known_and_read_where_they_come() -> None:
    payload = ipvs_control.encode_set_config(Timeouts(tcp=900, udp=300))
    assert payload == bytes.fromhex("0c0100000800040084030000080006002c010000")  # fmt: skip
    assert ipvs_control.decode_config(payload) == Timeouts(tcp=900, udp=300)


def test_questions_have_their_numbers() -> None:
    assert ipvs_control.encode_get_config() == bytes([13, 1, 0, 0])
    assert ipvs_control.encode_get_daemons() == bytes([11, 1, 0, 0])


@pytest.mark.parametrize("wrong", [replace(_FULL, ttl=256), replace(_FULL, port=65536), replace(_FULL, sync_id=-1)])
def test_a_daemon_that_cannot_be_is_a_wire_error(wrong: SyncDaemon) -> None:
    with pytest.raises(WireError):
        ipvs_control.encode_new_daemon(wrong)


@given(st.dictionaries(st.integers(1, 8), st.binary(max_size=20)))
def test_any_attributes_are_read_or_refused_with_a_wire_error(attributes: dict[int, bytes]) -> None:
    parts = [attribute(type_, data) for type_, data in attributes.items()]
    state = attribute(1, struct.pack("=I", 1))
    for payload in (generic(9, 1, nested(3, *parts)), generic(9, 1, nested(3, *parts, state)), generic(9, 1, *parts)):
        for decode in (ipvs_control.decode_daemon, ipvs_control.decode_config):
            with contextlib.suppress(WireError):
                decode(payload)
