"""What a reload keeps, brings and takes away: two configurations, and everything that must be told."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest

from keepalived_py.checkers.events import (
    AttemptFinished,
    CheckerVerdict,
    DeadlineReached,
    Failed,
    Initialise,
    Log,
    MailRealServer,
    MailVirtualServer,
    Notify,
    Start,
    Succeeded,
    Verdict,
)
from keepalived_py.checkers.machines import HttpChecker, TcpChecker
from keepalived_py.checkers.quorum import VirtualServerMachine
from keepalived_py.checkers.reload import (
    absent_servers,
    begin_checks,
    carry_over_checks,
    carry_over_service,
    remove_service,
    same_check,
)
from keepalived_py.config.ast import GroupMark, GroupRange, SorryServer, VirtualServerGroup
from tests.lab.checks import SECOND, HttpUrl, http_get, real_server, tcp_check, virtual_server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keepalived_py.checkers.events import VirtualServerEffect
    from keepalived_py.config.ast import RealServer

V = "[198.51.100.1]:tcp:80"
ONE, TWO, THREE = (f"[192.0.2.{n}]:tcp:80" for n in (1, 2, 3))
GOOD, BAD = Succeeded(), Failed(reason="failed")


def servers(*numbers: int, **fields: Any) -> list[RealServer]:
    return [real_server(f"192.0.2.{number}", **fields) for number in numbers]


def running(*configured: RealServer, down: Sequence[int] = (), **fields: Any) -> VirtualServerMachine:
    service = VirtualServerMachine(virtual_server(*configured, **fields))
    service.handle(Initialise(), 0)
    for number in down:
        service.handle(
            CheckerVerdict(real_server=number, checker=0, was_up=True, is_up=False, first=False, report=""), 0
        )
    return service


def told(effects: Sequence[VirtualServerEffect]) -> list[str]:
    lines: list[str] = []
    for effect in effects:
        match effect:
            case Log(text=text):
                lines.append(text)
            case Notify(line=line):
                lines.append(f"notify {line}")
            case MailRealServer() | MailVirtualServer():
                lines.append(f"mail {'UP' if effect.is_up else 'DOWN'}: {effect.report}")
    return lines


def table(service: VirtualServerMachine) -> list[str]:
    return [f"{each.address}={each.weight}" for each in service.wanted()[0].destinations]


def new(*configured: RealServer, **fields: Any) -> VirtualServerMachine:
    return VirtualServerMachine(virtual_server(*configured, **fields))


# --- checks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({}, True),
        ({"delay_loop": SECOND, "retry": 9, "alpha": True}, True),
        ({"connect_timeout": 9 * SECOND}, False),
        ({"bindto": ip_address("192.0.2.200")}, False),
    ],
)
def test_timing_does_not_make_another_check_but_the_connection_does(other: dict[str, Any], same: bool) -> None:
    assert same_check(tcp_check(), tcp_check(**other)) is same


def test_web_checks_are_the_same_with_the_same_urls_and_host() -> None:
    one = http_get(HttpUrl(path="/a"), HttpUrl(path="/b"))
    assert same_check(one, replace(one, http_protocol="1.1", fast_recovery=True))
    assert not same_check(one, http_get(HttpUrl(path="/b"), HttpUrl(path="/a")))
    assert not same_check(one, replace(one, virtualhost="www.example.org"))
    assert not same_check(one, replace(one, ssl=True))
    assert not same_check(one, tcp_check())


def _tcp(**fields: Any) -> TcpChecker:
    return TcpChecker(tcp_check(**fields), real_server=ONE, virtual_server=V)


def _run(machine: TcpChecker | HttpChecker, *outcomes: Any) -> list[bool]:
    """Run attempts one after the other; returns the verdicts."""
    verdicts = []
    for outcome in outcomes:
        assert machine.deadline is not None
        now = machine.deadline
        machine.handle(DeadlineReached(), now)
        effects = machine.handle(AttemptFinished(outcome=outcome), now)
        verdicts += [effect.is_up for effect in effects if isinstance(effect, Verdict)]
    return verdicts


def test_a_kept_check_goes_on_where_it_was_and_is_not_announced_again() -> None:
    old = _tcp(retry=3)
    old.handle(Start(warmup=0), 0)
    _run(old, GOOD, BAD, BAD)
    kept = _tcp(retry=3, delay_loop=SECOND)
    assert carry_over_checks([(tcp_check(), kept)], [(tcp_check(), old)], server_was_up=True) == 0
    assert kept.handle(Start(warmup=0), 0) == []
    assert _run(kept, BAD, BAD) == [False], "two of three retries were used before the reload"


def test_fewer_retries_than_were_used_leave_one_attempt() -> None:
    old = _tcp(retry=5)
    old.handle(Start(warmup=0), 0)
    _run(old, GOOD, BAD, BAD, BAD)
    kept = _tcp(retry=1)
    carry_over_checks([(tcp_check(), kept)], [(tcp_check(), old)], server_was_up=True)
    kept.handle(Start(warmup=0), 0)
    assert _run(kept, BAD) == [False]


def test_a_check_that_was_down_stays_down_and_asks_the_url_that_failed() -> None:
    configured = http_get(HttpUrl(path="/a"), HttpUrl(path="/b"))
    old = HttpChecker(configured, real_server=ONE, virtual_server=V)
    old.handle(Start(warmup=0), 0)
    _run(old, GOOD, BAD)
    kept = HttpChecker(configured, real_server=ONE, virtual_server=V)
    assert carry_over_checks([(configured, kept)], [(configured, old)], server_was_up=False) == 1
    assert (kept.is_up, kept.url) == (False, 1)
    kept.handle(Start(warmup=0), 0)
    assert _run(kept, GOOD, GOOD, GOOD) == [True]


def test_a_new_check_beside_a_failed_one_needs_one_failure_and_alpha_ones_start_down() -> None:
    old = _tcp()
    old.handle(Start(warmup=0), 0)
    _run(old, BAD)
    kept, extra, alpha = _tcp(), _tcp(port=81, retry=4), _tcp(port=82, alpha=True)
    configured = [tcp_check(), tcp_check(port=81), tcp_check(port=82, alpha=True)]
    pairs = list(zip(configured, (kept, extra, alpha), strict=True))
    assert carry_over_checks(pairs, [(tcp_check(), old)], server_was_up=False) == 2
    assert (kept.is_up, extra.is_up, alpha.is_up) == (False, True, False)
    assert extra.attempts == 4


def test_the_checks_of_a_new_server_have_all_their_retries() -> None:
    plain, alpha = _tcp(retry=2), _tcp(retry=2, alpha=True)
    assert begin_checks([plain, alpha]) == 1
    plain.handle(Start(warmup=0), 0)
    assert _run(plain, BAD, BAD) == []
    assert _run(plain, BAD) == [False]


# --- servers ----------------------------------------------------------------------------------------------------------


def test_nothing_changed_is_nothing_told() -> None:
    old = running(*servers(1, 2), down=[1])
    service = new(*servers(1, 2))
    assert told(carry_over_service(service, old, [0, 1])) == []
    assert service.alive() == (True, False)
    assert table(service) == ["192.0.2.1=1"]
    assert service.quorum_is_up


def test_a_server_that_is_gone_is_told_and_a_new_one_is_in_at_once() -> None:
    old = running(*servers(1, 2))
    service = new(*servers(2, 3))
    assert told(carry_over_service(service, old, [0, 0])) == [
        f"service {ONE} no longer exist",
        f"Removing service {ONE} from VS {V}",
        f"notify RS {ONE} {V} DOWN",
        "mail DOWN: Removing",
    ]
    assert service.alive() == (True, True)
    assert table(service) == ["192.0.2.2=1", "192.0.2.3=1"]


def test_replacing_a_server_does_not_report_the_quorum_lost_when_the_new_one_restores_it() -> None:
    old = running(*servers(1, 2, smtp_alert=False), quorum=2)
    service = new(*servers(2, 3, smtp_alert=False), quorum=2)
    assert not [
        line for line in told(carry_over_service(service, old, [0, 0])) if "uorum" in line or "VS [" in line[:8]
    ]
    assert service.quorum_is_up


def test_a_changed_weight_is_told_and_in_the_new_table() -> None:
    old = running(*servers(1, 2), down=[1])
    service = new(*servers(1, 2, weight=4))
    assert told(carry_over_service(service, old, [0, 1])) == [
        f"Changing weight from 1 to 4 for active service {ONE} of VS {V}",
        f"Changing weight from 1 to 4 for inactive service {TWO} of VS {V}",
    ]
    assert table(service) == ["192.0.2.1=4"]


def test_a_failed_server_whose_failing_check_was_replaced_is_up_at_once() -> None:
    old = running(*servers(1, 2, smtp_alert=False), down=[0])
    service = new(*servers(1, 2, smtp_alert=False))
    assert told(carry_over_service(service, old, [0, 0])) == [
        f"Adding service {ONE} to VS {V}",
        f"notify RS {ONE} {V} UP",
    ]


def test_inhibit_on_failure_given_or_taken_by_a_reload_decides_over_failed_servers() -> None:
    old = running(*servers(1, 2), down=[0])
    service = new(*servers(1, 2, inhibit_on_failure=True))
    carry_over_service(service, old, [1, 0])
    assert table(service) == ["192.0.2.1=0", "192.0.2.2=1"]
    again = new(*servers(1, 2))
    carry_over_service(again, service, [1, 0])
    assert table(again) == ["192.0.2.2=1"]


def test_a_higher_quorum_may_be_lost_by_a_reload() -> None:
    old = running(*servers(1, 2), down=[1])
    service = new(*servers(1, 2), quorum=2)
    assert told(carry_over_service(service, old, [0, 1])) == [
        f"Starting with quorum down 2-0=2 > 1 for VS {V}",
        f"notify VS {V} DOWN",
    ]


SORRY = SorryServer(address=ip_address("192.0.2.9"), port=80)


def test_an_active_sorry_server_stays_active() -> None:
    old = running(*servers(1, 2), down=[0, 1], sorry_server=SORRY)
    service = new(*servers(1, 2), sorry_server=SORRY)
    assert told(carry_over_service(service, old, [1, 1])) == []
    assert table(service) == ["192.0.2.9=1"]
    assert service.sorry_server_is_active


def test_an_active_sorry_server_that_is_taken_away_gives_the_place_back() -> None:
    old = running(*servers(1, 2, 3), down=[0], quorum=3, sorry_server=SORRY)
    assert table(old) == ["192.0.2.9=1"]
    service = new(*servers(1, 2, 3), quorum=3)
    assert told(carry_over_service(service, old, [1, 0, 0])) == [
        f"Removing sorry server [192.0.2.9]:tcp:80 from VS {V}",
        f"Adding alive servers to the pool for VS {V}",
    ]
    assert table(service) == ["192.0.2.2=1", "192.0.2.3=1"]


def test_a_sorry_server_given_while_the_quorum_is_lost_serves_at_once() -> None:
    old = running(*servers(1, 2), down=[0], quorum=2)
    service = new(*servers(1, 2), quorum=2, sorry_server=SORRY)
    assert f"Adding sorry server [192.0.2.9]:tcp:80 to VS {V}" in told(carry_over_service(service, old, [1, 0]))
    assert table(service) == ["192.0.2.9=1"]


def test_servers_that_a_dead_worker_had_taken_out_are_told_by_the_table_it_left() -> None:
    def absent(service: VirtualServerMachine, **fields: Any) -> list[int]:
        held = {entry.service.key: entry for entry in service.wanted()}
        return sorted(absent_servers(new(*servers(1, 2, 3, **fields)), held))

    assert absent(running(*servers(1, 2, 3))) == []
    assert absent(running(*servers(1, 2, 3), down=[1])) == [1]
    inhibited = servers(1, 2, 3, inhibit_on_failure=True)
    assert absent(running(*inhibited, down=[0, 1]), inhibit_on_failure=True) == [0, 1]
    assert absent(running(*servers(1, 2, 3, weight=0)), weight=0) == []
    assert absent(running(*servers(1, 2, 3), down=[0, 1], quorum=2, sorry_server=SORRY)) == [0, 1, 2]


def test_a_server_that_begins_as_failed_is_out_until_a_check_succeeds() -> None:
    service = new(*servers(1, 2, smtp_alert=False))
    service.handle(Initialise(down=frozenset({1})), 0)
    assert (table(service), service.alive()) == (["192.0.2.1=1"], (True, False))
    check = _tcp()
    check.begin_down()
    assert check.handle(Start(warmup=0), 0) == []
    assert _run(check, BAD, BAD) == []
    assert _run(check, GOOD) == [True]
    back = CheckerVerdict(real_server=1, checker=0, was_up=False, is_up=True, first=False, report="")
    assert told(service.handle(back, 0)) == [f"Adding service {TWO} to VS {V}", f"notify RS {TWO} {V} UP"]


def test_a_virtual_server_that_is_gone_is_told_with_all_its_servers() -> None:
    old = running(*servers(1, 2, smtp_alert=False), down=[1], smtp_alert=True)
    assert told(remove_service(old)) == [
        f"Removing Virtual Server {V}",
        f"Removing service {ONE} from VS {V}",
        f"notify RS {ONE} {V} DOWN",
        f"notify VS {V} DOWN",
        "mail DOWN: Lost quorum 1+0=1 <= 0",
    ]


# --- groups -----------------------------------------------------------------------------------------------------------


def _group(*ranges: tuple[str, str], marks: Sequence[int] = ()) -> VirtualServerGroup:
    return VirtualServerGroup(
        name="web",
        ranges=tuple(GroupRange(first=ip_address(first), last=ip_address(last), port=80) for first, last in ranges),
        marks=tuple(GroupMark(mark=mark) for mark in marks),
    )


def _of_group(group: VirtualServerGroup, *numbers: int) -> VirtualServerMachine:
    return VirtualServerMachine(virtual_server(*servers(*numbers), group="web"), group=group)


def test_what_left_a_group_and_what_came_to_it_is_told_and_the_servers_are_in_all_of_it() -> None:
    old = _of_group(_group(("10.0.0.1", "10.0.0.1"), ("10.0.0.5", "10.0.0.9"), marks=[3]), 1, 2)
    old.handle(Initialise(), 0)
    service = _of_group(_group(("10.0.0.1", "10.0.0.1"), ("10.0.0.5", "10.0.0.6"), marks=[4]), 1, 2)
    assert told(carry_over_service(service, old, [0, 0])) == [
        "VS [[10.0.0.5]:tcp:80-10.0.0.9] in group web no longer exists",
        "VS [3] in group web no longer exists",
        "VS [[10.0.0.5]:tcp:80-10.0.0.6] added into group web",
        "VS [FWM 4] added into group web",
    ]
    assert [len(entry.destinations) for entry in service.wanted()] == [2, 2, 2, 2]


def test_the_last_virtual_server_of_a_group_is_told_as_the_group() -> None:
    old = _of_group(_group(("10.0.0.1", "10.0.0.1")), 1)
    old.handle(Initialise(), 0)
    assert told(remove_service(old))[0] == "Removing Virtual Server Group [web]"


def test_of_a_group_any_service_that_was_left_tells_who_was_taken_out() -> None:
    before = _of_group(_group(("10.0.0.1", "10.0.0.3")), 1, 2)
    before.handle(Initialise(down=frozenset({1})), 0)
    held = {entry.service.key: entry for entry in before.wanted()[2:]}
    assert absent_servers(_of_group(_group(("10.0.0.1", "10.0.0.3")), 1, 2), held) == {1}
    assert absent_servers(_of_group(_group(("10.9.0.1", "10.9.0.3")), 1, 2), held) == frozenset()
