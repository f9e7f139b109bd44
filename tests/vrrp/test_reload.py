"""A new configuration while the router runs. Source: reference/cli-and-process.md §7."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from keepalived_py.config.ast import (
    Command,
    Configuration,
    GlobalDefinitions,
    GratuitousArpTiming,
    NotifyScripts,
    SyncGroup,
    TrackedInterface,
    TrackedScript,
    UnicastPeer,
    VirtualAddress,
    VrrpDefaults,
    VrrpInstance,
)
from keepalived_py.vrrp.events import (
    DeadlineReached,
    InterfaceChanged,
    InterfaceFacts,
    Reconfigure,
    Retire,
    ScriptFinished,
    Start,
    State,
)
from keepalived_py.vrrp.reload import successors
from keepalived_py.vrrp.router import Router
from tests.vrrp.notation import HIGHER, LOWER, OWN, SECOND, lines, wanted
from tests.vrrp.test_scripts import script

QUIET = GratuitousArpTiming(repeat=1, delay=0, lower_priority_repeat=0)
FACTS = (InterfaceFacts(name="eth0", addresses=((OWN, 24),)), InterfaceFacts(name="eth1"))
NOW = 3_609_375
LATER = NOW + SECOND // 2


def plain(name: str = "V", **settings: object) -> VrrpInstance:
    return wanted(name, garp=QUIET, **settings)  # type: ignore[arg-type]


def elected(*instances: VrrpInstance, **sections: object) -> Router:
    configuration = Configuration(vrrp_instances=instances or (plain(),), **sections)  # type: ignore[arg-type]
    router = Router(configuration, FACTS)
    router.handle(Start(), 0)
    router.handle(DeadlineReached(), NOW)
    return router


def change(router: Router, *instances: VrrpInstance, now: int = LATER, **sections: object) -> list[str]:
    configuration = Configuration(vrrp_instances=instances, **sections)  # type: ignore[arg-type]
    return lines(router.handle(Reconfigure(configuration=configuration), now), "detail", "state")


def address(last: int, interface: str = "eth0") -> VirtualAddress:
    return VirtualAddress(address=IPv4Address(f"10.9.0.{last}"), prefix_length=24, interface=interface)


def test_a_master_stays_master_and_says_so_at_once() -> None:
    router = elected()
    assert change(router, plain()) == ["send V 100"]
    assert router.instances["V"].state is State.MASTER
    assert router.deadline == LATER + SECOND


def test_a_backup_stays_backup_without_a_word_and_keeps_its_patience() -> None:
    router = Router(Configuration(vrrp_instances=(plain(),)), FACTS)
    router.handle(Start(), 0)
    assert change(router, plain(), now=SECOND) == []
    assert router.deadline == NOW


def test_a_new_base_priority_moves_the_patience_of_a_backup() -> None:
    router = Router(Configuration(vrrp_instances=(plain(),)), FACTS)
    router.handle(Start(), 0)
    assert change(router, plain(priority=200), now=SECOND) == []
    assert router.instances["V"].priority == 200
    assert router.deadline == 3_218_750


def test_statistics_and_the_last_transition_survive() -> None:
    router = elected()
    change(router, plain(priority=120))
    instance = router.instances["V"]
    assert (instance.statistics.become_master, instance.last_transition) == (1, NOW)
    assert instance.statistics.advert_sent == 2


def test_addresses_that_left_the_configuration_are_removed_and_new_ones_set_and_announced() -> None:
    router = elected()
    assert change(router, plain(virtual_addresses=(address(51), address(60)))) == [
        "install 10.9.0.60/24 dev eth0",
        "arp eth0 10.9.0.51",
        "arp eth0 10.9.0.60",
        "send V 100",
    ]
    assert change(router, plain(virtual_addresses=(address(60),))) == [
        "remove 10.9.0.51/24 dev eth0",
        "install 10.9.0.60/24 dev eth0",
        "send V 100",
    ]


def test_an_address_that_moves_to_another_instance_is_removed_before_it_is_set() -> None:
    first = plain("A", virtual_addresses=(address(1), address(9)))
    second = plain("B", router_id=52, virtual_addresses=(address(2),))
    router = elected(first, second)
    moved = change(
        router,
        replace(second, virtual_addresses=(address(2), address(9))),
        replace(first, virtual_addresses=(address(1),)),
    )
    assert moved[:2] == ["remove 10.9.0.9/24 dev eth0", "install 10.9.0.9/24 dev eth0"]


def test_an_instance_is_the_same_under_another_name() -> None:
    router = elected()
    assert change(router, plain("W")) == ["send W 100"]
    assert list(router.instances) == ["W"]
    assert router.instances["W"].state is State.MASTER


@pytest.mark.parametrize(
    "changed",
    [
        plain(router_id=77, virtual_addresses=(address(51),)),
        replace(plain(), interface="eth1"),
        plain(multicast_group=IPv4Address("224.0.0.118")),
        plain(unicast=True, source_address=OWN, unicast_peers=(UnicastPeer(address=HIGHER),)),
    ],
    ids=["router id", "interface", "group", "unicast"],
)
def test_what_others_would_see_as_another_router_is_another_one(changed: VrrpInstance) -> None:
    router = elected()
    said = change(router, changed)
    assert said[:4] == ["send V 0", "remove 10.9.0.51/24 dev eth0", "notify INSTANCE V FAULT 100", "close V"]
    assert "open V" in said
    assert router.instances["V"].state in (State.BACKUP, State.FAULT)


def test_a_deleted_instance_is_notified_as_deleted_when_asked_to() -> None:
    deleted = NotifyScripts(deleted=Command(argv=("/bin/true",)))
    router = elected(plain(notify=deleted))
    assert change(router)[-2:] == ["notify INSTANCE V DELETED 100", "close V"]


def test_retiring_alone_touches_nobody_else_and_twice_does_nothing() -> None:
    router = elected(plain(), plain("W", router_id=52))
    event = Retire(configuration=Configuration(vrrp_instances=(plain(),)))
    assert lines(router.handle(event, LATER), "detail", "state")[0] == "send W 0"
    assert router.handle(event, LATER) == []
    assert router.deadline == NOW + SECOND


def test_a_new_instance_starts_like_any_other() -> None:
    router = elected()
    assert change(router, plain(), plain("N", router_id=53)) == [
        "send V 100",
        "open N",
        "remove 10.9.0.53/24 dev eth0",
        "log (N) Entering BACKUP STATE (init)",
        "notify INSTANCE N BACKUP 100",
    ]
    assert router.instances["N"].deadline == LATER + NOW


def test_faults_are_looked_at_anew() -> None:
    router = elected()
    router.handle(InterfaceChanged(name="eth1", is_up=False), NOW)
    tracked = plain(track_interfaces=(TrackedInterface(name="eth1"),))
    assert change(router, tracked)[-5:] == [
        "log (V) Entering FAULT STATE",
        "send V 0",
        "send V 0",
        "remove 10.9.0.51/24 dev eth0",
        "notify INSTANCE V FAULT 100",
    ]
    assert change(router, plain()) == ["log (V) Entering BACKUP STATE", "notify INSTANCE V BACKUP 100"]


def test_an_unchanged_fault_is_not_notified_again() -> None:
    router = elected()
    router.handle(InterfaceChanged(name="eth0", is_up=False), NOW)
    assert change(router, plain()) == []
    assert router.instances["V"].state is State.FAULT


def scripted(weight: int = 0) -> VrrpInstance:
    return plain(track_scripts=(TrackedScript(name="check", weight=weight),))


def test_an_unchanged_script_keeps_its_verdict_and_its_run() -> None:
    router = Router(Configuration(vrrp_instances=(scripted(),), vrrp_scripts=(script(),)), FACTS)
    router.handle(Start(), 0)
    router.handle(ScriptFinished(name="check", exit_status=0), 0)
    router.handle(DeadlineReached(), SECOND)
    assert change(router, scripted(weight=10), vrrp_scripts=(script(),), now=SECOND) == [
        "log VRRP_Script(check) considered successful on reload"
    ]
    assert router.instances["V"].priority == 110


def test_a_changed_script_runs_anew_and_holds_nobody_in_fault() -> None:
    router = elected()
    said = change(router, scripted(), vrrp_scripts=(script(),))
    assert said == ["run check", "send V 100"]
    assert router.instances["V"].state is State.MASTER
    other = replace(script(), command=Command(argv=("/bin/other",)))
    assert change(router, scripted(), vrrp_scripts=(other,)) == ["end check", "run check", "send V 100"]
    effects = router.handle(ScriptFinished(name="check", exit_status=1), LATER)
    assert router.instances["V"].state is State.FAULT
    assert "send V 0" in lines(effects)


def test_an_instance_that_waited_for_a_script_waits_on() -> None:
    router = Router(Configuration(vrrp_instances=(scripted(),), vrrp_scripts=(script(),)), FACTS)
    router.handle(Start(), 0)
    assert change(router, scripted(), vrrp_scripts=(script(),), now=1) == []
    assert router.instances["V"].state is State.FAULT
    assert change(router, plain(), now=2) == [
        "end check",
        "log (V) Entering BACKUP STATE",
        "notify INSTANCE V BACKUP 100",
    ]


PAIR = (plain("A"), plain("B", router_id=52))
GROUP = SyncGroup(name="G", members=("A", "B"))


def test_a_group_that_goes_on_as_it_was_is_not_notified() -> None:
    router = elected(*PAIR, vrrp_sync_groups=(GROUP,))
    assert change(router, *PAIR, vrrp_sync_groups=(GROUP,)) == ["send A 100", "send B 100"]
    assert router.groups["G"].state is State.MASTER


def test_masters_that_form_a_group_stay_masters() -> None:
    router = elected(*PAIR)
    said = change(router, *PAIR, vrrp_sync_groups=(GROUP,))
    assert said == ["send A 100", "send B 100", "notify GROUP G MASTER 0"]


def test_a_group_of_a_master_and_a_new_instance_falls_back_to_backup() -> None:
    router = elected(PAIR[0])
    said = change(router, *PAIR, vrrp_sync_groups=(GROUP,))
    assert said[-4:] == [
        "log (A) Entering BACKUP STATE",
        "remove 10.9.0.51/24 dev eth0",
        "notify INSTANCE A BACKUP 100",
        "notify GROUP G BACKUP 0",
    ]
    assert {member.state for member in router.groups["G"].members} == {State.BACKUP}


def test_a_dissolved_group_leaves_its_members_as_they_are() -> None:
    router = elected(*PAIR, vrrp_sync_groups=(GROUP,))
    change(router, *PAIR)
    assert router.groups == {}
    router.handle(InterfaceChanged(name="eth0", is_up=False), LATER)
    assert {each.state for each in router.instances.values()} == {State.FAULT}


def test_unicast_instances_of_one_source_are_matched_by_name_first_and_then_in_order() -> None:
    def unicast(name: str, peer: IPv4Address) -> VrrpInstance:
        return plain(name, unicast=True, source_address=OWN, unicast_peers=(UnicastPeer(address=peer),))

    old = (unicast("A", HIGHER), unicast("B", LOWER))
    found = successors(old, (unicast("B", LOWER), unicast("A", HIGHER)))
    assert {name: new.name for name, new in found.items()} == {"A": "A", "B": "B"}
    assert list(successors(old, (unicast("C", LOWER),))) == ["A"]


def test_states_that_go_on_are_reported_to_the_fifos_when_asked_for() -> None:
    global_defs = GlobalDefinitions(vrrp=VrrpDefaults(fifo_write_states_on_reload=True))
    group = SyncGroup(name="G", members=("A", "B"))
    first, second = plain("A"), plain("B", router_id=52)
    router = elected(first, second, vrrp_sync_groups=(group,))
    said = change(router, first, second, plain("C", router_id=53), vrrp_sync_groups=(group,), global_defs=global_defs)
    assert [line for line in said if line.startswith(("report", "notify"))] == [
        "notify INSTANCE C BACKUP 100",
        "report GROUP G MASTER 0",
        "report INSTANCE A MASTER 100",
        "report INSTANCE B MASTER 100",
    ]
