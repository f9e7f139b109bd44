"""A real SMTP server (aiosmtpd) that listens inside a namespace and keeps what it receives.

Owns the server's thread and socket.
"""

from __future__ import annotations

import dataclasses
import re
import socket
from typing import TYPE_CHECKING, Any, Self

from aiosmtpd.controller import Controller

from tests.lab.netns import Namespace, in_namespace

if TYPE_CHECKING:
    from types import TracebackType


@dataclasses.dataclass(frozen=True, slots=True)
class Received:
    """One mail: the envelope and the message exactly as it came."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes

    @property
    def subject(self) -> str:
        """The subject line's text."""
        match = re.search(rb"(?mi)^Subject: (.*?)\r?$", self.data)
        return match[1].decode(errors="replace") if match else ""


class _Controller(Controller):
    """Serves on a socket that exists already."""

    def __init__(self, handler: object, listener: socket.socket) -> None:
        address, port = listener.getsockname()[:2]
        super().__init__(handler, hostname=address, port=port)
        self._listener = listener

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listener)

    def _trigger_server(self) -> None:
        """Not connected to from here: the socket is in another namespace."""
        self._factory_invoker()


class MailServer:
    """An SMTP server in a namespace for as long as a with block lasts."""

    def __init__(self, namespace: Namespace, address: str = "127.0.0.1", port: int = 25) -> None:
        self.messages: list[Received] = []
        listener = in_namespace(namespace.name, lambda: socket.create_server((address, port)))
        self._controller = _Controller(self, listener)

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802, ARG002 - aiosmtpd's name
        """Keep a mail."""
        self.messages.append(Received(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.original_content))
        return "250 OK"

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()
