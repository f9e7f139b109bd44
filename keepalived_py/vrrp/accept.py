"""May a received packet speak to an instance? The reference's checks, in its order, with its counters and its words.

Owns the judgement of a packet against the configuration; it never changes the state of the machine: a rejected packet must leave
no trace but a counter and, once, a log line. Source: reference/vrrp-behaviour.md §3.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from keepalived_py.config.ast import AuthenticationType
from keepalived_py.vrrp.events import Effect, Log
from keepalived_py.vrrp.timing import OWNER_PRIORITY, STOP_PRIORITY
from keepalived_py.wire.vrrp import TYPE_ADVERTISEMENT, pad_authentication

if TYPE_CHECKING:
    from keepalived_py.config.ast import IPAddress, UnicastPeer, VrrpInstance
    from keepalived_py.vrrp.statistics import Statistics
    from keepalived_py.wire.vrrp import Packet

_PROTOCOL_AH = 51
_MULTICAST_TTL = 255
_SECOND = 1_000_000
_CENTISECOND = 10_000
_KNOWN_AUTHENTICATION = frozenset(AuthenticationType)


class Gate:
    """Judges packets for one instance.

    Each kind of complaint is logged once until ``forget()`` (the master changed, or our own state did).
    """

    def __init__(self, configuration: VrrpInstance, statistics: Statistics) -> None:
        self._configuration = configuration
        self._statistics = statistics
        self._name = configuration.name
        self._addresses = frozenset(address.address for address in configuration.virtual_addresses)
        self._ordered = tuple(address.address for address in configuration.virtual_addresses)
        self._password = pad_authentication(configuration.authentication.password)
        self._peers: dict[IPAddress, UnicastPeer] = {peer.address: peer for peer in configuration.unicast_peers}
        self._complained: set[str] = set()
        #: The packet admitted last without a word, and whether its addresses were compared.
        self._familiar: Packet | None = None
        self._familiar_compared = False

    def forget(self) -> None:
        """Log every kind of complaint anew."""
        self._complained.clear()
        self._familiar = None

    def admits(self, packet: Packet, out: list[Effect], *, check_addresses: bool, priority: int) -> bool:
        """Whether the packet may change the instance; log lines go to ``out``. ``priority`` is our effective one.

        Addresses are compared only with ``check_addresses``; the answer does not depend on them.
        """
        statistics = self._statistics
        if packet is self._familiar and (self._familiar_compared or not check_addresses):
            # A master repeats itself, and whoever decodes gives us the very same packet again.
            statistics.advert_rcvd += 1
            return True
        said, missed = len(out), statistics.addr_list_err
        admitted = self._judge(packet, out, check_addresses=check_addresses, priority=priority)
        if admitted and (len(out), statistics.addr_list_err) == (said, missed) and self._may_repeat(packet):
            self._familiar, self._familiar_compared = packet, check_addresses
        else:
            self._familiar = None
        return admitted

    def _may_repeat(self, packet: Packet) -> bool:
        """Whether the same packet would be admitted again: not if it proves its freshness, or our priority matters."""
        return (
            packet.priority != STOP_PRIORITY
            and not packet.authentication_header
            and not packet.trailer
            and not self._configuration.owner_ignore_adverts
        )

    def _judge(self, packet: Packet, out: list[Effect], *, check_addresses: bool, priority: int) -> bool:
        if (
            not self._well_formed(packet, out)
            or not self._authentic(packet, out)
            or not self._is_advertisement(packet, out)
        ):
            return False
        configuration, statistics = self._configuration, self._statistics
        if configuration.owner_ignore_adverts and priority == OWNER_PRIORITY:
            self._complain("owner", f"Dropping packet(s) from {packet.source} since we are address owner", out)
            return False
        statistics.advert_rcvd += 1
        self._compare_addresses(packet, out, check_addresses=check_addresses)
        if configuration.unicast and configuration.check_unicast_source and not self._from_peer(packet, out):
            return False
        if packet.priority == STOP_PRIORITY:
            statistics.pri_zero_rcvd += 1
        return True

    def _complain(self, kind: str, text: str, out: list[Effect]) -> None:
        if kind not in self._complained:
            self._complained.add(kind)
            out.append(Log(text=f"({self._name}) {text}"))

    def _well_formed(self, packet: Packet, out: list[Effect]) -> bool:
        """Make checks 1 to 4: AH where it belongs, length, TTL of multicast, version."""
        configuration, statistics, source = self._configuration, self._statistics, packet.source
        wants_ah = configuration.authentication.type == AuthenticationType.AH
        if (packet.ip_protocol == _PROTOCOL_AH) != wants_ah:
            statistics.authtype_mismatch += 1
            text = "No AH header but auth type is AH" if wants_ah else "Received AH header but auth type not AH"
            self._complain("ah", f"{text} from {source}", out)
            return False
        if not packet.length_valid:
            statistics.packet_len_err += 1
            length, expected = packet.datagram_length, packet.expected_length
            size = "long" if length > expected else "short"
            self._complain(
                "length", f"vrrp packet from {source} too {size}, length {length} and expect {expected}", out
            )
            return False
        if not configuration.unicast and packet.ttl is not None and packet.ttl != _MULTICAST_TTL:
            statistics.ip_ttl_err += 1
            self._complain(
                "ttl", f"invalid TTL/HL from {source}. Received {packet.ttl} and expect {_MULTICAST_TTL}", out
            )
            return False
        if packet.version != configuration.version:
            statistics.vers_err += 1
            self._complain(
                "version",
                f"wrong VRRP version from {source}. Received {packet.version} and expect {configuration.version}",
                out,
            )
            return False
        return True

    def _authentic(self, packet: Packet, out: list[Effect]) -> bool:
        """Make check 6: version 2's authentication and its interval, which must be ours."""
        configuration, statistics, source = self._configuration, self._statistics, packet.source
        if configuration.version != 2:
            return True
        ours, theirs = configuration.authentication.type, packet.authentication_type
        if theirs not in _KNOWN_AUTHENTICATION:
            statistics.invalid_authtype += 1
            self._complain("auth", f"Invalid auth type from {source}: {theirs}", out)
            return False
        if theirs != ours:
            statistics.authtype_mismatch += 1
            self._complain("authtype", f"received a {theirs} auth from {source}, expecting {int(ours)}!", out)
            return False
        if ours == AuthenticationType.PASS and not hmac.compare_digest(packet.authentication_data, self._password):
            statistics.auth_failure += 1
            self._complain("password", f"received an invalid passwd from {source}!", out)
            return False
        if packet.interval != configuration.advert_int:
            mine, received = configuration.advert_int // _SECOND, packet.interval // _SECOND
            self._complain(
                "interval", f"advertisement interval mismatch with {source} mine={mine} sec rcv'd={received} sec", out
            )
            return False
        return True

    def _is_advertisement(self, packet: Packet, out: list[Effect]) -> bool:
        """Make checks 7 to 11: type, total length, version 3's interval (only remarked on), checksum, kind of destination."""
        configuration, statistics, source = self._configuration, self._statistics, packet.source
        if packet.type != TYPE_ADVERTISEMENT:
            statistics.invalid_type_rcvd += 1
            self._complain(
                "type", f"Invalid packet type from {source}. {packet.type} and expect {TYPE_ADVERTISEMENT}", out
            )
            return False
        if not packet.total_length_valid:
            statistics.packet_len_err += 1
            total, length = packet.ip_total_length, packet.datagram_length
            self._complain(
                "total",
                f"ip_tot_len mismatch against received length from {source}. {total} and received {length}",
                out,
            )
            return False
        if configuration.version == 3 and packet.interval != configuration.advert_int:
            mine, received = configuration.advert_int // _CENTISECOND, packet.interval // _CENTISECOND
            self._complain(
                "interval", f"advertisement interval mismatch ours = {mine} centi-sec rcv'd={received} centi-sec", out
            )
        if not packet.checksum_valid:
            statistics.chk_err += 1
            self._complain("checksum", f"Invalid VRRPv{configuration.version} checksum from {source}", out)
            return False
        if packet.destination.is_multicast == configuration.unicast:
            statistics.addr_list_err += 1
            ours, theirs = ("un", "mult") if configuration.unicast else ("mult", "un")
            self._complain("cast", f"Expected {ours}icast packet but received {theirs}icast packet from {source}", out)
            return False
        return True

    def _compare_addresses(self, packet: Packet, out: list[Effect], *, check_addresses: bool) -> None:
        """Make check 14: differing addresses are counted and remarked on, the packet counts all the same."""
        if packet.address_count != len(self._ordered):
            self._statistics.addr_list_err += 1
            self._complain("count", f"expected {len(self._ordered)} VIPs but received {packet.address_count}", out)
            return
        if not check_addresses or self._addresses.issubset(packet.addresses):
            return
        self._statistics.addr_list_err += 1
        missing = next(address for address in self._ordered if address not in packet.addresses)
        self._complain(
            "addresses",
            f"ip address associated with VRID {self._configuration.virtual_router_id} not present in advert"
            f" from {packet.source}: {missing}",
            out,
        )

    def _from_peer(self, packet: Packet, out: list[Effect]) -> bool:
        """Make check 15: with source checking the sender is a peer and its TTL in that peer's range."""
        peer = self._peers.get(packet.source)
        if peer is None:
            self._complain("peer", f"unicast source address {packet.source} not a unicast peer", out)
            return False
        lowest = 0 if peer.min_ttl is None else peer.min_ttl
        highest = 255 if peer.max_ttl is None else peer.max_ttl
        if packet.ttl is not None and not lowest <= packet.ttl <= highest:
            self._statistics.ip_ttl_err += 1
            self._complain("range", f"TTL/HL {packet.ttl} from {packet.source} not in range [{lowest}, {highest}]", out)
            return False
        return True
