"""wire/ipvs.py and wire/ipvs_attributes.py"""

from __future__ import annotations

import contextlib
import struct
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.wire import ipvs
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ipvs import Destination, Service
from keepalived_py.wire.netlink import attribute, encode_message, generic, nested

if TYPE_CHECKING:
    from collections.abc import Callable

_HTTP = Service(family=4, protocol=6, address=IPv4Address("192.168.56.205"), port=80, scheduler="wrr", timeout=50)
# By hand from reference/ipvs.md §3, little-endian; the 16-byte address and the order are the reference's.
_HTTP_BYTES = bytes.fromhex(
    "01010000"  # NEW_SERVICE, version 1
    "54000180"  # SERVICE, nested
    "06000100 02000000"  # AF 2
    "06000200 06000000"  # PROTOCOL 6
    "14000300 c0a838cd 000000000000000000000000"  # ADDR
    "06000400 00500000"  # PORT 80, network order
    "08000600 77727200"  # SCHED_NAME wrr
    "0c000700 01000000 ffffffff"  # FLAGS persistent, full mask
    "08000800 32000000"  # TIMEOUT 50
    "08000900 ffffffff"  # NETMASK
)
_IPV6 = Service(
    family=6,
    protocol=17,
    address=IPv6Address("fd99::80"),
    port=53,
    scheduler="sh",
    flags=0x18,
    timeout=300,
    netmask_prefix=64,
)
_MARK = Service(family=4, fwmark=7, scheduler="rr")
_SIP = Service(family=4, protocol=17, address=IPv4Address("10.0.0.1"), port=5060, timeout=60, persistence_engine="sip")

_WEB = Destination(family=4, address=IPv4Address("192.168.33.1"), port=80, weight=1)
_WEB_BYTES = bytes.fromhex(
    "48000280"  # DEST, nested
    "06000b00 02000000"  # ADDR_FAMILY 2
    "14000100 c0a82101 000000000000000000000000"  # ADDR
    "06000200 00500000"  # PORT 80
    "08000300 00000000"  # FWD_METHOD NAT
    "08000400 01000000"  # WEIGHT
    "08000500 00000000"  # U_THRESH
    "08000600 00000000"  # L_THRESH
)  # fmt: skip
_GUE = Destination(family=6, address=IPv6Address("fd99::1"), port=53, forwarding_method=ipvs.METHOD_TUN, weight=100,
                   upper_threshold=500, lower_threshold=100, tunnel_type=ipvs.TUNNEL_GUE, tunnel_port=6080,
                   tunnel_flags=1)  # fmt: skip
_GRE = replace(_GUE, tunnel_type=ipvs.TUNNEL_GRE, tunnel_port=0)
_DR = replace(_WEB, forwarding_method=ipvs.METHOD_DR, weight=0)


def _pyroute2(payload: bytes) -> Any:
    from pyroute2.netlink.generic.ipvs import ipvsmsg

    message = ipvsmsg(encode_message(30, 5, 1, payload))
    message.decode()
    return message


def test_a_service_reads_as_its_value_and_back() -> None:
    assert ipvs.encode_new_service(_HTTP) == _HTTP_BYTES
    assert ipvs.decode_service(_HTTP_BYTES).service == _HTTP


def test_a_destination_reads_as_its_value_and_back_behind_the_key_of_its_service() -> None:
    payload = ipvs.encode_new_destination(_HTTP, _WEB)
    key = b"\x30" + _HTTP_BYTES[5:52]
    assert payload == b"\x05\x01\0\0" + key + _WEB_BYTES
    assert ipvs.decode_destination(payload).destination == _WEB


@pytest.mark.parametrize("service", [_HTTP, _IPV6, _MARK, _SIP, replace(_MARK, family=6)])
def test_services_survive_the_wire(service: Service) -> None:
    assert ipvs.decode_service(ipvs.encode_new_service(service)).service == service


@pytest.mark.parametrize("destination", [_WEB, _DR, _GUE, _GRE])
def test_destinations_survive_the_wire(destination: Destination) -> None:
    assert ipvs.decode_destination(ipvs.encode_new_destination(_IPV6, destination)).destination == destination


@pytest.mark.parametrize("service", [_HTTP, _IPV6, _MARK, _SIP])
def test_pyroute2_reads_the_same_service(service: Service) -> None:
    nest = _pyroute2(ipvs.encode_new_service(service)).get_attr("IPVS_CMD_ATTR_SERVICE")
    assert nest.get_attr("IPVS_SVC_ATTR_AF") == {4: 2, 6: 10}[service.family]
    assert nest.get_attr("IPVS_SVC_ATTR_SCHED_NAME") == service.scheduler
    assert nest.get_attr("IPVS_SVC_ATTR_TIMEOUT") == service.timeout
    assert nest.get_attr("IPVS_SVC_ATTR_PE_NAME") == service.persistence_engine
    flags = nest.get_attr("IPVS_SVC_ATTR_FLAGS")
    assert (flags["flags"], flags["mask"]) == (service.flags | (1 if service.timeout else 0), 0xFFFFFFFF)
    if service.fwmark:
        assert nest.get_attr("IPVS_SVC_ATTR_FWMARK") == service.fwmark
        assert nest.get_attr("IPVS_SVC_ATTR_ADDR") is None
    else:
        assert nest.get_attr("IPVS_SVC_ATTR_ADDR") == str(service.address)
        assert nest.get_attr("IPVS_SVC_ATTR_PORT") == service.port
        assert nest.get_attr("IPVS_SVC_ATTR_PROTOCOL") == service.protocol
    # pyroute2 shows an IPv6 prefix length as if it were an address: 64 is 64.0.0.0 (reference/ipvs.md).
    assert nest.get_attr("IPVS_SVC_ATTR_NETMASK") == ("255.255.255.255" if service.family == 4 else "64.0.0.0")


@pytest.mark.parametrize("destination", [_WEB, _DR, _GUE, _GRE])
def test_pyroute2_reads_the_same_destination_but_for_the_tunnel_port_that_it_swaps(destination: Destination) -> None:
    nest = _pyroute2(ipvs.encode_new_destination(_IPV6, destination)).get_attr("IPVS_CMD_ATTR_DEST")
    assert nest.get_attr("IPVS_DEST_ATTR_ADDR") == str(destination.address)
    assert nest.get_attr("IPVS_DEST_ATTR_PORT") == destination.port
    assert nest.get_attr("IPVS_DEST_ATTR_FWD_METHOD") == destination.forwarding_method
    assert nest.get_attr("IPVS_DEST_ATTR_WEIGHT") == destination.weight
    assert nest.get_attr("IPVS_DEST_ATTR_U_THRESH") == destination.upper_threshold
    assert nest.get_attr("IPVS_DEST_ATTR_L_THRESH") == destination.lower_threshold
    tunnel = destination.forwarding_method == ipvs.METHOD_TUN
    assert nest.get_attr("IPVS_DEST_ATTR_TUN_TYPE") == (destination.tunnel_type if tunnel else None)
    gue = tunnel and destination.tunnel_type == ipvs.TUNNEL_GUE
    assert nest.get_attr("IPVS_DEST_ATTR_TUN_PORT") == (0xC017 if gue else None)


def test_a_service_written_by_pyroute2_is_read() -> None:
    from pyroute2.netlink.generic.ipvs import ipvsmsg

    message = ipvsmsg()
    message["cmd"] = ipvs.NEW_SERVICE
    message["version"] = 1
    message["attrs"] = [("IPVS_CMD_ATTR_SERVICE", {"attrs": [
        ("IPVS_SVC_ATTR_AF", 2), ("IPVS_SVC_ATTR_PROTOCOL", 6), ("IPVS_SVC_ATTR_ADDR", "192.168.56.205"),
        ("IPVS_SVC_ATTR_PORT", 80), ("IPVS_SVC_ATTR_SCHED_NAME", "wrr"),
        ("IPVS_SVC_ATTR_FLAGS", {"flags": 3, "mask": 0}), ("IPVS_SVC_ATTR_TIMEOUT", 50),
        ("IPVS_SVC_ATTR_NETMASK", "255.255.255.255"),
    ]})]  # fmt: skip
    message.encode()
    assert ipvs.decode_service(bytes(message.data[16:])).service == _HTTP


@pytest.mark.parametrize(("payload", "command"), [
    (ipvs.encode_new_service(_HTTP), 1), (ipvs.encode_set_service(_HTTP), 2), (ipvs.encode_delete_service(_HTTP), 3),
    (ipvs.encode_get_service(_HTTP), 4), (ipvs.encode_get_services(), 4), (ipvs.encode_new_destination(_HTTP, _WEB), 5),
    (ipvs.encode_set_destination(_HTTP, _WEB), 6), (ipvs.encode_delete_destination(_HTTP, _WEB), 7),
    (ipvs.encode_get_destinations(_HTTP), 8), (ipvs.encode_get_info(), 15), (ipvs.encode_zero(), 16),
    (ipvs.encode_flush(), 17),
])  # fmt: skip
def test_every_command_has_its_number_and_version_1(payload: bytes, command: int) -> None:
    assert payload[:4] == bytes([command, 1, 0, 0])


def test_a_service_can_be_named_by_its_key_alone() -> None:
    for encode in (ipvs.encode_delete_service, ipvs.encode_get_service, ipvs.encode_get_destinations):
        assert encode(_HTTP) == encode(_HTTP.key)
        assert len(encode(_MARK)) == 4 + 4 + 8 + 8


def test_what_the_kernel_adds_is_taken_off_so_that_a_dump_equals_what_was_wanted() -> None:
    payload = generic(1, 1, nested(1, *[
        attribute(1, struct.pack("=H", 2)), attribute(2, struct.pack("=H", 6)),
        attribute(3, IPv4Address("192.168.56.205").packed + bytes(12)), attribute(4, struct.pack("!H", 80)),
        attribute(6, b"wrr\0"), attribute(7, struct.pack("=II", 0x3, 0xFFFFFFFF)),
        attribute(8, struct.pack("=I", 50)), attribute(9, b"\xff\xff\xff\xff"),
    ]))  # fmt: skip
    assert ipvs.decode_service(payload).service == _HTTP
    assert replace(_HTTP, netmask_prefix=32) == _HTTP


def test_a_persistence_engine_counts_only_with_persistence() -> None:
    assert ipvs.decode_service(ipvs.encode_new_service(replace(_SIP, timeout=0))).service.persistence_engine is None


def test_a_netmask_groups_clients_by_its_prefix() -> None:
    payload = ipvs.encode_new_service(replace(_HTTP, netmask_prefix=24))
    assert payload.endswith(bytes.fromhex("08000900ffffff00"))
    assert ipvs.encode_new_service(replace(_IPV6, netmask_prefix=None)).endswith(bytes.fromhex("0800090080000000"))
    assert ipvs.encode_new_service(replace(_HTTP, netmask_prefix=0)).endswith(bytes.fromhex("0800090000000000"))


_COUNTERS = tuple(range(1, 11))


def _statistics(wide: bool) -> bytes:
    layouts = ["=Q"] * 10 if wide else ["=I", "=I", "=I", "=Q", "=Q", "=I", "=I", "=I", "=I", "=I"]
    parts = [attribute(n, struct.pack(layout, 100 * n)) for n, layout in zip(_COUNTERS, layouts, strict=True)]
    return b"".join([*parts, attribute(11, b"")])


@pytest.mark.parametrize(("attributes", "known"), [
    ([(10, _statistics(wide=False))], True),
    ([(12, _statistics(wide=True))], True),
    ([(10, b""), (12, _statistics(wide=True))], True),
    ([(12, attribute(1, struct.pack("=Q", 5)))], False),
    ([], False),
])  # fmt: skip
def test_statistics_are_read_from_either_form_and_are_none_when_incomplete(
    attributes: list[tuple[int, bytes]], known: bool
) -> None:
    nest = _WEB_BYTES[4:] + b"".join(attribute(type_, data) for type_, data in attributes)
    nest += attribute(7, struct.pack("=I", 3)) + attribute(8, struct.pack("=I", 2)) + attribute(9, struct.pack("=I", 1))
    entry = ipvs.decode_destination(generic(5, 1, nested(2, nest)))
    assert (entry.active_connections, entry.inactive_connections, entry.persistent_connections) == (3, 2, 1)
    assert entry.destination == _WEB
    assert (entry.statistics is not None) is known
    if entry.statistics:
        assert (entry.statistics.connections, entry.statistics.outgoing_byte_rate) == (100, 1000)


def test_a_destination_of_an_old_kernel_without_family_is_told_by_its_address() -> None:
    for address, family in ((IPv4Address("10.0.0.1"), 4), (IPv6Address("fd99::1"), 6)):
        nest = nested(2, attribute(1, address.packed.ljust(16, b"\0")))
        assert ipvs.decode_destination(generic(5, 1, nest)).destination.family == family


def test_the_version_is_read_from_the_attribute_numbers_that_services_use_elsewhere() -> None:
    payload = generic(14, 1, attribute(1, struct.pack("=I", 0x010201)), attribute(2, struct.pack("=I", 4096)))
    assert ipvs.decode_info(payload) == ipvs.Info(version=0x010201, connection_table_size=4096)


@pytest.mark.parametrize("encode", [
    lambda: ipvs.encode_new_service(replace(_HTTP, family=5)),
    lambda: ipvs.encode_new_service(replace(_HTTP, address=None)),
    lambda: ipvs.encode_new_service(replace(_HTTP, family=6)),
    lambda: ipvs.encode_new_service(replace(_HTTP, port=65536)),
    lambda: ipvs.encode_new_service(replace(_HTTP, timeout=-1)),
    lambda: ipvs.encode_new_service(replace(_HTTP, flags=1 << 32)),
    lambda: ipvs.encode_new_service(replace(_HTTP, netmask_prefix=33)),
    lambda: ipvs.encode_new_destination(_HTTP, replace(_WEB, family=6)),
    lambda: ipvs.encode_new_destination(_HTTP, replace(_WEB, weight=2**31)),
    lambda: ipvs.encode_new_destination(_HTTP, replace(_GUE, tunnel_type=256)),
])  # fmt: skip
def test_a_value_without_a_place_on_the_wire_is_a_wire_error(encode: Callable[[], bytes]) -> None:
    with pytest.raises(WireError):
        encode()


_port = st.integers(0, 65535)
_u32 = st.integers(0, 2**32 - 1)
_address4 = st.builds(IPv4Address, st.integers(0, 2**32 - 1))
_address6 = st.builds(IPv6Address, st.integers(0, 2**128 - 1))
_properties = {
    "scheduler": st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=15),
    "flags": st.integers(0, 15).map(lambda bits: bits << 2),
    "timeout": st.integers(1, 2**32 - 1),
    "persistence_engine": st.sampled_from([None, "sip"]),
}
_services = st.one_of(
    st.builds(Service, family=st.just(4), protocol=st.sampled_from([6, 17, 132]), address=_address4, port=_port,
              netmask_prefix=st.integers(0, 32), **_properties),
    st.builds(Service, family=st.just(6), protocol=st.sampled_from([6, 17, 132]), address=_address6, port=_port,
              netmask_prefix=st.integers(0, 128), **_properties),
    st.builds(Service, family=st.sampled_from([4, 6]), fwmark=st.integers(1, 2**32 - 1), **_properties),
)  # fmt: skip
_destination_properties = {
    "port": _port, "forwarding_method": st.sampled_from([0, 1, 3, 4]), "weight": st.integers(0, 2**31 - 1),
    "upper_threshold": _u32, "lower_threshold": _u32,
}  # fmt: skip
_destinations = st.builds(Destination, family=st.just(4), address=_address4, **_destination_properties) | st.builds(
    Destination, family=st.just(6), address=_address6, **_destination_properties
)


@given(_services)
def test_every_service_survives_the_wire(service: Service) -> None:
    assert ipvs.decode_service(ipvs.encode_new_service(service)).service == service


@given(_destinations)
def test_every_destination_survives_the_wire(destination: Destination) -> None:
    assert ipvs.decode_destination(ipvs.encode_set_destination(_MARK, destination)).destination == destination


@given(st.binary(max_size=120))
def test_any_bytes_are_read_or_refused_with_a_wire_error(data: bytes) -> None:
    for decode in (ipvs.decode_service, ipvs.decode_destination, ipvs.decode_info):
        for payload in (data, generic(1, 1, attribute(1, data), attribute(2, data))):
            with contextlib.suppress(WireError):
                decode(payload)


@given(st.dictionaries(st.integers(1, 15), st.binary(max_size=20)))
def test_any_attributes_in_a_nest_are_read_or_refused_with_a_wire_error(attributes: dict[int, bytes]) -> None:
    parts = [attribute(type_, data) for type_, data in attributes.items()]
    family = {1: struct.pack("=H", 10), 2: struct.pack("=H", 2)}
    for decode, type_, key in ((ipvs.decode_service, 1, 1), (ipvs.decode_destination, 2, 11)):
        for version in family.values():
            payload = generic(1, 1, nested(type_, *parts, attribute(key, version)))
            with contextlib.suppress(WireError):
                decode(payload)
