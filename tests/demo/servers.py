"""The servers that the directors need: web servers that can die and change their page, and a mail server.

Each listens inside a namespace and answers from this process: a socket stays where it was opened.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import socket
import threading
import time
from typing import TYPE_CHECKING

from aiosmtpd.smtp import SMTP

from tests.lab.netns import Namespace, in_namespace

if TYPE_CHECKING:
    from aiosmtpd.smtp import Envelope, Session

PAGE = b"alive\n"  # its digest is in conf-samples/3-direct-routing
_LINE_LIMIT = 4096


class WebServer:
    """A web server: `/probe` is the page that checks look at, every other page says who answers."""

    def __init__(self, name: str, namespace: Namespace) -> None:
        self.name = name
        self.namespace = namespace
        self.page = PAGE
        self._listener: socket.socket | None = None

    def start(self) -> None:
        """Listen on port 80."""
        self._listener = in_namespace(
            self.namespace.name, lambda: socket.create_server(("0.0.0.0", 80), reuse_port=False)
        )
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening: connections are refused from now on."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _peer = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            request = b""
            while b"\r\n\r\n" not in request and len(request) < _LINE_LIMIT:
                if not (data := connection.recv(_LINE_LIMIT)):
                    return
                request += data
            body = self.page if request.split(b" ")[1:2] == [b"/probe"] else f"{self.name}\n".encode()
            head = f"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)


def fetch(namespace: Namespace, address: str, timeout: float = 1) -> str:
    """Get `/` of a web server from inside a namespace and return the body, "" when there was no answer."""

    def connect() -> socket.socket:
        return socket.create_connection((address, 80), timeout)

    answer = b""
    try:
        with in_namespace(namespace.name, connect) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            while data := connection.recv(_LINE_LIMIT):
                answer += data
    except OSError:
        return ""
    return answer.partition(b"\r\n\r\n")[2].decode().strip()


@dataclasses.dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail and when it came (time.monotonic() seconds)."""

    when: float
    host: str
    recipients: tuple[str, ...]
    subject: str


class MailServer:
    """A real SMTP server (aiosmtpd) that listens at 127.0.0.1:25 of each director."""

    def __init__(self) -> None:
        self.received: list[ReceivedMail] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._servers: list[asyncio.Server] = []

    def listen(self, host: str, namespace: Namespace) -> None:
        """Serve one director."""
        listener = in_namespace(namespace.name, lambda: socket.create_server(("127.0.0.1", 25)))
        handler = _Handler(host, self.received)
        start = self._loop.create_server(lambda: SMTP(handler, hostname=host), sock=listener)
        self._servers.append(asyncio.run_coroutine_threadsafe(start, self._loop).result(5))

    def close(self) -> None:
        """Stop."""
        for server in self._servers:
            self._loop.call_soon_threadsafe(server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)


class _Handler:
    def __init__(self, host: str, received: list[ReceivedMail]) -> None:
        self._host = host
        self._received = received

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it so
        content = envelope.content
        text = content.decode(errors="replace") if isinstance(content, bytes) else str(content)
        subject = next((line[9:] for line in text.splitlines() if line.startswith("Subject: ")), "")
        mail = ReceivedMail(time.monotonic(), self._host, tuple(envelope.rcpt_tos), subject)
        self._received.append(mail)
        return "250 Message accepted"
