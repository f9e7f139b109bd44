"""The section of the BFD process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from keepalived_py.config.dump.text import address_text, true_false

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.ast import BfdInstance, Configuration

_TTL: Final = {4: 255, 6: 64}


def bfd_lines(configuration: Configuration) -> list[str]:
    """Give everything after the global definitions; nothing when there are no sessions."""
    if not configuration.bfd_instances:
        return []
    lines = ["------< BFD Topology >------"]
    for session in configuration.bfd_instances:
        lines += _session(session)
    return lines


def _session(session: BfdInstance) -> Iterator[str]:
    neighbor = session.neighbor
    if neighbor is None:  # such a session is none to the process
        return
    yield f" BFD Instance = {session.name}"
    yield f"   Neighbor IP = {address_text(neighbor)}"
    if session.source is not None:
        yield f"   Source IP = {address_text(session.source)}"
    yield f"   Required min RX interval = {session.min_rx} us"
    yield f"   Desired min TX interval = {session.min_tx} us"
    yield f"   Desired idle TX interval = {session.idle_tx} us"
    yield f"   Detection multiplier = {session.multiplier}"
    yield f"   {'TTL' if neighbor.version == 4 else 'hoplimit'} = {session.ttl or _TTL[neighbor.version]}"
    yield f"   max_hops = {session.max_hops}"
    yield f"   passive = {true_false(session.passive)}"
    yield f"   send event to VRRP process = {'Yes' if session.for_vrrp else 'No'}"
    yield f"   send event to checker process = {'Yes' if session.for_checkers else 'No'}"
