"""What the checker process reads besides the servers that run: groups, TLS material, tracked files, and all servers as written.

Source: reference/keywords-checker-bfd.tsv.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keepalived_py.config.ast.checkers import VirtualServer
    from keepalived_py.config.ast.common import IPAddress, Location
    from keepalived_py.config.ast.trackers import TrackFile


@dataclass(frozen=True, slots=True, kw_only=True)
class SslContext:
    """``SSL``: the files of the client's certificate, common to all SSL_GET checks; None is not given."""

    password: str | None = field(default=None, repr=False)
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRange:
    """Addresses of a group, from ``first`` to ``last`` inclusive; port 0 is not given."""

    first: IPAddress
    last: IPAddress
    port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMark:
    """A firewall mark of a group; ``family`` is 4, 6 or None, the virtual server's."""

    mark: int
    family: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualServerGroup:
    """``virtual_server_group NAME``."""

    name: str
    ranges: tuple[GroupRange, ...] = ()
    marks: tuple[GroupMark, ...] = ()
    location: Location | None = field(default=None, compare=False)

    @property
    def families(self) -> frozenset[int]:
        """The address families that its members name: of 4 and 6."""
        marked = {entry.family for entry in self.marks if entry.family is not None}
        return frozenset({entry.first.version for entry in self.ranges} | marked)


@dataclass(frozen=True, slots=True, kw_only=True)
class LvsSections:
    """The checker process's configuration as written, in file order.

    ``servers`` holds every virtual server that is valid, also those that this version leaves out when it runs. ``ssl`` is None
    when no check needs TLS and there is no ``SSL`` block. ``sessions`` are the names of the BFD sessions that checks may follow.
    """

    ssl: SslContext | None = None
    groups: tuple[VirtualServerGroup, ...] = ()
    servers: tuple[VirtualServer, ...] = ()
    track_files: tuple[TrackFile, ...] = ()
    sessions: tuple[str, ...] = ()
