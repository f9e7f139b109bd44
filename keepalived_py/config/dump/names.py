"""What the dump calls virtual and real servers, and how it writes their scripts and encapsulation."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from keepalived_py.config.ast import BfdCheck, FileCheck, ForwardingMethod
from keepalived_py.config.dump.text import address_text, owned_command

if TYPE_CHECKING:
    from keepalived_py.config.ast import AnyCheck, Command, RealServer, SorryServer, Tunnel, VirtualServer

PROTOCOLS: Final = {0: "none", 6: "tcp", 17: "udp", 132: "sctp"}
_CHECKSUMS: Final = {"nocsum": ", no checksum", "csum": ", checksum", "remcsum": ", remote checksum"}


def server_name(server: VirtualServer) -> str:
    """``[ADDRESS]:protocol:port``, ``FWM mark`` or ``[group]:member``."""
    key = server.key
    if server.group is not None:
        return f"[{server.group}]:{server.group_member}"
    if key.fwmark:
        return f"FWM {key.fwmark}"
    address = "(none)" if key.address is None else address_text(key.address)
    return f"[{address}]:{PROTOCOLS[key.protocol]}:{key.port}"


def real_server_name(real: RealServer | SorryServer, server: VirtualServer) -> str:
    """``[ADDRESS]:protocol:port``, the protocol being the virtual server's."""
    return f"[{address_text(real.address)}]:{PROTOCOLS[server.key.protocol]}:{real.port}"


def forwarding_line(prefix: str, method: ForwardingMethod | None, tunnel: Tunnel) -> str:
    """Write a forwarding method; other tunnels than ipip lose the prefix, as they do in the reference."""
    match method:
        case ForwardingMethod.NAT:
            return f"   {prefix}forwarding method = NAT"
        case ForwardingMethod.DR:
            return f"   {prefix}forwarding method = DR"
        case None:
            return "   forwarding method =  0x7"
    if tunnel.type == "ipip":
        return f"   {prefix}forwarding method = TUN, type = IPIP"
    port = f", port = {tunnel.port}" if tunnel.type == "gue" else ""
    return f"   forwarding method = TUN, type = {tunnel.type.upper()}{port}{_CHECKSUMS[tunnel.checksum]}"


def notify_line(command: Command, what: str, *, symlinks: bool) -> str:
    """Write a notify script; ``what`` is, say, ``RS up``. With ``symlinks`` the path is run as written."""
    if symlinks:
        command = dataclasses.replace(command, path="")
    return f"   {what} notify script = {owned_command(command)}"


def starts_failed(check: AnyCheck) -> bool:
    """Whether a check counts as failed until it has run."""
    if isinstance(check, FileCheck):
        return False
    return check.alpha if isinstance(check, BfdCheck) else check.common.alpha
