"""One virtual router: the VRRP instance as a pure machine.

This file owns the transitions; the table it moves by is ``transitions.py``. It reads no clock, opens no socket and writes no log:
``handle(event, now)`` returns what is to be done, ``deadline`` says when a DeadlineReached is wanted.

The rules (reference/vrrp-behaviour.md §5, §6, §8, §9; RFC 3768 §6.4, RFC 5798 §6.4):

* Whoever starts without a fault becomes BACKUP and waits a full master down interval; only priority 255 does not wait.
* BACKUP listens. An advert of at least its own priority (any priority with nopreempt, or while a preempt delay runs) starts the
  down timer anew; a lower one does not; priority 0 shortens it to the skew. When it expires the instance becomes MASTER if its sync
  group agrees, otherwise it arms the full timer again and says that it wants to.
* MASTER sends an advert every interval, beginning with the one that makes it MASTER: advert, log line, addresses, gratuitous ARP,
  notification, in this order. It yields to a higher priority, or an equal one from a higher address, and answers anybody lower.
* A rejected packet changes nothing, the advert timer included (upstream lets any packet restart it; not copied).
* FAULT as long as one cause is in the set of causes, or a weight-0 script has not given its first result. A MASTER says good-bye
  with priority 0, twice when the cause is its own, once when it follows its group. Afterwards always BACKUP with a full down timer.
* An address of ours that someone else removes: good-bye, remove the rest, and try again after the skew.
* With timer_expired_backup a MASTER that was not scheduled for so long that another has taken over is BACKUP without a word to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.ast.common import SECOND
from keepalived_py.vrrp.effects import Effect, Log, Notify, ReportState
from keepalived_py.vrrp.events import (
    AddressLost,
    AdvertisementReceived,
    ConfigurationChanged,
    DeadlineReached,
    FaultCause,
    FaultCleared,
    FaultFound,
    FaultRaised,
    GroupMoved,
    InstanceEvent,
    PriorityChanged,
    ScriptReported,
    SourceChanged,
    Start,
    State,
    Stop,
    Withdrawn,
)
from keepalived_py.vrrp.master import address_order
from keepalived_py.vrrp.moves import VirtualRouter
from keepalived_py.vrrp.timing import OWNER_PRIORITY, STOP_PRIORITY, clamp, unnoticed
from keepalived_py.vrrp.transitions import Trigger

if TYPE_CHECKING:
    from keepalived_py.config.ast import Microseconds, VrrpInstance
    from keepalived_py.wire.vrrp import Packet


class Instance(VirtualRouter):
    """The machine: what it does with each event."""

    def handle(self, event: InstanceEvent, now: Microseconds) -> list[Effect]:
        """Take one event at the time ``now``; return what is to be done, in order."""
        out: list[Effect] = []
        match event:
            case AdvertisementReceived():
                self._see_whether_overslept(now, out)
                self._on_packet(event, now, out)
            case DeadlineReached():
                self._see_whether_overslept(now, out)
                self._on_deadline(now, out)
            case Start():
                self._on_start(now, out)
            case Stop(release=release):
                self._on_stop(now, out, release=release)
            case FaultFound():
                self._on_fault_found(now, out)
            case FaultRaised(cause=cause):
                self._on_fault_raised(cause, now, out)
            case FaultCleared(cause=cause):
                if cause in self.faults:
                    self.faults.discard(cause)
                    self._recover(now, out)
            case ScriptReported(name=name):
                if name in self.waiting_for:
                    self.waiting_for.discard(name)
                    self._recover(now, out)
            case PriorityChanged(total=total):
                self._on_priority_changed(total, out)
            case SourceChanged(source=source):
                self.source = source
            case AddressLost():
                self._on_address_lost(now, out)
            case GroupMoved(state=state):
                self._on_group_moved(state, now, out)
            case ConfigurationChanged(configuration=configuration, total=total):
                self._on_configuration_changed(configuration, total, now, out)
            case Withdrawn():
                self._on_withdrawn(now, out)
        return out

    # --- start and stop -----------------------------------------------------------------------------------------------

    def _on_fault_found(self, now: Microseconds, out: list[Effect]) -> None:
        self.wanted = State.FAULT
        self._say(f"({self.name}) entering FAULT state", out)
        self._move(Trigger.STARTED_FAULTY, now, out)
        self._notify(out)

    def _on_start(self, now: Microseconds, out: list[Effect]) -> None:
        if self.state is State.FAULT:
            self._actions.remove(out)
        elif self.faults or self.waiting_for or (self.group is not None and self.group.holds_back(self)):
            # Waiting for a script's first result: silent until it comes.
            self._actions.remove(out)
            self._move(Trigger.STARTED_FAULTY, now, out)
        elif self.is_owner and (self.group is None or self.group.state is State.MASTER):
            # Through BACKUP without a word, so that the way to MASTER is the same for everybody.
            self._move(Trigger.STARTED, now, out)
            self._timer = now + 1
        else:
            self._actions.remove(out)
            self.wanted = State.BACKUP
            self._say(f"({self.name}) Entering BACKUP STATE (init)", out)
            self._move(Trigger.STARTED, now, out)
            self._notify(out)
            self._timer = now + self._master_down()

    def _on_stop(self, now: Microseconds, out: list[Effect], *, release: bool) -> None:
        if self.state is State.MASTER and release:
            self._actions.say_goodbye(self.source, out)
            self._actions.remove(out)
        self._timer = None
        self._move(Trigger.STOPPED, now, out)

    def _on_withdrawn(self, now: Microseconds, out: list[Effect]) -> None:
        if self.state is State.MASTER:
            self._actions.say_goodbye(self.source, out)
            self._actions.remove(out)
        was_faulty = self.state is State.FAULT
        self._timer = None
        self._move(Trigger.DELETED, now, out)
        # FAULT is what the reference has always said of a deleted instance, unless notify_deleted asks for the new word.
        if self.configuration.notify.deleted is not None:
            self._notify(out)
        elif not was_faulty:
            out.append(Notify(kind="INSTANCE", name=self.name, state=State.FAULT.name, priority=self.priority))

    def announce_stop(self) -> list[Effect]:
        """Return the STOP notification; it comes after every instance has let go of its addresses (cli-and-process.md §8)."""
        out: list[Effect] = []
        self._notify(out)
        return out

    # --- what is heard ------------------------------------------------------------------------------------------------

    def _on_packet(self, event: AdvertisementReceived, now: Microseconds, out: list[Effect]) -> None:
        if self.state is State.BACKUP:
            self._backup_hears(event, now, out)
        elif self.state is State.MASTER:
            self._master_hears(event, now, out)

    def _backup_hears(self, event: AdvertisementReceived, now: Microseconds, out: list[Effect]) -> None:
        packet, configuration = event.packet, self.configuration
        changed = packet.source != self.master.address
        begin = len(out)
        check_addresses = changed or not configuration.skip_check_adv_addr
        if not self._gate.admits(event, out, check_addresses=check_addresses, priority=self.priority):
            return
        if changed:
            out.insert(begin, self.master.introduction(packet))
            self._gate.forget()
        if self.is_owner and self.priority != OWNER_PRIORITY and (changed or packet.priority != OWNER_PRIORITY):
            self._restore_ownership("received advert with lower priority", out)
        if packet.priority == STOP_PRIORITY:
            out.append(Log(text=f"({self.name}) Backup received priority 0 advertisement", detail=True))
            self._timer = now + self._skew()
            return
        lower = packet.priority < self.priority
        if lower and not configuration.nopreempt and not self._preempt_delay.listens(now):
            # Not restarting the timer is what lets us take over within one master down interval.
            self.master.address = packet.source
            self._say(
                f"({self.name}) received lower priority ({packet.priority}) advert from {packet.source} - discarding",
                out,
            )
            return
        self.master.accept(packet, out)
        self._timer = now + self._master_down()
        self.wanted = State.BACKUP
        self._preempt_delay.heard(now, out, lower=lower)

    def _master_hears(self, event: AdvertisementReceived, now: Microseconds, out: list[Effect]) -> None:
        if not self._gate.admits(event, out, check_addresses=True, priority=self.priority):
            return
        packet, theirs, ours = event.packet, event.packet.priority, self.priority
        if theirs == STOP_PRIORITY:
            self._advertise(now, out)
            out.append(Log(text=f"({self.name}) Master received priority 0 message", detail=True))
            return
        order = address_order(packet.source, self.source)
        if theirs == ours and order == 0:
            self._say(
                f"({self.name}) WARNING - equal priority advert received from remote host with our IP address.", out
            )
            return
        yields = theirs > ours or (theirs == ours and order > 0)
        if yields and self.configuration.higher_prio_send_advert:
            self._advertise(now, out)
        if theirs == ours == OWNER_PRIORITY:
            if self._other_owner.heard(packet, order, out):
                self.priority = self.total_priority = OWNER_PRIORITY - 1
            yields = theirs > self.priority or order > 0
        if yields:
            self._yield_to(packet, now, out)
        else:
            self._answer_lower(packet, now, out)

    def _yield_to(self, packet: Packet, now: Microseconds, out: list[Effect]) -> None:
        if packet.priority > self.priority and not self.is_owner:
            comparison = f"higher priority {packet.priority}, ours {self.priority}"
        else:
            comparison = f"same priority {packet.priority} but higher IP address than ours"
        self._say(f"({self.name}) Master received advert from {packet.source} with {comparison}", out)
        self.master.accept(packet, out)
        self.wanted = State.BACKUP
        self._leave_master(Trigger.HIGHER_ADVERT, now, out)

    def _answer_lower(self, packet: Packet, now: Microseconds, out: list[Effect]) -> None:
        configuration = self.configuration
        ending = "" if configuration.lower_prio_no_advert else ", forcing new election"
        self._say(
            f"({self.name}) Received advert from {packet.source} with lower priority {packet.priority},"
            f" ours {self.priority}{ending}",
            out,
        )
        self._gate.overtake(packet, out)
        if not configuration.lower_prio_no_advert:
            self._advertise(now, out)
        self._announcer.answer_lower_priority(now, out)
        if self.group is not None:
            self.group.answer_lower_priority(self, now, out)
        out.append(Notify(kind="INSTANCE", name=self.name, state="MASTER_RX_LOWER_PRI", priority=self.priority))

    def answer_lower_priority(self, now: Microseconds, out: list[Effect]) -> None:
        """Another member of the group heard a lower priority: announce our addresses too."""
        self._announcer.answer_lower_priority(now, out)

    def _see_whether_overslept(self, now: Microseconds, out: list[Effect]) -> None:
        """Before a MASTER answers what has arrived: whoever took over while we slept should stay MASTER (nopreempt)."""
        configuration = self.configuration
        if not configuration.timer_expired_backup or self.state is not State.MASTER or self._timer is None:
            return
        late = now - self._timer
        if late <= unnoticed(configuration.version, configuration.timer_expired_backup, configuration.advert_int):
            return
        seconds, microseconds = divmod(late, SECOND)
        self._say(f"VRRP thread timer expired {seconds}.{microseconds:06} seconds ago", out)
        self.wanted = State.BACKUP
        self._leave_master(Trigger.OVERSLEPT, now, out)

    # --- timers -------------------------------------------------------------------------------------------------------

    def _on_deadline(self, now: Microseconds, out: list[Effect]) -> None:
        due = self._timer is not None and self._timer <= now
        if self.state is State.BACKUP and due:
            out.append(Log(text=f"({self.name}) Receive advertisement timeout", detail=True))
            if self.group is None or self.group.allows_master(self):
                self._become_master(Trigger.MASTER_DOWN, now, out)
            else:
                self.wanted = State.MASTER
                self._timer = now + self._master_down()
        elif self.state is State.MASTER:
            if due:
                self._advertise(now, out, due=self._timer)
                self._other_owner.advert_sent(now)
            self._announcer.due(now, out)
            self._other_owner.due(now, out)

    # --- faults, priority, addresses ----------------------------------------------------------------------------------

    def _on_fault_raised(self, cause: FaultCause, now: Microseconds, out: list[Effect]) -> None:
        was_healthy = not self.faults
        self.faults.add(cause)
        if not was_healthy and self.state is not State.INIT:
            return
        self.wanted = State.FAULT
        if self.state is State.MASTER:
            self._leave_master(Trigger.FAULT, now, out)
            return
        if self.state is not State.FAULT:
            self._say(f"({self.name}) Entering FAULT STATE", out)
        self._timer = None
        self._move(Trigger.FAULT, now, out)
        self._notify(out)

    def _recover(self, now: Microseconds, out: list[Effect]) -> None:
        """Leave FAULT if nothing keeps us or our group there."""
        if self.faults or self.state is not State.FAULT:
            return
        ready_owner = self.is_owner and self.wanted is State.MASTER
        if not ready_owner:
            self.wanted = State.BACKUP
        if self.waiting_for or (self.group is not None and self.group.holds_back(self)):
            return
        if ready_owner and (self.group is None or self.group.allows_master(self)):
            self._become_master(Trigger.OWNER_READY, now, out)
        else:
            self._leave_fault(Trigger.RECOVERED, now, out)
        if self.configuration.unicast and self.source is not None:
            self._announcer.announce_source(self.source, out)

    def _on_priority_changed(self, total: int, out: list[Effect]) -> None:
        self.total_priority = total
        priority = clamp(total)
        if self.is_owner or priority == self.priority:
            return
        self._say(f"({self.name}) Changing effective priority from {self.priority} to {priority}", out)
        before = self._master_down()
        self.priority = priority
        if self.state is State.BACKUP and self._timer is not None:
            self._timer += self._master_down() - before
        if self.configuration.notify_priority_changes:
            role = State.MASTER if self.state is State.MASTER else State.BACKUP
            out.append(
                ReportState(kind="INSTANCE", name=self.name, state=f"{role.name}_PRIORITY", priority=self.priority)
            )

    def _on_address_lost(self, now: Microseconds, out: list[Effect]) -> None:
        if self.state is State.MASTER:
            self.wanted = State.BACKUP
            self._leave_master(Trigger.ADDRESS_LOST, now, out)
            self._timer = now + self._skew()

    def _on_group_moved(self, state: State, now: Microseconds, out: list[Effect]) -> None:
        if state is State.MASTER:
            self.wanted = State.MASTER
            self._become_master(Trigger.GROUP_MASTER, now, out)
        elif state is State.BACKUP:
            self.wanted = State.BACKUP
            if self.state is State.MASTER:
                self._leave_master(Trigger.GROUP_BACKUP, now, out)
            else:
                self._leave_fault(Trigger.GROUP_BACKUP, now, out)
        else:
            self.wanted = State.FAULT
            if self.state is State.MASTER:
                self._leave_master(Trigger.GROUP_FAULT, now, out)
            else:
                self._timer = None
                self._move(Trigger.GROUP_FAULT, now, out)
                self._notify(out)

    # --- a new configuration ----------------------------------------------------------------------------------------

    def _on_configuration_changed(
        self, configuration: VrrpInstance, total: int, now: Microseconds, out: list[Effect]
    ) -> None:
        """Go on as we are: what changed is applied, nothing is interrupted (reference/cli-and-process.md §7)."""
        old, old_down = self._actions, self._master_down()
        unfinished = self._announcer.unfinished
        self._configure(configuration, total)
        self.master.change(configuration)
        if self.state is State.BACKUP and self._timer is not None:
            self._timer = min(self._timer + self._master_down() - old_down, now + self._master_down())
        if self.state is State.MASTER:
            added = self._actions.succeed(old, out)
            self._announcer.announce_again(now, out, added=added or unfinished)
            self._advertise(now, out)
