"""Who is told of a change, with real scripts and a real SMTP server. Source: reference/cli-and-process.md §9, §11."""

from __future__ import annotations

import asyncio
import os
import socket
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.controller import Controller

from keepalived_py.config.ast import Command, GlobalDefinitions, NotifyScripts, SyncGroup
from keepalived_py.log import Log, LogSettings
from keepalived_py.notify.script import ScriptRunner
from keepalived_py.vrrp.effects import Notify, ReportState
from keepalived_py.vrrp.notifier import Notifier, fifo_line
from tests.vrrp.notation import wanted

if TYPE_CHECKING:
    from pathlib import Path

    from aiosmtpd.smtp import SMTP, Envelope, Session

KINDS = ("master", "backup", "fault", "stop", "deleted", "generic", "master_rx_lower_pri")


class Mailbox:
    def __init__(self) -> None:
        self.subjects: list[str] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        text = bytes(envelope.content or b"").decode()
        self.subjects.append(next(line for line in text.splitlines() if line.startswith("Subject: "))[9:])
        return "250 OK"


def scripts(folder: Path) -> tuple[NotifyScripts, Path]:
    told = folder / "told"
    program = folder / "tell"
    program.write_text(f'#!/bin/sh\necho "$@" >> {told}\n')
    program.chmod(0o755)
    identity = {"uid": os.getuid(), "gid": os.getgid()}
    commands = {kind: Command(argv=(str(program), kind), path=str(program), **identity) for kind in KINDS}
    return NotifyScripts(**commands), told


def notify(state: str, kind: str = "INSTANCE", name: str = "V", priority: int = 100) -> Notify:
    return Notify(kind=kind, name=name, state=state, priority=priority)


def tell(changes: list[Notify], owner: object, global_defs: GlobalDefinitions | None = None) -> None:
    async def work() -> None:
        log = Log("test", LogSettings(syslog=False))
        runner = ScriptRunner(log)
        notifier = Notifier(global_defs or GlobalDefinitions(), runner, log)
        for change in changes:
            notifier.tell(change, owner)  # type: ignore[arg-type]
            await asyncio.gather(*(process.ended for process in runner._processes))
        await notifier.drain(2_000_000)

    asyncio.run(work())


@pytest.mark.parametrize("state", ["MASTER", "BACKUP", "FAULT", "STOP", "DELETED"])
def test_the_script_of_the_state_and_the_generic_one_are_run(state: str, tmp_path: Path) -> None:
    commands, told = scripts(tmp_path)
    tell([notify(state)], wanted(notify=commands))
    assert sorted(told.read_text().splitlines()) == sorted([state.lower(), f"generic INSTANCE V {state} 100"])


def test_a_lower_priority_that_is_heard_has_a_script_of_its_own_and_no_other(tmp_path: Path) -> None:
    commands, told = scripts(tmp_path)
    tell([notify("MASTER_RX_LOWER_PRI")], wanted(notify=commands, smtp_alert=True))
    assert told.read_text().splitlines() == ["master_rx_lower_pri"]


def test_a_group_is_told_with_priority_zero(tmp_path: Path) -> None:
    commands, told = scripts(tmp_path)
    group = SyncGroup(name="G", members=("V", "W"), notify=commands)
    tell([notify("MASTER", kind="GROUP", name="G", priority=0)], group)
    assert "generic GROUP G MASTER 0" in told.read_text().splitlines()


def test_a_state_is_mailed_once_and_only_when_mails_are_wanted() -> None:
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        global_defs = GlobalDefinitions(
            router_id="R",
            notification_email=("root@localhost",),
            notification_email_from="a@localhost",
            smtp_server=IPv4Address("127.0.0.1"),
            smtp_server_port=port,
        )
        changes = [notify("MASTER"), notify("MASTER"), notify("BACKUP")]
        tell(changes, wanted(smtp_alert=True), global_defs)
        tell(changes, wanted(), global_defs)
    finally:
        controller.stop()
    assert sorted(mailbox.subjects) == [
        "[R] VRRP Instance V - Entering BACKUP state",
        "[R] VRRP Instance V - Entering MASTER state",
    ]


def test_a_line_of_a_fifo_has_kind_name_state_and_priority() -> None:
    assert fifo_line(notify("MASTER")) == b'INSTANCE "V" MASTER 100\n'
    assert fifo_line(notify("FAULT", kind="GROUP", name="G", priority=0)) == b'GROUP "G" FAULT 0\n'
    changed = ReportState(kind="INSTANCE", name="V", state="BACKUP_PRIORITY", priority=80)
    assert fifo_line(changed) == b'INSTANCE "V" BACKUP_PRIORITY 80\n'
