"""What an instance adds to the receive buffer of its socket."""

from __future__ import annotations

from dataclasses import replace

import pytest

from keepalived_py.config.ast import Authentication, AuthenticationType, ReceiveBuffers, VrrpInstance
from keepalived_py.vrrp.adverts import AdvertBuilder
from keepalived_py.vrrp.buffers import advert_length, share
from keepalived_py.vrrp.effects import SendAdvertisement
from tests.vrrp.notation import OWN, wanted

AH = Authentication(type=AuthenticationType.AH, password=b"secret")


@pytest.mark.parametrize(
    ("policy", "own", "expected"),
    [
        (ReceiveBuffers(), 0, 0),
        (ReceiveBuffers(policy="SIZE", size=9000), 0, 9000),
        (ReceiveBuffers(policy="MTU", multiplier=4), 0, 6000),
        (ReceiveBuffers(policy="ADVERT", multiplier=2), 0, 80),
        (ReceiveBuffers(policy="MTU"), 1234, 1234),
    ],
)
def test_its_own_size_wins_and_else_the_policy(policy: ReceiveBuffers, own: int, expected: int) -> None:
    assert share(replace(wanted(), kernel_rx_buf_size=own), policy, mtu=1500) == expected


@pytest.mark.parametrize(
    "instance", [wanted(), wanted(version=3), wanted(virtual_addresses=()), wanted(authentication=AH)]
)
def test_the_length_of_an_advert_is_that_of_the_datagram(instance: VrrpInstance) -> None:
    (datagram,) = AdvertBuilder(instance).build(SendAdvertisement(instance="V", priority=100, source=OWN))
    assert advert_length(instance) == len(datagram.data)
