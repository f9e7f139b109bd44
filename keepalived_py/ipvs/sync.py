"""Which of the kernel's connection synchronisation daemons should run: ``lvs_sync_daemon``.

Owns what runs and the commands that lead from there to what is wanted. With an instance the role follows that router: master while
it is MASTER, else backup; nothing runs before its first word. Without one both roles run. It must not talk to the kernel.
Source: reference/ipvs.md §5, reference/vrrp-behaviour.md §14.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.ipvs.events import Command, Operation
from keepalived_py.wire.ipvs_control import SYNC_BACKUP, SYNC_MASTER, SyncDaemon

if TYPE_CHECKING:
    from keepalived_py.config.ast import LvsSyncDaemon

_ROLES = (SYNC_MASTER, SYNC_BACKUP)


class Synchronisation:
    """The daemons of one table. Each method returns commands to be carried out in order; ``answered`` takes their answers."""

    def __init__(self) -> None:
        self._settings: LvsSyncDaemon | None = None
        #: The last word about an instance: its name, and whether it is MASTER.
        self._heard: tuple[str, bool] | None = None
        self._running: dict[int, SyncDaemon] = {}

    def begin(self, settings: LvsSyncDaemon | None) -> list[Command]:
        """Begin with what a predecessor may have left, if daemons are ours to run at all."""
        if settings is None:
            return []
        leftovers = {role: SyncDaemon(state=role, interface="", sync_id=0) for role in _ROLES}
        return [*map(_stop, leftovers.values()), *self.configure(settings)]

    def configure(self, settings: LvsSyncDaemon | None) -> list[Command]:
        """Take the settings of a new configuration; unchanged ones change nothing."""
        self._settings = settings
        return self._exchange()

    def follow(self, instance: str, *, is_master: bool) -> list[Command]:
        """Take note of where an instance stands now, which may be one that only the next configuration names."""
        self._heard = instance, is_master
        return self._exchange()

    def end(self) -> list[Command]:
        """Stop what runs."""
        self._settings = None
        return self._exchange()

    def answered(self, command: Command, errno: int) -> bool:
        """Take the kernel's answer, errno or 0; return whether a refusal is worth a line."""
        daemon = command.daemon
        if daemon is None:
            return False
        if command.operation is Operation.STARTDAEMON:
            if not errno:
                self._running[daemon.state] = daemon
            return errno != 0
        # Whatever the answer, nothing of ours runs: none did, or somebody else has stopped it.
        was_ours = self._running.pop(daemon.state, None) is not None
        return errno != 0 and was_ours

    def _exchange(self) -> list[Command]:
        wanted = {} if self._settings is None else _daemons(self._settings, self._wanted_roles(self._settings))
        stops = [_stop(daemon) for role, daemon in self._running.items() if wanted.get(role) != daemon]
        starts = [
            Command(operation=Operation.STARTDAEMON, daemon=daemon)
            for role, daemon in wanted.items()
            if self._running.get(role) != daemon
        ]
        return [*stops, *starts]

    def _wanted_roles(self, settings: LvsSyncDaemon) -> tuple[int, ...]:
        if settings.instance is None:
            return _ROLES
        if self._heard is None or self._heard[0] != settings.instance:
            return ()
        return (SYNC_MASTER if self._heard[1] else SYNC_BACKUP,)


def _daemons(settings: LvsSyncDaemon, roles: tuple[int, ...]) -> dict[int, SyncDaemon]:
    return {
        role: SyncDaemon(
            state=role,
            interface=settings.interface,
            sync_id=settings.sync_id or 0,
            maximum_length=settings.maximum_length,
            group=settings.group,
            port=settings.port,
            ttl=settings.ttl,
        )
        for role in roles
    }


def _stop(daemon: SyncDaemon) -> Command:
    return Command(operation=Operation.STOPDAEMON, daemon=daemon)
