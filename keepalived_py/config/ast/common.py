"""Types that every section of the AST uses."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias

IPAddress: TypeAlias = IPv4Address | IPv6Address

#: A duration, or a point on the monotonic clock, in whole microseconds (keepalived's internal unit).
Microseconds: TypeAlias = int

SECOND: Microseconds = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where something was written: the file as named by the reader, and the line counted from 1."""

    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program to run, already split into words and, once verified, resolved on this host.

    ``argv`` is what the program receives; ``path`` is what is executed (``argv[0]`` found in PATH, links resolved), empty until
    verified. ``uid`` and ``gid`` are the numeric identity it runs as. Source: reference/config-language.md §6,
    reference/cli-and-process.md §9.
    """

    argv: tuple[str, ...]
    path: str = ""
    user: str | None = None
    group: str | None = None
    uid: int = 0
    gid: int = 0
    location: Location | None = None
