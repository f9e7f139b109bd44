"""config/interface_facts.py"""

from __future__ import annotations

from ipaddress import ip_interface

import pytest

from keepalived_py.config.interface_facts import look_at
from tests.lab.netns import Lab, in_namespace


@pytest.mark.netns
def test_an_interface_is_seen_with_its_size_and_addresses_in_the_namespace_we_are_in() -> None:
    with Lab() as lab:
        host = lab.namespace("facts")
        host.ip("link", "add", "facts0", "mtu", "1400", "type", "veth", "peer", "name", "facts1")
        host.ip("addr", "add", "192.0.2.1/24", "dev", "facts0")
        host.ip("link", "set", "facts0", "up")
        host.ip("addr", "add", "2001:db8::1/64", "dev", "facts0", "nodad")
        facts = in_namespace(host.name, lambda: look_at("facts0"))
        loopback = in_namespace(host.name, lambda: look_at("lo"))
    assert look_at("facts0") is None
    assert facts is not None
    assert (facts.name, facts.mtu, facts.loopback, facts.multicast, facts.ethernet) == (
        "facts0",
        1400,
        False,
        True,
        True,
    )
    assert facts.index > 1
    assert facts.networks[0] == ip_interface("192.0.2.1/24")
    assert ip_interface("2001:db8::1/64") in facts.networks
    assert facts.addresses == tuple(network.ip for network in facts.networks)
    assert loopback is not None
    assert (loopback.loopback, loopback.ethernet) == (True, False)
