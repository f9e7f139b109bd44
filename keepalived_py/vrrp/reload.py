"""Which virtual router of a new configuration is which of the running one. Source: reference/cli-and-process.md §7.

Owns the matching: by what other routers see of it, never by its name. What then happens is the router's and the machine's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config.ast import IPAddress, VrrpInstance

_Identity: TypeAlias = "tuple[int, int, str, tuple[str, str | None] | None, bool, IPAddress | None]"


def identity(configuration: VrrpInstance) -> _Identity:
    """Router id, family, interface, the MAC it has there, and who hears it: the multicast group, or the unicast source."""
    virtual = configuration.virtual_mac
    return (
        configuration.virtual_router_id,
        configuration.family,
        configuration.interface,
        None if virtual is None else (virtual.kind, virtual.mac),
        configuration.unicast,
        configuration.source_address if configuration.unicast else configuration.multicast_group,
    )


def successors(old: Iterable[VrrpInstance], new: Iterable[VrrpInstance]) -> dict[str, VrrpInstance]:
    """Return what becomes of each running instance, by its name now; one that is not there is gone.

    Several unicast instances may share an identity; they are matched in the order of the configuration.
    """
    free: dict[_Identity, list[VrrpInstance]] = {}
    for configuration in new:
        free.setdefault(identity(configuration), []).append(configuration)
    found: dict[str, VrrpInstance] = {}
    for configuration in old:
        candidates = free.get(identity(configuration))
        if candidates:
            same_name = [candidate for candidate in candidates if candidate.name == configuration.name]
            chosen = (same_name or candidates)[0]
            candidates.remove(chosen)
            found[configuration.name] = chosen
    return found
