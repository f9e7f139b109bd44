"""Two virtual routers with one router id on one wire, which only shows when interfaces come: macvlans over the same interface.

Pure. What the configuration alone tells (the same interface twice) is the verifier's. Source: reference/vrrp-behaviour.md §13.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from keepalived_py.config.ast import IPAddress, VrrpInstance


def find_conflicts(instances: Iterable[VrrpInstance], base_of: Callable[[str], str | None]) -> dict[str, str]:
    """Return who must not take part, because another that stands before it has its place: by name, and the other's name.

    ``base_of`` gives the interface that an interface is a part of (itself in general), None if it is not there. Unicast instances
    are told apart by their peers, and those of other groups do not hear each other.
    """
    found: dict[str, str] = {}
    holders: dict[tuple[str, int, int, IPAddress | None], VrrpInstance] = {}
    for wanted in instances:
        base = None if wanted.unicast else base_of(wanted.interface)
        if base is None:
            continue
        key = (base, wanted.family, wanted.virtual_router_id, wanted.multicast_group)
        holder = holders.setdefault(key, wanted)
        if holder is not wanted and holder.interface != wanted.interface:
            found[wanted.name] = holder.name
    return found
