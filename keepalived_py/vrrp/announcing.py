"""When an instance that is MASTER tells the network where its addresses are. Source: reference/vrrp-behaviour.md §9.

Owns the schedule of gratuitous ARP and of unsolicited neighbour advertisements: at once, after garp_master_delay, at every refresh,
twice after an advert of lower priority; and, with garp_extra_if, one message again and again where no advert tells the switches
of a virtual MAC. It must not know why the instance is MASTER.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.ast.common import SECOND
from keepalived_py.vrrp.effects import Effect, Log, SendGratuitousArp, SendNeighbourAdvertisement

if TYPE_CHECKING:
    from keepalived_py.config.ast import IPAddress, Microseconds, VirtualAddress, VrrpInstance

#: How many delayed answers to lower-priority adverts may be outstanding; each is a whole set of messages.
_MAX_DELAYED_ANSWERS = 16


class Announcer:
    """The schedule of one instance; idle between ``stop()`` and ``start()``."""

    def __init__(self, configuration: VrrpInstance) -> None:
        self._name = configuration.name
        self._interface = configuration.interface
        self._timing = configuration.garp
        self._addresses: tuple[VirtualAddress, ...] = (
            *configuration.virtual_addresses,
            *configuration.excluded_addresses,
        )
        self._extra_interval: Microseconds = configuration.garp_extra_interval * SECOND
        self._extra_addresses = _without_adverts(configuration) if self._extra_interval else ()
        self._active = False
        self._second_at: Microseconds | None = None
        self._extra_at: Microseconds | None = None
        self._refresh_at: Microseconds | None = None
        self._answers_at: list[Microseconds] = []
        #: The next time ``due`` has something to do.
        self.deadline: Microseconds | None = None

    def start(self, now: Microseconds, out: list[Effect]) -> None:
        """Announce the addresses, which have just been set, and arm what comes later."""
        timing = self._timing
        self._active = True
        self._announce(timing.repeat, out)
        if timing.delay:
            self._second_at = now + timing.delay
        self._repeat_from(now + timing.delay)

    def stop(self) -> None:
        """Announce nothing more: the addresses are going."""
        self._active = False
        self._second_at = self._refresh_at = self._extra_at = self.deadline = None
        self._answers_at.clear()

    def answer_lower_priority(self, now: Microseconds, out: list[Effect]) -> None:
        """Somebody of lower priority has claimed the addresses: announce them now and after garp_lower_prio_delay."""
        timing = self._timing
        if not self._active or not timing.lower_priority_repeat:
            return
        self._announce(timing.lower_priority_repeat, out)
        if timing.lower_priority_delay and len(self._answers_at) < _MAX_DELAYED_ANSWERS:
            self._answers_at.append(now + timing.lower_priority_delay)
            self._arm()

    def announce_again(self, now: Microseconds, out: list[Effect], *, added: bool) -> None:
        """After a reload as MASTER: all addresses once more if some were ``added``, and the refresh armed anew (cli §7)."""
        timing = self._timing
        self._active = True
        if added or timing.refresh:
            self._announce(timing.repeat, out)
        delay = timing.delay if added else 0
        if delay:
            self._second_at = now + delay
        self._repeat_from(now + delay)

    def announce_source(self, source: IPAddress, out: list[Effect]) -> None:
        """One message for our own address: the master may have dropped our entry while we were away (§6)."""
        what = "ARP" if source.version == 4 else "NA"
        out.append(Log(text=f"{self._name}: sending gratuitous {what} for {source}", detail=True))
        out.append(self._message(self._interface, source))

    @property
    def unfinished(self) -> bool:
        """Whether the second set after becoming MASTER is still to come."""
        return self._second_at is not None

    def due(self, now: Microseconds, out: list[Effect]) -> None:
        """Announce whatever is due."""
        if self.deadline is None or self.deadline > now:
            return
        timing = self._timing
        if self._second_at is not None and self._second_at <= now:
            self._second_at = None
            self._announce(timing.repeat, out)
        while self._answers_at and self._answers_at[0] <= now:
            del self._answers_at[0]
            self._announce(timing.lower_priority_repeat, out)
        if self._refresh_at is not None and self._refresh_at <= now:
            self._refresh_at = now + timing.refresh
            self._announce(timing.refresh_repeat, out)
        if self._extra_at is not None and self._extra_at <= now:
            self._extra_at = now + self._extra_interval
            self._announce(1, out, self._extra_addresses)
        self._arm()

    def _repeat_from(self, begin: Microseconds) -> None:
        """Arm what comes again and again; ``begin`` is when the sets after becoming MASTER are over."""
        if self._timing.refresh:
            self._refresh_at = begin + self._timing.refresh
        if self._extra_addresses:
            self._extra_at = begin + self._extra_interval
        self._arm()

    def _arm(self) -> None:
        wanted = [when for when in (self._second_at, self._refresh_at, self._extra_at) if when is not None]
        if self._answers_at:
            wanted.append(self._answers_at[0])
        self.deadline = min(wanted, default=None)

    def _announce(self, rounds: int, out: list[Effect], addresses: tuple[VirtualAddress, ...] | None = None) -> None:
        if not rounds:
            return
        messages = []
        for address in self._addresses if addresses is None else addresses:
            what = "gratuitous ARPs" if address.address.version == 4 else "Unsolicited Neighbour Adverts"
            where = f"on {address.interface} for {address.address}"
            out.append(Log(text=f"({self._name}) Sending/queueing {what} {where}", detail=True))
            messages.append(self._message(address.interface, address.address))
            out.append(messages[-1])
        out += messages * (rounds - 1)

    def _message(self, interface: str, address: IPAddress) -> SendGratuitousArp | SendNeighbourAdvertisement:
        kind = SendGratuitousArp if address.version == 4 else SendNeighbourAdvertisement
        return kind(instance=self._name, interface=interface, address=address)


def _without_adverts(configuration: VrrpInstance) -> tuple[VirtualAddress, ...]:
    """Return the first address on each interface that carries no adverts: virtual ones only, unless garp_extra_if says all."""
    virtual = configuration.virtual_mac
    # Adverts leave from the instance's interface, or from the one below it, and then its own is silent.
    speaking = "" if virtual is not None and virtual.xmit_base else configuration.interface
    first: dict[str, VirtualAddress] = {}
    for address in (*configuration.virtual_addresses, *configuration.excluded_addresses):
        is_virtual = address.base_interface is not None
        if address.interface != speaking and (is_virtual or configuration.garp_extra_all):
            first.setdefault(address.interface, address)
    return tuple(first.values())
