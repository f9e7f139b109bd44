"""Was a packet sent by somebody who knows the secret? HMAC trailer, password or authentication header, as configured.

Owns checks 5 and 6 of reference/vrrp-behaviour.md §3 as far as they are about authenticity, with their counters and words; of what
it has accepted it remembers only sequences, in the instance's ``Memory``.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from keepalived_py.config.ast import AuthenticationType
from keepalived_py.vrrp.effects import Log
from keepalived_py.vrrp.trailer import Verdict, Verifier
from keepalived_py.wire import ah
from keepalived_py.wire.hmac_trailer import decode as decode_trailer
from keepalived_py.wire.ip import PROTOCOL_VRRP
from keepalived_py.wire.vrrp import pad_authentication

if TYPE_CHECKING:
    from keepalived_py.config.ast import Microseconds, VrrpInstance
    from keepalived_py.vrrp.complaints import Complaints
    from keepalived_py.vrrp.effects import Effect
    from keepalived_py.vrrp.memory import Memory
    from keepalived_py.vrrp.statistics import Statistics
    from keepalived_py.wire.hmac_trailer import Trailer
    from keepalived_py.wire.vrrp import Packet

_KNOWN: Final = frozenset(AuthenticationType)
_COUNTERS: Final = {
    Verdict.MALFORMED: "auth_ext_malformed",
    Verdict.STALE: "auth_ext_stale",
    Verdict.UNKNOWN_KEY: "auth_ext_unknown_key",
    Verdict.FORGED: "auth_ext_invalid_hmac",
    Verdict.REPLAYED: "auth_ext_replay",
}


class Authenticity:
    """Judges packets for one instance."""

    def __init__(
        self, configuration: VrrpInstance, statistics: Statistics, memory: Memory, complaints: Complaints
    ) -> None:
        self._name = configuration.name
        self._statistics = statistics
        self._sequence = memory.sequence
        self._complaints = complaints
        self._type = configuration.authentication.type
        self._password = pad_authentication(configuration.authentication.password)
        self._unicast = configuration.unicast
        self._peers = tuple(peer.address for peer in configuration.unicast_peers)
        self._hmac = configuration.hmac
        self._verifier = (
            Verifier(configuration.hmac, memory.marks, unicast=configuration.unicast) if configuration.hmac else None
        )

    # --- auth_hmac ----------------------------------------------------------------------------------------------------

    def trailer_passes(self, packet: Packet, wall_clock: Microseconds, out: list[Effect]) -> bool:
        """Make check 5: the trailer is there if it must be, and right if it is there. True without ``auth_hmac``."""
        if self._verifier is None or self._hmac is None:
            return True
        source = packet.source
        if not packet.trailer:
            if self._hmac.mode != "enforce":
                return True
            self._statistics.auth_ext_missing += 1
            self._complaints.make("trailer missing", f"missing authentication trailer from {source}", out)
            return False
        if self._unicast and source not in self._peers:
            self._complaints.make("peer", f"unicast source address {source} not a unicast peer", out)
            return False
        trailer = decode_trailer(packet.trailer)
        verdict = self._verifier.judge(packet, trailer, wall_clock)
        skew = self._verifier.skew(trailer, wall_clock)
        if verdict is not Verdict.GENUINE:
            counter = _COUNTERS[verdict]
            setattr(self._statistics, counter, getattr(self._statistics, counter) + 1)
            self._complaints.make(counter, self._complaint(verdict, packet, trailer, skew), out)
            return False
        window = self._hmac.time_window
        if self._hmac.anti_replay_time and abs(skew) > window // 2:
            text = f"authentication clock skew {skew} sec from {source} approaching window {window} sec"
            self._complaints.make("clock skew", text, out)
        return True

    def _complaint(self, verdict: Verdict, packet: Packet, trailer: Trailer, skew: int) -> str:
        source = packet.source
        match verdict:
            case Verdict.MALFORMED:
                return f"malformed authentication trailer from {source}"
            case Verdict.STALE:
                window = self._hmac.time_window if self._hmac else 0
                return f"stale authentication trailer from {source}, clock skew {skew} sec exceeds window {window} sec"
            case Verdict.UNKNOWN_KEY:
                return f"unknown authentication key id {trailer.key_id} from {source}"
            case Verdict.REPLAYED:
                return f"replayed authentication trailer from {source}"
            case _:
                return f"invalid authentication HMAC from {source}"

    # --- version 2 ----------------------------------------------------------------------------------------------------

    def version_2_passes(self, packet: Packet, out: list[Effect]) -> bool:
        """Make check 6 without its interval: the authentication type is ours, and password or header prove the sender."""
        statistics, source, theirs = self._statistics, packet.source, packet.authentication_type
        if theirs not in _KNOWN:
            statistics.invalid_authtype += 1
            self._complaints.make("auth", f"Invalid auth type from {source}: {theirs}", out)
            return False
        if theirs != self._type:
            statistics.authtype_mismatch += 1
            text = f"received a {theirs} auth from {source}, expecting {int(self._type)}!"
            self._complaints.make("authtype", text, out)
            return False
        # Version 2 over IPv6 has no place for a password.
        has_password = self._type == AuthenticationType.PASS and packet.source.version == 4
        if has_password and not hmac.compare_digest(packet.authentication_data, self._password):
            statistics.auth_failure += 1
            self._complaints.make("password", f"received an invalid passwd from {source}!", out)
            return False
        return self._type != AuthenticationType.AH or self._header_passes(packet, out)

    def _header_passes(self, packet: Packet, out: list[Effect]) -> bool:
        header = ah.decode(packet.authentication_header)
        if header.next_header != PROTOCOL_VRRP:
            return False  # not for us, and nothing to say
        icv = ah.integrity_check_value(
            packet.ip_header, packet.authentication_header, packet.payload, self._password, unicast=self._unicast
        )
        if not hmac.compare_digest(icv, header.icv):
            kind = "ICV"
            text = "IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad password !"
        elif header.spi != packet.source:
            kind, text = "SPI", f"IPSEC AH : invalid IPSEC SPI value. {header.spi} and expect {packet.source}"
        elif not self._sequence.accepts(header.sequence, packet.source):
            kind = "sequence"
            text = (
                f"IPSEC-AH : sequence number {header.sequence} already processed. Packet dropped."
                f" Local({self._sequence.last})"
            )
        else:
            return True
        self._statistics.auth_failure += 1
        self._complaints.make(kind, text, out)
        return False

    def overtake(self, packet: Packet, out: list[Effect]) -> None:
        """As MASTER that has heard a lower priority: number our next adverts above that sender's."""
        if self._type == AuthenticationType.AH:
            out.append(Log(text=f"({self._name}) IPSEC-AH : Syncing seq_num - Increment seq"))
            self._sequence.overtake(ah.decode(packet.authentication_header).sequence)
