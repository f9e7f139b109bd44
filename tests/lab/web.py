"""Small web servers for tests, listening inside namespaces: pages that can be changed, a server that can die and return.

Owns listening sockets and their threads in this process. It speaks just enough HTTP for curl and for health checks.
"""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import threading
import time
from typing import TYPE_CHECKING, Self

from tests.lab.netns import Namespace, in_namespace

if TYPE_CHECKING:
    from types import TracebackType


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived: time.monotonic() seconds, the client's address, the path and the whole head."""

    when: float
    client: str
    path: str
    head: bytes


class WebServer:
    """A server in a namespace; pages maps paths to bodies, any other path is 404."""

    def __init__(self, namespace: Namespace, address: str, port: int, pages: dict[str, bytes]) -> None:
        self.pages = pages
        self.requests: list[Request] = []
        self._namespace = namespace
        self._endpoint = (address, port)
        self._listener: socket.socket | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen (again)."""

        def make() -> socket.socket:
            listener = socket.create_server(self._endpoint, backlog=64)
            listener.settimeout(0.1)
            return listener

        self._listener = in_namespace(self._namespace.name, make)
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Die: connections are refused from now on."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _serve(self, listener: socket.socket) -> None:
        while self._listener is listener:
            try:
                connection, peer = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection, peer[0]), daemon=True).start()

    def _answer(self, connection: socket.socket, client: str) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            head = b""
            while b"\r\n\r\n" not in head:
                received = connection.recv(4096)
                if not received:
                    return
                head += received
            path = head.split(b" ")[1].decode()
            self.requests.append(Request(time.monotonic(), client, path, head))
            body = self.pages.get(path)
            status = b"404 Not Found" if body is None else b"200 OK"
            body = body or b""
            length = str(len(body)).encode()
            connection.sendall(
                b"HTTP/1.0 " + status + b"\r\nContent-Type: text/html\r\nContent-Length: " + length + b"\r\n\r\n" + body
            )
