"""What every check has: whom it connects to and its timing. Source: reference/checker-behaviour.md §2 and §3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keepalived_py.config.ast.common import SECOND

if TYPE_CHECKING:
    from keepalived_py.config.ast.common import IPAddress, Microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCommon:
    """``connect_ip``/``connect_port`` are resolved (the real server's unless configured).

    ``log_all_failures`` is in force; ``log_all_failures_configured`` is what the check itself says. ``default_delay_before_retry``
    is its kind's, 0 for ``delay_loop``. ``connect_ip_refused``: another address was written, but cannot be used.
    """

    connect_ip: IPAddress
    connect_port: int
    bindto: IPAddress | None = None
    bind_port: int = 0
    bind_if: str | None = None
    fwmark: int = 0
    connect_timeout: Microseconds = 5 * SECOND
    retry: int = 1
    delay_before_retry: Microseconds = SECOND
    delay_loop: Microseconds = 60 * SECOND
    warmup: Microseconds = 60 * SECOND
    alpha: bool = False
    log_all_failures: bool = False
    log_all_failures_configured: bool = False
    default_delay_before_retry: Microseconds = SECOND
    connect_ip_refused: bool = False
