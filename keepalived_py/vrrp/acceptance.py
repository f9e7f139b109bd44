"""Whether packets to and from an instance's addresses are dropped: no_accept, and what strict_mode makes of it.

Owns this decision and its memory: from before the addresses are set until after they are removed. How packets are dropped is
``filtering.py``'s. Source: reference/vrrp-behaviour.md §6, §11, §12; RFC 5798 §6.1 (Accept_Mode).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.vrrp.effects import Effect, FilterAddresses, Log

if TYPE_CHECKING:
    from keepalived_py.config.ast import VrrpInstance


class Acceptance:
    """The filter of one instance's addresses; idle when they are accepted."""

    def __init__(self, configuration: VrrpInstance) -> None:
        self._name = configuration.name
        self._addresses = (*configuration.virtual_addresses, *configuration.excluded_addresses)
        self._refuses = configuration.filters_addresses
        self._active = False
        virtual = configuration.virtual_mac
        own = configuration.interface if virtual is None else virtual.interface
        self._by_name = tuple(
            address
            for address in self._addresses
            if configuration.dont_track_primary and (address.no_track or address.interface == own)
        )

    def begin(self, out: list[Effect]) -> None:
        """Filter the addresses, which are about to be set."""
        if self._refuses:
            out.append(Log(text=f"({self._name}) setting firewall drop rule", detail=True))
            self._filter(out)

    def end(self, out: list[Effect]) -> None:
        """Let pass what comes: the addresses have been removed."""
        if self._active:
            self._active = False
            out.append(Log(text=f"({self._name}) removing firewall drop rule", detail=True))
            out.append(FilterAddresses(instance=self._name, addresses=self._addresses, on=False))

    def succeed(self, old: Acceptance, out: list[Effect]) -> None:
        """After a reload as MASTER: filter what is to be filtered now, let pass what is not any more."""
        if self._refuses:
            self._filter(out)
        if old._active:
            kept = self._addresses if self._refuses and old._name == self._name else ()
            gone = tuple(address for address in old._addresses if address not in kept)
            if gone:
                out.append(FilterAddresses(instance=old._name, addresses=gone, on=False))

    def _filter(self, out: list[Effect]) -> None:
        self._active = True
        out.append(FilterAddresses(instance=self._name, addresses=self._addresses, by_name=self._by_name))
