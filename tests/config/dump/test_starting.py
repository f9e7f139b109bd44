"""What stands in the table before any check ran, and so what a group's members count."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from keepalived_py.config.ast import (
    BfdCheck,
    Protocol,
    RealServer,
    SorryServer,
    VirtualServer,
    VirtualServerKey,
)
from keepalived_py.config.dump.starting import start_of

DOWN = (BfdCheck(name="b", alpha=True),)


def server(*reals: RealServer, sorry: SorryServer | None = None, quorum: int = 1) -> VirtualServer:
    key = VirtualServerKey(address=IPv4Address("198.51.100.1"), port=80, protocol=Protocol.TCP)
    return VirtualServer(key=key, real_servers=reals, sorry_server=sorry, quorum=quorum)


def real(*, down: bool = False, inhibit: bool = False) -> RealServer:
    return RealServer(address=IPv4Address("10.0.0.1"), port=80, checks=DOWN if down else (), inhibit_on_failure=inhibit)


def sorry(*, inhibit: bool = False, is_real_server: bool = False) -> SorryServer:
    return SorryServer(address=IPv4Address("10.0.0.9"), port=80, inhibit=inhibit, is_real_server=is_real_server)


@pytest.mark.parametrize(
    ("wanted", "written"),
    [
        (2, server(real(), real())),
        (1, server(real(), real(down=True))),
        (2, server(real(), real(down=True, inhibit=True))),
        (1, server(real(down=True), sorry=sorry())),  # the sorry server alone
        (1, server(real(), real(), sorry=sorry(), quorum=3)),  # two came, two went, the sorry server came
        (3, server(real(inhibit=True), real(inhibit=True), sorry=sorry(), quorum=3)),  # nobody went
        (2, server(real(), sorry=sorry(inhibit=True))),
        (1, server(real(), sorry=sorry(inhibit=True, is_real_server=True))),
    ],
)
def test_a_member_counts_who_was_added_less_who_was_taken_away(wanted: int, written: VirtualServer) -> None:
    assert start_of(written).additions == wanted


def test_without_a_quorum_the_sorry_server_serves() -> None:
    start = start_of(server(real(down=True), sorry=sorry()))
    assert (start.has_quorum, start.sorry_alive, start.sorry_set) == (False, True, True)


def test_a_check_that_was_lost_with_its_script_keeps_its_server_down() -> None:
    lost = RealServer(address=IPv4Address("10.0.0.1"), port=80, lost_checks=1)
    assert not start_of(server(lost)).has_quorum
