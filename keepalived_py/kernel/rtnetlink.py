"""Routes and the nature of links, through pyroute2; the only module that imports it, and only when first used.

The import costs 66 ms and 11.6 MiB of private memory (pyroute2 0.9.7 loads all of itself whatever is asked of it), so a worker
whose configuration names no routes never pays for it: addresses and monitoring have our own codec in ``wire/rtnetlink.py``. Asks
through ``AsyncIPRoute``, as the synchronous classes refuse to work inside a running event loop.
"""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from keepalived_py.config.ast import IPAddress

IPNetwork: TypeAlias = IPv4Network | IPv6Network

#: What the kernel notes as the origin of our routes, RTPROT_KEEPALIVED (reference/vrrp-behaviour.md §10).
PROTOCOL_KEEPALIVED = 18
TABLE_MAIN = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDetails:
    """What kind of link an interface is: ``kind`` as ``ip link add type`` names it, None for a device of its own.

    ``link`` and ``master`` are the indices of the interface below and of the bridge, bond or VRF above, None for none.
    """

    index: int
    name: str
    kind: str | None
    link: int | None
    master: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One unicast route. ``metric`` None is the kernel's default; ``interface_index`` None follows from the gateway."""

    destination: IPNetwork
    gateway: IPAddress | None = None
    interface_index: int | None = None
    source: IPAddress | None = None
    table: int = TABLE_MAIN
    metric: int | None = None
    protocol: int = PROTOCOL_KEEPALIVED


class RouteNetlink:
    """A connection for routes and links in the network namespace in which it is entered as ``async with``."""

    def __init__(self) -> None:
        self._netlink: Any = None

    async def __aenter__(self) -> Self:
        # Here and not at the head of the module: see there what it costs.
        from pyroute2.iproute.linux import AsyncIPRoute  # noqa: PLC0415 - paid for only by configurations with routes

        untyped: Any = AsyncIPRoute
        self._netlink = await untyped().__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._netlink.__aexit__(kind, error, trace)
        self._netlink = None

    async def links(self) -> dict[str, LinkDetails]:
        """Return every interface by name. Raises OSError when netlink fails."""
        messages = [message async for message in await self._netlink.get_links()]
        found = [
            LinkDetails(
                index=message["index"],
                name=message.get_attr("IFLA_IFNAME"),
                kind=message.get_nested("IFLA_LINKINFO", "IFLA_INFO_KIND"),
                link=message.get_attr("IFLA_LINK"),
                master=message.get_attr("IFLA_MASTER"),
            )
            for message in messages
        ]
        return {link.name: link for link in found}

    async def routes(self, protocol: int = PROTOCOL_KEEPALIVED) -> list[Route]:
        """Return the unicast routes of one origin in all tables, IPv4 first. Raises OSError when netlink fails."""
        found: list[Route] = []
        for family in (socket.AF_INET, socket.AF_INET6):
            messages = [message async for message in await self._netlink.get_routes(family=family)]
            found.extend(
                _route(message) for message in messages if message["proto"] == protocol and message["type"] == 1
            )
        return found

    async def replace(self, route: Route) -> int:
        """Set a route in place of one with the same key, or add it. Return the kernel's errno, 0 for done."""
        return await self._change("replace", route)

    async def delete(self, route: Route) -> int:
        """Remove a route. Return the kernel's errno, 0 for done; ESRCH, it was not there, counts as done."""
        number = await self._change("del", route)
        return 0 if number == errno.ESRCH else number

    async def _change(self, verb: str, route: Route) -> int:
        from pyroute2.netlink.exceptions import NetlinkError  # noqa: PLC0415 - as above

        try:
            await self._netlink.route(verb, **_arguments(route))
        except NetlinkError as error:
            return int(error.code)
        return 0


def _arguments(route: Route) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "family": socket.AF_INET if route.destination.version == 4 else socket.AF_INET6,
        "dst": str(route.destination),
        "proto": route.protocol,
        "table": route.table,
    }
    optional = {
        "gateway": None if route.gateway is None else str(route.gateway),
        "oif": route.interface_index,
        "prefsrc": None if route.source is None else str(route.source),
        "priority": route.metric,
    }
    return arguments | {name: value for name, value in optional.items() if value is not None}


def _route(message: Any) -> Route:
    get: Callable[[str], Any] = message.get_attr
    anywhere = IPv4Address(0) if message["family"] == socket.AF_INET else IPv6Address(0)
    gateway, source = get("RTA_GATEWAY"), get("RTA_PREFSRC")
    return Route(
        destination=ip_network(f"{get('RTA_DST') or anywhere}/{message['dst_len']}"),
        gateway=None if gateway is None else ip_address(gateway),
        interface_index=get("RTA_OIF"),
        source=None if source is None else ip_address(source),
        table=get("RTA_TABLE") or message["table"],
        metric=get("RTA_PRIORITY"),
        protocol=message["proto"],
    )
