"""May a received packet speak to an instance? The reference's checks, in its order, with its counters and its words.

Owns the judgement of a packet against the configuration; it never changes the state of the machine: a rejected packet must leave
no trace but a counter and, once, a log line. Who sent it is judged by ``authenticity.py``, in its place among the checks. Source:
reference/vrrp-behaviour.md §3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.ast import AuthenticationType
from keepalived_py.vrrp.authenticity import Authenticity
from keepalived_py.vrrp.complaints import Complaints
from keepalived_py.vrrp.effects import Log
from keepalived_py.vrrp.timing import OWNER_PRIORITY, STOP_PRIORITY
from keepalived_py.wire.ip import PROTOCOL_AH
from keepalived_py.wire.vrrp import GROUP_IPV4, TYPE_ADVERTISEMENT

if TYPE_CHECKING:
    from keepalived_py.config.ast import IPAddress, UnicastPeer, VrrpInstance
    from keepalived_py.vrrp.effects import Effect
    from keepalived_py.vrrp.events import AdvertisementReceived
    from keepalived_py.vrrp.memory import Memory
    from keepalived_py.vrrp.statistics import Statistics
    from keepalived_py.wire.vrrp import Packet

_MULTICAST_TTL = 255
_SECOND = 1_000_000
_CENTISECOND = 10_000


class Gate:
    """Judges packets for one instance; what must outlive the configuration is in ``memory``.

    Each kind of complaint is logged once until ``forget()`` (the master changed, or our own state did).
    """

    def __init__(self, configuration: VrrpInstance, statistics: Statistics, memory: Memory) -> None:
        self._configuration = configuration
        self._statistics = statistics
        self._memory = memory
        self._name = configuration.name
        self._ordered = tuple(address.address for address in configuration.virtual_addresses)
        self._peers: dict[IPAddress, UnicastPeer] = {peer.address: peer for peer in configuration.unicast_peers}
        self._complaints = Complaints(configuration.name)
        self._complain = self._complaints.make
        self._authenticity = Authenticity(configuration, statistics, memory, self._complaints)
        self.overtake = self._authenticity.overtake
        #: The packet admitted last without a word, and whether its addresses were compared.
        self._familiar: Packet | None = None
        self._familiar_compared = False

    def forget(self) -> None:
        """Log every kind of complaint anew."""
        self._complaints.forget()
        self._familiar = None

    def admits(self, event: AdvertisementReceived, out: list[Effect], *, check_addresses: bool, priority: int) -> bool:
        """Whether the packet may change the instance; log lines go to ``out``. ``priority`` is our effective one.

        Addresses are compared only with ``check_addresses``; the answer does not depend on them.
        """
        packet, statistics = event.packet, self._statistics
        if packet is self._familiar and (self._familiar_compared or not check_addresses):
            # A master repeats itself, and whoever decodes gives us the very same packet again.
            statistics.advert_rcvd += 1
            return True
        said, missed = len(out), statistics.addr_list_err
        admitted = self._judge(event, out, check_addresses=check_addresses, priority=priority)
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

    def _judge(self, event: AdvertisementReceived, out: list[Effect], *, check_addresses: bool, priority: int) -> bool:
        packet = event.packet
        if (
            not self._of_our_kind(packet, out)
            or not self._well_formed(packet, out)
            or not self._authenticity.trailer_passes(packet, event.wall_clock, out)
            or not self._is_version_2_of_ours(packet, out)
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

    def _of_our_kind(self, packet: Packet, out: list[Effect]) -> bool:
        """Drop what IPv6 sockets hear beside what is for them; nobody has done anything wrong, so it is not counted."""
        configuration = self._configuration
        if configuration.family == 4 or packet.destination.is_multicast != configuration.unicast:
            return True
        theirs, ours = ("un", "mult") if not configuration.unicast else ("mult", "un")
        self._complain("kind", f"discarding {theirs}icast packet on {ours}icast instance", out, detail=True)
        return False

    def _well_formed(self, packet: Packet, out: list[Effect]) -> bool:
        """Make checks 1 to 4: AH where it belongs, length, TTL of multicast, version."""
        configuration, statistics, source = self._configuration, self._statistics, packet.source
        wants_ah = configuration.authentication.type == AuthenticationType.AH
        if (packet.ip_protocol == PROTOCOL_AH) != wants_ah:
            statistics.authtype_mismatch += 1
            text = "No AH header but auth type is AH" if wants_ah else "Received AH header but auth type not AH"
            self._complain("ah", f"{text} from {source}", out)
            return False
        signed = configuration.hmac is not None and bool(packet.trailer)
        if not packet.length_valid and not signed:
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

    def _is_version_2_of_ours(self, packet: Packet, out: list[Effect]) -> bool:
        """Make check 6: version 2's authentication and its interval, which must be ours."""
        configuration = self._configuration
        if configuration.version != 2:
            return True
        if not self._authenticity.version_2_passes(packet, out):
            return False
        if packet.interval != configuration.advert_int:
            mine, received = configuration.advert_int // _SECOND, packet.interval // _SECOND
            self._complain(
                "interval",
                f"advertisement interval mismatch with {packet.source} mine={mine} sec rcv'd={received} sec",
                out,
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
        if not self._checksum_passes(packet, out):
            statistics.chk_err += 1
            self._complain("checksum", f"Invalid VRRPv{configuration.version} checksum from {source}", out)
            return False
        if packet.destination.is_multicast == configuration.unicast:
            statistics.addr_list_err += 1
            ours, theirs = ("un", "mult") if configuration.unicast else ("mult", "un")
            self._complain("cast", f"Expected {ours}icast packet but received {theirs}icast packet from {source}", out)
            return False
        return True

    def _checksum_passes(self, packet: Packet, out: list[Effect]) -> bool:
        """Make check 10, of IPv4: version 3's checksum covers the destination, but once covered the group instead (§2.3)."""
        configuration = self._configuration
        if configuration.family == 6 or (configuration.version == 3 and configuration.v3_checksum_as_v2):
            return True  # the kernel has looked; or nobody is to look
        if configuration.version == 2 or not configuration.unicast or configuration.unicast_checksum == "never":
            return packet.checksum_valid
        group = configuration.checksum_group or GROUP_IPV4
        if configuration.unicast_checksum == "config" or self._memory.group_checksum:
            return packet.checksum_valid_for(group)
        if packet.checksum_valid:
            return True
        if not packet.checksum_valid_for(group):
            return False
        self._memory.group_checksum = True
        out.append(Log(text=f"({self._name}) Setting unicast VRRPv3 checksum to old version"))
        return True

    def _compare_addresses(self, packet: Packet, out: list[Effect], *, check_addresses: bool) -> None:
        """Make check 14: differing addresses are counted and remarked on, the packet counts all the same."""
        if packet.address_count != len(self._ordered):
            self._statistics.addr_list_err += 1
            self._complain("count", f"expected {len(self._ordered)} VIPs but received {packet.address_count}", out)
            return
        if not check_addresses or set(packet.addresses).issuperset(self._ordered):
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
