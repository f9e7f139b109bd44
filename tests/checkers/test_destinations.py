from __future__ import annotations

from ipaddress import ip_address

import pytest

from keepalived_py.checkers.destinations import destination_of, kernel_weight, service_of
from keepalived_py.config.ast import ForwardingMethod, PersistenceGranularity, SorryServer
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
    assert service_of(configured) == Service(
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
    service = service_of(
        virtual_server(persistence_granularity=PersistenceGranularity(prefix_length=24), persistence_engine="sip")
    )
    assert (service.timeout, service.netmask_prefix, service.persistence_engine) == (0, None, None)


def test_a_mark_service_has_neither_address_nor_protocol() -> None:
    assert service_of(virtual_server(fwmark=9)) == Service(family=4, fwmark=9)


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
    assert destination_of(virtual_server(fwmark=fwmark), server, 7) == Destination(
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
    destination = destination_of(virtual_server(address="2001:db8::1"), sorry, 1)
    assert (destination.family, destination.upper_threshold, destination.lower_threshold) == (6, 0, 0)


@pytest.mark.parametrize(("weight", "sent"), [(-1, 0), (0, 0), (5, 5), (2**31, 2**31 - 1)])
def test_weights_are_brought_into_the_kernels_range(weight: int, sent: int) -> None:
    assert kernel_weight(weight) == sent
