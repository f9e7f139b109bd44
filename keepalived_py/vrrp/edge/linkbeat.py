"""``linkbeat_interfaces``: interfaces whose link is asked of their driver every second, because their flags are not to be trusted.

Owns which interfaces are asked, and how. What a change means is the router's; what the kernel reports of the flags of such an
interface must not reach it. Source: reference/vrrp-behaviour.md §13.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from keepalived_py.kernel.linkbeat import LinkProbe
from keepalived_py.log import Level
from keepalived_py.vrrp.events import InterfaceAdded, InterfaceChanged

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from keepalived_py.config.ast import Configuration
    from keepalived_py.log import Log
    from keepalived_py.vrrp.events import RouterEvent

#: Seconds between two questions.
_INTERVAL: Final = 1.0
#: Links of ours, of which netlink tells reliably.
_VIRTUAL_DRIVERS: Final = frozenset({"macvlan", "ipvlan"})


class Linkbeat:
    """The interfaces that are asked; ``feed`` takes what changes, ``prepare`` returns how they are now."""

    def __init__(self, loop: asyncio.AbstractEventLoop, log: Log, *, feed: Callable[[InterfaceChanged], None]) -> None:
        self._loop = loop
        self._log = log
        self._feed = feed
        self._probe: LinkProbe | None = None
        self._timer: asyncio.TimerHandle | None = None
        #: The method asked for, and the one that works; "" until that is known.
        self._wanted: dict[str, str] = {}
        self._methods: dict[str, str] = {}
        self._up: dict[str, bool] = {}

    def prepare(self, configuration: Configuration, is_watched: Callable[[str], bool]) -> tuple[InterfaceChanged, ...]:
        """Ask a configuration's interfaces from now on, as far as somebody tracks them. Returns how each is."""
        self.close()
        wanted = {line.name: line.method for line in configuration.linkbeat_interfaces}
        for instance in configuration.vrrp_instances:
            if configuration.global_defs.vrrp.linkbeat_use_polling or instance.linkbeat_use_polling:
                wanted.setdefault(instance.interface, "")
        if not wanted:
            return ()
        try:
            self._probe = LinkProbe()
        except OSError as error:
            self._log(Level.INFO, f"open linkbeat init socket failed - errno {error.errno} - {error.strerror}")
            return ()
        for name, method in wanted.items():
            if not is_watched(name):
                self._log(Level.INFO, f"Turning off linkbeat for {name} since not used for tracking")
            elif self._probe.driver(name) in _VIRTUAL_DRIVERS:
                self._log(Level.INFO, f"Turning off linkbeat for {name} since netlink works for vmacs/ipvlans")
            else:
                self._wanted[name] = method
                self._up[name] = self._ask(self._probe, name)
        if not self._wanted:
            self.close()
            return ()
        self._log(Level.INFO, "Using MII-BMSR/ETHTOOL NIC polling thread(s)...")
        self._timer = self._loop.call_later(_INTERVAL, self._poll)
        return tuple(InterfaceChanged(name=name, is_up=is_up, polled=True) for name, is_up in self._up.items())

    def filtered(self, event: RouterEvent) -> RouterEvent | None:
        """Return what may be told of a report of the kernel: nothing of whether an interface that is asked is up."""
        if isinstance(event, InterfaceChanged) and event.name in self._wanted:
            return None
        if isinstance(event, InterfaceAdded) and event.facts.name in self._wanted:
            self._up[event.facts.name] = False  # until it is asked
            return replace(event, facts=replace(event.facts, is_up=False))
        return event

    def close(self) -> None:
        """Ask nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._probe is not None:
            self._probe.close()
            self._probe = None
        self._wanted.clear()
        self._methods.clear()
        self._up.clear()

    def _poll(self) -> None:
        self._timer = self._loop.call_later(_INTERVAL, self._poll)
        for name in list(self._wanted):
            if self._probe is None:
                return
            is_up = self._ask(self._probe, name)
            if is_up is not self._up[name]:
                self._up[name] = is_up
                self._feed(InterfaceChanged(name=name, is_up=is_up, polled=True))

    def _ask(self, probe: LinkProbe, name: str) -> bool:
        method = self._methods.get(name) or self._choose(probe, name)
        asks = {"MII": probe.mii, "ETHTOOL": probe.ethtool}
        has_link = asks[method](name) if method in asks else True
        return bool(has_link) and probe.is_running(name)

    def _choose(self, probe: LinkProbe, name: str) -> str:
        """Find the method that works: the one asked for if it does, else MII, ethtool, and the flags, in this order."""
        wanted = self._wanted[name]
        working = [method for method, ask in (("MII", probe.mii), ("ETHTOOL", probe.ethtool)) if ask(name) is not None]
        working.append("IOCTL")
        method = wanted if wanted in working else working[0]
        if not probe.driver(name) and not probe.is_running(name):
            return method  # not there, or down: another may work later
        self._methods[name] = method
        if wanted and wanted != method:
            self._log(Level.INFO, f"({name}): Configured linkbeat type {wanted} not supported, using {method}")
        return method
