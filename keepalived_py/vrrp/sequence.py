"""The sequence numbers of ``auth_type AH``: one counter for what an instance sends and for what it accepts.

Owns the counter and its rules; the header it travels in is ``wire/ah.py``'s. Source: reference/vrrp-behaviour.md §2.6.

* Whoever sends counts up; the first number is 1. A number is accepted only when it is higher than the last one sent or accepted, so
  a new MASTER goes on where the old one ended.
* A MASTER that hears a lower priority goes on above that sender's number, or nobody that heard the other would hear us.
* After 0xFFFFFFFD, 136 years of adverts, counting begins anew.
"""

from __future__ import annotations

_LAST = 0xFFFFFFFD


class SequenceCounter:
    """The counter of one instance. It lives as long as the instance, over reloads too."""

    __slots__ = ("last",)

    def __init__(self) -> None:
        #: The last number sent or accepted; 0 before the first.
        self.last = 0

    def following(self) -> int:
        """Return the number of the next advert sent."""
        self.last = 1 if self.last >= _LAST else self.last + 1
        return self.last

    def accepts(self, received: int) -> bool:
        """Whether a genuine packet with this number is new; then nothing up to it will be."""
        if received <= self.last:
            return False
        self.last = received
        return True

    def overtake(self, received: int) -> None:
        """Leave the number of a sender of lower priority behind."""
        self.last = min(received + 1, _LAST)
