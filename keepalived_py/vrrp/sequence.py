"""The sequence numbers of ``auth_type AH``: one counter for what an instance sends and for what it accepts.

Owns the counter and its rules; the header it travels in is ``wire/ah.py``'s. Source: reference/vrrp-behaviour.md §2.6.

* Whoever sends counts up; the first number is 1. A number is accepted only when it is higher than the last one sent or accepted, so
  a new MASTER goes on where the old one ended.
* A MASTER that hears a lower priority goes on above that sender's number, or nobody that heard the other would hear us.
* Two masters that count in step would refuse each other for ever (upstream's do): the one of the higher address skips a number.
* After 0xFFFFFFFD, 136 years of adverts, counting begins anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keepalived_py.config.ast import IPAddress

_LAST = 0xFFFFFFFD


class SequenceCounter:
    """The counter of one instance. It lives as long as the instance, over reloads too."""

    __slots__ = ("_sent_from", "last")

    def __init__(self) -> None:
        #: The last number sent or accepted; 0 before the first.
        self.last = 0
        #: Our address, if the last number was ours.
        self._sent_from: IPAddress | None = None

    def following(self, source: IPAddress) -> int:
        """Return the number of the next advert sent from ``source``."""
        self.last = 1 if self.last >= _LAST else self.last + 1
        self._sent_from = source
        return self.last

    def accepts(self, received: int, sender: IPAddress) -> bool:
        """Whether a genuine packet with this number is new; then nothing up to it will be."""
        if received > self.last:
            self.last = received
            self._sent_from = None
            return True
        if received == self.last and self._sent_from is not None and int(sender) < int(self._sent_from):
            self.last += 1
        return False

    def overtake(self, received: int) -> None:
        """Leave the number of a sender of lower priority behind."""
        self.last = min(received + 1, _LAST)
        self._sent_from = None
