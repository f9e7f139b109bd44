"""Kernel settings of interfaces that are other than the administrator left them while we run, and put back afterwards.

Owns what they were and who needs them changed: several virtual interfaces share a base, and only the last one restores it.
Source: reference/vrrp-behaviour.md §10, §11.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.kernel.sysctl import read, write
from keepalived_py.log import Level

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.log import Log

_IPV4 = ("net", "ipv4", "conf")
_RP_FILTER = "rp_filter"
_IGMP_REPORTS = ("net", "ipv4", "igmp_link_local_mcast_reports")


class InterfaceSettings:
    """What is changed under net.ipv4.conf, and what it was. A setting that cannot be changed is logged, the rest is."""

    def __init__(self, log: Log) -> None:
        self._log = log
        #: By interface and setting: the value before, ours, and who wants it.
        self._held: dict[tuple[str, str], tuple[str, str, set[str]]] = {}
        self._all_rp_filter = ""
        self._rp_filters: dict[str, str] = {}
        self._igmp_reports: str | None = None

    def hold(self, user: str, interface: str, **settings: str) -> None:
        """Give an interface these values as long as ``user`` wants them."""
        for name, value in settings.items():
            held = self._held.get((interface, name))
            if held is not None:
                held[2].add(user)
                continue
            before = self._write(interface, name, value)
            if before is not None:
                self._held[interface, name] = (before, value, {user})

    def release(self, user: str) -> None:
        """Put back what nobody else wants, unless it has been changed since."""
        for (interface, name), (before, value, users) in list(self._held.items()):
            users.discard(user)
            if not users:
                del self._held[interface, name]
                if before != value and read(*_IPV4, interface, name) == value:
                    self._write(interface, name, before)

    def disable_local_igmp(self) -> None:
        """Report no membership of link-local groups such as VRRP's, on no interface of this namespace (disable_local_igmp)."""
        self._igmp_reports = self._set(_IGMP_REPORTS, "0")

    def restore_local_igmp(self) -> None:
        """Report it again, if that was so before and nobody has decided otherwise since."""
        before, self._igmp_reports = self._igmp_reports, None
        if before is not None and before != "0" and read(*_IGMP_REPORTS) == "0":
            self._set(_IGMP_REPORTS, before)

    def clear_reverse_path_filter(self, interfaces: Iterable[str]) -> None:
        """Let each interface decide on its own whether it filters by reverse path, with the same result as now.

        The kernel applies the higher of an interface's value and that of "all". A virtual MAC needs 0, so "all" has to be 0 and
        every other interface what "all" was.
        """
        if self._all_rp_filter:
            return
        level = read(*_IPV4, "all", _RP_FILTER)
        if level is None or level == "0":
            return
        default = read(*_IPV4, "default", _RP_FILTER) or "0"
        if int(default) < int(level):
            self._notice("setting", "default", f"from {default} to {level}")
            self._write("default", _RP_FILTER, level)
            self._rp_filters["default"] = default
        for name in interfaces:
            value = read(*_IPV4, name, _RP_FILTER)
            if value is not None and int(value) < int(level):
                self._rp_filters[name] = value
                self._write(name, _RP_FILTER, level)
        self._notice("setting", "all", f"from {level} to 0")
        self._write("all", _RP_FILTER, "0")
        self._all_rp_filter = level

    def restore_reverse_path_filter(self) -> None:
        """Undo it, as far as nobody has changed what we set."""
        level, self._all_rp_filter = self._all_rp_filter, ""
        if not level:
            return
        if read(*_IPV4, "all", _RP_FILTER) == "0":
            self._notice("resetting", "all", f"to {level}")
            self._write("all", _RP_FILTER, level)
        for name, before in self._rp_filters.items():
            if read(*_IPV4, name, _RP_FILTER) == level:
                if name == "default":
                    self._notice("resetting", "default", f"to {before}")
                self._write(name, _RP_FILTER, before)
        self._rp_filters.clear()

    def _notice(self, verb: str, name: str, change: str) -> None:
        self._log(Level.INFO, f"NOTICE: {verb} sysctl net.ipv4.conf.{name}.rp_filter {change}")

    def _write(self, interface: str, name: str, value: str) -> str | None:
        return self._set((*_IPV4, interface, name), value)

    def _set(self, path: tuple[str, ...], value: str) -> str | None:
        try:
            return write(*path, value=value)
        except OSError as error:
            where = "/".join(("/proc/sys", *path))
            self._log(Level.ERR, f"Failed to write {value} to {where}, errno {error.errno} ({error.strerror})")
            return None
