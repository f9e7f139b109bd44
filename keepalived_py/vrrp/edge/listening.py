"""When sockets are read: as soon as something comes, or at a steady beat when something comes all the time.

A thousand masters on the segment send a thousand adverts a second, and being woken costs more than reading. When wake-ups follow
each other faster than the beat, all sockets are read together at each beat, until a few beats bring nothing. Owns this rhythm; what
is read is the transport's. Whoever is about to act on silence reads first while ``on_beat``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from keepalived_py.config.ast import Microseconds
    from keepalived_py.vrrp.edge.pool import Pool

#: Wake-ups in quick succession before the beat begins, and beats without a packet before it ends.
_CROWD = 4
_SILENCE = 32


class Listening:
    """The sockets that are listened to. ``read(pool)`` empties one and returns how many packets there were."""

    def __init__(self, loop: asyncio.AbstractEventLoop, read: Callable[[Pool], int]) -> None:
        self._loop = loop
        self._read = read
        self._pools: list[Pool] = []
        self._beat = 0.0
        self._tick: asyncio.TimerHandle | None = None
        self._woken_at = 0.0
        self._quick = 0
        self._silent = 0

    def set_beat(self, beat: Microseconds) -> None:
        """Use another beat, 0 for none."""
        self._beat = beat / 1_000_000

    @property
    def on_beat(self) -> bool:
        """Whether packets may wait unread for a beat."""
        return self._tick is not None

    def add(self, pool: Pool) -> None:
        """Listen to one more socket."""
        self._pools.append(pool)
        if self._tick is None:
            self._watch(pool)

    def remove(self, pool: Pool) -> None:
        """Listen to it no more; it is still open."""
        self._pools.remove(pool)
        self._loop.remove_reader(pool.sockets.receive.fileno())

    def close(self) -> None:
        """Listen to nothing."""
        if self._tick is not None:
            self._tick.cancel()
            self._tick = None
        for pool in tuple(self._pools):
            self.remove(pool)

    def _watch(self, pool: Pool) -> None:
        self._loop.add_reader(pool.sockets.receive.fileno(), self._woken, pool)

    def _woken(self, pool: Pool) -> None:
        self._read(pool)
        now = self._loop.time()
        self._quick = self._quick + 1 if now - self._woken_at < self._beat else 0
        self._woken_at = now
        if self._quick >= _CROWD:
            self._quick = self._silent = 0
            for each in self._pools:
                self._loop.remove_reader(each.sockets.receive.fileno())
            self._tick = self._loop.call_at(self._next_beat(), self._at_beat)

    def _next_beat(self) -> float:
        # The same multiples that the alarm rings at: one wake-up for both.
        return (self._loop.time() // self._beat + 1) * self._beat

    def _at_beat(self) -> None:
        heard = sum([self._read(pool) for pool in tuple(self._pools)])
        self._silent = 0 if heard else self._silent + 1
        if self._silent < _SILENCE and self._beat:
            self._tick = self._loop.call_at(self._next_beat(), self._at_beat)
            return
        self._tick = None
        for pool in self._pools:
            self._watch(pool)
