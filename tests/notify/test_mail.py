"""The text of mails, and the conversation with a real SMTP server on loopback."""

from __future__ import annotations

import asyncio
import contextlib
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.smtp import SMTP

from keepalived_py.config.ast import GlobalDefinitions
from keepalived_py.log import Log, LogSettings
from keepalived_py.notify.mail import LastMailed, Mailer, mail_date, quorum_mail, real_server_mail, vrrp_mail

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiosmtpd.smtp import Envelope, Session

DATE = "Mon, 01 Mar 2021 09:44:08 +0000"


class Recorder(Log):
    """A log that keeps its lines."""

    def __init__(self, detail: int = 1) -> None:
        super().__init__("test", LogSettings(syslog=False, detail=detail))
        self.lines: list[str] = []

    def __call__(self, level: int, text: str, *, detail: bool = False) -> None:  # noqa: ARG002 - the log's signature
        if not detail or self.detailed:
            self.lines.append(text)


class Mailbox:
    """A handler of aiosmtpd that keeps what arrives."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.helo: list[str | None] = []
        self.refuse: dict[str, str] = {}

    async def handle_MAIL(  # noqa: N802 - aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.refuse.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.refuse.get(address, "250 OK")

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it so
        if "DATA" in self.refuse:
            return self.refuse["DATA"]
        self.envelopes.append(envelope)
        self.helo.append(session.host_name)
        return "250 Message accepted"


def definitions(**changes: object) -> GlobalDefinitions:
    values: dict[str, object] = {
        "router_id": "LVS_DEVEL",
        "notification_email": ("root@localhost",),
        "notification_email_from": "bob@leponge.net",
        "smtp_server": ip_address("127.0.0.1"),
        "smtp_helo_name": "director.example",
    }
    return GlobalDefinitions(**(values | changes))  # type: ignore[arg-type]


def test_an_instance_that_becomes_master_is_mailed_as_keepalived_writes_it() -> None:
    mail = vrrp_mail(definitions(), kind="INSTANCE", name="VIP1", state="MASTER", date=DATE)
    assert mail is not None
    assert mail.data == (
        b"Date: Mon, 01 Mar 2021 09:44:08 +0000\r\n"
        b"From: bob@leponge.net\r\n"
        b"Subject: [LVS_DEVEL] VRRP Instance VIP1 - Entering MASTER state\r\n"
        b"X-Mailer: Keepalived\r\n"
        b"To: root@localhost\r\n"
        b"\r\n"
        b"=> VRRP Instance is now owning VRRP VIPs <=\r\n"
        b"\r\n"
    )
    assert mail.sender == "bob@leponge.net"
    assert mail.recipients == ("root@localhost",)


@pytest.mark.parametrize(
    ("kind", "state", "subject", "body"),
    [
        (
            "INSTANCE",
            "BACKUP",
            "VRRP Instance V - Entering BACKUP state",
            "=> VRRP Instance is no longer owning VRRP VIPs <=",
        ),
        (
            "INSTANCE",
            "FAULT",
            "VRRP Instance V - Entering FAULT state",
            "=> VRRP Instance is no longer owning VRRP VIPs <=",
        ),
        ("INSTANCE", "STOP", "VRRP Instance V - Stopping", "=> VRRP Instance stopping <="),
        ("INSTANCE", "DELETED", "VRRP Instance V - Deleted", "=> VRRP Deleted at reload <="),
        (
            "GROUP",
            "MASTER",
            "VRRP Group V - Entering MASTER state",
            "=> All VRRP group instances are now in MASTER state <=",
        ),
        (
            "GROUP",
            "BACKUP",
            "VRRP Group V - Entering BACKUP state",
            "=> All VRRP group instances are now in BACKUP state <=",
        ),
        (
            "GROUP",
            "FAULT",
            "VRRP Group V - Entering FAULT state",
            "=> All VRRP group instances are now in FAULT state <=",
        ),
        ("GROUP", "STOP", "VRRP Group V - Stopping", "=> All VRRP group instances are now stopping <="),
    ],
)
def test_every_state_has_its_own_subject_and_body(kind: str, state: str, subject: str, body: str) -> None:
    mail = vrrp_mail(definitions(), kind=kind, name="V", state=state, date=DATE)
    assert mail is not None
    lines = mail.data.decode().split("\r\n")
    assert lines[2] == f"Subject: [LVS_DEVEL] {subject}"
    assert lines[6:] == [body, "", ""]


def test_a_deleted_group_is_not_mailed() -> None:
    assert vrrp_mail(definitions(), kind="GROUP", name="V", state="DELETED", date=DATE) is None


def test_a_real_server_and_a_quorum_are_mailed_with_the_names_that_the_log_uses() -> None:
    down = real_server_mail(
        definitions(),
        real_server="[192.168.33.1]:tcp:80",
        virtual_server="[192.168.56.205]:tcp:80",
        up=False,
        body="=> CHECK failed on service : HTTP/SSL request failed <=",
        date=DATE,
    )
    gained = quorum_mail(
        definitions(),
        virtual_server="[192.168.56.205]:tcp:80",
        up=True,
        body="=> Gained quorum 1+0=1 <= 3 <=",
        date=DATE,
    )
    servers = b"Realserver [192.168.33.1]:tcp:80 of virtual server [192.168.56.205]:tcp:80"
    assert b"\r\nSubject: [LVS_DEVEL] " + servers + b" - DOWN\r\n" in down.data
    assert down.data.endswith(b"\r\n\r\n=> CHECK failed on service : HTTP/SSL request failed <=\r\n\r\n")
    assert b"\r\nSubject: [LVS_DEVEL] Virtualserver [192.168.56.205]:tcp:80 - UP\r\n" in gained.data


def test_recipients_are_folded_one_a_line() -> None:
    globals_ = definitions(notification_email=("Root <root@localhost>", "b@example.net", "c@example.net"))
    mail = vrrp_mail(globals_, kind="INSTANCE", name="V", state="STOP", date=DATE)
    assert mail is not None
    assert b"\r\nTo: Root <root@localhost>,\r\n b@example.net,\r\n c@example.net\r\n\r\n" in mail.data


def test_subject_and_body_end_where_the_buffers_of_keepalived_end() -> None:
    mail = real_server_mail(
        definitions(), real_server="r" * 300, virtual_server="v", up=True, body="b" * 600, date=DATE
    )
    subject = mail.data.split(b"\r\n")[2].removeprefix(b"Subject: ")
    assert len(subject) == 255
    assert mail.data.split(b"\r\n\r\n")[1] == b"b" * 511


def test_a_long_list_of_recipients_does_not_cost_the_end_of_the_message() -> None:
    recipients = tuple(f"somebody-{number}@department.example.net" for number in range(60))
    mail = vrrp_mail(definitions(notification_email=recipients), kind="INSTANCE", name="V", state="MASTER", date=DATE)
    assert mail is not None
    assert len(mail.data) > 1024
    assert mail.data.endswith(b"=> VRRP Instance is now owning VRRP VIPs <=\r\n\r\n")


def test_bytes_that_are_no_utf8_travel_as_they_are() -> None:
    name = b"caf\xe9".decode(errors="surrogateescape")
    mail = vrrp_mail(definitions(router_id=name), kind="INSTANCE", name="V", state="STOP", date=DATE)
    assert mail is not None
    assert b"[caf\xe9]" in mail.data


def test_the_date_is_local_time_in_mail_format() -> None:
    assert mail_date(0).endswith(("1970 00:00:00 +0000",)) or ", 0" in mail_date(0) or ", 31 Dec 1969" in mail_date(0)


def test_a_state_is_mailed_once_until_it_changes() -> None:
    memory = LastMailed(definitions())
    assert memory.wants(kind="INSTANCE", name="V", state="BACKUP")
    assert not memory.wants(kind="INSTANCE", name="V", state="BACKUP")
    assert memory.wants(kind="GROUP", name="V", state="BACKUP")
    assert memory.wants(kind="INSTANCE", name="V", state="MASTER")
    assert memory.wants(kind="INSTANCE", name="V", state="BACKUP")


def test_no_email_faults_keeps_faults_quiet_and_forgets_nothing() -> None:
    memory = LastMailed(definitions(no_email_faults=True))
    assert memory.wants(kind="INSTANCE", name="V", state="BACKUP")
    assert not memory.wants(kind="INSTANCE", name="V", state="FAULT")
    assert not memory.wants(kind="INSTANCE", name="V", state="BACKUP")


@contextlib.asynccontextmanager
async def smtp_server(mailbox: Mailbox) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mailbox, hostname="mail.example"), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@contextlib.asynccontextmanager
async def scripted_server(*replies: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that says ``replies`` in turn, one a line heard, and then closes."""
    heard: list[bytes] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for reply in replies:
            writer.write(reply)
            line = await reader.readline()
            heard.append(line)
            if line == b"DATA\r\n":
                continue
        writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()
        await server.wait_closed()


def deliver(mailbox: Mailbox, **changes: object) -> list[str]:
    async def scenario() -> list[str]:
        async with smtp_server(mailbox) as port:
            log = Recorder()
            globals_ = definitions(smtp_server_port=port, **changes)
            mailer = Mailer(globals_, log)
            mail = vrrp_mail(globals_, kind="INSTANCE", name="VIP1", state="MASTER", date=DATE)
            assert mail is not None
            mailer.send(mail)
            await mailer.drain(5_000_000)
            return [line.replace(f":{port}", ":PORT") for line in log.lines]

    return asyncio.run(scenario())


def test_a_real_smtp_server_receives_the_mail_unchanged() -> None:
    mailbox = Mailbox()
    log = deliver(mailbox, notification_email=("Root <root@localhost>", "b@example.net"))
    assert log == ["Remote SMTP server [127.0.0.1]:PORT connected.", "SMTP alert successfully sent."]
    (envelope,) = mailbox.envelopes
    assert envelope.mail_from == "bob@leponge.net"
    assert envelope.rcpt_tos == ["root@localhost", "b@example.net"]
    assert mailbox.helo == ["director.example"]
    assert envelope.content == (
        b"Date: Mon, 01 Mar 2021 09:44:08 +0000\r\n"
        b"From: bob@leponge.net\r\n"
        b"Subject: [LVS_DEVEL] VRRP Instance VIP1 - Entering MASTER state\r\n"
        b"X-Mailer: Keepalived\r\n"
        b"To: Root <root@localhost>,\r\n b@example.net\r\n"
        b"\r\n"
        b"=> VRRP Instance is now owning VRRP VIPs <=\r\n"
        b"\r\n"
    )


@pytest.mark.parametrize(
    ("refuse", "line"),
    [
        ({"MAIL": "451 not now"}, "Error processing MAIL cmd on SMTP server [127.0.0.1]:PORT. SMTP status code = 451"),
        (
            {"root@localhost": "550 who"},
            "Error processing RCPT cmd on SMTP server [127.0.0.1]:PORT. SMTP status code = 550",
        ),
        ({"DATA": "554 spam"}, "Error processing BODY cmd on SMTP server [127.0.0.1]:PORT. SMTP status code = 554"),
    ],
)
def test_an_unexpected_reply_ends_the_mail_and_is_logged(refuse: dict[str, str], line: str) -> None:
    mailbox = Mailbox()
    mailbox.refuse = refuse
    assert deliver(mailbox) == ["Remote SMTP server [127.0.0.1]:PORT connected.", line]
    assert mailbox.envelopes == []


def run_against(*replies: bytes, patience: int = 5_000_000, **changes: object) -> tuple[list[str], list[bytes]]:
    async def scenario() -> tuple[list[str], list[bytes]]:
        async with scripted_server(*replies) as (port, heard):
            log = Recorder(detail=0)
            globals_ = definitions(smtp_server_port=port, **changes)
            mailer = Mailer(globals_, log)
            mail = vrrp_mail(globals_, kind="INSTANCE", name="VIP1", state="MASTER", date=DATE)
            assert mail is not None
            mailer.send(mail)
            await mailer.drain(patience)
            return [line.replace(f":{port}", ":PORT") for line in log.lines], heard

    return asyncio.run(scenario())


def test_the_conversation_is_exactly_that_of_keepalived() -> None:
    _log, heard = run_against(b"220 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n")
    assert heard[:4] == [
        b"HELO director.example\r\n",
        b"MAIL FROM:<bob@leponge.net>\r\n",
        b"RCPT TO:<root@localhost>\r\n",
        b"DATA\r\n",
    ]


def test_a_bad_greeting_ends_the_connection() -> None:
    log, heard = run_against(b"554 no service\r\n")
    assert log == ["Error processing (E)SMTP cmd on SMTP server [127.0.0.1]:PORT. SMTP status code = 554"]
    assert heard == [b""]


def test_a_connection_closed_in_the_middle_is_logged() -> None:
    log, _heard = run_against(b"220 hi\r\n", b"250 ok\r\n")
    assert log == ["Remote SMTP server [127.0.0.1]:PORT has closed the connection."]


def test_a_server_that_says_nothing_times_out() -> None:
    log, _heard = run_against(b"", b"", smtp_connect_timeout=50_000)
    assert log == ["Timeout reading data to remote SMTP server [127.0.0.1]:PORT."]


def test_an_answer_that_is_no_smtp_is_logged() -> None:
    log, _heard = run_against(b"SSH-2.0-OpenSSH\r\n")
    assert log == ["Error reading data from remote SMTP server [127.0.0.1]:PORT."]


def test_a_server_that_is_not_there_is_logged() -> None:
    async def scenario() -> list[str]:
        async with smtp_server(Mailbox()) as port:
            pass
        log = Recorder()
        globals_ = definitions(smtp_server_port=port)
        mailer = Mailer(globals_, log)
        mail = vrrp_mail(globals_, kind="INSTANCE", name="VIP1", state="MASTER", date=DATE)
        assert mail is not None
        mailer.send(mail)
        await mailer.drain(5_000_000)
        return [line.replace(f":{port}", ":PORT") for line in log.lines]

    assert asyncio.run(scenario()) == ["SMTP connection ERROR to [127.0.0.1]:PORT."]


def test_many_mails_are_all_delivered_and_a_full_queue_is_said_once() -> None:
    async def scenario(count: int) -> tuple[int, list[str]]:
        mailbox = Mailbox()
        async with smtp_server(mailbox) as port:
            log = Recorder(detail=0)
            globals_ = definitions(smtp_server_port=port)
            mailer = Mailer(globals_, log)
            mail = vrrp_mail(globals_, kind="INSTANCE", name="VIP1", state="MASTER", date=DATE)
            assert mail is not None
            for _ in range(count):
                mailer.send(mail)
            await mailer.drain(30_000_000)
            return len(mailbox.envelopes), log.lines

    assert asyncio.run(scenario(50)) == (50, [])
    delivered, lines = asyncio.run(scenario(1010))
    assert delivered == 1000
    assert len(lines) == 1
    assert "are being dropped" in lines[0]


@pytest.mark.parametrize("missing", [{"notification_email": ()}, {"smtp_server": None}])
def test_nothing_is_sent_without_a_recipient_or_a_server(missing: dict[str, object]) -> None:
    mailbox = Mailbox()
    assert deliver(mailbox, **missing) == []
    assert mailbox.envelopes == []


def test_drain_gives_up_when_its_time_is_over() -> None:
    log, _heard = run_against(b"", b"", patience=50_000)
    assert log == []
