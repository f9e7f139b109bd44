"""The checks of a real server other than TCP_CHECK, HTTP_GET and SSL_GET, as configured, inheritance resolved.

Source: reference/keywords-checker-bfd.tsv, reference/checker-behaviour.md §2 and §6 to §12.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keepalived_py.config.ast.check_common import CheckCommon
    from keepalived_py.config.ast.common import Command, Location, Microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpCheck:
    """``SMTP_CHECK``: the greeting, HELO with ``helo_name``, QUIT."""

    common: CheckCommon
    helo_name: str = "smtpchecker.keepalived.org"
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsCheck:
    """``DNS_CHECK``: a query over UDP; ``query_type`` is the record type's name in capitals."""

    common: CheckCommon
    query_type: str = "SOA"
    name: str = "."
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpCheck:
    """``UDP_CHECK``. ``payload`` None is the usual text. ``reply_mask`` has a set bit where the reply's bit does not matter.

    The lengths, in bytes, limit a required reply.
    """

    common: CheckCommon
    payload: bytes | None = None
    require_reply: bool = False
    reply: bytes | None = None
    reply_mask: bytes | None = None
    min_reply_length: int = 0
    max_reply_length: int = 255
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PingCheck:
    """``PING_CHECK``: an ICMP or ICMPv6 echo."""

    common: CheckCommon
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MiscCheck:
    """``MISC_CHECK``: a program; it does not connect, whatever ``common`` says. ``timeout`` 0: the server's ``delay_loop``."""

    common: CheckCommon
    command: Command
    timeout: Microseconds = 0
    dynamic: bool = False
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCheck:
    """``FILE_CHECK``: follows the ``track_file`` of that name; weight and reverse are those in force here."""

    name: str
    weight: int = 1
    reverse: bool = False
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BfdCheck:
    """``BFD_CHECK``: follows the ``bfd_instance`` of that name."""

    name: str
    alpha: bool = False
    location: Location | None = field(default=None, compare=False)
