"""Makes the attempts that checks ask for: which conversation, over which transport.

Owns the transports of the process and the way from a configured check to them; what an answer means belongs to the probes, when to
ask to the machines. A new kind of check is a case here, a probe in ``probes/`` and a machine in ``machines/``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.checkers.connect import Connector
from keepalived_py.checkers.probes.http import HttpConversation, request_of, server_name_of
from keepalived_py.checkers.probes.tcp import TcpConversation
from keepalived_py.config.ast import HttpGet, TcpCheck

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from keepalived_py.checkers.events import Outcome
    from keepalived_py.config.ast import Checker, RealServer, VirtualServer


class Attempts:
    """All attempts of a worker that are under way."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._connector = Connector(loop)

    def start(
        self,
        checker: Checker,
        url: int,
        real_server: RealServer,
        virtual_server: VirtualServer,
        on_done: Callable[[Outcome], None],
    ) -> None:
        """Begin an attempt; ``on_done`` is called once, possibly before this returns. ``url`` is a position in ``urls``."""
        match checker:
            case TcpCheck():
                self._connector.start(checker.common, TcpConversation(), on_done)
            case HttpGet():
                asked = checker.urls[url]
                request = request_of(checker, asked, real_server, virtual_server)
                self._connector.start(
                    checker.common,
                    HttpConversation(request, asked, tls=checker.ssl),
                    on_done,
                    tls=checker.ssl,
                    server_name=server_name_of(checker, asked, virtual_server),
                )

    def close(self) -> None:
        """End all attempts without an outcome."""
        self._connector.close()
