"""Silence after the start. Source: reference/vrrp-behaviour.md §6."""

from __future__ import annotations

from keepalived_py.config.ast import GlobalDefinitions, VrrpDefaults
from keepalived_py.vrrp.events import (
    AdvertisementReceived,
    DeadlineReached,
    InterfaceChanged,
    Reconfigure,
    Start,
    State,
)
from tests.vrrp.fleets import QUIET, router
from tests.vrrp.notation import SECOND, advert, lines, wanted

DOWN = 3_609_375


def delayed(seconds: int = 5, **settings: int) -> GlobalDefinitions:
    return GlobalDefinitions(vrrp=VrrpDefaults(startup_delay=seconds * SECOND, **settings))  # type: ignore[arg-type]


def test_states_are_entered_but_patience_counts_from_the_end() -> None:
    machine = router(global_defs=delayed())
    said = lines(machine.handle(Start(), SECOND), "state", "detail", "remove")
    assert said == [
        "log Delaying startup for 5 seconds",
        "log (V) Entering BACKUP STATE (init)",
        "notify INSTANCE V BACKUP 100",
    ]
    assert machine.deadline == 6 * SECOND
    assert lines(machine.handle(DeadlineReached(), 6 * SECOND)) == ["log Delayed start completed"]
    assert machine.deadline == 6 * SECOND + DOWN


def test_what_is_heard_meanwhile_does_not_count() -> None:
    machine = router(global_defs=delayed())
    machine.handle(Start(), 0)
    assert machine.handle(AdvertisementReceived(packet=advert(200), interface="eth0"), SECOND) == []
    assert machine.instances["V"].statistics.advert_rcvd == 0
    machine.handle(DeadlineReached(), 5 * SECOND)
    machine.handle(AdvertisementReceived(packet=advert(200), interface="eth0"), 6 * SECOND)
    assert machine.deadline == 6 * SECOND + DOWN


def test_an_address_owner_waits_for_the_end_too() -> None:
    machine = router(wanted(priority=255, garp=QUIET), global_defs=delayed())
    machine.handle(Start(), 0)
    assert lines(machine.handle(DeadlineReached(), 5 * SECOND - 1)) == []
    machine.handle(DeadlineReached(), 5 * SECOND)
    machine.handle(DeadlineReached(), 5 * SECOND + 1)
    assert machine.instances["V"].state is State.MASTER


def test_a_fault_that_ends_meanwhile_leads_to_a_full_wait_after_the_end() -> None:
    machine = router(global_defs=delayed())
    machine.handle(Start(), 0)
    machine.handle(InterfaceChanged(name="eth0", is_up=False), SECOND)
    machine.handle(InterfaceChanged(name="eth0", is_up=True), 2 * SECOND)
    machine.handle(DeadlineReached(), 5 * SECOND)
    assert machine.deadline == 5 * SECOND + DOWN


def test_the_time_since_the_boot_counts_for_the_delay_after_it() -> None:
    after_boot = GlobalDefinitions(vrrp=VrrpDefaults(delay_after_boot=60 * SECOND))
    early = router(global_defs=after_boot)
    assert lines(early.handle(Start(), 50 * SECOND))[0] == "log Delaying startup for 10 seconds"
    late = router(global_defs=after_boot)
    assert not any("Delaying" in line for line in lines(late.handle(Start(), 61 * SECOND)))


def test_the_longer_of_both_delays_counts() -> None:
    machine = router(global_defs=delayed(5, delay_after_boot=60 * SECOND))
    assert lines(machine.handle(Start(), 58 * SECOND))[0] == "log Delaying startup for 5 seconds"


def test_a_reload_moves_the_end_and_begins_nothing() -> None:
    machine = router(global_defs=delayed())
    machine.handle(Start(), 0)
    longer, shorter = delayed(8), delayed(2)
    instances = machine.configuration.vrrp_instances

    def reload(global_defs: GlobalDefinitions, now: int) -> list[str]:
        configuration = type(machine.configuration)(vrrp_instances=instances, global_defs=global_defs)
        return lines(machine.handle(Reconfigure(configuration=configuration), now), "detail", "state")

    assert reload(longer, SECOND) == ["log Delaying startup for a further 7 seconds"]
    assert machine.deadline == 8 * SECOND
    assert reload(shorter, 3 * SECOND) == ["log Reduced delayed start passed"]
    assert reload(delayed(50), 4 * SECOND) == []
    assert machine.instances["V"].state is State.BACKUP
