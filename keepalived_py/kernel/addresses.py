"""Virtual addresses set and removed by netlink, many at once (reference/vrrp-behaviour.md §10).

Our own codec, not pyroute2: 11 microseconds an address instead of 288, which is what a take-over of hundreds of
addresses waits for. Knows no instance and keeps no state; who owns an address is the VRRP room's business.
"""

from __future__ import annotations

import errno
import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keepalived_py.kernel.netlink_socket import NetlinkSocket
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.netlink import NLM_F_CREATE, NLM_F_EXCL
from keepalived_py.wire.rtnetlink import (
    FOREVER,
    IFA_F_HOMEADDRESS,
    IFA_F_MANAGETEMPADDR,
    IFA_F_MCAUTOJOIN,
    IFA_F_NODAD,
    IFA_F_NOPREFIXROUTE,
    PROTOCOL_KEEPALIVED,
    RTM_DELADDR,
    RTM_GETADDR,
    RTM_NEWADDR,
    InterfaceAddress,
    decode_address,
    encode_address,
    encode_address_key,
    encode_get_addresses,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

    from keepalived_py.config.ast import IPAddress, VirtualAddress

_ALREADY_ADDED = frozenset({errno.EEXIST})
#: The words of an address line (reference/keywords-global-vrrp.tsv); ``-nodad`` takes a flag away instead.
_FLAGS = {
    "home": IFA_F_HOMEADDRESS,
    "mngtmpaddr": IFA_F_MANAGETEMPADDR,
    "noprefixroute": IFA_F_NOPREFIXROUTE,
    "autojoin": IFA_F_MCAUTOJOIN,
}
_ALREADY_REMOVED = frozenset({errno.ENOENT, errno.EADDRNOTAVAIL, errno.ENODEV})


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRequest:
    """Set (``add``) or remove one address on the interface with this index."""

    add: bool
    address: VirtualAddress
    interface_index: int

    def is_done(self, number: int) -> bool:
        """Whether this errno means that things are now as requested: one already there counts as ours, one gone as gone."""
        return number == 0 or number in (_ALREADY_ADDED if self.add else _ALREADY_REMOVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressResult:
    """What the kernel said to one request: its errno, 0 for done."""

    request: AddressRequest
    errno: int

    @property
    def ok(self) -> bool:
        """Whether things are now as requested, even if they already were."""
        return self.request.is_done(self.errno)

    @property
    def changed(self) -> bool:
        """Whether this request changed something."""
        return self.errno == 0

    @property
    def text(self) -> str:
        """The kernel's answer in words."""
        return os.strerror(self.errno)


class AddressTable:
    """The addresses of the namespace it is made in."""

    def __init__(self) -> None:
        self._netlink = NetlinkSocket(socket.NETLINK_ROUTE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the socket back."""
        self._netlink.close()

    def resize(self, size: int, *, force: bool) -> None:
        """Let ``size`` bytes of answers wait. Raises OSError."""
        self._netlink.resize(size, force=force)

    def add(self, address: VirtualAddress, interface_index: int) -> AddressResult:
        """Set one address."""
        return self._one(AddressRequest(add=True, address=address, interface_index=interface_index))

    def remove(self, address: VirtualAddress, interface_index: int) -> AddressResult:
        """Remove one address."""
        return self._one(AddressRequest(add=False, address=address, interface_index=interface_index))

    def apply(self, requests: Sequence[AddressRequest]) -> list[int]:
        """Carry out requests in order, in as few system calls as possible; return errno by request, 0 for done.

        A request with impossible fields gets EINVAL without stopping the others. Raises OSError when netlink itself
        fails.
        """
        encoded: list[tuple[int, int, bytes]] = []
        sent: list[int] = []
        results = [errno.EINVAL] * len(requests)
        for number, request in enumerate(requests):
            try:
                encoded.append(_encode(request))
            except WireError:
                continue
            sent.append(number)
        for number, result in zip(sent, self._netlink.transact(encoded), strict=True):
            results[number] = result
        return results

    def present(self, interface_index: int) -> set[tuple[IPAddress, int]]:
        """Return (address, prefix length) of what is set on an interface now; empty when there is no such interface."""
        try:
            messages = self._netlink.dump(RTM_GETADDR, encode_get_addresses(interface_index))
        except OSError as error:
            if error.errno == errno.ENODEV:
                return set()
            raise
        found: set[tuple[IPAddress, int]] = set()
        for message in messages:
            if message.type == RTM_NEWADDR:
                address = decode_address(message.payload)
                if address.interface_index == interface_index:
                    found.add((address.address, address.prefix_length))
        return found

    def _one(self, request: AddressRequest) -> AddressResult:
        return AddressResult(request=request, errno=self.apply([request])[0])


def _encode(request: AddressRequest) -> tuple[int, int, bytes]:
    virtual = request.address
    wanted = virtual.address
    peer_length = virtual.peer_prefix_length if virtual.peer is not None else None
    preferred = virtual.preferred_lifetime if wanted.version == 6 else None
    address = InterfaceAddress(
        interface_index=request.interface_index,
        address=wanted,
        prefix_length=virtual.prefix_length if peer_length is None else peer_length,
        scope=virtual.scope,
        flags=_flags(virtual),
        label=virtual.label,
        broadcast=virtual.broadcast,
        peer=virtual.peer,
        preferred_lifetime=FOREVER if preferred is None else preferred,
        protocol=PROTOCOL_KEEPALIVED,
    )
    if request.add:
        return RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, encode_address(address)
    return RTM_DELADDR, 0, encode_address_key(address)


def _flags(virtual: VirtualAddress) -> int:
    """Return the kernel's flags; IPv6 looks for duplicates only if told to: VRRP sees to it that there are none."""
    flags = 0
    for word, flag in _FLAGS.items():
        if word in virtual.flags:
            flags |= flag
    if virtual.address.version == 6 and "-nodad" not in virtual.flags:
        flags |= IFA_F_NODAD
    return flags
