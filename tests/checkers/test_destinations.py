from __future__ import annotations

from ipaddress import ip_address

import pytest

from keepalived_py.checkers.destinations import destination_of, kernel_weight, services_of
from keepalived_py.config.ast import (
    ForwardingMethod,
    GroupMark,
    GroupRange,
    PersistenceGranularity,
    SorryServer,
    Tunnel,
    VirtualServerGroup,
)
from keepalived_py.wire.ipvs import Destination, Service
from tests.lab.checks import real_server, virtual_server


def test_a_service_takes_everything_the_kernel_needs() -> None:
    configured = virtual_server(
        scheduler="sh",
        scheduler_flags=0x18,
        one_packet=True,
        persistence_timeout=50,
        persistence_granularity=PersistenceGranularity(prefix_length=24),
        persistence_engine="sip",
    )
    [service] = services_of(configured)
    assert service == Service(
        family=4,
        protocol=6,
        address=ip_address("198.51.100.1"),
        port=80,
        scheduler="sh",
        flags=0x1C,
        timeout=50,
        netmask_prefix=24,
        persistence_engine="sip",
    )


def test_without_persistence_granularity_and_engine_are_left_out() -> None:
    [service] = services_of(
        virtual_server(persistence_granularity=PersistenceGranularity(prefix_length=24), persistence_engine="sip")
    )
    assert (service.timeout, service.netmask_prefix, service.persistence_engine) == (0, None, None)


def test_a_mark_service_has_neither_address_nor_protocol() -> None:
    assert services_of(virtual_server(fwmark=9)) == (Service(family=4, fwmark=9),)


@pytest.mark.parametrize(
    ("method", "fwmark", "port"),
    [
        (ForwardingMethod.NAT, 0, 8080),
        (ForwardingMethod.DR, 0, 80),
        (ForwardingMethod.TUN, 0, 80),
        (ForwardingMethod.NAT, 9, 8080),
        (ForwardingMethod.DR, 9, 0),
    ],
)
def test_only_nat_keeps_a_port_of_its_own(method: ForwardingMethod, fwmark: int, port: int) -> None:
    server = real_server("192.0.2.1", port=8080, lvs_method=method, upper_threshold=9, lower_threshold=3)
    [service] = services_of(virtual_server(fwmark=fwmark))
    assert destination_of(service.port, server, 7) == Destination(
        family=4,
        address=ip_address("192.0.2.1"),
        port=port,
        forwarding_method=method,
        weight=7,
        upper_threshold=9,
        lower_threshold=3,
    )


def test_a_sorry_server_has_no_thresholds() -> None:
    sorry = SorryServer(address=ip_address("2001:db8::9"), port=80)
    destination = destination_of(80, sorry, 1)
    assert (destination.family, destination.upper_threshold, destination.lower_threshold) == (6, 0, 0)


@pytest.mark.parametrize(("weight", "sent"), [(-1, 0), (0, 0), (5, 5), (2**31, 2**31 - 1)])
def test_weights_are_brought_into_the_kernels_range(weight: int, sent: int) -> None:
    assert kernel_weight(weight) == sent


def test_a_group_is_one_service_for_every_address_of_its_ranges_and_every_mark_each_once() -> None:
    """Ranges carry from one octet to the next, which the reference's do not."""
    group = VirtualServerGroup(
        name="web",
        ranges=(
            GroupRange(first=ip_address("10.0.0.254"), last=ip_address("10.0.1.1"), port=80),
            GroupRange(first=ip_address("10.0.1.1"), last=ip_address("10.0.1.1"), port=80),
            GroupRange(first=ip_address("2001:db8::1:ffff"), last=ip_address("2001:db8::2:0"), port=80),
        ),
        marks=(GroupMark(mark=3), GroupMark(mark=3, family=4), GroupMark(mark=4, family=6)),
    )
    services = services_of(virtual_server(group="web", scheduler="mh"), group)
    assert [(str(service.address), service.port, service.protocol) for service in services if service.address] == [
        ("10.0.0.254", 80, 6),
        ("10.0.0.255", 80, 6),
        ("10.0.1.0", 80, 6),
        ("10.0.1.1", 80, 6),
        ("2001:db8::1:ffff", 80, 6),
        ("2001:db8::2:0", 80, 6),
    ]
    assert [(each.family, each.fwmark, each.protocol) for each in services if each.fwmark] == [(4, 3, 0), (6, 4, 0)]
    assert {service.scheduler for service in services} == {"mh"}


@pytest.mark.parametrize(
    ("tunnel", "sent"),
    [
        (Tunnel(), (0, 0, 0)),
        (Tunnel(type="gue", port=6080), (1, 6080, 0)),
        (Tunnel(type="gue", port=6080, checksum="csum"), (1, 6080, 1)),
        (Tunnel(type="gue", port=6080, checksum="remcsum"), (1, 6080, 2)),
        (Tunnel(type="gre", checksum="csum"), (2, 0, 1)),
    ],
)
def test_a_tunnel_has_its_kind_port_and_checksum(tunnel: Tunnel, sent: tuple[int, int, int]) -> None:
    server = real_server("192.0.2.1", lvs_method=ForwardingMethod.TUN, tunnel=tunnel)
    found = destination_of(80, server, 1)
    assert (found.tunnel_type, found.tunnel_port, found.tunnel_flags) == sent
    not_tunnelled = destination_of(80, real_server("192.0.2.1", lvs_method=ForwardingMethod.DR, tunnel=tunnel), 1)
    assert (not_tunnelled.tunnel_type, not_tunnelled.tunnel_port, not_tunnelled.tunnel_flags) == (0, 0, 0)
