"""LVS as written: what a rule wants to know of a virtual server. Lenient as keepalived_py.lint.views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from keepalived_py.lint.views import Address, address, micro, whole

if TYPE_CHECKING:
    from keepalived_py.lint.tree import Node

CHECKS: Final = [
    "TCP_CHECK",
    "HTTP_GET",
    "SSL_GET",
    "SMTP_CHECK",
    "DNS_CHECK",
    "UDP_CHECK",
    "PING_CHECK",
    "MISC_CHECK",
    "FILE_CHECK",
    "BFD_CHECK",
]
_MINUTE: Final = 60_000_000


@dataclass(slots=True, eq=False)
class RealServerView:
    """A real or sorry server; port 0 when not given."""

    address: Address | None
    port: int
    node: Node
    checks: list[Node]
    method: str


@dataclass(slots=True, eq=False)
class VirtualServerView:
    """A virtual server: ``kind`` is address, fwmark or group. Times in microseconds."""

    kind: str
    address: Address | None
    port: int
    mark: str
    group: str
    protocol: str
    method: str
    delay_loop: int
    delay_node: Node | None
    node: Node
    real_servers: list[RealServerView]
    sorry: RealServerView | None

    @property
    def text(self) -> str:
        """What it serves, for messages."""
        if self.kind == "address":
            return f"{self.address} port {self.port}" if self.port else str(self.address)
        return f"{self.kind} {self.mark or self.group}"


def virtual_servers(root: Node) -> list[VirtualServerView]:
    """Read the virtual servers."""
    return [_virtual_server(node) for node in root.all("virtual_server")]


def _virtual_server(node: Node) -> VirtualServerView:
    kind = node.word(1) if node.word(1) in {"fwmark", "group"} else "address"
    method = _last_of(node, "lvs_method", "lb_kind")
    port = whole(node.word(2)) or 0
    sorry = node.last("sorry_server")
    return VirtualServerView(
        kind=kind,
        address=address(node.word(1)) if kind == "address" else None,
        port=port if kind == "address" else 0,
        mark=node.word(2) if kind == "fwmark" else "",
        group=node.word(2) if kind == "group" else "",
        protocol=node.value("protocol").upper(),
        method=method,
        delay_loop=micro(node.value("delay_loop")) or _MINUTE,
        delay_node=node.last("delay_loop"),
        node=node,
        real_servers=[_real_server(child, port, method) for child in node.all("real_server")],
        sorry=_real_server(sorry, port, method) if sorry else None,
    )


def _last_of(node: Node, *keywords: str) -> str:
    found = node.all(*keywords)
    return found[-1].word(1) if found else ""


def _real_server(node: Node, port: int, method: str) -> RealServerView:
    return RealServerView(
        address=address(node.word(1)),
        port=whole(node.word(2)) or port,
        node=node,
        checks=node.all(*CHECKS),
        method=_last_of(node, "lvs_method", "lb_kind") or method,
    )
