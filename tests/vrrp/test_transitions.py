"""Every row of the table of transitions happens: the diagram drawn from it shows nothing that cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from keepalived_py.vrrp.events import (
    AddressLost,
    AdvertisementReceived,
    DeadlineReached,
    FaultCause,
    FaultCleared,
    FaultFound,
    FaultKind,
    FaultRaised,
    GroupMoved,
    ScriptReported,
    Start,
    State,
    Stop,
    Withdrawn,
)
from keepalived_py.vrrp.transitions import TRANSITIONS, Trigger
from tests.vrrp.notation import SECOND, advert, machine

if TYPE_CHECKING:
    from keepalived_py.vrrp.events import InstanceEvent
    from keepalived_py.vrrp.machine import Instance

CAUSE = FaultCause(kind=FaultKind.INTERFACE_DOWN, name="eth0")
LATE = 10 * SECOND

#: What leads to a state, and what then pulls a trigger.
BEFORE: dict[State, list[InstanceEvent]] = {
    State.INIT: [],
    State.BACKUP: [Start()],
    State.MASTER: [Start(), DeadlineReached()],
    State.FAULT: [Start(), FaultRaised(cause=CAUSE)],
}
EVENT: dict[Trigger, InstanceEvent] = {
    Trigger.STARTED: Start(),
    Trigger.STARTED_FAULTY: FaultFound(),
    Trigger.MASTER_DOWN: DeadlineReached(),
    Trigger.HIGHER_ADVERT: AdvertisementReceived(packet=advert(200), interface="eth0"),
    Trigger.OVERSLEPT: DeadlineReached(),
    Trigger.ADDRESS_LOST: AddressLost(),
    Trigger.FAULT: FaultRaised(cause=CAUSE),
    Trigger.RECOVERED: FaultCleared(cause=CAUSE),
    Trigger.OWNER_READY: ScriptReported(name="check"),
    Trigger.GROUP_MASTER: GroupMoved(state=State.MASTER),
    Trigger.GROUP_BACKUP: GroupMoved(state=State.BACKUP),
    Trigger.GROUP_FAULT: GroupMoved(state=State.FAULT),
    Trigger.STOPPED: Stop(),
    Trigger.DELETED: Withdrawn(),
}


def waiting(**settings: object) -> Instance:
    instance = machine(**settings)
    instance.waiting_for.add("check")
    instance.handle(Start(), 0)
    return instance


@pytest.mark.parametrize(("before", "trigger"), TRANSITIONS, ids=lambda part: part.name)
def test_every_transition_happens(before: State, trigger: Trigger) -> None:
    if trigger is Trigger.OWNER_READY:
        instance = waiting(priority=255)
    elif (before, trigger) == (State.FAULT, Trigger.FAULT):
        instance = waiting()
    else:
        instance = machine(timer_expired_backup=254 if trigger is Trigger.OVERSLEPT else 0)
        for event in BEFORE[before]:
            instance.handle(event, LATE)
            if isinstance(event, Start) and before is State.MASTER:
                instance._timer = LATE
    assert instance.state is before
    instance.handle(EVENT[trigger], 3 * LATE)
    assert instance.state is TRANSITIONS[before, trigger]


def test_a_move_that_is_not_in_the_table_cannot_be_made() -> None:
    with pytest.raises(KeyError):
        machine()._move(Trigger.HIGHER_ADVERT, 0, [])
