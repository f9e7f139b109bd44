"""Who may be believed with ``auth_hmac``: the time that a signature carries, and what has been heard of each sender already.

Owns the rules of keys, time and growth; the bytes are ``wire/hmac_trailer.py``'s, the log lines ``authenticity.py``'s. The wall
clock comes in as an argument, microseconds since 1970. Source: reference/vrrp-behaviour.md §2.7.

* A sequence is the sender's clock and a counter. It must be greater than the last one of the same sender, as serial numbers compare
  (RFC 1982): what is sent again is refused.
* In time mode it must also be within the window round our own clock, and what is remembered of a sender is forgotten once it is
  outside: a sender whose clock was put back is heard again after the window at the latest.
* Unicast remembers every peer; multicast, where anybody who knows the key may send, the four senders heard last.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from keepalived_py.wire.hmac_trailer import TYPE_HMAC_SHA256_128, Trailer, covered_message, is_genuine, sign

if TYPE_CHECKING:
    from keepalived_py.config.ast import HmacAuthentication, IPAddress, Microseconds
    from keepalived_py.wire.vrrp import Packet

_SECOND = 1_000_000
_MULTICAST_SENDERS = 4
_SECONDS_MODULUS = 1 << 32
_SEQUENCE_MODULUS = 1 << 64


class Verdict(enum.Enum):
    """What a trailer turned out to be."""

    GENUINE = "genuine"
    MALFORMED = "malformed"
    STALE = "stale"
    UNKNOWN_KEY = "unknown key"
    FORGED = "forged"
    REPLAYED = "replayed"


class HighWaterMarks:
    """The highest sequence accepted of each sender. It lives as long as the instance, over reloads too."""

    __slots__ = ("_marks",)

    def __init__(self) -> None:
        self._marks: dict[IPAddress, int] = {}  # whoever was heard last is last

    def admits(self, sender: IPAddress, sequence: int, *, most: int | None, now: int, window: int | None) -> bool:
        """Whether the sequence is new for its sender; then it is remembered, of ``most`` senders at most.

        A mark of another time than ``now`` give or take ``window`` (seconds; None: any time will do) counts as forgotten.
        """
        mark = self._marks.pop(sender, None)
        if mark is not None and window is not None and abs(_difference(now, mark >> 32, _SECONDS_MODULUS)) > window:
            mark = None
        is_new = mark is None or _is_after(sequence, mark)
        self._marks[sender] = sequence if mark is None or is_new else mark
        if most is not None and len(self._marks) > most:
            del self._marks[next(iter(self._marks))]
        return is_new


class Verifier:
    """Judges the trailers of one configuration; ``marks`` outlive it."""

    def __init__(self, configuration: HmacAuthentication, marks: HighWaterMarks, *, unicast: bool) -> None:
        self._keys = {key.id: key.secret for key in configuration.keys}
        self._window = configuration.time_window if configuration.anti_replay_time else None
        self._marks = marks
        self._most = None if unicast else _MULTICAST_SENDERS

    def skew(self, trailer: Trailer, wall_clock: Microseconds) -> int:
        """Return by how many seconds the sender's clock is behind ours, negative when it is ahead."""
        return _difference(wall_clock // _SECOND, trailer.seconds, _SECONDS_MODULUS)

    def judge(self, packet: Packet, trailer: Trailer, wall_clock: Microseconds) -> Verdict:
        """Judge in the reference's order: cheap refusals first, and nothing is remembered of what is not genuine."""
        if trailer.type != TYPE_HMAC_SHA256_128 or trailer.reserved:
            return Verdict.MALFORMED
        window = self._window
        if window is not None and abs(self.skew(trailer, wall_clock)) > window:
            return Verdict.STALE
        key = self._keys.get(trailer.key_id)
        if key is None:
            return Verdict.UNKNOWN_KEY
        if not is_genuine(covered_message(packet.message, packet.source), trailer, key):
            return Verdict.FORGED
        is_new = self._marks.admits(
            packet.source, trailer.sequence, most=self._most, now=wall_clock // _SECOND, window=window
        )
        return Verdict.GENUINE if is_new else Verdict.REPLAYED


class Signer:
    """Signs the adverts of one instance with its active key; ``last`` is the sequence of the one before, None for the first."""

    def __init__(self, configuration: HmacAuthentication, last: int | None = None) -> None:
        self._key_id = configuration.active_key
        self._key = next(key.secret for key in configuration.keys if key.id == configuration.active_key)
        self._window = configuration.time_window if configuration.anti_replay_time else None
        self.last = last

    def sign(self, covered: bytes, wall_clock: Microseconds) -> bytes:
        """Return the trailer of the next advert; ``covered`` is what ``covered_message`` gives of it."""
        self.last = self._following(clock_sequence(wall_clock))
        return sign(covered, Trailer(key_id=self._key_id, sequence=self.last), self._key)

    def _following(self, clock: int) -> int:
        if self.last is None or _is_after(clock, self.last):
            return clock
        ahead = _difference(self.last >> 32, clock >> 32, _SECONDS_MODULUS)
        if self._window is not None and ahead > self._window:
            # The clock was put back so far that nobody would believe us any more: begin again from it.
            return clock
        return (self.last + 1) % _SEQUENCE_MODULUS


def clock_sequence(wall_clock: Microseconds) -> int:
    """Return the lowest sequence of this moment: its seconds and fraction, the counter 0."""
    seconds, rest = divmod(wall_clock, _SECOND)
    return seconds % _SECONDS_MODULUS << 32 | (rest << 16) // _SECOND << 16


def _difference(left: int, right: int, modulus: int) -> int:
    """Return left - right as numbers on a circle: between minus and plus half the modulus."""
    half = modulus // 2
    return (left - right + half) % modulus - half


def _is_after(left: int, right: int) -> bool:
    return _difference(left, right, _SEQUENCE_MODULUS) > 0
