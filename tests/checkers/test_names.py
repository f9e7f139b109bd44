from __future__ import annotations

from ipaddress import ip_address

import pytest

from keepalived_py.checkers.names import address_text, identity_of, real_server_text, socket_text, virtual_server_text
from keepalived_py.config.ast import Protocol
from tests.lab.checks import real_server, virtual_server


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:0db8::0001", "2001:db8::1"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("::1", "::1"),
    ],
)
def test_addresses_are_written_as_inet_ntop_writes_them(written: str, text: str) -> None:
    assert address_text(ip_address(written)) == text


def test_servers_are_named_by_address_protocol_and_port() -> None:
    service = virtual_server(real_server("2001:db8::5", port=8080), address="2001:db8::1", port=443)
    assert virtual_server_text(service) == "[2001:db8::1]:tcp:443"
    assert real_server_text(service.real_servers[0], service) == "[2001:db8::5]:tcp:8080"


def test_a_mark_names_its_virtual_server_and_its_servers_have_no_protocol() -> None:
    service = virtual_server(real_server("192.0.2.1"), fwmark=7)
    assert virtual_server_text(service) == "FWM 7"
    assert real_server_text(service.real_servers[0], service) == "[192.0.2.1]:none:80"


def test_what_is_missing_is_said() -> None:
    assert socket_text(None, Protocol.SCTP, 0) == "[(none)]:sctp:0"


def test_a_virtual_server_of_a_group_is_named_and_recognised_by_its_number_in_the_group() -> None:
    service = virtual_server(real_server("192.0.2.1"), group="web", group_member=1)
    assert virtual_server_text(service) == "[web]:1"
    assert identity_of(service) == ("web", 1)
    assert identity_of(virtual_server(fwmark=7)) == virtual_server(scheduler="rr", fwmark=7).key
