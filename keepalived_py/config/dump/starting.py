"""What the checker process has done with a virtual server when it writes its dump: who stands in the table before any check ran.

Source: reference/checker-behaviour.md §1, §14 and §15.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keepalived_py.config.dump.names import starts_failed

if TYPE_CHECKING:
    from keepalived_py.config.ast import RealServer, VirtualServer


def failed_checks(real: RealServer) -> int:
    """How many of a server's checks count as failed until they have run."""
    return sum(starts_failed(check) for check in real.checks) + real.lost_checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A virtual server at its start. ``additions`` is what a group's member counts: servers added less servers taken away."""

    has_quorum: bool
    sorry_alive: bool
    sorry_set: bool
    additions: int


def start_of(server: VirtualServer) -> Start:
    """Give the state of a virtual server once the process has started."""
    up = [real for real in server.real_servers if not failed_checks(real)]
    waiting = [real for real in server.real_servers if failed_checks(real) and real.inhibit_on_failure]
    additions = len(up) + len(waiting)
    has_quorum = sum(real.weight for real in up) >= server.quorum + server.hysteresis
    sorry = server.sorry_server
    if sorry is None:
        return Start(has_quorum=has_quorum, sorry_alive=False, sorry_set=False, additions=additions)
    if not has_quorum:
        additions += 1 - sum(not real.inhibit_on_failure for real in up)
    elif sorry.inhibit and not sorry.is_real_server:
        additions += 1
    return Start(
        has_quorum=has_quorum,
        sorry_alive=not has_quorum,
        sorry_set=not has_quorum or sorry.inhibit,
        additions=additions,
    )
