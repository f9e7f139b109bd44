"""The conversation of ``HTTP_GET`` and ``SSL_GET``: the request's bytes and the verdict on the reply's.

Bytes in, bytes out: it opens nothing and knows no time. Nothing but the first status line and ``Content-Length:`` is understood;
chunks are not decoded, redirects not followed, and reading goes on to the end of the stream. The verdict does not depend on how the
reply was cut into segments (for that, Content-Length is looked for in the header only; the reference also looks into whatever part
of the body came along with the header's end). Source: reference/checker-behaviour.md §5.
"""

from __future__ import annotations

import hashlib
import re
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

from keepalived_py.checkers.events import BodyLength, Failed, NotRun, Succeeded
from keepalived_py.checkers.names import address_text
from keepalived_py.checkers.probes.conversation import ConnectFailure

if TYPE_CHECKING:
    from keepalived_py.checkers.events import Outcome
    from keepalived_py.config.ast import HttpGet, HttpUrl, IPAddress, RealServer, VirtualServer

#: The reference reads into 4096 bytes and keeps one for a NUL: a header must end within this many.
HEADER_LIMIT = 4095
_REQUEST_LIMIT = 2047
_DEFAULT_STATUS_CODES = ((200, 299),)
_HEADER_END = b"\r\n\r\n"
_LENGTH_TAG = b"Content-Length:"
_STRTOUL = re.compile(rb"[ \t\n\v\f\r]*([+-]?)([0-9]+)")
_ULONG_MAX = 2**64 - 1
_LINE_ENDS = (b"", b"\r", b"\n")
_NO_DATA = Failed(reason="Read, no data received from ")


def request_bytes(
    *, path: str, http_protocol: str, virtualhost: str | None, connect_ip: IPAddress, connect_port: int
) -> bytes:
    """Return the request as the reference sends it, at most 2047 bytes.

    ``http_protocol`` is 1.0, 1.0C, 1.0c or 1.1; ``virtualhost`` is the Host header's value as configured, or None for the
    address and port that are connected to.
    """
    version = 1 if http_protocol == "1.1" else 0
    close = "" if http_protocol == "1.0" else "Connection: close\r\n"
    host = virtualhost
    if host is None:
        address = address_text(connect_ip)
        host = f"[{address}]:{connect_port}" if isinstance(connect_ip, IPv6Address) else f"{address}:{connect_port}"
    request = f"GET {path} HTTP/1.{version}\r\nUser-Agent: KeepAliveClient\r\n{close}Host: {host}\r\n\r\n"
    return request.encode(errors="surrogateescape")[:_REQUEST_LIMIT]


def request_of(check: HttpGet, url: HttpUrl, real_server: RealServer, virtual_server: VirtualServer) -> bytes:
    """Return the request for ``url``; its Host is the url's virtualhost, else the check's, the real or the virtual server's."""
    return request_bytes(
        path=url.path,
        http_protocol=check.http_protocol,
        virtualhost=url.virtualhost or check.virtualhost or real_server.virtualhost or virtual_server.virtualhost,
        connect_ip=check.common.connect_ip,
        connect_port=check.common.connect_port,
    )


def server_name_of(check: HttpGet, url: HttpUrl, virtual_server: VirtualServer) -> str | None:
    """Return the TLS server name for ``url``, None for none; unlike the Host it never comes from the real server."""
    if not check.enable_sni:
        return None
    return url.virtualhost or check.virtualhost or virtual_server.virtualhost


def status_code(header: bytes) -> int:
    """Return the three digits after the first blank if a blank follows them, else 0 (a bare ``HTTP/1.1 200`` is 0)."""
    first = re.search(rb"[ \r]", header)
    if first is None or first[0] != b" ":
        return 0
    digits = header[first.end() : first.end() + 3]
    if len(digits) < 3 or not digits.isdigit() or header[first.end() + 3 : first.end() + 4] != b" ":
        return 0
    return int(digits)


def content_length(header: bytes) -> int | None:
    """Return the value of the first ``Content-Length:`` (this spelling only) as C's strtoul reads it, None if there is none."""
    text = header.partition(b"\0")[0]
    _, tag, rest = text.partition(_LENGTH_TAG)
    if not tag:
        return None
    number = _STRTOUL.match(rest)
    if number is None:
        return 0 if rest[:1] in _LINE_ENDS else None
    if rest[number.end() : number.end() + 1] not in _LINE_ENDS:
        return None
    value = int(number[2])
    if value >= _ULONG_MAX:
        return None
    if number[1] == b"-":
        value = -value % (_ULONG_MAX + 1)
    return value if value != _ULONG_MAX else None


class HttpConversation:
    """One fetch of one url; see ``Conversation`` for the calls."""

    def __init__(self, request: bytes, url: HttpUrl, *, tls: bool = False) -> None:
        self._request = request
        self._status_codes = url.status_codes or _DEFAULT_STATUS_CODES
        self._digest = url.digest
        self._tls = tls
        self._header = bytearray()
        self._in_body = False
        self._answered = False
        self._announced: int | None = None
        self._received = 0
        self._md5 = None if url.digest is None else hashlib.md5(usedforsecurity=False)

    def connect_failed(self, failure: ConnectFailure, lines: tuple[str, ...]) -> Outcome:
        """Judge a connection that did not open."""
        match failure:
            case ConnectFailure.TIMEOUT:
                return Failed(reason="Timeout connecting")
            case ConnectFailure.FAILED:
                return Failed(reason="Connection failed")
            case ConnectFailure.UNREACHABLE:
                return Failed(reason="HTTP/SSL_CHECK - network unreachable")
            case ConnectFailure.NOT_BOUND:
                return NotRun(lines=(*lines, "WEB socket bind failed. Rescheduling"))
            case ConnectFailure.NO_SOCKET:
                return NotRun(lines=(*lines, "WEB connection fail to create socket. Rescheduling."))

    def connected(self) -> bytes | Outcome:
        """Return the request."""
        return self._request

    def received(self, data: bytes | memoryview) -> Outcome | None:
        """Take a part of the reply. A wrong status code or an endless header ends the attempt at once."""
        self._answered = True
        if self._in_body:
            self._take_body(data)
            return None
        searched = max(0, len(self._header) - len(_HEADER_END) + 1)
        self._header += data
        end = self._header.find(_HEADER_END, searched, HEADER_LIMIT)
        if end < 0:
            return _NO_DATA if len(self._header) >= HEADER_LIMIT else None
        end += len(_HEADER_END)
        header, body = bytes(self._header[:end]), bytes(self._header[end:])
        self._header.clear()
        self._in_body = True
        code = status_code(header)
        if not any(low <= code <= high for low, high in self._status_codes):
            return Failed(reason="HTTP status code error to")
        self._announced = content_length(header)
        self._take_body(body)
        return None

    def ended(self) -> Outcome:
        """Judge the complete reply: header, then digest (the status code was judged when the header was complete)."""
        if not self._in_body:
            return _NO_DATA
        length = BodyLength(announced=self._announced, received=self._received)
        if self._md5 is None:
            return Succeeded(what="HTTP status code", length=length)
        if self._md5.digest() != self._digest:
            return Failed(reason="MD5 digest error to", length=length)
        return Succeeded(what="MD5 digest", length=length)

    def broken(self, *, sending: bool) -> Outcome:
        """Judge a broken connection; TLS takes a broken stream for its end, as many servers close without notice."""
        if sending:
            return Failed(reason="Cannot send get request to")
        return self.ended() if self._tls else Failed(reason="Read error with")

    def handshake_failed(self) -> Outcome:
        """Judge a failed TLS handshake."""
        return Failed(reason="SSL handshake/communication error connecting to")

    def timed_out(self) -> Outcome:
        """Judge silence: the reference's words differ before the first byte and after it."""
        if not self._answered:
            return Failed(reason="Timeout WEB read")
        return Failed(reason="Timeout SSL read" if self._tls else "Timeout HTTP read")

    def _take_body(self, data: bytes | memoryview) -> None:
        if self._md5 is not None:
            room = len(data) if self._announced is None else self._announced - self._received
            if room > 0:
                self._md5.update(data[:room])
        self._received += len(data)
