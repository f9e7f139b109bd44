"""Sync groups: instances that change their state together. Source: reference/vrrp-behaviour.md §8.

This file owns the transitions of a group. An instance asks it before becoming MASTER and before leaving FAULT; after every event
that a member took, ``follow`` moves the others. The rules:

* FAULT as soon as one member has a fault; BACKUP again only when none has one and none waits for a script's first result.
* MASTER only when every member wants to be MASTER; a member that wants to earlier waits in BACKUP.
* BACKUP as soon as one member yields; the others let go of their addresses without a farewell advert.
* A lost address sends every member to BACKUP with a farewell; all try again after their skew. The group is not notified of that.
* Members are notified first, then the group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.vrrp.effects import Effect, Log, Notify
from keepalived_py.vrrp.events import AddressLost, GroupMoved, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keepalived_py.config.ast import Microseconds, SyncGroup
    from keepalived_py.vrrp.machine import Instance


class Group:
    """The machine of one group. ``state`` is INIT while a member waits for a script, otherwise as its members'.

    ``told`` is what the outside was last told of a group of this name before a reload; then members keep what they want.
    """

    def __init__(self, configuration: SyncGroup, members: Sequence[Instance], *, told: State | None = None) -> None:
        self.configuration = configuration
        self.name = configuration.name
        self.members = tuple(members)
        self._told = told
        owners_only = all(member.is_owner for member in members)
        self.state = State.MASTER if owners_only else State.BACKUP
        #: Set when a member other than the one that took the event may have another deadline now; whoever reads it clears it.
        self.touched = False
        for member in members:
            member.group = self
            if member.state is State.INIT and not owners_only:
                member.wanted = State.BACKUP

    # --- asked by members ---------------------------------------------------------------------------------------------

    def allows_master(self, asking: Instance) -> bool:
        """Return whether ``asking`` may become MASTER: the group is, or everybody else wants to be."""
        return self.state is State.MASTER or all(
            member.wanted is State.MASTER for member in self.members if member is not asking
        )

    def holds_back(self, asking: Instance) -> bool:
        """Return whether another member keeps ``asking`` in FAULT."""
        return any(member.faults or member.waiting_for for member in self.members if member is not asking)

    def answer_lower_priority(self, answering: Instance, now: Microseconds, out: list[Effect]) -> None:
        """Let the other members announce their addresses too: their lower-priority peers are about to fall silent (§6)."""
        self.touched = True
        for member in self.members:
            if member is not answering:
                member.answer_lower_priority(now, out)

    # --- asked by the router ------------------------------------------------------------------------------------------

    def assess(self, member: Instance, out: list[Effect]) -> None:
        """Take a member's faults into account before the start."""
        if member.faults:
            if self.state is not State.FAULT:
                self.state = State.FAULT
                out.append(Log(text=f"VRRP_Group({self.name}): Syncing {member.name} to FAULT state"))
        elif member.waiting_for and self.state is not State.FAULT:
            self.state = State.INIT

    def announce_start(self, out: list[Effect]) -> None:
        """Notify a group that begins as BACKUP or FAULT."""
        if self.state in (State.BACKUP, State.FAULT) and self._told is not self.state:
            self.notify(out)

    def follow(self, member: Instance, before: State, now: Microseconds) -> list[Effect]:
        """Move the others after ``member``, which was in ``before``, took an event."""
        out: list[Effect] = []
        after = member.state
        if after is State.FAULT:
            if not member.faults:
                self._note_waiting()
            elif self.state is not State.FAULT:
                self._sync(State.FAULT, member, now, out)
        elif after is State.MASTER and before is not after and self.state is not State.MASTER:
            if self.allows_master(member):
                self._sync(State.MASTER, member, now, out)
        elif after is State.BACKUP and before in (State.MASTER, State.FAULT) and self.state is not State.BACKUP:
            self._sync(State.BACKUP, member, now, out)
        return out

    def lose_address(self, member: Instance, now: Microseconds) -> list[Effect]:
        """Somebody removed an address of ``member``: all MASTER members go to BACKUP for the length of their skew."""
        out = member.handle(AddressLost(), now)
        for other in self.members:
            if other is not member and other.state is State.MASTER:
                out += other.handle(AddressLost(), now)
        self.state = State.BACKUP
        self.touched = True
        return out

    @property
    def told(self) -> State | None:
        """The state that the outside was last told."""
        return self._told

    def unite(self, now: Microseconds, out: list[Effect]) -> None:
        """After a reload: make members that were on their own, or in another group, agree (reference/cli-and-process.md §7)."""
        states = {member.state for member in self.members}
        if any(member.faults for member in self.members):
            state = common = State.FAULT
        elif any(member.waiting_for for member in self.members):
            state, common = State.INIT, State.FAULT
        else:
            state = common = State.MASTER if states == {State.MASTER} else State.BACKUP
        self.state = State.INIT  # so that members that move are notified of
        for member in self.members:
            if member.state is not common:
                out += member.handle(GroupMoved(state=common), now)
        self.state = state
        if self.state not in (self._told, State.INIT):
            self.notify(out)

    def notify(self, out: list[Effect]) -> None:
        """Tell the outside the group's state."""
        self._told = self.state
        out.append(Notify(kind="GROUP", name=self.name, state=self.state.name, priority=0))

    def _note_waiting(self) -> None:
        """Without a fault left but with a script still to report, the group is in INIT again."""
        if self.state is State.FAULT and not any(member.faults for member in self.members):
            self.state = State.INIT

    def _sync(self, state: State, leader: Instance, now: Microseconds, out: list[Effect]) -> None:
        out.append(Log(text=f"VRRP_Group({self.name}) Syncing instances to {state.name} state"))
        for member in self.members:
            if member is not leader and member.state is not state:
                out += member.handle(GroupMoved(state=state), now)
        self.state = state
        self.touched = True
        self.notify(out)
