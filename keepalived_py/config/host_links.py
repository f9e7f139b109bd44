"""The macvlans that exist on this machine, for configurations that would make the same one again.

Asks the kernel by netlink, because no other way tells a macvlan's base and mode in a network namespace; it changes nothing.
Source: reference/vrrp-behaviour.md §11.
"""

from __future__ import annotations

import socket
from typing import Final, TypeAlias

from keepalived_py.wire.errors import WireError
from keepalived_py.wire.links import MACVLAN, MACVLAN_MODE_PRIVATE, decode_link_details
from keepalived_py.wire.netlink import NLM_F_DUMP, NLMSG_DONE, NLMSG_ERROR, decode_messages, encode_message
from keepalived_py.wire.rtnetlink import RTM_GETLINK, RTM_NEWLINK, encode_get_links

_RECEIVE_SIZE: Final = 65536
_REQUEST: Final = 1

#: Base (the kernel's number) and MAC.
Key: TypeAlias = tuple[int, bytes]


def private_macvlans() -> dict[Key, str]:
    """Give the names of the macvlans in private mode; empty when the kernel does not say."""
    found: dict[Key, str] = {}
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as query:
            query.settimeout(1)
            query.send(encode_message(RTM_GETLINK, _REQUEST | NLM_F_DUMP, 1, encode_get_links()))
            while True:
                for message in decode_messages(query.recv(_RECEIVE_SIZE)):
                    if message.type in {NLMSG_DONE, NLMSG_ERROR}:
                        return found
                    if message.type == RTM_NEWLINK:
                        details = decode_link_details(message.payload)
                        if details.kind == MACVLAN and details.mode == MACVLAN_MODE_PRIVATE:
                            found[details.link.link, details.link.mac] = details.link.name
    except (OSError, WireError):
        return {}
