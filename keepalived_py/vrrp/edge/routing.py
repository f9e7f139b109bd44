"""Virtual and static routes and policy rules in the kernel. Which, and when, is the router's.

Source: reference/vrrp-behaviour.md §10.
Opens its sockets with the first route or rule that is configured: most configurations have none, and pay nothing for them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from keepalived_py.config.ast import Route, Rule
from keepalived_py.kernel.routing import RoutingRequest, RoutingTable
from keepalived_py.kernel.routing_messages import is_same_route, no_device, route_key, route_message, rule_message
from keepalived_py.kernel.routing_monitor import (
    RTNLGRP_IPV4_ROUTE,
    RTNLGRP_IPV4_RULE,
    RTNLGRP_IPV6_ROUTE,
    RTNLGRP_IPV6_RULE,
    RoutingMonitor,
)
from keepalived_py.log import Level
from keepalived_py.vrrp.events import RoutingRemoved, RoutingUnknown
from keepalived_py.vrrp.possessions import describe, possessions_of, static_possessions
from keepalived_py.wire.rule import RuleMessage

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from keepalived_py.config.ast import Configuration
    from keepalived_py.kernel.interfaces import Interface
    from keepalived_py.kernel.routing_monitor import RoutingMessage
    from keepalived_py.log import Log
    from keepalived_py.vrrp.events import RouterEvent

_GROUPS = {
    (Route, 4): RTNLGRP_IPV4_ROUTE,
    (Route, 6): RTNLGRP_IPV6_ROUTE,
    (Rule, 4): RTNLGRP_IPV4_RULE,
    (Rule, 6): RTNLGRP_IPV6_RULE,
}


#: Seconds for which a report may be older than what we have set: when hundreds wait to be read.
_STALE = 0.1


class VirtualRouting:
    """The kernel's tables as far as they are ours.

    ``interface`` finds one by its name; ``feed`` takes what somebody else removed; ``is_wanted`` says whether the kernel should
    have something now.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        log: Log,
        *,
        interface: Callable[[str], Interface | None],
        feed: Callable[[RouterEvent], None],
        is_wanted: Callable[[Route | Rule], bool],
    ) -> None:
        self._loop = loop
        self._log = log
        self._interface = interface
        self._feed = feed
        self._is_wanted = is_wanted
        self._table: RoutingTable | None = None
        self._monitor: RoutingMonitor | None = None
        #: Everything configured that somebody would mind to lose, by what a report of the kernel says of it.
        self._tracked: dict[object, list[Route | Rule]] = {}
        #: What may have been set again since it was removed.
        self._doubtful: list[Route | Rule] = []
        self._last_set = -_STALE

    def prepare(self, configuration: Configuration) -> None:
        """Follow the routes and rules of a configuration from now on; where that cannot be, it is logged."""
        owners = (*map(possessions_of, configuration.vrrp_instances), static_possessions(configuration))
        tracked: list[Route | Rule] = []
        for each in owners:
            items: tuple[Route | Rule, ...] = (*each.routes, *each.rules)
            tracked += [item for item in items if not item.no_track]
        self._tracked = {}
        for item in tracked:
            self._tracked.setdefault(self._key_of(item), []).append(item)
        groups = frozenset(_GROUPS[type(item), item.family] for item in tracked)
        try:
            if self._monitor is None and groups:
                self._monitor = RoutingMonitor(on_removed=self._removed, on_overrun=self._overrun)
            if self._monitor is not None:
                self._monitor.follow(groups)
        except OSError as error:
            self._log(Level.ERR, f"Netlink: error: {error.strerror}, removed routes and rules will not be put back")

    def change(self, items: tuple[Route | Rule, ...], *, add: bool) -> None:
        """Set or remove routes and rules in this order; what the kernel refuses is logged, the rest is done."""
        if add:
            self._last_set = self._loop.time()
        try:
            results = self._opened().apply([RoutingRequest(add=add, item=item) for item in items])
        except OSError as error:
            self._log(Level.ERR, f"Netlink: error: {error.strerror}, routes and rules may not be as they should")
            return
        for result in results:
            if not result.ok:
                verb = "set" if add else "remove"
                what = describe(result.request.item)
                self._log(Level.INFO, f"Netlink: error: {os.strerror(result.errno)}, cannot {verb} {what}")

    def close(self) -> None:
        """Give the sockets back."""
        if self._monitor is not None:
            self._monitor.close()
            self._monitor = None
        if self._table is not None:
            self._table.close()

    def _opened(self) -> RoutingTable:
        if self._table is None:
            self._table = RoutingTable(self._index)
        return self._table

    def _index(self, name: str) -> int:
        interface = self._interface(name)
        if interface is None:
            raise no_device(name)
        return interface.index

    def _key_of(self, item: Route | Rule) -> object:
        if isinstance(item, Rule):
            return rule_message(item)
        # Next hops are no part of the key, so no interface need exist now; the table of a VRF is known when it does.
        return route_key(route_message(item, lambda _name: 0, self._vrf_table))

    def _vrf_table(self, name: str) -> int:
        try:
            return self._opened().vrf_table(name)
        except OSError:
            return 0

    def _removed(self, message: RoutingMessage, port: int) -> None:
        key = message if isinstance(message, RuleMessage) else route_key(message)
        for item in self._tracked.get(key, ()):
            if not self._is_it(item, message) or not self._is_wanted(item):
                continue
            ours = self._table is not None and port == self._table.port
            if ours or self._loop.time() - self._last_set < _STALE:
                # We have set it again since, or removing an address of ours has taken it along: see which.
                if not self._doubtful:
                    self._loop.call_soon(self._look)
                self._doubtful.append(item)
            else:
                self._feed(RoutingRemoved(item=item))

    def _look(self) -> None:
        doubtful, self._doubtful = self._doubtful, []
        if self._monitor is None:
            return
        try:
            missing = self._opened().missing(doubtful)
        except OSError as error:
            self._log(Level.ERR, f"Netlink: error: {error.strerror}, routes and rules may not be as they should")
            return
        for item in missing:
            self._feed(RoutingRemoved(item=item))

    def _overrun(self) -> None:
        self._log(Level.INFO, "Netlink: Receive buffer overrun on monitor socket")
        self._feed(RoutingUnknown())

    def _is_it(self, item: Route | Rule, message: RoutingMessage) -> bool:
        if isinstance(item, Rule) or isinstance(message, RuleMessage):
            return True
        try:
            return is_same_route(self._opened().message(item), message)
        except OSError:
            return False  # an interface of it is gone
