"""Who is told of a change of state, and in which order: specific script, generic script, FIFOs, mail.

Owns the choice and the form of a FIFO's line; running scripts, writing to FIFOs and sending mails is the notify room's.
Source: reference/cli-and-process.md §9-§11.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from keepalived_py.notify.fifo import Fifos
from keepalived_py.notify.mail import LastMailed, Mailer, mail_date, vrrp_mail
from keepalived_py.notify.sequence import ScriptSequence

if TYPE_CHECKING:
    from keepalived_py.config.ast import (
        Command,
        GlobalDefinitions,
        Microseconds,
        NotifyScripts,
        SyncGroup,
        VrrpInstance,
    )
    from keepalived_py.log import Log
    from keepalived_py.notify.script import ScriptRunner
    from keepalived_py.vrrp.effects import Notify, ReportState

_STOP_SCRIPT_LIMIT: Microseconds = 1_000_000
#: An event of a MASTER, not a state: no generic script and no mail.
_LOWER_PRIORITY_HEARD = "MASTER_RX_LOWER_PRI"


class Notifier:
    """Tells scripts and mail recipients; needs a running event loop."""

    def __init__(self, global_defs: GlobalDefinitions, scripts: ScriptRunner, log: Log) -> None:
        self._scripts = scripts
        self._log = log
        self._global_defs = global_defs
        self._mailer = Mailer(global_defs, log)
        self._last_mailed = LastMailed(global_defs)
        self._fifos = Fifos(scripts, log)
        self._sequence = ScriptSequence(scripts)

    def open(self) -> None:
        """Open the FIFOs and start their readers."""
        global_defs = self._global_defs
        self._fifos.use((("", global_defs.notify_fifo), ("vrrp_", global_defs.vrrp_notify_fifo)))

    def reconfigure(self, global_defs: GlobalDefinitions) -> None:
        """Use another mail server, other recipients; what was last mailed about is remembered where the rules are the same."""
        if global_defs != self._global_defs:
            self._global_defs = global_defs
            self._mailer = Mailer(global_defs, self._log)
            self._last_mailed = LastMailed(global_defs)
            self.open()

    def tell(self, change: Notify, owner: VrrpInstance | SyncGroup) -> None:
        """Tell everybody whom the instance or group names."""
        is_state = change.state != _LOWER_PRIORITY_HEARD
        batch: list[tuple[Command, tuple[str, ...]]] = []
        if (specific := _specific(owner.notify, change.state)) is not None:
            batch.append((specific, ()))
        if is_state and owner.notify.generic is not None:
            batch.append((owner.notify.generic, (change.kind, change.name, change.state, str(change.priority))))
        self._run_scripts(change, batch, is_state=is_state)
        self.report(change)
        if is_state and owner.smtp_alert:
            self._mail(change)

    def _run_scripts(self, change: Notify, batch: list[tuple[Command, tuple[str, ...]]], *, is_state: bool) -> None:
        lane = f"{change.kind} {change.name}"
        if change.state == "STOP":
            self._sequence.start_last(lane, batch, limit=_STOP_SCRIPT_LIMIT)
        elif is_state:
            self._sequence.start(lane, batch)
        else:
            # As often as somebody sends such adverts: they must not queue up, and they tell of no change.
            for command, arguments in batch:
                self._scripts.start(command, arguments)

    def report(self, change: Notify | ReportState) -> None:
        """Write a line to the FIFOs."""
        self._fifos.write(fifo_line(change))

    def close(self) -> None:
        """Close the FIFOs: their readers see the end. Scripts that wait for others are started."""
        self._sequence.flush()
        self._fifos.close()

    async def drain(self, patience: Microseconds) -> None:
        """Wait for mails that are on their way."""
        await self._mailer.drain(patience)

    def _mail(self, change: Notify) -> None:
        kind, name, state = change.kind, change.name, change.state
        if not self._mailer.enabled or not self._last_mailed.wants(kind=kind, name=name, state=state):
            return
        mail = vrrp_mail(self._global_defs, kind=kind, name=name, state=state, date=mail_date(time.time()))
        if mail is not None:
            self._mailer.send(mail)


def fifo_line(change: Notify | ReportState) -> bytes:
    """Return the line of a change: kind, name in quotes, state, priority (0 for a group)."""
    return f'{change.kind} "{change.name}" {change.state} {change.priority}\n'.encode(errors="surrogateescape")


def _specific(scripts: NotifyScripts, state: str) -> Command | None:
    by_state = {
        "MASTER": scripts.master,
        "BACKUP": scripts.backup,
        "FAULT": scripts.fault,
        "STOP": scripts.stop,
        "DELETED": scripts.deleted,
        _LOWER_PRIORITY_HEARD: scripts.master_rx_lower_pri,
    }
    return by_state.get(state)
