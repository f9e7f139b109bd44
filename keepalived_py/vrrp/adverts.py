"""The bytes of an instance's adverts, built once and only stamped afterwards.

Owns the datagrams of one instance: what stands in them changes with priority and source, the identification with every advert. It
sends nothing. Source: reference/vrrp-behaviour.md §2.1-§2.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from keepalived_py.wire.ip import PROTOCOL_VRRP, encode_ipv4_header
from keepalived_py.wire.vrrp import GROUP_IPV4, Advertisement, encode

if TYPE_CHECKING:
    from keepalived_py.config.ast import IPAddress, VrrpInstance

_MULTICAST_TTL = 255
_LAST_IDENTIFICATION = 0xFFFF


@dataclass(frozen=True, slots=True)
class _Template:
    """A datagram whose identification is 0: what stands before it, between it and the checksum, that checksum, what follows."""

    destination: IPAddress
    head: bytes
    middle: bytes
    checksum: int
    tail: bytes

    def stamp(self, identification: int) -> bytes:
        # RFC 1624: the new checksum from the old one and the word that changed (from 0).
        total = (~self.checksum & 0xFFFF) + identification
        checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
        stamped = identification.to_bytes(2, "big")
        return b"".join((self.head, stamped, self.middle, checksum.to_bytes(2, "big"), self.tail))


class AdvertBuilder:
    """Builds the datagrams of one IPv4 instance, one a destination."""

    def __init__(self, configuration: VrrpInstance) -> None:
        self._configuration = configuration
        if configuration.unicast:
            self._destinations = tuple(peer.address for peer in configuration.unicast_peers)
        else:
            self._destinations = (configuration.multicast_group or GROUP_IPV4,)
        self._templates: dict[tuple[int, IPAddress], tuple[_Template, ...]] = {}
        self._identification = 0

    def build(self, priority: int, source: IPAddress) -> list[tuple[IPAddress, bytes]]:
        """Return (destination, datagram) of one logical advert; all copies carry the same identification.

        Raises WireError for a configuration that has no place on the wire.
        """
        self._identification = 1 if self._identification == _LAST_IDENTIFICATION else self._identification + 1
        templates = self._templates.get((priority, source))
        if templates is None:
            templates = tuple(self._template(priority, source, destination) for destination in self._destinations)
            self._templates[priority, source] = templates
        return [(template.destination, template.stamp(self._identification)) for template in templates]

    def _template(self, priority: int, source: IPAddress, destination: IPAddress) -> _Template:
        configuration = self._configuration
        advertisement = Advertisement(
            version=configuration.version,
            virtual_router_id=configuration.virtual_router_id,
            priority=priority,
            addresses=tuple(address.address for address in configuration.virtual_addresses),
            interval=configuration.advert_int,
            authentication_type=int(configuration.authentication.type),
            authentication_data=configuration.authentication.password,
        )
        message = encode(advertisement, source=source, destination=destination)
        if not isinstance(source, IPv4Address) or not isinstance(destination, IPv4Address):
            # IPv6 has no header of ours: its datagrams are the message alone, and nothing in them is stamped.
            raise TypeError("adverts over IPv6 are not built here yet")
        header = encode_ipv4_header(
            source,
            destination,
            protocol=PROTOCOL_VRRP,
            payload_length=len(message),
            identification=0,
            ttl=configuration.unicast_ttl if configuration.unicast else _MULTICAST_TTL,
        )
        return _Template(
            destination=destination,
            head=header[:4],
            middle=header[6:10],
            checksum=int.from_bytes(header[10:12], "big"),
            tail=header[12:] + message,
        )
