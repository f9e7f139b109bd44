"""What the router knows of the host's interfaces: which are up, and which address adverts leave from.

Owns the picture only; what a change of it means for instances is the router's. Source: reference/vrrp-behaviour.md §4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from keepalived_py.config.ast import IPAddress
    from keepalived_py.vrrp.events import InterfaceFacts


class Interfaces:
    """Interfaces by name. One that is not there is down and has no address."""

    def __init__(self, facts: Iterable[InterfaceFacts]) -> None:
        self._up: dict[str, bool] = {}
        self._flags: dict[str, int] = {}
        self._bases: dict[str, str] = {}
        self._arrivals: dict[str, int] = {}
        self._arrived = 0
        # Dictionaries for their order and speed: a take-over may set a thousand addresses on one interface.
        self._addresses: dict[str, dict[tuple[IPAddress, int], None]] = {}
        for interface in facts:
            self.add(interface)
        self._arrivals = dict.fromkeys(self._arrivals, 0)

    def add(self, facts: InterfaceFacts) -> None:
        """Take in an interface, or what is now true of it."""
        self._up[facts.name] = facts.is_up
        self._flags[facts.name] = facts.flags
        self._bases[facts.name] = facts.base or facts.name
        self._arrived += 1
        self._arrivals[facts.name] = self._arrived
        self._addresses[facts.name] = dict.fromkeys(facts.addresses)

    def remove(self, name: str) -> None:
        """Forget an interface."""
        self._up.pop(name, None)
        self._flags.pop(name, None)
        self._bases.pop(name, None)
        self._arrivals.pop(name, None)
        self._addresses.pop(name, None)

    def arrival(self, name: str) -> int:
        """Return a number that is greater for an interface that came later; 0 for all that were there at the start."""
        return self._arrivals.get(name, 0)

    def base_of(self, name: str) -> str | None:
        """Return the interface that one is a part of: itself, but for a macvlan or ipvlan; None if it is not there."""
        return self._bases.get(name)

    def is_up(self, name: str) -> bool:
        """Whether it exists and is up."""
        return self._up.get(name, False)

    def flags(self, name: str) -> int:
        """Return all its flags as last reported; 0 when nothing is known."""
        return self._flags.get(name, 0)

    def set_flags(self, name: str, flags: int) -> None:
        """Note all its flags."""
        self._flags[name] = flags

    def set_up(self, name: str, *, is_up: bool) -> bool:
        """Note whether it is up; False if that was known."""
        if self._up.get(name, False) == is_up:
            return False
        self._up[name] = is_up
        return True

    def add_address(self, name: str, address: IPAddress, prefix_length: int) -> bool:
        """Note an address; False if it was known."""
        addresses = self._addresses.setdefault(name, {})
        if (address, prefix_length) in addresses:
            return False
        addresses[address, prefix_length] = None
        return True

    def remove_address(self, name: str, address: IPAddress, prefix_length: int) -> bool:
        """Note that an address is gone; False if it was not known."""
        addresses = self._addresses.get(name, {})
        if (address, prefix_length) not in addresses:
            return False
        del addresses[address, prefix_length]
        return True

    def source(self, name: str, family: int, virtual: Container[IPAddress]) -> IPAddress | None:
        """Return the first address of the family that is not a virtual one, for IPv6 the first link-local one."""
        for address, _prefix_length in self._addresses.get(name, ()):
            if address.version == family and address not in virtual and (family == 4 or address.is_link_local):
                return address
        return None

    def has(self, address: IPAddress) -> bool:
        """Whether any interface has the address."""
        return any(address == own for addresses in self._addresses.values() for own, _ in addresses)
