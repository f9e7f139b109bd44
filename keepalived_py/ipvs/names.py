"""How the reference's error lines call a service (reference/ipvs.md §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keepalived_py.wire.ipvs import ServiceKey

_PROTOCOLS = {6: "tcp", 17: "udp", 132: "sctp"}


def key_text(key: ServiceKey) -> str:
    """Return ``198.51.100.1:tcp:80``, ``Fwm 7`` or ``Fwm 7 inet6``."""
    if key.fwmark:
        return f"Fwm {key.fwmark}{' inet6' if key.family == 6 else ''}"
    return f"{key.address}:{_PROTOCOLS.get(key.protocol, key.protocol)}:{key.port}"
