"""What trackers report, as faults and priorities. Source: reference/vrrp-behaviour.md §7."""

from __future__ import annotations

from keepalived_py.config.ast import (
    TrackedInterface,
    TrackedScript,
)
from keepalived_py.vrrp.events import (
    DeadlineReached,
    InterfaceChanged,
    InterfaceFacts,
    ScriptFinished,
    Start,
    State,
)
from tests.vrrp.fleets import ETH0, QUIET, elected, router, said, started
from tests.vrrp.notation import SECOND, lines, wanted
from tests.vrrp.test_tracking import script


def test_two_lost_interfaces_must_both_return() -> None:
    instance = wanted(track_interfaces=(TrackedInterface(name="eth1"),), garp=QUIET)
    machine, now = elected(instance, facts=(ETH0, InterfaceFacts(name="eth1")))
    for name in ("eth0", "eth1"):
        machine.handle(InterfaceChanged(name=name, is_up=False), now)
    assert said(machine.handle(InterfaceChanged(name="eth0", is_up=True), now)) == ["log Netlink reports eth0 up"]
    assert said(machine.handle(InterfaceChanged(name="eth1", is_up=True), now))[1] == "log (V) Entering BACKUP STATE"


def test_a_weighted_interface_changes_the_priority_by_its_weight() -> None:
    instance = wanted(track_interfaces=(TrackedInterface(name="eth1", weight=-30),))
    machine = started(instance, facts=(ETH0, InterfaceFacts(name="eth1")))
    assert lines(machine.handle(InterfaceChanged(name="eth1", is_up=False), 0)) == [
        "log Netlink reports eth1 down",
        "log (V) Changing effective priority from 100 to 70",
    ]


def test_a_weighted_script_counts_nothing_until_its_first_result() -> None:
    instance = wanted(track_scripts=(TrackedScript(name="check", weight=20),))
    machine = started(instance, vrrp_scripts=(script(),))
    assert machine.instances["V"].state is State.BACKUP
    assert machine.instances["V"].priority == 100
    assert lines(machine.handle(ScriptFinished(name="check", exit_status=0), 1)) == [
        "log VRRP_Script(check) succeeded",
        "log (V) Changing effective priority from 100 to 120",
    ]
    effects = machine.handle(ScriptFinished(name="check", exit_status=1), 2)
    assert lines(effects)[-1] == "log (V) Changing effective priority from 120 to 100"


def test_a_script_without_weight_is_a_fault_when_it_fails() -> None:
    instance = wanted(track_scripts=(TrackedScript(name="check"),), garp=QUIET)
    machine = started(instance, vrrp_scripts=(script(),))
    assert machine.instances["V"].state is State.FAULT
    machine.handle(ScriptFinished(name="check", exit_status=0), 0)
    now = 3_609_375
    machine.handle(DeadlineReached(), now)
    assert machine.instances["V"].state is State.MASTER
    effects = machine.handle(ScriptFinished(name="check", exit_status=2), now)
    assert said(effects)[:4] == [
        "log Script `check` now returning 2",
        "log VRRP_Script(check) failed (exited with status 2)",
        "log (V) Entering FAULT STATE",
        "send V 0",
    ]


def test_scripts_nobody_tracks_do_not_run() -> None:
    machine = router(vrrp_scripts=(script(),))
    assert "run check" not in lines(machine.handle(Start(), 0))


def test_scripts_run_again_when_their_interval_is_over() -> None:
    instance = wanted(track_scripts=(TrackedScript(name="check", weight=2),))
    machine = started(instance, vrrp_scripts=(script(interval=2 * SECOND),))
    machine.handle(ScriptFinished(name="check", exit_status=0), SECOND)
    assert machine.deadline == 2 * SECOND
    assert lines(machine.handle(DeadlineReached(), 2 * SECOND)) == ["run check"]


def test_a_changed_priority_is_reported_to_the_fifos_when_asked_for() -> None:
    instance = wanted(track_scripts=(TrackedScript(name="check", weight=20),), notify_priority_changes=True, garp=QUIET)
    machine = started(instance, vrrp_scripts=(script(),))
    effects = machine.handle(ScriptFinished(name="check", exit_status=0), 1)
    assert lines(effects)[-1] == "report INSTANCE V BACKUP_PRIORITY 120"
    machine = started(instance, vrrp_scripts=(script(),))
    machine.handle(DeadlineReached(), 3_609_375)
    effects = machine.handle(ScriptFinished(name="check", exit_status=0), 3_609_375)
    assert lines(effects)[-1] == "report INSTANCE V MASTER_PRIORITY 120"
