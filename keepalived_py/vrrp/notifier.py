"""Who is told of a change of state, and in which order: specific script, generic script, mail.

Owns the choice; running scripts and sending mails is the notify room's. Source: reference/cli-and-process.md §9 and §11.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from keepalived_py.notify.mail import LastMailed, Mailer, mail_date, vrrp_mail

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
    from keepalived_py.vrrp.events import Notify

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

    def reconfigure(self, global_defs: GlobalDefinitions) -> None:
        """Use another mail server, other recipients; what was last mailed about is remembered where the rules are the same."""
        if global_defs != self._global_defs:
            self._global_defs = global_defs
            self._mailer = Mailer(global_defs, self._log)
            self._last_mailed = LastMailed(global_defs)

    def tell(self, change: Notify, owner: VrrpInstance | SyncGroup) -> None:
        """Tell everybody whom the instance or group names."""
        limit = _STOP_SCRIPT_LIMIT if change.state == "STOP" else None
        specific = _specific(owner.notify, change.state)
        if specific is not None:
            self._scripts.start(specific, limit=limit)
        if change.state == _LOWER_PRIORITY_HEARD:
            return
        if owner.notify.generic is not None:
            arguments = (change.kind, change.name, change.state, str(change.priority))
            self._scripts.start(owner.notify.generic, arguments, limit=limit)
        if owner.smtp_alert:
            self._mail(change)

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
