from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from keepalived_py.config.build.drafts import RealServerDraft, VirtualServerDraft
from keepalived_py.config.build.names import real_server_name, server_name


def test_servers_are_called_as_keepalived_calls_them() -> None:
    server = VirtualServerDraft(location=None, address=IPv6Address("2001:db8::1"), port=53, protocol=17)
    assert server_name(server) == "[2001:db8::1]:udp:53"
    real = RealServerDraft(address=IPv4Address("10.0.0.1"), port=5353, location=None)
    assert real_server_name(real, server) == "[10.0.0.1]:udp:5353"
    assert server_name(VirtualServerDraft(location=None, fwmark=7)) == "FWM 7"
    assert server_name(VirtualServerDraft(location=None, group="g", port=1)) == "[g]:1"
