"""How log lines, mails and FIFO lines call a virtual and a real server. Source: reference/checker-behaviour.md §2."""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import TYPE_CHECKING

from keepalived_py.config.ast import Protocol

if TYPE_CHECKING:
    from keepalived_py.config.ast import IPAddress, RealServer, SorryServer, VirtualServer, VirtualServerKey

_PROTOCOL_NAMES = {Protocol.TCP: "tcp", Protocol.UDP: "udp", Protocol.SCTP: "sctp", Protocol.NONE: "none"}


def address_text(address: IPAddress) -> str:
    """Return ``address`` as inet_ntop writes it: Python's own form except for IPv4-mapped IPv6 addresses."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return f"::ffff:{address.ipv4_mapped}"
    return str(address)


def socket_text(address: IPAddress | None, protocol: Protocol, port: int) -> str:
    """Return ``[address]:protocol:port``."""
    text = "(none)" if address is None else address_text(address)
    return f"[{text}]:{_PROTOCOL_NAMES.get(protocol, '?')}:{port}"


def virtual_server_text(virtual_server: VirtualServer) -> str:
    """Return ``[198.51.100.1]:tcp:80``, ``FWM 7``, or for the first virtual server of a group ``[web]:0``."""
    key = virtual_server.key
    if virtual_server.group is not None:
        return f"[{virtual_server.group}]:{virtual_server.group_member}"
    if key.fwmark:
        return f"FWM {key.fwmark}"
    return socket_text(key.address, key.protocol, key.port)


def identity_of(virtual_server: VirtualServer) -> tuple[str, int] | VirtualServerKey:
    """Return what a virtual server is recognised by after a reload: its key, or its group and its number in it."""
    if virtual_server.group is not None:
        return (virtual_server.group, virtual_server.group_member)
    return virtual_server.key


def real_server_text(server: RealServer | SorryServer, virtual_server: VirtualServer) -> str:
    """Return ``[192.0.2.1]:tcp:80``; the protocol is the virtual server's."""
    return socket_text(server.address, virtual_server.key.protocol, server.port)
