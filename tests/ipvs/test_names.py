from __future__ import annotations

from ipaddress import ip_address

import pytest

from keepalived_py.ipvs.names import key_text
from keepalived_py.wire.ipvs import ServiceKey


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (ServiceKey(4, 6, ip_address("198.51.100.1"), 80, 0), "198.51.100.1:tcp:80"),
        (ServiceKey(4, 17, ip_address("198.51.100.1"), 53, 0), "198.51.100.1:udp:53"),
        (ServiceKey(6, 132, ip_address("2001:db8::1"), 9, 0), "2001:db8::1:sctp:9"),
        (ServiceKey(4, 0, None, 0, 7), "Fwm 7"),
        (ServiceKey(6, 0, None, 0, 7), "Fwm 7 inet6"),
    ],
)
def test_services_are_named_as_in_the_references_error_lines(key: ServiceKey, text: str) -> None:
    assert key_text(key) == text
