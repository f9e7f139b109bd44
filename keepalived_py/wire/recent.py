"""What was decoded lately, so that the same advert is not decoded again every second.

A master repeats itself: its datagrams differ in the IPv4 identification and, with it, the header checksum, which the kernel has
verified. Owns this memory, which is bounded; what a datagram says is ``vrrp.py``'s. Nothing is remembered of datagrams that are
never the same twice (AH, HMAC), so a replay of one of those is always judged anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.wire.vrrp import Packet, decode_ipv4, decode_ipv6

if TYPE_CHECKING:
    from ipaddress import IPv6Address

#: Datagrams that are remembered at once: more than 255 routers with their neighbours. When it is full all are forgotten.
MOST = 1024


class RecentPackets:
    """Decodes; gives the very same object for a datagram that it has decoded lately."""

    def __init__(self) -> None:
        self._ipv4: dict[bytes, Packet] = {}
        self._ipv6: dict[tuple[bytes, IPv6Address, IPv6Address, int | None], Packet] = {}

    def ipv4(self, datagram: bytes) -> Packet:
        """Do what ``decode_ipv4`` does."""
        # Everything but the identification and the header checksum.
        key = datagram[:4] + datagram[6:10] + datagram[12:]
        packet = self._ipv4.get(key)
        if packet is None:
            packet = decode_ipv4(datagram)
            if may_come_again(packet):
                if len(self._ipv4) >= MOST:
                    self._ipv4.clear()
                self._ipv4[key] = packet
        return packet

    def ipv6(self, payload: bytes, *, source: IPv6Address, destination: IPv6Address, hop_limit: int | None) -> Packet:
        """Do what ``decode_ipv6`` does."""
        key = (payload, source, destination, hop_limit)
        packet = self._ipv6.get(key)
        if packet is None:
            packet = decode_ipv6(payload, source=source, destination=destination, hop_limit=hop_limit)
            if may_come_again(packet):
                if len(self._ipv6) >= MOST:
                    self._ipv6.clear()
                self._ipv6[key] = packet
        return packet


def may_come_again(packet: Packet) -> bool:
    """Whether the same datagram may rightly arrive twice: it carries nothing that proves its freshness."""
    return not packet.authentication_header and not packet.trailer
