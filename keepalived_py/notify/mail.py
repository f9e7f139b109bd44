"""Mails about state changes: what they say, byte for byte as keepalived writes them, and how they are sent.

Owns the text (pure functions; the date is an argument) and the SMTP client. It must not decide whether an object wants
mails, except for the two rules that need memory (``LastMailed``). aiosmtplib is imported with the first mail, or by
``preload`` before the workers are forked. Source: reference/cli-and-process.md §11, reference/checker-behaviour.md §16.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keepalived_py.log import Level

if TYPE_CHECKING:
    import aiosmtplib

    from keepalived_py.config.ast import GlobalDefinitions, Microseconds
    from keepalived_py.log import Log

_MAX_SUBJECT = 255  # bytes; the reference's buffer is one more
_MAX_BODY = 511
_MAX_QUEUE = 1000  # mails; a server that is away for long must not cost memory without end
_MAX_CONNECTIONS = 8

_CONTINUATION = ",\r\n "

#: What a state change says: (tail of the subject, body).
_INSTANCE_TEXTS = {
    "MASTER": ("Entering MASTER state", "=> VRRP Instance is now owning VRRP VIPs <="),
    "BACKUP": ("Entering BACKUP state", "=> VRRP Instance is no longer owning VRRP VIPs <="),
    "FAULT": ("Entering FAULT state", "=> VRRP Instance is no longer owning VRRP VIPs <="),
    "STOP": ("Stopping", "=> VRRP Instance stopping <="),
    "DELETED": ("Deleted", "=> VRRP Deleted at reload <="),
}
_GROUP_TEXTS = {
    "MASTER": ("Entering MASTER state", "=> All VRRP group instances are now in MASTER state <="),
    "BACKUP": ("Entering BACKUP state", "=> All VRRP group instances are now in BACKUP state <="),
    "FAULT": ("Entering FAULT state", "=> All VRRP group instances are now in FAULT state <="),
    "STOP": ("Stopping", "=> All VRRP group instances are now stopping <="),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail: the envelope as configured (``Name <address>`` or a bare address) and the message.

    ``data`` is what follows DATA: lines ended by CRLF, without the end mark and without doubled periods.
    """

    sender: str
    recipients: tuple[str, ...]
    data: bytes


def mail_date(seconds: float) -> str:
    """Return the value of a Date header, local time, for a time as ``time.time()`` gives it (RFC 5322 section 3.3)."""
    return time.strftime("%a, %d %b %Y %H:%M:%S %z", time.localtime(seconds))


def vrrp_mail(global_defs: GlobalDefinitions, *, kind: str, name: str, state: str, date: str) -> Mail | None:
    """Return the mail about an instance (``kind`` INSTANCE) or a sync group (GROUP) that is now in ``state``.

    None for a state that has no mail (a group is never DELETED).
    """
    texts, title = (_GROUP_TEXTS, "VRRP Group") if kind == "GROUP" else (_INSTANCE_TEXTS, "VRRP Instance")
    if state not in texts:
        return None
    tail, body = texts[state]
    return build_mail(global_defs, subject=f"{title} {name} - {tail}", body=body, date=date)


def real_server_mail(
    global_defs: GlobalDefinitions, *, real_server: str, virtual_server: str, up: bool, body: str, date: str
) -> Mail:
    """Return the mail about a real server that came up or went down.

    Both servers as they are written in the log (``[192.0.2.1]:tcp:80``); ``body`` depends on the check, e.g.
    ``=> CHECK succeed on service <=``.
    """
    subject = f"Realserver {real_server} of virtual server {virtual_server} - {'UP' if up else 'DOWN'}"
    return build_mail(global_defs, subject=subject, body=body, date=date)


def quorum_mail(global_defs: GlobalDefinitions, *, virtual_server: str, up: bool, body: str, date: str) -> Mail:
    """Return the mail about a virtual server that gained or lost its quorum."""
    subject = f"Virtualserver {virtual_server} - {'UP' if up else 'DOWN'}"
    return build_mail(global_defs, subject=subject, body=body, date=date)


def build_mail(global_defs: GlobalDefinitions, *, subject: str, body: str, date: str) -> Mail:
    """Return a mail to all configured recipients, the router's id before the subject.

    Subject and body have the reference's limits. The reference also cuts the whole message at 1023 bytes, its end mark
    included, so that the server waits for the rest and the mail is lost; this one is sent whole.
    """
    prefix = "" if global_defs.router_id is None else f"[{global_defs.router_id}] "
    sender = global_defs.notification_email_from or ""
    recipients = global_defs.notification_email
    head = b"\r\n".join(
        (
            _encode(f"Date: {date}"),
            _encode(f"From: {sender}"),
            b"Subject: " + _encode(prefix + subject)[:_MAX_SUBJECT],
            b"X-Mailer: Keepalived",
            _encode(f"To: {_CONTINUATION.join(recipients)}"),
        )
    )
    return Mail(sender=sender, recipients=recipients, data=head + b"\r\n\r\n" + _encode(body)[:_MAX_BODY] + b"\r\n\r\n")


def _encode(text: str) -> bytes:
    # A configuration may hold bytes that are no UTF-8; they travel as they are.
    return text.encode(errors="surrogateescape")


def _path(address: str) -> str:
    """Return the SMTP path of ``Name <address>`` or of a bare address."""
    return address[address.rindex("<") :] if address.endswith(">") and "<" in address else f"<{address}>"


class LastMailed:
    """Remembers which state each instance and group was last mailed about; a repeated state is not mailed again."""

    def __init__(self, global_defs: GlobalDefinitions) -> None:
        self._no_faults = global_defs.no_email_faults
        self._states: dict[tuple[str, str], str] = {}

    def wants(self, *, kind: str, name: str, state: str) -> bool:
        """Tell whether this change is to be mailed, and take it as mailed if so."""
        if (self._no_faults and state == "FAULT") or self._states.get((kind, name)) == state:
            return False
        self._states[kind, name] = state
        return True


def preload() -> None:
    """Import the SMTP library: for the parent, before it freezes its memory and forks workers that will send mails."""
    import aiosmtplib  # noqa: F401, PLC0415 - 40 ms and 3 MiB that only configurations with mails pay


class _UnexpectedReplyError(Exception):
    def __init__(self, command: str, code: int) -> None:
        super().__init__(command, code)
        self.command = command
        self.code = code


class Mailer:
    """Sends mails to the configured server, one connection each, oldest first, without ever blocking the event loop.

    What goes wrong is logged in keepalived's words and the mail is given up: nothing is retried.
    """

    def __init__(self, global_defs: GlobalDefinitions, log: Log) -> None:
        self._global_defs = global_defs
        self._log = log
        self._queue: deque[Mail] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._overflowing = False
        self._server = f"[{global_defs.smtp_server}]:{global_defs.smtp_server_port}"
        # asyncio counts in seconds.
        self._timeout = global_defs.smtp_connect_timeout / 1_000_000

    @property
    def enabled(self) -> bool:
        """Whether mails can be sent at all: there is a server and a recipient."""
        return self._global_defs.smtp_server is not None and bool(self._global_defs.notification_email)

    def send(self, mail: Mail) -> None:
        """Queue ``mail``; does nothing when mails are not configured. Needs a running event loop."""
        if not self.enabled:
            return
        if len(self._queue) >= _MAX_QUEUE:
            if not self._overflowing:
                self._overflowing = True
                self._log(Level.WARNING, f"SMTP alerts are being dropped: {_MAX_QUEUE} are waiting for {self._server}.")
            return
        self._overflowing = False
        self._queue.append(mail)
        if len(self._tasks) < _MAX_CONNECTIONS:
            task = asyncio.get_running_loop().create_task(self._deliver_queue())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def drain(self, patience: Microseconds) -> None:
        """Wait until everything is sent, at most ``patience``; what is left then is given up."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience / 1_000_000)
        self._queue.clear()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _deliver_queue(self) -> None:
        while self._queue:
            await self._deliver(self._queue.popleft())

    async def _deliver(self, mail: Mail) -> None:
        connection = await self._connect()
        if connection is None:
            return
        import aiosmtplib  # noqa: PLC0415 - see preload

        client = aiosmtplib.SMTP(
            sock=connection, use_tls=False, start_tls=False, timeout=self._timeout, local_hostname="localhost"
        )
        try:
            await self._converse(client, mail)
        except _UnexpectedReplyError as error:
            self._log(
                Level.INFO,
                f"Error processing {error.command} cmd on SMTP server {self._server}. SMTP status code = {error.code}",
            )
            with contextlib.suppress(aiosmtplib.SMTPException):
                await client.execute_command(b"QUIT")
        except aiosmtplib.SMTPTimeoutError:
            self._log(Level.INFO, f"Timeout reading data to remote SMTP server {self._server}.")
        except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPServerDisconnected):
            self._log(Level.INFO, f"Remote SMTP server {self._server} has closed the connection.")
        except (aiosmtplib.SMTPException, OSError, ValueError):
            # An answer that is no SMTP, a socket that broke, an address with control characters.
            self._log(Level.INFO, f"Error reading data from remote SMTP server {self._server}.")
        finally:
            client.close()
            connection.close()

    async def _connect(self) -> socket.socket | None:
        address = self._global_defs.smtp_server
        if address is None:
            return None
        connection = None
        try:
            family = socket.AF_INET if address.version == 4 else socket.AF_INET6
            connection = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            target = (str(address), self._global_defs.smtp_server_port)
            loop = asyncio.get_running_loop()
            await asyncio.wait_for(loop.sock_connect(connection, target), self._timeout)
        except TimeoutError:
            self._log(Level.INFO, f"Timeout opening connection to remote SMTP server {self._server}.")
        except OSError:
            self._log(Level.INFO, f"SMTP connection ERROR to {self._server}.")
        else:
            self._log(Level.INFO, f"Remote SMTP server {self._server} connected.", detail=True)
            return connection
        if connection is not None:
            connection.close()
        return None

    async def _converse(self, client: aiosmtplib.SMTP, mail: Mail) -> None:
        import aiosmtplib  # noqa: PLC0415 - see preload

        try:
            await client.connect()
        except aiosmtplib.SMTPConnectResponseError as error:
            raise _UnexpectedReplyError("(E)SMTP", error.code) from error
        name = self._global_defs.smtp_helo_name or "localhost"
        await _command(client, "HELO", name, expected=250)
        await _command(client, "MAIL", f"FROM:{_path(mail.sender)}", expected=250)
        for recipient in mail.recipients:
            await _command(client, "RCPT", f"TO:{_path(recipient)}", expected=250)
        await _command(client, "DATA", expected=354)
        protocol = client.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("closed after DATA")
        protocol.write(_stuffed(mail.data) + b".\r\n")
        reply = await protocol.read_response(timeout=self._timeout)
        if reply.code != 250:
            raise _UnexpectedReplyError("BODY", reply.code)
        self._log(Level.INFO, "SMTP alert successfully sent.", detail=True)
        await _command(client, "QUIT", expected=221)


async def _command(client: aiosmtplib.SMTP, command: str, argument: str = "", *, expected: int) -> None:
    words = (command, argument) if argument else (command,)
    reply = await client.execute_command(*(_encode(word) for word in words))
    if reply.code != expected:
        raise _UnexpectedReplyError(command, reply.code)


def _stuffed(data: bytes) -> bytes:
    """Double the period that begins a line (RFC 5321 section 4.5.2)."""
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in data.split(b"\r\n"))
