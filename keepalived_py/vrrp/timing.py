"""The intervals of VRRP as integer microseconds. Source: reference/vrrp-behaviour.md §5, RFC 3768 §6.1, RFC 5798 §6.1.

Owns arithmetic only; which interval applies when is the machine's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.ast.common import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config.ast import Microseconds

#: Bounds of a beat; the shortest one is what the event loop's timers can tell apart.
_BEATS_IN_INTERVAL = 256
_LONGEST_BEAT: Microseconds = 4_000
_SHORTEST_BEAT: Microseconds = 1_000
#: The priority of a router that owns the addresses; never altered by trackers.
OWNER_PRIORITY = 255
#: The priority that says good-bye.
STOP_PRIORITY = 0


def skew(version: int, priority: int, master_interval: Microseconds) -> Microseconds:
    """How much longer a BACKUP of this priority waits than one of priority 256 would.

    Version 2 divides one second by 256; version 3 divides the master's interval, which the wire gives in centiseconds.
    """
    unit = master_interval if version == 3 else SECOND
    return (256 - priority) * unit // 256


def master_down(version: int, priority: int, master_interval: Microseconds, adverts: int) -> Microseconds:
    """How long a BACKUP hears nothing before it takes over; ``adverts`` is ``down_timer_adverts``."""
    return adverts * master_interval + skew(version, priority, master_interval)


def next_advert(now: Microseconds, due: Microseconds | None, interval: Microseconds) -> Microseconds:
    """When a MASTER that sends now sends again. Without ``due`` an interval from now.

    One that was ``due`` a little earlier than now keeps its beat, so that small delays neither add up nor gather all instances in
    one moment; after a delay of half an interval or more the beat begins anew.
    """
    return due + interval if due is not None and now - due < interval // 2 else now + interval


def beat_of(intervals: Iterable[Microseconds]) -> Microseconds:
    """By how much a crowd of instances may be late without harm, 0 for not at all: a small part of the shortest interval."""
    beat = min(min(intervals, default=0) // _BEATS_IN_INTERVAL, _LONGEST_BEAT)
    return beat if beat >= _SHORTEST_BEAT else 0


def unnoticed(version: int, other_priority: int, interval: Microseconds) -> Microseconds:
    """How late the advert of a MASTER may be before a BACKUP of so high a priority has taken over (timer_expired_backup)."""
    return 2 * interval + skew(version, other_priority, interval)


def clamp(total: int) -> int:
    """Turn a sum of priorities into what may stand on the wire for a router that is not the owner: 1 to 254."""
    return min(max(total, 1), OWNER_PRIORITY - 1)


def rogue_wait(own_interval: Microseconds, other_interval: Microseconds) -> Microseconds:
    """How long another address owner may still be heard after our second advert: a bit more than the longer interval (§6)."""
    return max(own_interval, other_interval) * 12 // 10
