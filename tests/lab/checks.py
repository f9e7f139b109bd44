"""Short builders of checked servers for the tests of the checkers and ipvs rooms."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from keepalived_py.config.ast import (
    CheckCommon,
    Checker,
    ForwardingMethod,
    HttpGet,
    HttpUrl,
    Protocol,
    RealServer,
    TcpCheck,
    VirtualServer,
    VirtualServerKey,
)
from keepalived_py.config.ast.common import SECOND


def common(address: str = "192.0.2.1", port: int = 80, **fields: Any) -> CheckCommon:
    settings: dict[str, Any] = {"delay_loop": 6 * SECOND, "warmup": 6 * SECOND, "connect_timeout": 3 * SECOND}
    return CheckCommon(connect_ip=ip_address(address), connect_port=port, **(settings | fields))


def tcp_check(address: str = "192.0.2.1", port: int = 80, **fields: Any) -> TcpCheck:
    return TcpCheck(common=common(address, port, **fields))


def http_get(*urls: HttpUrl, **fields: Any) -> HttpGet:
    own = {name: fields.pop(name) for name in tuple(fields) if name in HttpGet.__dataclass_fields__}
    settings = {"delay_before_retry": 3 * SECOND} | fields
    return HttpGet(common=common(**settings), urls=urls or (HttpUrl(path="/probe"),), **own)


def real_server(address: str = "192.0.2.1", *checkers: Checker, port: int = 80, **fields: Any) -> RealServer:
    return RealServer(
        address=ip_address(address), port=port, checkers=checkers or (tcp_check(address, port),), **fields
    )


def virtual_server(
    *servers: RealServer, address: str | None = "198.51.100.1", port: int = 80, fwmark: int = 0, **fields: Any
) -> VirtualServer:
    ip = None if address is None or fwmark else ip_address(address)
    family = 4 if ip is None else ip.version
    key = VirtualServerKey(
        address=ip,
        port=0 if fwmark else port,
        protocol=Protocol.NONE if fwmark else Protocol.TCP,
        fwmark=fwmark,
        family=family,
    )
    return VirtualServer(key=key, real_servers=servers, **fields)


__all__ = [
    "SECOND",
    "ForwardingMethod",
    "HttpUrl",
    "Protocol",
    "common",
    "http_get",
    "real_server",
    "tcp_check",
    "virtual_server",
]
