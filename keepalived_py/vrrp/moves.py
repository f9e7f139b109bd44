"""What a virtual router is and what it can do: its state and timer, and the moves from one state to another.

Owns the order of what happens in a move: adverts, log lines, addresses, announcements, notifications. When a move is made, and
which, is decided by the machine that is built on this, in ``machine.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.vrrp.accept import Gate
from keepalived_py.vrrp.actions import Actions
from keepalived_py.vrrp.adverts import group_of
from keepalived_py.vrrp.announcing import Announcer
from keepalived_py.vrrp.effects import Effect, Log, Notify, StateChanged
from keepalived_py.vrrp.events import FaultCause, State
from keepalived_py.vrrp.master import KnownMaster
from keepalived_py.vrrp.memory import Memory
from keepalived_py.vrrp.ownership import OtherOwner
from keepalived_py.vrrp.preemption import PreemptDelay
from keepalived_py.vrrp.statistics import Statistics
from keepalived_py.vrrp.timing import OWNER_PRIORITY, STOP_PRIORITY, clamp, master_down, next_advert, skew
from keepalived_py.vrrp.transitions import TRANSITIONS, Trigger

if TYPE_CHECKING:
    from keepalived_py.config.ast import IPAddress, Microseconds, VrrpInstance
    from keepalived_py.vrrp.group import Group
    from keepalived_py.vrrp.possessions import Possessions


class VirtualRouter:
    """One instance without its events. ``source`` is the address adverts leave from, None while there is none.

    ``faults`` and ``waiting_for`` (names of weight-0 scripts without a result) may be filled before Start; afterwards only
    events change them.
    """

    def __init__(
        self, configuration: VrrpInstance, *, source: IPAddress | None = None, total_priority: int | None = None
    ) -> None:
        self.state = State.INIT
        #: The state we would be in if there were no sync group.
        self.wanted = State.MASTER if configuration.priority == OWNER_PRIORITY else State.BACKUP
        self.source = source
        self.group: Group | None = None
        self.faults: set[FaultCause] = set()
        self.waiting_for: set[str] = set()
        self.statistics = Statistics()
        self._memory = Memory()
        self.master = KnownMaster(configuration)
        self.last_transition: Microseconds | None = None
        self._notified = False
        self._timer: Microseconds | None = None  # next advert of a MASTER, end of patience of a BACKUP
        self._configure(configuration, configuration.priority if total_priority is None else total_priority)

    def _configure(self, configuration: VrrpInstance, total: int) -> None:
        """Take over a configuration, the first one or a new one: everything that is derived from it alone."""
        self.configuration = configuration
        self.name = configuration.name
        self.total_priority = total
        self.priority = configuration.priority if self.is_owner else clamp(total)
        self._actions = Actions(configuration, self.statistics, self._memory)
        self._preempt_delay = PreemptDelay(configuration)
        self._group_address = group_of(configuration)
        self._gate = Gate(configuration, self.statistics, self._memory)
        self._announcer = Announcer(configuration)
        self._other_owner = OtherOwner(configuration)

    @property
    def is_owner(self) -> bool:
        """Whether the configured priority is 255."""
        return self.configuration.priority == OWNER_PRIORITY

    @property
    def deadline(self) -> Microseconds | None:
        """When DeadlineReached is wanted next; None: never."""
        nearest = self._timer
        if self.state is State.MASTER:
            # Only a MASTER has other timers than the protocol's.
            for other in (self._announcer.deadline, self._other_owner.deadline):
                if other is not None and (nearest is None or other < nearest):
                    nearest = other
        return nearest

    @property
    def possessions(self) -> Possessions:
        """What it has while it is MASTER: addresses, routes, rules."""
        return self._actions.possessions

    @property
    def local(self) -> IPAddress | None:
        """The address that adverts for us are sent to: the multicast group, or our own one."""
        return self.source if self.configuration.unicast else self._group_address

    # --- the moves ----------------------------------------------------------------------------------------------------

    def _move(self, trigger: Trigger, now: Microseconds, out: list[Effect]) -> None:
        before = self.state
        self.state = TRANSITIONS[before, trigger]
        if self.state is not before:
            self.last_transition = now
            out.append(StateChanged(instance=self.name, state=self.state))

    def _become_master(self, trigger: Trigger, now: Microseconds, out: list[Effect]) -> None:
        self.wanted = State.MASTER
        self._gate.forget()
        if self.is_owner and self.priority != OWNER_PRIORITY:
            # Before the first advert, so that it already carries 255.
            self._restore_ownership("other address owner has disappeared", out)
        self._advertise(now, out)
        self._say(f"({self.name}) Entering MASTER STATE", out)
        self.statistics.become_master += 1
        self.master.forget_interval(out)
        self._actions.install(out)
        self._announcer.start(now, out)
        self._move(trigger, now, out)
        self._notify(out)

    def _leave_master(self, trigger: Trigger, now: Microseconds, out: list[Effect]) -> None:
        self._announcer.stop()
        self._gate.forget()
        after = TRANSITIONS[self.state, trigger]
        self._say(f"({self.name}) Entering {after.name} STATE", out)
        if after is State.FAULT:
            self._actions.advertise(STOP_PRIORITY, self.source, out)
        if trigger in (Trigger.FAULT, Trigger.ADDRESS_LOST):
            self._actions.say_goodbye(self.source, out)
        self._actions.remove(out)
        self._preempt_delay.reset()
        self._move(trigger, now, out)
        self._notify(out)
        self._timer = None if after is State.FAULT else now + self._master_down()
        self.statistics.release_master += 1
        self._other_owner.left_master()

    def _leave_fault(self, trigger: Trigger, now: Microseconds, out: list[Effect]) -> None:
        self._say(f"({self.name}) Entering BACKUP STATE", out)
        self._move(trigger, now, out)
        self._notify(out)
        self._preempt_delay.reset()
        self.master.forget_interval()
        self._timer = now + self._master_down()

    def _restore_ownership(self, reason: str, out: list[Effect]) -> None:
        self._say(f"({self.name}) Restoring our priority to {OWNER_PRIORITY} since {reason}", out)
        self.priority = self.total_priority = OWNER_PRIORITY

    # --- small things -------------------------------------------------------------------------------------------------

    def _skew(self) -> Microseconds:
        priority = OWNER_PRIORITY if self.is_owner else self.priority
        return skew(self.configuration.version, priority, self.master.interval)

    def _master_down(self) -> Microseconds:
        priority = OWNER_PRIORITY if self.is_owner else self.priority
        configuration = self.configuration
        return master_down(configuration.version, priority, self.master.interval, configuration.down_timer_adverts)

    def _advertise(self, now: Microseconds, out: list[Effect], *, due: Microseconds | None = None) -> None:
        """Send a regular advert; the next one is due an interval later, in step with one that was ``due``."""
        self._actions.advertise(self.priority, self.source, out)
        self._timer = next_advert(now, due, self.configuration.advert_int)

    def _notify(self, out: list[Effect]) -> None:
        if self._notified and self.group is not None and self.state is self.group.state:
            # The group has already been told about this state.
            return
        self._notified = True
        out.append(Notify(kind="INSTANCE", name=self.name, state=self.state.name, priority=self.priority))

    @staticmethod
    def _say(text: str, out: list[Effect]) -> None:
        out.append(Log(text=text))
