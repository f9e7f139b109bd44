"""The mails of Debian's keepalived (2.2.7), received by a real SMTP server, are byte for byte those that we build."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.ast import GlobalDefinitions
from keepalived_py.notify.mail import vrrp_mail
from tests.lab.daemon import Daemon, Program
from tests.lab.mail import MailServer, Received
from tests.lab.netns import Lab
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.interop, pytest.mark.netns]

CONFIGURATION = """
global_defs {
    notification_email {
        root@localhost
    }
    notification_email_from bob@leponge.net
    smtp_server 127.0.0.1
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


@pytest.mark.parametrize("program", [Program.REFERENCE, Program.OURS])
def test_a_daemon_that_becomes_master_and_stops_is_mailed_in_the_same_bytes(program: Program, tmp_path: Path) -> None:
    with Lab() as lab:
        director = lab.namespace("director")
        lab.lan("lan", {director: ("eth1", "192.0.2.1/24")})
        with MailServer(director) as mailbox:
            daemon = Daemon(program, director, tmp_path, CONFIGURATION)
            wait_until(lambda: len(mailbox.messages) == 4, 10, "the mails about BACKUP and MASTER, instance and group")
            daemon.stop()
            if program is Program.OURS:
                wait_until(lambda: len(mailbox.messages) == 6, 3, "the mails about the stop")
    # One connection a mail: those of the same moment may arrive in any order.
    assert sorted(map(_undated, mailbox.messages[:2])) == sorted(
        (_expected("INSTANCE", "BACKUP"), _expected("GROUP", "BACKUP"))
    )
    assert sorted(map(_undated, mailbox.messages[2:4])) == sorted(
        (_expected("INSTANCE", "MASTER"), _expected("GROUP", "MASTER"))
    )
    # The reference opens the connections for these, and ends before it has used them (docs/differences.md).
    stops = [_expected("GROUP", "STOP"), _expected("INSTANCE", "STOP")] if program is Program.OURS else []
    assert sorted(map(_undated, mailbox.messages[4:])) == stops
    for mail in mailbox.messages:
        assert re.match(rb"Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}\r\n", mail.data)


def _expected(kind: str, state: str) -> tuple[str, tuple[str, ...], bytes]:
    definitions = GlobalDefinitions(
        router_id="LVS_DEVEL", notification_email=("root@localhost",), notification_email_from="bob@leponge.net"
    )
    name = "VIP1" if kind == "INSTANCE" else "G1"
    mail = vrrp_mail(definitions, kind=kind, name=name, state=state, date="")
    assert mail is not None
    return mail.sender, mail.recipients, mail.data


def _undated(mail: Received) -> tuple[str, tuple[str, ...], bytes]:
    return mail.sender, mail.recipients, re.sub(rb"\ADate: [^\r]*", b"Date: ", mail.data)
