"""Virtual links in the kernel: macvlans and ipvlans made, found, changed and removed, many at once.

Owns the order of the messages and which errors mean that things are as they should be; whose link it is, and when it is wanted, is
the VRRP room's business. Our own codec, not pyroute2, for the reasons in ``kernel/interfaces.py``. Source:
reference/vrrp-behaviour.md §11.
"""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

from keepalived_py.kernel.netlink_socket import NetlinkSocket
from keepalived_py.kernel.sysctl import write
from keepalived_py.wire import links as codec
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.netlink import NLM_F_CREATE, NLM_F_EXCL
from keepalived_py.wire.rtnetlink import RTM_DELLINK, RTM_GETLINK, RTM_NEWLINK, encode_get_link, encode_get_links

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from keepalived_py.wire.links import IpvlanLink, LinkDetails, MacvlanLink

_GONE = frozenset({errno.ENODEV, errno.ENXIO})
#: A kernel without IPv6 has no addresses to generate either.
_WITHOUT_IPV6 = frozenset({errno.EAFNOSUPPORT, errno.EOPNOTSUPP})


class VirtualLinks:
    """The virtual links of the namespace it is made in. Raises OSError when netlink itself fails."""

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

    def all(self) -> dict[str, LinkDetails]:
        """Return every link by name."""
        found: dict[str, LinkDetails] = {}
        for message in self._netlink.dump(RTM_GETLINK, encode_get_links()):
            try:
                details = codec.decode_link_details(message.payload)
            except WireError:
                continue
            found[details.link.name] = details
        return found

    def find(self, which: str | int) -> LinkDetails | None:
        """Return one link by name or index, None when there is none."""
        payload = encode_get_link(which) if isinstance(which, int) else codec.encode_get_link(which)
        try:
            answers = self._netlink.request(RTM_GETLINK, payload)
        except OSError as error:
            if error.errno in _GONE:
                return None
            raise
        return codec.decode_link_details(answers[0].payload) if answers else None

    def vrf_of(self, details: LinkDetails) -> int:
        """Return the index of the VRF that a link belongs to, 0 if it belongs to none (a bridge or bond is none)."""
        master = self.find(details.link.master) if details.link.master else None
        return master.link.index if master is not None and master.kind == codec.VRF else 0

    def create(self, links: Sequence[MacvlanLink | IpvlanLink]) -> list[int]:
        """Make links, which are down then; return errno by link, 0 for done."""
        return self._netlink.transact([_creation(link) for link in links])

    def set_up(self, names: Sequence[str], settings: Mapping[int, int], *, generate_address: bool = False) -> list[int]:
        """Apply IPv4 ``settings`` (DEVCONF_* -> value), then bring the links up; return the first errno by link.

        Without ``generate_address`` the kernel gives them no IPv6 address of its own. That must come before they are up.
        """
        requests = []
        for name in names:
            if settings:
                requests.append((RTM_NEWLINK, 0, codec.encode_ipv4_settings(name, settings)))
            if not generate_address:
                requests.append((RTM_NEWLINK, 0, codec.encode_no_generated_address(name)))
            requests.append((RTM_NEWLINK, 0, codec.encode_up(name)))
        each = len(requests) // len(names) if names else 1
        results = [0 if number in _WITHOUT_IPV6 else number for number in self._netlink.transact(requests)]
        return [next(filter(None, results[at : at + each]), 0) for at in range(0, len(results), each)]

    def configure(self, name: str, settings: Mapping[int, int]) -> int:
        """Set IPv4 settings (DEVCONF_* -> value) of a link; return the errno."""
        return self._netlink.transact([(RTM_NEWLINK, 0, codec.encode_ipv4_settings(name, settings))])[0]

    def correct_macvlan(self, name: str, mac: bytes, master: int) -> int:
        """Give an existing macvlan private mode, a MAC and a master; return the first errno."""
        results = self._netlink.transact(
            [
                (RTM_NEWLINK, 0, codec.encode_correct_macvlan(name, mac)),
                (RTM_NEWLINK, 0, codec.encode_master(name, master)),
            ]
        )
        return next(filter(None, results), 0)

    def move(self, name: str, master: int) -> int:
        """Give a link another master, 0 for none; return the errno."""
        return self._netlink.transact([(RTM_NEWLINK, 0, codec.encode_master(name, master))])[0]

    def report(self, name: str, group: int) -> int:
        """Have the kernel report a link to everybody who listens, by setting its group to what it is; return the errno."""
        return self._netlink.transact([(RTM_NEWLINK, 0, codec.encode_group(name, group))])[0]

    def delete(self, names: Sequence[str]) -> list[int]:
        """Remove links; return errno by link, 0 also for one that was not there."""
        requests = [(RTM_DELLINK, 0, codec.encode_delete_link(name)) for name in names]
        return [0 if number in _GONE else number for number in self._netlink.transact(requests)]


def disable_ipv6(name: str, *, disabled: bool) -> None:
    """Switch IPv6 off or on for a link; there is no netlink message for it. Raises OSError."""
    write("net", "ipv6", "conf", name, "disable_ipv6", value="1" if disabled else "0")


def _creation(link: MacvlanLink | IpvlanLink) -> tuple[int, int, bytes]:
    payload = codec.encode_new_macvlan(link) if isinstance(link, codec.MacvlanLink) else codec.encode_new_ipvlan(link)
    return RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, payload
