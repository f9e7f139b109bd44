"""What trackers report, as faults and priorities. Source: reference/vrrp-behaviour.md §7."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.ast import (
    Configuration,
    SyncGroup,
    Tracked,
    TrackedInterface,
    TrackedScript,
    TrackFile,
    TrackProcess,
)
from keepalived_py.vrrp.events import (
    Counting,
    DeadlineReached,
    FileRead,
    InterfaceChanged,
    InterfaceFacts,
    ProcessesCounted,
    Reconfigure,
    ScriptFinished,
    SessionChanged,
    Start,
    State,
)
from tests.vrrp.fleets import ETH0, QUIET, elected, router, said, started
from tests.vrrp.notation import SECOND, lines, wanted
from tests.vrrp.test_scripts import script

if TYPE_CHECKING:
    from keepalived_py.vrrp.router import Router


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


def files(*tracked: Tracked) -> Router:
    track_files = tuple(TrackFile(name=each.name, path="/x") for each in tracked)
    return router(wanted(track_files=tracked, garp=QUIET), track_files=track_files)


def test_a_weighted_file_adds_its_number_times_the_weight() -> None:
    machine = files(Tracked(name="F", weight=2))
    assert said(machine.handle(Start(readings=(FileRead(name="F", number=5),)), 0))[0] == (
        "log (V) Changing effective priority from 100 to 110"
    )
    assert said(machine.handle(FileRead(name="F", number=-3), 1)) == [
        "log (V) Changing effective priority from 110 to 94"
    ]
    assert machine.handle(FileRead(name="F", number=-3), 2) == []


def test_a_file_of_minus_254_is_a_fault_at_the_start_and_later() -> None:
    machine = files(Tracked(name="F", weight=1))
    assert said(machine.handle(Start(readings=(FileRead(name="F", number=-300),)), 0))[:2] == [
        "log (V): entering FAULT state (tracked file F has status -254)",
        "log (V) entering FAULT state",
    ]
    assert said(machine.handle(FileRead(name="F", number=-4), 1))[:3] == [
        "detail (V): tracked file F leaving FAULT state",
        "log (V) Changing effective priority from 100 to 96",
        "log (V) Entering BACKUP STATE",
    ]
    assert said(machine.handle(FileRead(name="F", number=-254), 2))[:3] == [
        "detail (V): tracked file F now FAULT state",
        "log (V) Entering FAULT STATE",
        "notify INSTANCE V FAULT 96",
    ]


def test_a_file_without_weight_is_a_fault_when_it_says_anything_but_0() -> None:
    machine = files(Tracked(name="F"))
    machine.handle(Start(), 0)
    machine.handle(FileRead(name="F", number=1), 1)
    assert machine.instances["V"].state is State.FAULT
    machine.handle(FileRead(name="F", number=0), 2)
    assert machine.instances["V"].state is State.BACKUP


def processes(*tracked: Tracked, **settings: object) -> Router:
    watched = TrackProcess(name="P", process="nginx", **settings)  # type: ignore[arg-type]
    return router(wanted(track_processes=tracked, garp=QUIET), track_processes=(watched,))


def test_a_process_without_weight_is_a_fault_without_its_quorum() -> None:
    machine = processes(Tracked(name="P"))
    assert said(machine.handle(Start(), 0))[0] == (
        "log (V) entering FAULT state (tracked process P quorum not achieved)"
    )
    effects = said(machine.handle(ProcessesCounted(name="P", count=1), 1))
    assert effects[1:3] == ["log Quorum gained for tracked process P", "log (V) Entering BACKUP STATE"]


def test_a_weighted_process_changes_the_priority_when_its_delay_is_over() -> None:
    machine = processes(Tracked(name="P", weight=-20), terminate_delay=SECOND)
    machine.handle(Start(readings=(ProcessesCounted(name="P", count=1),)), 0)
    assert machine.instances["V"].priority == 100
    assert machine.handle(ProcessesCounted(name="P", count=0, by=Counting.EXIT), 1) == []
    assert machine.deadline == SECOND + 1
    assert lines(machine.handle(DeadlineReached(), SECOND + 1)) == [
        "log Quorum lost for tracked process P",
        "log (V) Changing effective priority from 100 to 80",
    ]


def test_a_bfd_session_that_is_down_at_the_start_is_a_fault_until_it_is_up() -> None:
    machine = router(wanted(track_bfds=(Tracked(name="B"),), garp=QUIET))
    assert said(machine.handle(Start(readings=(SessionChanged(name="B", is_up=False),)), 0))[0] == (
        "log (V) entering FAULT state"
    )
    assert said(machine.handle(SessionChanged(name="B", is_up=True), 1))[:2] == [
        "log VRRP_Instance(V) Tracked BFD instance B is UP",
        "log (V) Entering BACKUP STATE",
    ]
    assert said(machine.handle(SessionChanged(name="B", is_up=False), 2))[:2] == [
        "log VRRP_Instance(V) Tracked BFD instance B is DOWN",
        "log (V) Entering FAULT STATE",
    ]


def test_a_bfd_session_that_is_not_run_means_nothing() -> None:
    machine = started(wanted(track_bfds=(Tracked(name="B"),), garp=QUIET))
    assert machine.instances["V"].state is State.BACKUP


def test_causes_of_different_kinds_must_all_go() -> None:
    instance = wanted(
        track_files=(Tracked(name="F"),),
        track_processes=(Tracked(name="P"),),
        track_interfaces=(TrackedInterface(name="eth1"),),
        garp=QUIET,
    )
    machine = started(
        instance,
        facts=(ETH0, InterfaceFacts(name="eth1")),
        track_files=(TrackFile(name="F", path="/x"),),
        track_processes=(TrackProcess(name="P", process="nginx"),),
    )
    machine.handle(FileRead(name="F", number=1), 0)
    machine.handle(InterfaceChanged(name="eth1", is_up=False), 0)
    for event in (ProcessesCounted(name="P", count=1), FileRead(name="F", number=0)):
        machine.handle(event, 1)
        assert machine.instances["V"].state is State.FAULT
    machine.handle(InterfaceChanged(name="eth1", is_up=True), 2)
    assert machine.instances["V"].state is State.BACKUP


def test_what_a_group_tracks_concerns_every_member() -> None:
    members = (wanted("A", garp=QUIET), wanted("B", router_id=52, garp=QUIET))
    machine = router(
        *members,
        vrrp_sync_groups=(SyncGroup(name="G", members=("A", "B"), track_files=(Tracked(name="F"),)),),
        track_files=(TrackFile(name="F", path="/x"),),
    )
    machine.handle(Start(), 0)
    effects = said(machine.handle(FileRead(name="F", number=1), 1))
    assert [line for line in effects if line.startswith("detail")] == [
        "detail (A): tracked file F now FAULT state",
        "detail (B): tracked file F now FAULT state",
    ]
    assert {each.state for each in machine.instances.values()} == {State.FAULT}
    machine.handle(FileRead(name="F", number=0), 2)
    assert {each.state for each in machine.instances.values()} == {State.BACKUP}


def test_a_reload_looks_at_files_and_processes_anew() -> None:
    machine = files(Tracked(name="F", weight=1))
    machine.handle(Start(readings=(FileRead(name="F", number=5),)), 0)
    instance = wanted(track_files=(Tracked(name="F", weight=1), Tracked(name="G", weight=1)), garp=QUIET)
    configuration = Configuration(
        vrrp_instances=(instance,), track_files=(TrackFile(name="F", path="/x"), TrackFile(name="G", path="/y"))
    )
    machine.handle(Reconfigure(configuration=configuration, readings=(FileRead(name="G", number=7),)), 1)
    assert machine.instances["V"].priority == 112
    gone = Configuration(vrrp_instances=(wanted(garp=QUIET),))
    machine.handle(Reconfigure(configuration=gone), 2)
    assert machine.instances["V"].priority == 100
