"""The rest of a machine: privileges, kernel modules, packet filter, bridges, mounts, labels. Only the linter asks for it.

Everything is optional: None, or a name that is missing, means that it is not known, and that nothing may be concluded from it.
Owns the shape and the reading of a description; the live machine is looked at in keepalived_py.config.host.probe.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

#: The object that ``nft -j list ruleset`` writes.
Ruleset: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A bridge's treatment of multicast."""

    snooping: bool
    querier: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Manager:
    """What configures an interface, and whether it leaves addresses alone that others have set."""

    name: str
    keeps_addresses: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A file system where it is mounted."""

    path: str
    options: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFacts:
    """What is known; see the module's text for what is not."""

    #: Of the user and the service that run keepalived: ``CAP_NET_ADMIN`` ...
    capabilities: frozenset[str] | None = None
    #: Those that are loaded, built in or can be loaded, with ``_`` in their names.
    modules: frozenset[str] | None = None
    #: Whether the kernel has IPVS, when that is known by itself.
    ip_vs: bool | None = None
    nftables: Ruleset | None = None
    #: The lines of iptables-save and of ip6tables-save.
    iptables: tuple[str, ...] | None = None
    ip6tables: tuple[str, ...] | None = None
    bridges: dict[str, Bridge] = field(default_factory=dict)
    #: The bridge that an interface is a port of.
    bridge_of: dict[str, str] = field(default_factory=dict)
    managers: dict[str, Manager] = field(default_factory=dict)
    #: Whether the service has a /tmp of its own.
    private_tmp: bool | None = None
    #: How many files the service may have open.
    open_files: int | None = None
    mounts: tuple[Mount, ...] | None = None
    selinux_enforcing: bool | None = None
    #: SELinux labels of files by path.
    labels: dict[str, str] = field(default_factory=dict)

    def mount_of(self, path: str) -> Mount | None:
        """Give the mount that a path without links is on; the last one counts when several are at one place."""
        found: Mount | None = None
        for mount in self.mounts or ():
            inside = mount.path in {"/", path} or path.startswith(f"{mount.path}/")
            if inside and (found is None or len(mount.path) >= len(found.path)):
                found = mount
        return found


def described_system(facts: dict[str, Any]) -> SystemFacts:
    """Read a description (docs/host-facts.md). Raises ValueError, with the key, for what has another shape."""
    interfaces = _of(facts, "interfaces", dict) or {}
    entries = {name: entry for name, entry in interfaces.items() if isinstance(entry, dict)}
    capabilities = _words(facts, "capabilities")
    modules = _words(facts, "modules")
    selinux = _of(facts, "selinux", dict) or {}
    mounts = _of(facts, "mounts", list)
    return SystemFacts(
        capabilities=None if capabilities is None else frozenset(word.upper() for word in capabilities),
        modules=None if modules is None else frozenset(word.replace("-", "_") for word in modules),
        ip_vs=_of(facts, "ip_vs", bool),
        nftables=_of(facts, "nftables", dict),
        iptables=_words(facts, "iptables"),
        ip6tables=_words(facts, "ip6tables"),
        bridges={name: _bridge(entry["bridge"]) for name, entry in entries.items() if "bridge" in entry},
        bridge_of={name: str(entry["master"]) for name, entry in entries.items() if "master" in entry},
        managers={name: _manager(entry["manager"]) for name, entry in entries.items() if "manager" in entry},
        private_tmp=_of(facts, "private_tmp", bool),
        open_files=_of(facts, "open_files", int),
        mounts=None if mounts is None else tuple(_mount(entry) for entry in mounts),
        selinux_enforcing=_of(selinux, "enforcing", bool),
        labels={str(path): str(label) for path, label in (_of(selinux, "labels", dict) or {}).items()},
    )


def _of(facts: dict[str, Any], key: str, kind: type) -> Any:
    value = facts.get(key)
    if value is not None and not isinstance(value, kind):
        message = f"'{key}' is not of the kind {kind.__name__}"
        raise ValueError(message)
    return value


def _words(facts: dict[str, Any], key: str) -> tuple[str, ...] | None:
    value = _of(facts, key, list)
    return None if value is None else tuple(str(word) for word in value)


def _bridge(entry: Any) -> Bridge:
    if not isinstance(entry, dict):
        raise ValueError("'bridge' is not an object")  # noqa: TRY004  the file's content is wrong
    return Bridge(snooping=bool(entry.get("multicast_snooping")), querier=bool(entry.get("multicast_querier")))


def _manager(entry: Any) -> Manager:
    if isinstance(entry, str):
        return Manager(name=entry)
    if not isinstance(entry, dict) or "name" not in entry:
        raise ValueError("'manager' is no name, and no object with a name")
    return Manager(name=str(entry["name"]), keeps_addresses=bool(entry.get("keeps_addresses")))


def _mount(entry: Any) -> Mount:
    if not isinstance(entry, dict) or not isinstance(entry.get("options", []), list) or "path" not in entry:
        raise ValueError("an entry of 'mounts' is no object with path and options")
    return Mount(path=str(entry["path"]), options=frozenset(str(word) for word in entry.get("options", ())))
