"""The sysctl promote_secondaries on the interfaces of instances that ask for it. Source: reference/vrrp-behaviour.md §10.

With it the kernel keeps the other addresses of a subnet when their first one goes. What was set here is set back at the end; an
interface that had it before is left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.kernel import sysctl
from keepalived_py.log import Level

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config.ast import VrrpInstance
    from keepalived_py.log import Log


class PromotedSecondaries:
    """The interfaces on which it was set here."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._wanted: frozenset[str] = frozenset()
        self._changed: set[str] = set()

    def prepare(self, instances: Iterable[VrrpInstance]) -> None:
        """Set it for these instances, and set it back where none of them asks for it any more."""
        self._wanted = frozenset(wanted.interface for wanted in instances if wanted.promote_secondaries)
        for name in sorted(self._changed - self._wanted):
            self._set_back(name)
        for name in sorted(self._wanted - self._changed):
            self.interface_added(name)

    def interface_added(self, name: str) -> None:
        """Set it on an interface that has appeared, if it is wanted there."""
        if name not in self._wanted:
            return
        try:
            if sysctl.promote_secondaries(name):
                self._changed.add(name)
        except OSError as error:
            self._log(Level.INFO, f"Cannot set promote_secondaries on {name}: {error.strerror}")

    def close(self) -> None:
        """Set it back everywhere."""
        for name in sorted(self._changed):
            self._set_back(name)

    def _set_back(self, name: str) -> None:
        self._changed.discard(name)
        try:
            sysctl.write("net", "ipv4", "conf", name, "promote_secondaries", value="0")
        except OSError as error:
            self._log(Level.INFO, f"Cannot set back promote_secondaries on {name}: {error.strerror}")
