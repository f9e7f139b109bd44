"""Virtual addresses set and removed on interfaces. Which, and when, is the router's. Source: reference/vrrp-behaviour.md §10."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from keepalived_py.kernel.addresses import AddressRequest, AddressTable
from keepalived_py.log import Level

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.config.ast import IPAddress, SocketBuffer, VirtualAddress
    from keepalived_py.kernel.interfaces import Interface
    from keepalived_py.log import Log


class VirtualAddresses:
    """The kernel's table as far as it is ours; ``interface`` finds one by its name. Raises OSError without netlink."""

    def __init__(self, log: Log, *, interface: Callable[[str], Interface | None]) -> None:
        self._log = log
        self._interface = interface
        self._table = AddressTable()
        log.detail("Registering Kernel netlink command channel")

    def change(self, addresses: tuple[VirtualAddress, ...], *, add: bool) -> None:
        """Set or remove addresses in this order; what the kernel refuses is logged, the rest is done."""
        requests = []
        for address in addresses:
            interface = self._interface(address.interface)
            if interface is not None:
                requests.append(AddressRequest(add=add, address=address, interface_index=interface.index))
            elif add:
                self._log(Level.INFO, f"Cannot set {address.address}: there is no interface {address.interface}")
        try:
            results = self._table.apply(requests)
        except OSError as error:
            self._log(Level.ERR, f"Netlink: error: {error.strerror}, addresses may not be as they should")
            return
        for request, number in zip(requests, results, strict=True):
            if not request.is_done(number):
                verb = "set" if add else "remove"
                where = f"{request.address.address}/{request.address.prefix_length} on {request.address.interface}"
                self._log(Level.INFO, f"Netlink: error: {os.strerror(number)}, cannot {verb} {where}")

    def resize(self, buffer: SocketBuffer) -> None:
        """Let as much wait in the command socket as is configured; 0 leaves it as it is."""
        if buffer.size:
            try:
                self._table.resize(buffer.size, force=buffer.force)
            except OSError as error:
                option = "SO_RCVBUFFORCE" if buffer.force else "SO_RCVBUF"
                self._log(Level.INFO, f"Cannot set {option} IP option. errno={error.errno} ({error.strerror})")

    def is_present(self, interface_index: int, address: IPAddress, prefix_length: int) -> bool:
        """Whether an address is set on an interface now."""
        return (address, prefix_length) in self._table.present(interface_index)

    def close(self) -> None:
        """Give the socket back."""
        self._table.close()
