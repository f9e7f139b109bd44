"""The bytes of an instance's adverts, built once and only stamped afterwards.

Owns the datagrams of one instance: what stands in them changes with priority and source; the identification, an AH sequence and an
HMAC trailer change with every advert. It sends nothing and reads no clock. Source: reference/vrrp-behaviour.md §2.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, NamedTuple

from keepalived_py.config.ast import AuthenticationType
from keepalived_py.vrrp.trailer import Signer
from keepalived_py.wire import ah
from keepalived_py.wire.hmac_trailer import TRAILER_LENGTH, covered_message
from keepalived_py.wire.ip import PROTOCOL_AH, PROTOCOL_VRRP, encode_ipv4_header
from keepalived_py.wire.vrrp import GROUP_IPV4, GROUP_IPV6, Advertisement, encode

if TYPE_CHECKING:
    from keepalived_py.config.ast import IPAddress, Microseconds, VrrpInstance
    from keepalived_py.vrrp.effects import SendAdvertisement

_MULTICAST_TTL = 255
_LAST_IDENTIFICATION = 0xFFFF


def group_of(configuration: VrrpInstance) -> IPAddress:
    """Return the multicast group of an instance that does not send unicast."""
    return configuration.multicast_group or (GROUP_IPV4 if configuration.family == 4 else GROUP_IPV6)


def protocol_of(configuration: VrrpInstance) -> int:
    """Return the IP protocol that an instance's adverts are: AH's when they carry an authentication header."""
    return PROTOCOL_AH if configuration.authentication.type == AuthenticationType.AH else PROTOCOL_VRRP


class Datagram(NamedTuple):
    """What to send where: with its IPv4 header, or over IPv6 the message alone, whose checksum the kernel writes."""

    destination: IPAddress
    data: bytes


@dataclass(frozen=True, slots=True)
class _Template:
    """An IPv4 datagram with identification 0: what stands before it, between it and the checksum, that checksum, what follows."""

    destination: IPAddress
    head: bytes
    middle: bytes
    checksum: int
    tail: bytes

    def stamp(self, identification: int, trailer: bytes = b"") -> bytes:
        # RFC 1624: the new checksum from the old one and the word that changed (from 0).
        total = (~self.checksum & 0xFFFF) + identification
        checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
        stamped = identification.to_bytes(2, "big")
        return b"".join((self.head, stamped, self.middle, checksum.to_bytes(2, "big"), self.tail, trailer))


@dataclass(frozen=True, slots=True)
class _Advert:
    """All copies of one advert: templates for IPv4, the bare message otherwise, and what an HMAC covers of them."""

    templates: tuple[_Template, ...]
    message: bytes
    covered: bytes


class AdvertBuilder:
    """Builds the datagrams of one instance, one a destination.

    ``predecessor`` is the builder of the same instance before a reload: signatures go on where its ended.
    """

    def __init__(self, configuration: VrrpInstance, predecessor: AdvertBuilder | None = None) -> None:
        self._configuration = configuration
        if configuration.unicast:
            self._destinations = tuple(peer.address for peer in configuration.unicast_peers)
        else:
            self._destinations = (group_of(configuration),)
        self._protocol = protocol_of(configuration)
        self._with_ah = self._protocol == PROTOCOL_AH
        #: Of unicast over IPv6; None leaves it to the kernel.
        self.hop_limit = (
            configuration.unicast_ttl if configuration.unicast and configuration.unicast_ttl_configured else None
        )
        self._adverts: dict[tuple[int, IPAddress, bool], _Advert] = {}
        #: A master asks with the very same object again and again.
        self._last: tuple[SendAdvertisement, _Advert] | None = None
        self._identification = 0
        self._signer: Signer | None = None
        if configuration.hmac is not None and configuration.hmac.mode != "receive-only":
            before = predecessor.signer if predecessor is not None else None
            self._signer = Signer(configuration.hmac, last=before.last if before is not None else None)

    @property
    def signer(self) -> Signer | None:
        """What signs its adverts, None without ``auth_hmac``."""
        return self._signer

    def build(self, wanted: SendAdvertisement, wall_clock: Microseconds = 0) -> list[Datagram]:
        """Return one logical advert; all copies carry the same identification, sequence and trailer.

        ``wall_clock`` is in microseconds since 1970. Raises WireError for a configuration that has no place on the wire.
        """
        self._identification = 1 if self._identification == _LAST_IDENTIFICATION else self._identification + 1
        if self._last is not None and self._last[0] is wanted:
            advert = self._last[1]
        else:
            advert = self._advert_like(wanted)
            self._last = wanted, advert
        trailer = self._signer.sign(advert.covered, wall_clock) if self._signer is not None else b""
        if not advert.templates:
            return [Datagram(destination, advert.message + trailer) for destination in self._destinations]
        stamped = [
            Datagram(template.destination, template.stamp(self._identification, trailer))
            for template in advert.templates
        ]
        if self._with_ah:
            return [Datagram(each.destination, self._authenticated(each.data, wanted)) for each in stamped]
        return stamped

    def _advert_like(self, wanted: SendAdvertisement) -> _Advert:
        key = (wanted.priority, wanted.source, wanted.group_checksum)
        advert = self._adverts.get(key)
        if advert is None:
            advert = self._adverts[key] = self._advert(wanted)
        return advert

    def _advert(self, wanted: SendAdvertisement) -> _Advert:
        configuration = self._configuration
        kind = configuration.authentication.type
        advertisement = Advertisement(
            version=configuration.version,
            virtual_router_id=configuration.virtual_router_id,
            priority=wanted.priority,
            addresses=tuple(address.address for address in configuration.virtual_addresses),
            interval=configuration.advert_int,
            authentication_type=int(kind),
            # With AH the password is a key, and the field stays empty.
            authentication_data=configuration.authentication.password if kind == AuthenticationType.PASS else b"",
        )
        templates = []
        for destination in self._destinations:
            message = encode(
                advertisement,
                source=wanted.source,
                destination=(configuration.checksum_group or GROUP_IPV4) if wanted.group_checksum else destination,
                with_pseudo_header=not configuration.v3_checksum_as_v2,
            )
            if isinstance(wanted.source, IPv4Address) and isinstance(destination, IPv4Address):
                templates.append(self._template(wanted.source, destination, message))
        covered = covered_message(message, wanted.source) if self._signer is not None else b""
        return _Advert(templates=tuple(templates), message=message, covered=covered)

    def _template(self, source: IPv4Address, destination: IPv4Address, message: bytes) -> _Template:
        configuration = self._configuration
        # An empty header takes its place until the sequence is known.
        inner = bytes(ah.HEADER_LENGTH) + message if self._with_ah else message
        header = encode_ipv4_header(
            source,
            destination,
            protocol=self._protocol,
            payload_length=len(inner) + (TRAILER_LENGTH if self._signer is not None else 0),
            identification=0,
            ttl=configuration.unicast_ttl if configuration.unicast else _MULTICAST_TTL,
        )
        return _Template(
            destination=destination,
            head=header[:4],
            middle=header[6:10],
            checksum=int.from_bytes(header[10:12], "big"),
            tail=header[12:] + inner,
        )

    def _authenticated(self, datagram: bytes, wanted: SendAdvertisement) -> bytes:
        """Write the authentication header into a stamped datagram: its value covers the identification and the destination."""
        ip_header, message = datagram[:20], datagram[20 + ah.HEADER_LENGTH :]
        unsigned = ah.encode(ah.AuthenticationHeader(spi=IPv4Address(int(wanted.source)), sequence=wanted.sequence))
        configuration = self._configuration
        icv = ah.integrity_check_value(
            ip_header, unsigned, message, configuration.authentication.password, unicast=configuration.unicast
        )
        return b"".join((ip_header, unsigned[: -ah.ICV_LENGTH], icv, message))
