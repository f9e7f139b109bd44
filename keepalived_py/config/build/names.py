"""How keepalived calls virtual and real servers in its messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from keepalived_py.config.build.drafts import RealServerDraft, VirtualServerDraft

_PROTOCOLS: Final = {0: "none", 6: "tcp", 17: "udp", 132: "sctp"}


def server_name(server: VirtualServerDraft) -> str:
    """``[ADDRESS]:protocol:port``, ``FWM mark`` or ``[group]:port``."""
    if server.group is not None:
        return f"[{server.group}]:{server.port}"
    if server.fwmark:
        return f"FWM {server.fwmark}"
    address = "(none)" if server.address is None else server.address
    return f"[{address}]:{_PROTOCOLS[server.protocol]}:{server.port}"


def real_server_name(real: RealServerDraft, server: VirtualServerDraft) -> str:
    """``[ADDRESS]:protocol:port``, the protocol being the virtual server's."""
    return f"[{real.address}]:{_PROTOCOLS[server.protocol]}:{real.port}"
