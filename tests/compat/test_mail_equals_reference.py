"""The mails of Debian's keepalived (2.2.7), received by a real SMTP server, are byte for byte those that we build."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from typing import TYPE_CHECKING, Self

import pytest
from aiosmtpd.smtp import SMTP

from keepalived_py.config.ast import GlobalDefinitions
from keepalived_py.notify.mail import vrrp_mail
from tests.lab.daemon import Daemon, Program
from tests.lab.netns import Lab, Namespace, in_namespace
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from aiosmtpd.smtp import Envelope, Session

pytestmark = [pytest.mark.interop, pytest.mark.netns]

CONFIGURATION = """
global_defs {
    notification_email {
        root@localhost
    }
    notification_email_from bob@leponge.net
    smtp_server 127.0.0.1
    smtp_helo_name director.example
    router_id LVS_DEVEL
}
vrrp_sync_group G1 {
    group {
        VIP1
    }
    smtp_alert
}
vrrp_instance VIP1 {
    state BACKUP
    interface eth1
    virtual_router_id 80
    priority 200
    advert_int 1
    smtp_alert
    virtual_ipaddress {
        192.0.2.205/32
    }
}
"""


class Mailbox:
    """An SMTP server at 127.0.0.1:25 of a namespace; keeps what it is told."""

    def __init__(self, namespace: Namespace) -> None:
        def listen() -> socket.socket:
            return socket.create_server(("127.0.0.1", 25))

        self._socket = in_namespace(namespace.name, listen)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self.received: list[tuple[str | None, str | None, list[str], bytes]] = []

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it so
        content = envelope.content
        assert isinstance(content, bytes)
        self.received.append((session.host_name, envelope.mail_from, envelope.rcpt_tos, content))
        return "250 Message accepted"

    def __enter__(self) -> Self:
        self._thread.start()
        start = self._loop.create_server(lambda: SMTP(self, hostname="mail.example"), sock=self._socket)
        asyncio.run_coroutine_threadsafe(start, self._loop).result(5)
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._socket.close()


@pytest.mark.parametrize("program", [Program.REFERENCE, Program.OURS])
def test_a_daemon_that_becomes_master_and_stops_is_mailed_in_the_same_bytes(program: Program, tmp_path: Path) -> None:
    with Lab() as lab:
        director = lab.namespace("director")
        lab.lan("lan", {director: ("eth1", "192.0.2.1/24")})
        with Mailbox(director) as mailbox:
            daemon = Daemon(program, director, tmp_path, CONFIGURATION)
            wait_until(lambda: len(mailbox.received) == 4, 10, "the mails about BACKUP and MASTER, instance and group")
            daemon.stop()
            if program is Program.OURS:
                wait_until(lambda: len(mailbox.received) == 6, 3, "the mails about the stop")
    # One connection a mail: those of the same moment may arrive in any order.
    assert sorted(map(_undated, mailbox.received[:2])) == sorted(
        (_expected("INSTANCE", "BACKUP"), _expected("GROUP", "BACKUP"))
    )
    assert sorted(map(_undated, mailbox.received[2:4])) == sorted(
        (_expected("INSTANCE", "MASTER"), _expected("GROUP", "MASTER"))
    )
    # The reference opens the connections for these, and ends before it has used them (docs/differences.md).
    stops = [_expected("GROUP", "STOP"), _expected("INSTANCE", "STOP")] if program is Program.OURS else []
    assert sorted(map(_undated, mailbox.received[4:])) == stops
    for _helo, _sender, _recipients, content in mailbox.received:
        assert re.match(rb"Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}\r\n", content)


def _expected(kind: str, state: str) -> tuple[str, str, tuple[str, ...], bytes]:
    definitions = GlobalDefinitions(
        router_id="LVS_DEVEL", notification_email=("root@localhost",), notification_email_from="bob@leponge.net"
    )
    name = "VIP1" if kind == "INSTANCE" else "G1"
    mail = vrrp_mail(definitions, kind=kind, name=name, state=state, date="")
    assert mail is not None
    return "director.example", mail.sender, mail.recipients, mail.data


def _undated(
    mail: tuple[str | None, str | None, list[str], bytes],
) -> tuple[str | None, str | None, tuple[str, ...], bytes]:
    helo, sender, recipients, content = mail
    return helo, sender, tuple(recipients), re.sub(rb"\ADate: [^\r]*", b"Date: ", content)
