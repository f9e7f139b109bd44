"""Packets that are filtered for virtual addresses and virtual MACs: messages sent, and what happens when they cannot be.

Owns the nftables socket, opened when first needed. What is filtered, and how, is ``filtering.py``'s. On a host without nftables
one line says what does not work; everything else does. Tables that somebody flushed are made anew.
Source: reference/vrrp-behaviour.md §11.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from keepalived_py.kernel.nftables import NftablesSocket
from keepalived_py.log import Level
from keepalived_py.vrrp.filtering import PRIORITY, TABLE, Filter, FilteredAddress
from keepalived_py.wire.nftables import NFPROTO_IPV4, NFPROTO_IPV6, DeleteTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from keepalived_py.config.ast import Configuration, GlobalDefinitions, VirtualAddress
    from keepalived_py.kernel.interfaces import Interface
    from keepalived_py.log import Log
    from keepalived_py.vrrp.effects import FilterAddresses
    from keepalived_py.vrrp.filtering import FilteredMac
    from keepalived_py.wire.nftables import Message


class Firewall:
    """The tables of this process. ``interface`` finds an interface by its name."""

    def __init__(self, globals_: GlobalDefinitions, log: Log, *, interface: Callable[[str], Interface | None]) -> None:
        self._log = log
        self._interface = interface
        settings = globals_.nftables
        priority = globals_.nftables_priority
        self._filter = Filter(
            table=TABLE if settings is None else settings.table,
            priority=PRIORITY if priority is None else priority,
            by_index=globals_.nftables_by_index,
            counters=globals_.nftables_counters,
        )
        self._socket: NftablesSocket | None = None
        self._works = True
        self._filtered: dict[tuple[str, VirtualAddress], FilteredAddress] = {}

    def announce(self, configuration: Configuration) -> None:
        """Say it when filtering is needed though the configuration names no firewall; what failed before is tried again."""
        self._works = True
        needed = any(
            not wanted.accept or (wanted.virtual_mac is not None and wanted.virtual_mac.kind == "vmac")
            for wanted in configuration.vrrp_instances
        )
        if needed and configuration.global_defs.nftables is None:
            text = "use_vmac or no_accept/strict specified, but no firewall configured - using nftables"
            self._log(Level.INFO, text)

    def change(self, effect: FilterAddresses) -> None:
        """Filter packets to and from addresses of an instance, or let them pass again."""
        if effect.on:
            addresses = [
                self._filtered.setdefault((effect.instance, address), filtered)
                for address in effect.addresses
                if (filtered := self._resolve(address, by_name=address in effect.by_name)) is not None
            ]
            self._send(self._filter.filter_addresses(effect.instance, addresses))
        else:
            known = [self._filtered.pop((effect.instance, address), None) for address in effect.addresses]
            gone = [address for address in known if address is not None]
            self._send(self._filter.release_addresses(effect.instance, gone))

    def filter_macs(self, macs: Sequence[FilteredMac]) -> None:
        """Keep virtual MACs from speaking for their base."""
        self._send(self._filter.filter_macs(macs))

    def release_macs(self, names: Sequence[str]) -> None:
        """Forget virtual MACs, by the name of their interface, before it is gone."""
        self._send(self._filter.release_macs(names))

    def close(self) -> None:
        """Remove our tables."""
        self._send(self._filter.remove_tables())
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _resolve(self, address: VirtualAddress, *, by_name: bool) -> FilteredAddress | None:
        interface = self._interface(address.interface)
        if interface is None:
            return None
        return FilteredAddress(
            address=address.address,
            interface=address.interface,
            interface_index=interface.index,
            by_name=by_name,
        )

    def _send(self, messages: list[Message]) -> None:
        if not messages or not self._works:
            return
        try:
            self._open().apply(messages)
        except OSError as error:
            if error.errno == errno.ENOENT and self._rebuild():
                return
            self._give_up(error)

    def _rebuild(self) -> bool:
        """Make everything anew after somebody removed it; False if that does not work either."""
        try:
            netlink = self._open()
            self._remove_old(netlink)
            netlink.apply(self._filter.rebuild())
        except OSError:
            return False
        self._log(Level.INFO, f"nftables: table {self._filter.table} was changed by somebody else; made anew")
        return True

    def _open(self) -> NftablesSocket:
        if self._socket is None:
            self._socket = NftablesSocket()
            self._remove_old(self._socket)
        return self._socket

    def _remove_old(self, netlink: NftablesSocket) -> None:
        for family, name in ((NFPROTO_IPV4, "ip"), (NFPROTO_IPV6, "ip6")):
            if netlink.has_table(family, self._filter.table):
                self._log(Level.INFO, f"Deleting old {name} {self._filter.table} table")
                netlink.apply([DeleteTable(family=family, table=self._filter.table)])

    def _give_up(self, error: OSError) -> None:
        self._works = False
        self._filter.forget()
        self._log(
            Level.ERR,
            f"nftables: error {error.errno} ({error.strerror}), packets are not filtered: addresses with no_accept answer,"
            " and virtual MACs are used for group membership and neighbour discovery",
        )
