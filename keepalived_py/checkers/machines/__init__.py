"""One machine for each kind of check, and which of them a configured check needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.checkers.machines.http import HttpChecker
from keepalived_py.checkers.machines.tcp import TcpChecker
from keepalived_py.config.ast import HttpGet, TcpCheck

if TYPE_CHECKING:
    from keepalived_py.checkers.machine import PolledChecker
    from keepalived_py.config.ast import Checker

__all__ = ["HttpChecker", "TcpChecker", "machine_of"]


def machine_of(checker: Checker, *, real_server: str, virtual_server: str, log_all_failures: bool) -> PolledChecker:
    """Return a new machine for ``checker``; ``real_server`` and ``virtual_server`` are their names in log lines."""
    names = {"real_server": real_server, "virtual_server": virtual_server}
    match checker:
        case TcpCheck():
            return TcpChecker(checker, **names, log_all_failures=log_all_failures)
        case HttpGet():
            return HttpChecker(checker, **names, log_all_failures=log_all_failures)
