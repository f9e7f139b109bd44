"""Virtual and static routes and policy rules, set and removed by netlink in the order they are asked for.

Owns a netlink socket of its own. Knows no instance and keeps no state; whose route it is, is the VRRP room's business. Synchronous:
an exchange waits for nothing but the kernel, and rules, routes and addresses must go in order (reference/vrrp-behaviour.md §10).
"""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from keepalived_py.config.ast import Route, Rule
from keepalived_py.kernel.netlink_socket import NetlinkSocket
from keepalived_py.kernel.routing_messages import is_same_route, no_device, route_key, route_message, rule_message
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.netlink import NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL
from keepalived_py.wire.route import (
    RTM_DELROUTE,
    RTM_GETROUTE,
    RTM_NEWROUTE,
    RouteMessage,
    decode_route,
    encode_get_routes,
    encode_route,
    encode_route_key,
)
from keepalived_py.wire.rtnetlink import RTM_GETLINK, RTM_NEWLINK, decode_vrf_table, encode_get_link
from keepalived_py.wire.rule import (
    RTM_DELRULE,
    RTM_GETRULE,
    RTM_NEWRULE,
    RuleMessage,
    decode_rule,
    encode_get_rules,
    encode_rule,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

    from keepalived_py.kernel.netlink_socket import Request
    from keepalived_py.kernel.routing_messages import Lookup

_MODES: Final = {"prepend": 0, "add": NLM_F_EXCL, "append": NLM_F_APPEND}
#: A route may have gone with its address, its interface or its table, a rule by anybody's hand: gone is gone.
_ALREADY_REMOVED: Final = frozenset({errno.ESRCH, errno.ENOENT, errno.ENODEV, errno.ENETDOWN, errno.EADDRNOTAVAIL})


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRequest:
    """Set (``add``) or remove one route or rule."""

    add: bool
    item: Route | Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingResult:
    """What became of a request: the kernel's errno, 0 for done, and whether things are now as requested."""

    request: RoutingRequest
    errno: int
    ok: bool


class RoutingTable:
    """The routes and rules of the namespace it is made in. ``interface_index`` raises OSError for an unknown name."""

    def __init__(self, interface_index: Lookup) -> None:
        self._interface_index = interface_index
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

    @property
    def port(self) -> int:
        """By this number the kernel's reports name us as who changed something."""
        return self._netlink.port

    def apply(self, requests: Sequence[RoutingRequest]) -> list[RoutingResult]:
        """Carry out requests in order, in as few system calls as possible.

        A request that cannot be encoded, or fails, does not stop the others. Raises OSError when netlink itself fails.
        """
        numbers: dict[int, int] = {}
        encoded: dict[int, Request] = {}
        for place, request in enumerate(requests):
            try:
                encoded[place] = self._encode(request)
            except WireError:
                numbers[place] = errno.EINVAL
            except OSError as error:
                numbers[place] = error.errno or errno.ENODEV
        numbers |= dict(zip(encoded, self._netlink.transact(list(encoded.values())), strict=True))
        return [self._result(request, numbers[place]) for place, request in enumerate(requests)]

    def message(self, route: Route) -> RouteMessage:
        """Return a route in the kernel's terms. Raises OSError (ENODEV) when an interface of it does not exist."""
        return route_message(route, self._interface_index, self.vrf_table)

    def vrf_table(self, name: str) -> int:
        """Return the table of a VRF. Raises OSError (ENODEV) when there is no such interface, or it is none."""
        index = self._interface_index(name)
        for message in self._netlink.request(RTM_GETLINK, encode_get_link(index)):
            table = decode_vrf_table(message.payload) if message.type == RTM_NEWLINK else None
            if table is not None:
                return table
        raise no_device(name)

    def has(self, item: Route | Rule) -> bool:
        """Whether the kernel has a route or rule of ours now. Raises OSError."""
        return not self.missing([item])

    def missing(self, items: Sequence[Route | Rule]) -> list[Route | Rule]:
        """Return those of ours that the kernel does not have now; every table is read once. Raises OSError."""
        rules: dict[int, list[RuleMessage]] = {}
        routes: dict[tuple[int, int, int], dict[object, list[RouteMessage]]] = {}
        missing: list[Route | Rule] = []
        for item in items:
            if isinstance(item, Rule):
                rule = rule_message(item)
                if rule.family not in rules:
                    rules[rule.family] = self.rules(rule.family)
                found = rule in rules[rule.family]
            else:
                found = self._has_route(item, routes)
            if not found:
                missing.append(item)
        return missing

    def _has_route(self, route: Route, known: dict[tuple[int, int, int], dict[object, list[RouteMessage]]]) -> bool:
        try:
            message = self.message(route)
        except OSError as error:
            if error.errno == errno.ENODEV:
                return False
            raise
        place = (message.family, message.table, message.protocol)
        if place not in known:
            known[place] = {}
            for other in self.routes(*place):
                known[place].setdefault(route_key(other), []).append(other)
        return any(is_same_route(message, other) for other in known[place].get(route_key(message), ()))

    def routes(self, family: int, table: int, protocol: int) -> list[RouteMessage]:
        """Return the routes of one table (0: all) and origin. Raises OSError when netlink fails."""
        try:
            messages = self._netlink.dump(RTM_GETROUTE, encode_get_routes(family, table, protocol))
        except OSError as error:
            if error.errno == errno.ENOENT:
                return []  # there is no such table
            raise
        found = [decode_route(message.payload) for message in messages if message.type == RTM_NEWROUTE]
        return [route for route in found if route.table == (table or route.table) and route.protocol == protocol]

    def rules(self, family: int) -> list[RuleMessage]:
        """Return the rules of a family. Raises OSError when netlink fails."""
        messages = self._netlink.dump(RTM_GETRULE, encode_get_rules(family))
        return [decode_rule(message.payload) for message in messages if message.type == RTM_NEWRULE]

    def _encode(self, request: RoutingRequest) -> Request:
        item = request.item
        if isinstance(item, Rule):
            kind, flags = (RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL) if request.add else (RTM_DELRULE, 0)
            return kind, flags, encode_rule(rule_message(item))
        message = self.message(item)
        if request.add:
            return RTM_NEWROUTE, NLM_F_CREATE | _MODES[item.mode], encode_route(message)
        return RTM_DELROUTE, 0, encode_route_key(message)

    def _result(self, request: RoutingRequest, number: int) -> RoutingResult:
        if not request.add:
            return RoutingResult(request=request, errno=number, ok=number == 0 or number in _ALREADY_REMOVED)
        # In mode "add" the one that exists may be anybody's.
        ok = number == 0 or (number == errno.EEXIST and (_mode(request.item) != "add" or self.has(request.item)))
        return RoutingResult(request=request, errno=number, ok=ok)


def _mode(item: Route | Rule) -> str:
    return item.mode if isinstance(item, Route) else "prepend"
