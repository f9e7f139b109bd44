"""Which synchronisation daemons run when. Source: reference/ipvs.md §5, reference/vrrp-behaviour.md §14."""

from __future__ import annotations

import errno
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING

from keepalived_py.config.ast import LvsSyncDaemon
from keepalived_py.ipvs.events import Operation
from keepalived_py.ipvs.render import command_line
from keepalived_py.ipvs.sync import Synchronisation

if TYPE_CHECKING:
    from keepalived_py.ipvs.events import Command

FOLLOWS = LvsSyncDaemon(interface="eth0", instance="V", sync_id=51)


def carried_out(machine: Synchronisation, commands: list[Command], *, absent: bool = False) -> list[str]:
    """Answer each command as the kernel does, ``absent``: when nothing runs; return what was asked for."""
    lines = []
    for command in commands:
        stops_nothing = absent and command.operation is Operation.STOPDAEMON
        assert not machine.answered(command, errno.ESRCH if stops_nothing else 0)
        lines.append(command_line(command).removeprefix("ipvsadm --"))
    return lines


def following(settings: LvsSyncDaemon = FOLLOWS, *, is_master: bool = False) -> Synchronisation:
    machine = Synchronisation()
    carried_out(machine, machine.begin(settings), absent=True)
    carried_out(machine, machine.follow("V", is_master=is_master))
    return machine


def test_leftovers_are_stopped_without_a_word_and_nothing_runs_before_the_router_has_a_state() -> None:
    machine = Synchronisation()
    assert carried_out(machine, machine.begin(FOLLOWS), absent=True) == ["stop-daemon master", "stop-daemon backup"]
    assert carried_out(machine, machine.follow("V", is_master=False)) == [
        "start-daemon backup --mcast-interface eth0 --syncid 51"
    ]


def test_a_router_without_a_sync_daemon_leaves_the_daemons_of_others_alone() -> None:
    machine = Synchronisation()
    assert machine.begin(None) == []
    assert machine.follow("V", is_master=True) == []
    assert machine.end() == []


def test_the_role_follows_the_router_one_daemon_at_a_time() -> None:
    machine = following()
    assert carried_out(machine, machine.follow("V", is_master=True)) == [
        "stop-daemon backup",
        "start-daemon master --mcast-interface eth0 --syncid 51",
    ]
    assert carried_out(machine, machine.follow("V", is_master=False)) == [
        "stop-daemon master",
        "start-daemon backup --mcast-interface eth0 --syncid 51",
    ]


def test_from_backup_to_fault_nothing_changes_and_other_routers_do_not_count() -> None:
    machine = following()
    assert machine.follow("V", is_master=False) == []
    other = Synchronisation()
    carried_out(other, other.begin(FOLLOWS), absent=True)
    assert other.follow("W", is_master=True) == []


def test_without_an_instance_both_roles_run_to_the_end() -> None:
    machine = Synchronisation()
    begun = carried_out(machine, machine.begin(LvsSyncDaemon(interface="eth1", sync_id=0)), absent=True)
    assert [line.split()[:2] for line in begun[2:]] == [["start-daemon", "master"], ["start-daemon", "backup"]]
    assert carried_out(machine, machine.end()) == ["stop-daemon master", "stop-daemon backup"]


def test_a_reload_with_the_same_settings_touches_nothing() -> None:
    assert following().configure(replace(FOLLOWS)) == []


def test_a_reload_with_other_settings_starts_the_same_role_with_them() -> None:
    machine = following(is_master=True)
    wanted = replace(FOLLOWS, maximum_length=1400, group=ip_address("224.0.0.85"), port=8849, ttl=2)
    assert carried_out(machine, machine.configure(wanted)) == [
        "stop-daemon master",
        (
            "start-daemon master --mcast-interface eth0 --syncid 51 --sync-maxlen 1400 --mcast-group 224.0.0.85"
            " --mcast-port 8849 --mcast-ttl 2"
        ),
    ]


def test_a_reload_may_name_another_router_whose_state_is_told_before_or_after_it() -> None:
    other = replace(FOLLOWS, instance="W")
    after = following()
    assert carried_out(after, after.configure(other)) == ["stop-daemon backup"]
    assert carried_out(after, after.follow("W", is_master=True))[0].startswith("start-daemon master")
    before = following()
    assert carried_out(before, before.follow("W", is_master=True)) == ["stop-daemon backup"]
    assert carried_out(before, before.configure(other))[0].startswith("start-daemon master")


def test_a_reload_without_it_stops_the_daemon() -> None:
    machine = following()
    assert carried_out(machine, machine.configure(None)) == ["stop-daemon backup"]


def test_a_daemon_that_could_not_be_started_is_said_and_tried_again_at_the_next_change() -> None:
    machine = Synchronisation()
    carried_out(machine, machine.begin(FOLLOWS), absent=True)
    (start,) = machine.follow("V", is_master=False)
    assert machine.answered(start, errno.ENODEV)
    assert [command.operation for command in machine.follow("V", is_master=True)] == [Operation.STARTDAEMON]


def test_that_somebody_else_stopped_ours_is_said_and_the_other_role_starts_all_the_same() -> None:
    machine = following()
    stop, start = machine.follow("V", is_master=True)
    assert machine.answered(stop, errno.ESRCH)
    assert not machine.answered(start, 0)
