"""How long the protocol may take, derived, so that the simulation can hold the code to it.

Let A be the advert interval, D the longest time a datagram is under way, and let the network be healed at time h: from then on
nothing is lost, and everybody hears everybody.

* Several masters after h. Let X be the one that wins every comparison (priority, then address). X sends an advert at most A
  after h, and it arrives at most D later; whoever is MASTER by then yields to it. A router that becomes MASTER only afterwards
  does so for one of two reasons: its down timer expires, then X's adverts did not reach it for at least 3 A, which cannot be; or
  it beats X, then its first advert, sent in the same moment, reaches X after at most D. So: until h + A + D several masters are
  allowed, and after that an overlap lasts at most D.  ``settled`` and ``overlap``.
* With ``auth_type AH`` adverts have numbers, and two masters that were apart may count in step: when their adverts cross with equal
  numbers, each refuses the other's. The one of the higher address then skips a number, so its next advert is above whatever the
  other has sent: A later than without numbers.  ``settled``.
* A master falls silent at t. Every BACKUP heard it at most at t + D, so the one with the shortest master down time is MASTER
  at t + D + master_down at the latest.  ``takeover``.
* A master stops with priority 0 at t. The advert arrives at t + D at the latest and each BACKUP waits its skew.  ``handover``.

Adverts never wait: an overdue one is sent when its process runs again. A stalled process is healed when it wakes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.ast import AuthenticationType
from keepalived_py.vrrp.timing import master_down, skew

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config.ast import Microseconds, VrrpInstance


def settled(instance: VrrpInstance, delay: Microseconds) -> Microseconds:
    """How long after the network healed several masters may remain."""
    rounds = 2 if instance.authentication.type is AuthenticationType.AH else 1
    return rounds * instance.advert_int + delay


def overlap(delay: Microseconds) -> Microseconds:
    """How long two masters may coexist when one preempts the other on a healed network."""
    return delay


def takeover(backups: Iterable[VrrpInstance], delay: Microseconds) -> Microseconds:
    """How long after a master's crash there is no master."""
    return delay + min(
        master_down(backup.version, backup.priority, backup.advert_int, backup.down_timer_adverts) for backup in backups
    )


def handover(backups: Iterable[VrrpInstance], delay: Microseconds) -> Microseconds:
    """How long after a master's farewell there is no master."""
    return delay + min(skew(backup.version, backup.priority, backup.advert_int) for backup in backups)
