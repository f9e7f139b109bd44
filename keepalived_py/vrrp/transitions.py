"""The states of an instance and what leads from one to another: the table the machine moves by, and the diagram is drawn from.

Owns nothing but the table. ``machine.py`` looks every move up here, so a move that is not in the table cannot happen, and one that
is in it is drawn. Source: reference/vrrp-behaviour.md §6 and §8.
"""

from __future__ import annotations

import enum

from keepalived_py.vrrp.events import State


class Trigger(enum.Enum):
    """Why an instance changes its state; the value is the wording in the diagram."""

    STARTED = "start, nothing wrong"
    STARTED_FAULTY = "start with a fault, or waiting for a script's first result"
    MASTER_DOWN = "master down timer expires, the group agrees"
    HIGHER_ADVERT = "advert with a higher priority, or equal and from a higher address"
    OVERSLEPT = "was not scheduled for so long that another may be MASTER (timer_expired_backup)"
    ADDRESS_LOST = "a virtual address was removed by someone else, retry after the skew"
    FAULT = "interface down, source address gone or script failed"
    RECOVERED = "last fault gone, full down timer"
    OWNER_READY = "priority 255, waited only for first script results"
    GROUP_MASTER = "group moves to MASTER"
    GROUP_BACKUP = "group moves to BACKUP"
    GROUP_FAULT = "group moves to FAULT"
    STOPPED = "stop"
    DELETED = "removed by a reload"


TRANSITIONS: dict[tuple[State, Trigger], State] = {
    (State.INIT, Trigger.STARTED): State.BACKUP,
    (State.INIT, Trigger.STARTED_FAULTY): State.FAULT,
    (State.INIT, Trigger.FAULT): State.FAULT,
    (State.INIT, Trigger.GROUP_FAULT): State.FAULT,
    (State.BACKUP, Trigger.MASTER_DOWN): State.MASTER,
    (State.BACKUP, Trigger.GROUP_MASTER): State.MASTER,
    (State.BACKUP, Trigger.FAULT): State.FAULT,
    (State.BACKUP, Trigger.GROUP_FAULT): State.FAULT,
    (State.MASTER, Trigger.HIGHER_ADVERT): State.BACKUP,
    (State.MASTER, Trigger.OVERSLEPT): State.BACKUP,
    (State.MASTER, Trigger.ADDRESS_LOST): State.BACKUP,
    (State.MASTER, Trigger.GROUP_BACKUP): State.BACKUP,
    (State.MASTER, Trigger.FAULT): State.FAULT,
    (State.MASTER, Trigger.GROUP_FAULT): State.FAULT,
    (State.FAULT, Trigger.RECOVERED): State.BACKUP,
    (State.FAULT, Trigger.GROUP_BACKUP): State.BACKUP,
    (State.FAULT, Trigger.OWNER_READY): State.MASTER,
    (State.FAULT, Trigger.GROUP_MASTER): State.MASTER,
    (State.FAULT, Trigger.FAULT): State.FAULT,
    **{(state, Trigger.STOPPED): State.STOP for state in (State.INIT, State.BACKUP, State.MASTER, State.FAULT)},
    **{(state, Trigger.DELETED): State.DELETED for state in (State.INIT, State.BACKUP, State.MASTER, State.FAULT)},
}
