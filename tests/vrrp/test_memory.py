"""vrrp/memory.py: what a reload must not forget."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from keepalived_py.config.ast import Authentication, AuthenticationType, HmacAuthentication, HmacKey
from keepalived_py.vrrp.adverts import AdvertBuilder
from keepalived_py.vrrp.effects import SendAdvertisement
from keepalived_py.vrrp.events import AdvertisementReceived, ConfigurationChanged
from tests.vrrp.notation import SECOND, expire, lines, on_the_wire, started

if TYPE_CHECKING:
    from keepalived_py.vrrp.machine import Instance
    from keepalived_py.wire.vrrp import Packet

_AH = Authentication(type=AuthenticationType.AH, password=b"secret")
_OLD, _NEW = HmacKey(id=1, secret=b"o" * 32), HmacKey(id=2, secret=b"n" * 32)
_HMAC = HmacAuthentication(keys=(_OLD,), active_key=1)
_WALL_CLOCK = 1_800_000_000 * SECOND


def _hears(instance: Instance, packet: Packet) -> list[str]:
    event = AdvertisementReceived(packet=packet, interface="eth0", wall_clock=_WALL_CLOCK)
    return lines(instance.handle(event, SECOND), "detail")


def _reloads(instance: Instance, **settings: object) -> None:
    configuration = replace(instance.configuration, **settings)  # type: ignore[arg-type]
    instance.handle(ConfigurationChanged(configuration=configuration, total=100), SECOND)


def test_an_authentication_header_heard_before_a_reload_is_not_believed_after_it() -> None:
    instance = started(authentication=_AH)
    packet = on_the_wire(AdvertBuilder(instance.configuration), sequence=7)
    assert _hears(instance, packet) == []
    _reloads(instance, nopreempt=True)
    complaint = "log (V) IPSEC-AH : sequence number 7 already processed. Packet dropped. Local(7)"
    assert _hears(instance, packet) == [complaint]


def test_a_trailer_heard_before_a_change_of_keys_is_not_believed_after_it() -> None:
    instance = started(hmac=_HMAC)
    builder = AdvertBuilder(instance.configuration)
    packet = on_the_wire(builder, wall_clock=_WALL_CLOCK)
    assert _hears(instance, packet) == []
    _reloads(instance, hmac=replace(_HMAC, keys=(_OLD, _NEW), active_key=2))
    assert _hears(instance, packet) == ["log (V) replayed authentication trailer from 10.0.0.6"]
    # The other one has the new key too and signs with it; its sequence goes on although its clock stands still.
    successor = AdvertBuilder(instance.configuration, builder)
    assert _hears(instance, on_the_wire(successor, wall_clock=_WALL_CLOCK)) == []
    assert instance.statistics.advert_rcvd == 2


def test_a_checksum_learnt_from_an_old_peer_is_sent_after_a_reload() -> None:
    instance = started(version=3, unicast=True, nopreempt=True)
    peer = replace(instance.configuration, unicast=False)
    packet = replace(on_the_wire(AdvertBuilder(peer)), destination=instance.source)
    packet = replace(packet, checksum_valid=packet.checksum_valid_for(packet.destination))
    assert _hears(instance, packet) == ["log (V) Setting unicast VRRPv3 checksum to old version"]
    _reloads(instance, nopreempt=False)
    _, effects = expire(instance)
    assert [effect.group_checksum for effect in effects if isinstance(effect, SendAdvertisement)] == [True]
