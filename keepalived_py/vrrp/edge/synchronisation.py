"""Tells the ipvs worker where the router that ``lvs_sync_daemon`` follows stands. Source: reference/vrrp-behaviour.md §14.

Owns what is said when; which of the kernel's daemons runs is the ipvs worker's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.runtime.messages import RouterMoved
from keepalived_py.vrrp.events import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.config.ast import Configuration
    from keepalived_py.runtime.pipe import Channel

_IPVS = "ipvs"
#: Before the start there is nothing to follow, and at the stop the daemon is stopped, not switched.
_UNSAID = frozenset({State.INIT, State.STOP, State.DELETED})


class SynchronisationReports:
    """The reports of one process.

    ``peers`` are its pipes by the other worker's name, ``state_of`` tells the state of an instance, None of one that there is not.
    """

    def __init__(self, peers: dict[str, Channel], state_of: Callable[[str], State | None]) -> None:
        self._peers = peers
        self._state_of = state_of
        self._instance: str | None = None

    def prepare(self, configuration: Configuration) -> None:
        """Follow the instance that a configuration names."""
        daemon = configuration.global_defs.lvs_sync_daemon
        self._instance = None if daemon is None else daemon.instance

    def moved(self, instance: str, state: State) -> None:
        """Pass on a change of state."""
        channel = self._peers.get(_IPVS)
        if channel is not None and instance == self._instance and state not in _UNSAID:
            channel.send(RouterMoved(instance=instance, is_master=state is State.MASTER))

    def repeat(self) -> None:
        """Say how it is: there is a new ipvs worker, or another instance to follow."""
        if self._instance is not None and (state := self._state_of(self._instance)) is not None:
            self.moved(self._instance, state)
