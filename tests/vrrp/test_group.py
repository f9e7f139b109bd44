"""Sync groups through the router that drives them. Source: reference/vrrp-behaviour.md §8."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from keepalived_py.config.ast import Configuration, GratuitousArpTiming, SyncGroup, TrackedScript, VrrpInstance
from keepalived_py.vrrp.events import (
    AddressRemoved,
    AdvertisementReceived,
    DeadlineReached,
    InterfaceChanged,
    InterfaceFacts,
    ScriptFinished,
    Start,
    State,
)
from keepalived_py.vrrp.router import Router
from tests.vrrp.notation import LOWER, OWN, SECOND, advert, lines, wanted
from tests.vrrp.test_scripts import script

if TYPE_CHECKING:
    from keepalived_py.vrrp.effects import Effect

QUIET = GratuitousArpTiming(repeat=0, delay=0, lower_priority_repeat=0)
FACTS = [
    InterfaceFacts(name="eth0", addresses=((OWN, 24),)),
    InterfaceFacts(name="eth1", addresses=((OWN, 24),)),
]


def member(name: str, router_id: int, segment: str, **settings: object) -> VrrpInstance:
    plain = wanted(name, router_id=router_id, garp=QUIET, **settings)
    addresses = tuple(replace(each, interface=segment) for each in plain.virtual_addresses)
    return replace(plain, interface=segment, virtual_addresses=addresses)


def router(*, scripted: bool = False, step_down: bool = False, **settings: object) -> Router:
    tracked = (TrackedScript(name="check"),) if scripted else ()
    first = member("A", 51, "eth0", track_scripts=tracked, **settings)
    second = member("B", 52, "eth1", track_scripts=tracked, **settings)
    return Router(
        Configuration(
            vrrp_instances=(first, second),
            vrrp_sync_groups=(SyncGroup(name="G", members=("A", "B")),),
            vrrp_scripts=(script(),),
        ),
        FACTS,
        step_down=step_down,
    )


def said(effects: list[Effect]) -> list[str]:
    return lines(effects, "detail", "state", "arp")


def hear(machine: Router, name: str, priority: int, now: int) -> list[Effect]:
    instance = machine.instances[name].configuration
    packet = advert(priority, LOWER, of=instance)
    return machine.handle(AdvertisementReceived(packet=packet, interface=instance.interface), now)


def started(**settings: object) -> Router:
    machine = router(**settings)  # type: ignore[arg-type]
    machine.handle(Start(), 0)
    return machine


def elected(*, step_down: bool = False) -> tuple[Router, int]:
    machine = started(step_down=step_down)
    machine.handle(DeadlineReached(), 3_609_375)
    return machine, 3_609_375


def states(machine: Router) -> tuple[State, ...]:
    return (
        *(instance.state for instance in machine.instances.values()),
        *(group.state for group in machine.groups.values()),
    )


def test_the_group_is_notified_of_backup_before_its_members_at_the_start() -> None:
    assert said(router().handle(Start(), 0)) == [
        "notify GROUP G BACKUP 0",
        "remove 10.9.0.51/24 dev eth0",
        "log (A) Entering BACKUP STATE (init)",
        "notify INSTANCE A BACKUP 100",
        "remove 10.9.0.52/24 dev eth1",
        "log (B) Entering BACKUP STATE (init)",
        "notify INSTANCE B BACKUP 100",
    ]


def test_members_become_master_together_and_the_group_is_notified_last() -> None:
    machine = started()
    assert said(machine.handle(DeadlineReached(), 3_609_375)) == [
        "send B 100",
        "log (B) Entering MASTER STATE",
        "install 10.9.0.52/24 dev eth1",
        "notify INSTANCE B MASTER 100",
        "log VRRP_Group(G) Syncing instances to MASTER state",
        "send A 100",
        "log (A) Entering MASTER STATE",
        "install 10.9.0.51/24 dev eth0",
        "notify INSTANCE A MASTER 100",
        "notify GROUP G MASTER 0",
    ]


def test_a_member_whose_time_has_come_waits_for_the_others() -> None:
    machine = started()
    hear(machine, "B", 150, SECOND)
    assert said(machine.handle(DeadlineReached(), 3_609_375)) == []
    assert machine.instances["A"].wanted is State.MASTER
    assert machine.instances["A"].deadline == 2 * 3_609_375
    effects = machine.handle(DeadlineReached(), SECOND + 3_609_375)
    assert states(machine) == (State.MASTER,) * 3
    assert said(effects)[0] == "send B 100"


def test_an_accepted_advert_ends_the_wish_to_be_master() -> None:
    machine = started()
    hear(machine, "B", 150, SECOND)
    machine.handle(DeadlineReached(), 3_609_375)
    hear(machine, "A", 150, 4 * SECOND)
    machine.handle(DeadlineReached(), SECOND + 3_609_375)
    assert states(machine) == (State.BACKUP,) * 3


def test_one_member_that_yields_takes_the_others_along_without_a_farewell() -> None:
    machine, now = elected()
    assert said(hear(machine, "A", 150, now)) == [
        "log (A) Master received advert from 10.0.0.4 with higher priority 150, ours 100",
        "log (A) Entering BACKUP STATE",
        "remove 10.9.0.51/24 dev eth0",
        "notify INSTANCE A BACKUP 100",
        "log VRRP_Group(G) Syncing instances to BACKUP state",
        "log (B) Entering BACKUP STATE",
        "remove 10.9.0.52/24 dev eth1",
        "notify INSTANCE B BACKUP 100",
        "notify GROUP G BACKUP 0",
    ]


def test_a_fault_of_one_is_a_fault_of_all_with_one_farewell_of_the_others() -> None:
    machine, now = elected()
    assert said(machine.handle(InterfaceChanged(name="eth0", is_up=False), now)) == [
        "log Netlink reports eth0 down",
        "log (A) Entering FAULT STATE",
        "send A 0",
        "send A 0",
        "remove 10.9.0.51/24 dev eth0",
        "notify INSTANCE A FAULT 100",
        "log VRRP_Group(G) Syncing instances to FAULT state",
        "log (B) Entering FAULT STATE",
        "send B 0",
        "remove 10.9.0.52/24 dev eth1",
        "notify INSTANCE B FAULT 100",
        "notify GROUP G FAULT 0",
    ]


def test_the_group_recovers_only_when_no_member_has_a_fault() -> None:
    machine, now = elected()
    machine.handle(InterfaceChanged(name="eth0", is_up=False), now)
    machine.handle(InterfaceChanged(name="eth1", is_up=False), now)
    assert said(machine.handle(InterfaceChanged(name="eth0", is_up=True), now)) == ["log Netlink reports eth0 up"]
    assert said(machine.handle(InterfaceChanged(name="eth1", is_up=True), now)) == [
        "log Netlink reports eth1 up",
        "log (B) Entering BACKUP STATE",
        "notify INSTANCE B BACKUP 100",
        "log VRRP_Group(G) Syncing instances to BACKUP state",
        "log (A) Entering BACKUP STATE",
        "notify INSTANCE A BACKUP 100",
        "notify GROUP G BACKUP 0",
    ]
    assert machine.deadline == now + 3_609_375


def test_a_group_waits_silently_for_the_first_result_of_a_script() -> None:
    machine = router(scripted=True)
    assert said(machine.handle(Start(), 0)) == [
        "remove 10.9.0.51/24 dev eth0",
        "remove 10.9.0.52/24 dev eth1",
        "run check",
    ]
    assert states(machine) == (State.FAULT, State.FAULT, State.INIT)
    assert said(machine.handle(ScriptFinished(name="check", exit_status=0), SECOND)) == [
        "log VRRP_Script(check) succeeded",
        "log (B) Entering BACKUP STATE",
        "notify INSTANCE B BACKUP 100",
        "log VRRP_Group(G) Syncing instances to BACKUP state",
        "log (A) Entering BACKUP STATE",
        "notify INSTANCE A BACKUP 100",
        "notify GROUP G BACKUP 0",
    ]


def test_a_first_result_that_is_bad_puts_the_group_into_fault() -> None:
    machine = started(scripted=True)
    assert said(machine.handle(ScriptFinished(name="check", exit_status=1), SECOND)) == [
        "log Script `check` now returning 1",
        "log VRRP_Script(check) failed (exited with status 1)",
        "notify INSTANCE A FAULT 100",
        "log VRRP_Group(G) Syncing instances to FAULT state",
        "notify GROUP G FAULT 0",
        "notify INSTANCE B FAULT 100",
    ]
    effects = machine.handle(ScriptFinished(name="check", exit_status=0), 2 * SECOND)
    assert states(machine) == (State.BACKUP,) * 3
    assert said(effects)[-1] == "notify GROUP G BACKUP 0"


def test_a_member_that_starts_faulty_takes_the_group_along() -> None:
    machine = router()
    machine.watch.interfaces.set_up("eth1", is_up=False)
    assert said(machine.handle(Start(), 0)) == [
        "log (B): entering FAULT state (interface eth1 down)",
        "log VRRP_Group(G): Syncing B to FAULT state",
        "log (A) entering FAULT state",
        "notify INSTANCE A FAULT 100",
        "log (B) entering FAULT state",
        "notify INSTANCE B FAULT 100",
        "notify GROUP G FAULT 0",
        "remove 10.9.0.51/24 dev eth0",
        "remove 10.9.0.52/24 dev eth1",
    ]


def test_a_lost_address_sends_all_members_to_backup_without_notifying_the_group() -> None:
    machine, now = elected(step_down=True)
    lost = machine.instances["A"].possessions.addresses[0]
    for interface, instance in (("eth0", "A"), ("eth1", "B")):
        for address in machine.instances[instance].possessions.addresses:
            machine.watch.interfaces.add_address(interface, address.address, 24)
    event = AddressRemoved(interface="eth0", address=lost.address, prefix_length=24)
    assert said(machine.handle(event, now)) == [
        "log (A) Entering BACKUP STATE",
        "send A 0",
        "remove 10.9.0.51/24 dev eth0",
        "notify INSTANCE A BACKUP 100",
        "log (B) Entering BACKUP STATE",
        "send B 0",
        "remove 10.9.0.52/24 dev eth1",
        "notify INSTANCE B BACKUP 100",
    ]
    effects = machine.handle(DeadlineReached(), now + 609_375)
    assert states(machine) == (State.MASTER,) * 3
    assert said(effects)[-1] == "notify GROUP G MASTER 0"


def test_a_group_of_owners_starts_as_master() -> None:
    machine = started(priority=255)
    machine.handle(DeadlineReached(), 1)
    assert states(machine) == (State.MASTER,) * 3


def test_one_owner_in_a_group_starts_as_backup_like_the_others() -> None:
    first, second = member("A", 51, "eth0", priority=255), member("B", 52, "eth1")
    machine = Router(
        Configuration(vrrp_instances=(first, second), vrrp_sync_groups=(SyncGroup(name="G", members=("A", "B")),)),
        FACTS,
    )
    machine.handle(Start(), 0)
    assert states(machine) == (State.BACKUP,) * 3
    assert machine.deadline == 3_003_906


def test_the_other_members_announce_their_addresses_when_one_hears_a_lower_priority() -> None:
    machine, now = elected()
    for instance in machine.instances.values():
        instance._announcer._timing = replace(QUIET, lower_priority_repeat=1)
    effects = hear(machine, "A", 50, now)
    assert [line for line in lines(effects) if line.startswith("arp")] == ["arp eth0 10.9.0.51", "arp eth1 10.9.0.52"]
    assert machine.deadline == now + SECOND
