"""timer_expired_backup: a MASTER that slept while another took over. Source: reference/vrrp-behaviour.md §6."""

from __future__ import annotations

from keepalived_py.config.ast import SyncGroup
from keepalived_py.vrrp.events import DeadlineReached, State
from tests.vrrp.fleets import elected
from tests.vrrp.notation import LOWER, SECOND, advert, heard, lines, master
from tests.vrrp.test_group import member, said

#: Two intervals and the skew of the highest other priority, after the advert that was due.
LIMIT = 2 * SECOND + (256 - 200) * SECOND // 256
SETTINGS: dict[str, object] = {"nopreempt": True, "timer_expired_backup": 200}


def test_a_master_that_slept_too_long_is_backup_without_a_farewell() -> None:
    instance, now = master(**SETTINGS)
    woken = now + SECOND + LIMIT + 1
    assert lines(instance.handle(DeadlineReached(), woken), "detail") == [
        "log VRRP thread timer expired 2.218751 seconds ago",
        "log (V) Entering BACKUP STATE",
        "remove 10.9.0.51/24 dev eth0",
        "state V BACKUP",
        "notify INSTANCE V BACKUP 100",
    ]
    assert instance.deadline == woken + 3_609_375


def test_one_that_slept_less_goes_on() -> None:
    instance, now = master(**SETTINGS)
    assert lines(instance.handle(DeadlineReached(), now + SECOND + LIMIT)) == ["send V 100"]


def test_what_arrived_while_it_slept_finds_a_backup_that_accepts_it() -> None:
    instance, now = master(**SETTINGS)
    woken = now + SECOND + LIMIT + 1
    effects = lines(heard(instance, advert(50, LOWER), woken), "state", "notify")
    assert effects[:2] == ["log VRRP thread timer expired 2.218751 seconds ago", "log (V) Entering BACKUP STATE"]
    assert "send V 100" not in effects
    assert instance.state is State.BACKUP
    assert instance.deadline == woken + 3_609_375


def test_without_the_keyword_it_reclaims_its_place() -> None:
    instance, now = master(nopreempt=True)
    assert "send V 100" in lines(heard(instance, advert(50, LOWER), now + 60 * SECOND))
    assert instance.state is State.MASTER


def test_the_limit_of_version_3_is_of_its_own_interval() -> None:
    instance, now = master(version=3, advert_int=SECOND // 10, **SETTINGS)
    limit = 2 * SECOND // 10 + (256 - 200) * (SECOND // 10) // 256
    due = now + SECOND // 10
    instance.handle(DeadlineReached(), due + limit)
    assert instance.state is State.MASTER
    assert instance.deadline is not None
    instance.handle(DeadlineReached(), instance.deadline + limit + 1)
    assert instance.state is State.BACKUP


def test_the_group_follows() -> None:
    machine, now = elected(
        member("A", 51, "eth0", **SETTINGS),
        member("B", 52, "eth0", nopreempt=True),
        vrrp_sync_groups=(SyncGroup(name="G", members=("A", "B")),),
    )
    assert [each.state for each in machine.instances.values()] == [State.MASTER, State.MASTER]
    effects = said(machine.handle(DeadlineReached(), now + SECOND + LIMIT + 1))
    assert "log VRRP_Group(G) Syncing instances to BACKUP state" in effects
    assert not [line for line in effects if line.endswith(" 0") and line.startswith("send")]
    assert [each.state for each in machine.instances.values()] == [State.BACKUP, State.BACKUP]
