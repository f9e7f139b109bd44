"""Which servers are in the table: sequences of verdicts and everything that must follow, in order."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.checkers.events import (
    ChangeDestinations,
    CheckerVerdict,
    DestinationRefused,
    Initialise,
    Log,
    MailRealServer,
    MailVirtualServer,
    Notify,
    RevertChecker,
    Shutdown,
    WeightChanged,
)
from keepalived_py.checkers.quorum import QuorumSettings, VirtualServerMachine
from keepalived_py.config.ast import Command, GroupRange, SorryServer, VirtualServerGroup
from keepalived_py.ipvs.dry_run import MemoryTable
from keepalived_py.ipvs.events import ChangesWanted, TableWanted
from keepalived_py.ipvs.table import IpvsTable
from keepalived_py.runtime.messages import (
    AddDestination,
    AddService,
    DeleteDestination,
    DeleteService,
    SetDestination,
)
from tests.lab.checks import real_server, tcp_check, virtual_server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keepalived_py.checkers.events import VirtualServerEffect

V = "[198.51.100.1]:tcp:80"
ONE, TWO, THREE = (f"[192.0.2.{n}]:tcp:80" for n in (1, 2, 3))
SORRY = "[192.0.2.9]:tcp:80"
SORRY_SERVER = SorryServer(address=ip_address("192.0.2.9"), port=80)


def up(server: int, checker: int = 0, *, was_up: bool = False, first: bool = False) -> CheckerVerdict:
    return CheckerVerdict(real_server=server, checker=checker, was_up=was_up, is_up=True, first=first, report="succeed")


def down(server: int, checker: int = 0, *, was_up: bool = True, first: bool = False) -> CheckerVerdict:
    return CheckerVerdict(real_server=server, checker=checker, was_up=was_up, is_up=False, first=first, report="failed")


def machine(servers: int = 2, settings: QuorumSettings | None = None, **fields: Any) -> VirtualServerMachine:
    of_server = {name: fields.pop(name) for name in ("inhibit_on_failure", "weight", "smtp_alert_rs") if name in fields}
    if "smtp_alert_rs" in of_server:
        of_server["smtp_alert"] = of_server.pop("smtp_alert_rs")
    configured = [real_server(f"192.0.2.{n}", **of_server) for n in range(1, servers + 1)]
    return VirtualServerMachine(virtual_server(*configured, **fields), settings)


def short(effects: Sequence[VirtualServerEffect]) -> list[str]:
    """Write effects as a reader would tell them: table changes as +, =, - and weight; lines and mails as they are."""
    told: list[str] = []
    for effect in effects:
        match effect:
            case ChangeDestinations(changes=changes):
                told += [_change(change) for change in changes]
            case Log(text=text):
                told.append(text)
            case Notify(line=line, command=command, stopping=stopping):
                script = "" if command is None else f" run {command.argv[0]}"
                told.append(f"notify {line}{script}{' (stopping)' if stopping else ''}")
            case MailRealServer() | MailVirtualServer():
                told.append(f"mail {'UP' if effect.is_up else 'DOWN'}: {effect.report}")
            case RevertChecker():
                told.append(f"revert checker {effect.checker} of server {effect.real_server} to {effect.is_up}")
    return told


def _change(change: object) -> str:
    match change:
        case AddService():
            return "+ service"
        case DeleteService():
            return "- service"
        case AddDestination(destination=destination):
            return f"+ {destination.address} weight {destination.weight}"
        case SetDestination(destination=destination):
            return f"= {destination.address} weight {destination.weight}"
        case DeleteDestination(destination=destination):
            return f"- {destination.address}"
    raise TypeError(change)


def told(service: VirtualServerMachine, *events: object) -> list[str]:
    return [line for event in events for line in short(service.handle(event, 0))]  # type: ignore[arg-type]


def test_at_the_start_every_server_is_in_the_table_before_any_check_ran() -> None:
    assert told(machine(), Initialise()) == [
        "+ service",
        "+ 192.0.2.1 weight 1",
        "+ 192.0.2.2 weight 1",
        f"Gained quorum 1+0=1 <= 2 for VS {V}",
        f"notify VS {V} UP",
    ]


def test_a_server_that_fails_leaves_and_one_that_recovers_returns() -> None:
    service = machine()
    told(service, Initialise())
    assert told(service, down(0)) == [
        f"Removing service {ONE} from VS {V}",
        "- 192.0.2.1",
        f"notify RS {ONE} {V} DOWN",
        "mail DOWN: failed",
    ]
    assert told(service, up(0)) == [
        f"Adding service {ONE} to VS {V}",
        "+ 192.0.2.1 weight 1",
        f"notify RS {ONE} {V} UP",
        "mail UP: succeed",
    ]


def test_a_server_is_up_while_none_of_its_checkers_is_failed() -> None:
    configured = real_server("192.0.2.1", tcp_check(), tcp_check(port=81))
    service = VirtualServerMachine(virtual_server(configured, real_server("192.0.2.2")))
    told(service, Initialise())
    assert service.alive() == (True, True)
    told(service, down(0, 0), down(0, 1), up(0, 0))
    assert service.alive() == (False, True)
    told(service, up(0, 1))
    assert service.alive() == (True, True)


def test_a_further_failed_checker_of_a_server_that_is_down_is_mailed_unless_no_checker_emails() -> None:
    configured = real_server("192.0.2.1", tcp_check(), tcp_check(port=81))
    for settings, mails in ((QuorumSettings(), ["mail DOWN: failed"]), (QuorumSettings(no_checker_emails=True), [])):
        service = VirtualServerMachine(virtual_server(configured), settings)
        told(service, Initialise(), down(0, 0))
        assert told(service, down(0, 1)) == mails


def test_no_mail_without_smtp_alert_and_none_for_a_verdict_that_changes_nothing() -> None:
    service = machine(smtp_alert_rs=False)
    told(service, Initialise())
    assert not [line for line in told(service, down(0), up(0)) if line.startswith("mail")]
    assert told(service, up(1, was_up=True, first=True)) == []


def test_alpha_servers_wait_outside_until_their_last_checker_succeeded() -> None:
    configured = real_server("192.0.2.1", tcp_check(alpha=True), tcp_check(port=81, alpha=True))
    service = VirtualServerMachine(virtual_server(configured, alpha=True))
    assert told(service, Initialise()) == ["+ service"]
    assert told(service, down(0, 0, was_up=False, first=True)) == [f"notify RS {ONE} {V} DOWN"]
    assert told(service, up(0, 0)) == ["mail DOWN: succeed"]
    assert told(service, up(0, 1)) == [
        f"Adding service {ONE} to VS {V}",
        "+ 192.0.2.1 weight 1",
        f"notify RS {ONE} {V} UP",
        f"Gained quorum 1+0=1 <= 1 for VS {V}",
        f"notify VS {V} UP",
        "mail UP: succeed",
    ]


def test_inhibited_servers_stay_with_weight_0() -> None:
    service = machine(inhibit_on_failure=True, weight=5)
    told(service, Initialise())
    assert told(service, down(0))[:2] == [f"Disabling service {ONE} of VS {V}", "= 192.0.2.1 weight 0"]
    assert told(service, up(0))[:2] == [f"Enabling service {ONE} of VS {V}", "= 192.0.2.1 weight 5"]


def test_an_inhibited_alpha_server_starts_with_weight_0() -> None:
    configured = real_server("192.0.2.1", tcp_check(alpha=True), inhibit_on_failure=True, weight=3)
    service = VirtualServerMachine(virtual_server(configured))
    assert told(service, Initialise()) == ["+ service", "+ 192.0.2.1 weight 0"]
    assert told(service, up(0))[:2] == [f"Enabling service {ONE} of VS {V}", "= 192.0.2.1 weight 3"]


def test_without_a_sorry_server_losing_the_quorum_only_tells() -> None:
    run = Command(argv=("/bin/quorum-down",))
    service = machine(quorum=2, quorum_down=run, smtp_alert=True, smtp_alert_rs=False)
    told(service, Initialise())
    assert told(service, down(0)) == [
        f"Removing service {ONE} from VS {V}",
        "- 192.0.2.1",
        f"notify RS {ONE} {V} DOWN",
        f"Lost quorum 2-0=2 > 1 for VS {V}",
        f"notify VS {V} DOWN run /bin/quorum-down",
        "mail DOWN: Lost quorum 2+0=2 <= 1",
    ]


def test_hysteresis_keeps_the_quorum_longer_and_gives_it_later() -> None:
    service = machine(4, quorum=3, hysteresis=1)
    told(service, Initialise())
    assert service.quorum_is_up
    told(service, down(0), down(1))
    assert service.quorum_is_up, "2 is still 3-1"
    told(service, down(2))
    assert not service.quorum_is_up
    told(service, up(0), up(1))
    assert not service.quorum_is_up, "3 is not yet 3+1"
    told(service, up(2))
    assert service.quorum_is_up


def test_the_sorry_server_replaces_the_others_when_the_quorum_is_lost_and_leaves_when_it_is_back() -> None:
    service = machine(3, quorum=2, sorry_server=SORRY_SERVER, smtp_alert_rs=False)
    told(service, Initialise(), down(0))
    assert told(service, down(1)) == [
        f"Removing service {TWO} from VS {V}",
        "- 192.0.2.2",
        f"notify RS {TWO} {V} DOWN",
        f"Lost quorum 2-0=2 > 1 for VS {V}",
        f"Adding sorry server {SORRY} to VS {V}",
        f"Removing alive servers from the pool for VS {V}",
        "- 192.0.2.3",
        "+ 192.0.2.9 weight 1",
        f"notify VS {V} DOWN",
    ]
    assert service.sorry_server_is_active
    assert told(service, down(2)) == [f"Removing service {THREE} from VS {V}", f"notify RS {THREE} {V} DOWN"]
    assert told(service, up(2)) == [f"Adding service {THREE} to VS {V}", f"notify RS {THREE} {V} UP"]
    assert told(service, up(0)) == [
        f"Adding service {ONE} to VS {V}",
        f"notify RS {ONE} {V} UP",
        f"Gained quorum 2+0=2 <= 2 for VS {V}",
        f"Removing sorry server {SORRY} from VS {V}",
        "- 192.0.2.9",
        f"Adding alive servers to the pool for VS {V}",
        "+ 192.0.2.1 weight 1",
        "+ 192.0.2.3 weight 1",
        f"notify VS {V} UP",
    ]


def test_with_alpha_the_sorry_server_serves_from_the_start() -> None:
    configured = real_server("192.0.2.1", tcp_check(alpha=True))
    service = VirtualServerMachine(virtual_server(configured, sorry_server=SORRY_SERVER, smtp_alert=True))
    assert told(service, Initialise()) == [
        "+ service",
        f"Starting with quorum down 1-0=1 > 0 for VS {V}",
        f"Adding sorry server {SORRY} to VS {V}",
        f"Removing alive servers from the pool for VS {V}",
        "+ 192.0.2.9 weight 1",
        f"notify VS {V} DOWN",
        "mail DOWN: Starting with quorum down 1+0=1 <= 0",
    ]


def test_an_inhibited_sorry_server_waits_in_the_table_with_weight_0() -> None:
    sorry = SorryServer(address=ip_address("192.0.2.9"), port=80, inhibit=True)
    service = machine(1, sorry_server=sorry, smtp_alert_rs=False)
    assert told(service, Initialise())[-1] == "+ 192.0.2.9 weight 0"
    assert "= 192.0.2.9 weight 1" in told(service, down(0))
    assert "= 192.0.2.9 weight 0" in told(service, up(0))


def test_a_sorry_server_that_is_also_a_real_server_shares_its_entry() -> None:
    sorry = SorryServer(address=ip_address("192.0.2.1"), port=80)
    service = machine(2, quorum=2, sorry_server=sorry, smtp_alert_rs=False)
    told(service, Initialise())
    assert [line for line in told(service, down(1)) if line[0] in "+-="] == [
        "- 192.0.2.2",
        "- 192.0.2.1",
        "+ 192.0.2.1 weight 1",
    ]
    assert [line for line in told(service, Shutdown()) if line[0] in "+-="] == ["- service"]


def test_a_changed_weight_reaches_the_kernel_only_while_the_server_is_used_and_moves_the_quorum() -> None:
    service = machine(2, quorum=5, weight=3)
    told(service, Initialise())
    assert told(service, WeightChanged(real_server=0, weight=1)) == [
        f"Changing weight from 3 to 1 for active service {ONE} of VS {V}",
        "= 192.0.2.1 weight 1",
        f"Lost quorum 5-0=5 > 4 for VS {V}",
        f"notify VS {V} DOWN",
    ]
    told(service, down(1))
    assert told(service, WeightChanged(real_server=1, weight=-4)) == [
        f"Changing weight from 3 to 0 for inactive service {TWO} of VS {V}"
    ]
    assert told(service, WeightChanged(real_server=1, weight=-5)) == []


def test_weights_of_0_never_give_a_quorum() -> None:
    service = machine(2, quorum=0, weight=0)
    assert told(service, Initialise()) == ["+ service", "+ 192.0.2.1 weight 0", "+ 192.0.2.2 weight 0"]


def test_rs_init_notifies_tells_of_the_servers_that_are_up_at_the_start() -> None:
    service = machine(1, QuorumSettings(rs_init_notifies=True))
    assert f"notify RS {ONE} {V} UP" in told(service, Initialise())


def test_what_the_kernel_refused_is_undone_and_can_be_tried_again() -> None:
    service = machine(smtp_alert_rs=False)
    told(service, Initialise(), down(0), up(0))
    key = service.wanted()[0].destinations[0].key
    assert told(service, DestinationRefused(destination=key)) == [
        "revert checker 0 of server 0 to False",
        f"notify RS {ONE} {V} DOWN",
    ]
    assert service.alive() == (False, True)
    assert [str(each.address) for each in service.wanted()[0].destinations] == ["192.0.2.2"]
    assert told(service, DestinationRefused(destination=key)) == [], "an answer is used once"
    assert told(service, up(0))[:2] == [f"Adding service {ONE} to VS {V}", "+ 192.0.2.1 weight 1"]


def test_a_refusal_at_the_start_is_left_as_it_is() -> None:
    service = machine()
    told(service, Initialise())
    assert told(service, DestinationRefused(destination=service.wanted()[0].destinations[0].key)) == []


def test_shutting_down_takes_out_each_server_and_then_the_service_without_notifications() -> None:
    service = machine()
    told(service, Initialise(), down(1))
    assert told(service, Shutdown()) == [
        f"Shutting down service {ONE} from VS {V}",
        "- 192.0.2.1",
        f"Shutting down service {TWO} from VS {V}",
        "- service",
    ]


def test_inhibited_servers_are_taken_out_for_good_at_the_end() -> None:
    service = machine(1, inhibit_on_failure=True)
    told(service, Initialise(), down(0))
    assert told(service, Shutdown()) == [
        f"Shutting down (inhibited) service {ONE} from VS {V}",
        "- 192.0.2.1",
        "- service",
    ]


def test_with_omega_the_end_is_notified_and_mailed() -> None:
    run = Command(argv=("/bin/bye",))
    service = machine(1, omega=True, quorum_down=run, smtp_alert=True)
    told(service, Initialise())
    assert told(service, Shutdown()) == [
        f"Shutting down service {ONE} from VS {V}",
        "- 192.0.2.1",
        f"notify RS {ONE} {V} DOWN (stopping)",
        "mail DOWN: Shutting down",
        f"notify VS {V} DOWN run /bin/bye (stopping)",
        "mail DOWN: Shutting down",
        "- service",
    ]


def test_with_lvs_flush_on_stop_the_servers_are_not_listed() -> None:
    service = machine(1, QuorumSettings(lvs_flush_on_stop=True), omega=True)
    told(service, Initialise())
    assert told(service, Shutdown()) == [f"notify VS {V} DOWN (stopping)", "- service"]


@pytest.mark.parametrize("inhibit", [False, True])
@given(data=st.data())
def test_the_table_follows_whatever_the_checkers_say(inhibit: bool, data: st.DataObject) -> None:
    """Whatever the verdicts: the changes sent one by one give the table that ``wanted`` would send whole."""
    sorry = data.draw(
        st.sampled_from((None, SORRY_SERVER, SorryServer(address=ip_address("192.0.2.2"), port=80, inhibit=inhibit)))
    )
    quorum = data.draw(st.integers(1, 3))
    service = machine(3, inhibit_on_failure=inhibit, sorry_server=sorry, quorum=quorum)
    service.handle(Initialise(), 0)
    table, kernel = IpvsTable(), MemoryTable()
    [first] = table.handle(TableWanted(services=service.wanted(), kernel=()), 0)
    assert set(kernel.apply(first.commands)) == {0}  # type: ignore[union-attr]
    state = [True, True, True]
    for server in data.draw(st.lists(st.integers(0, 2), max_size=12)):
        state[server] = not state[server]
        verdict = up(server) if state[server] else down(server)
        for effect in service.handle(verdict, 0):
            if isinstance(effect, ChangeDestinations):
                [apply] = table.handle(ChangesWanted(changes=effect.changes), 0)
                assert set(kernel.apply(apply.commands)) == {0}, "no command may surprise the kernel"  # type: ignore[union-attr]
        assert list(service.alive()) == state
        assert service.quorum_is_up == (sum(state) >= quorum)
        assert service.sorry_server_is_active == (sorry is not None and not service.quorum_is_up)
    [now] = kernel.services()
    [wanted] = service.wanted()
    assert now.service == wanted.service
    assert {each.key: each for each in now.destinations} == {each.key: each for each in wanted.destinations}


def group_machine() -> VirtualServerMachine:
    entry = GroupRange(first=ip_address("198.51.100.1"), last=ip_address("198.51.100.3"), port=80)
    configured = virtual_server(real_server("192.0.2.1"), real_server("192.0.2.2"), group="web")
    return VirtualServerMachine(configured, group=VirtualServerGroup(name="web", ranges=(entry,)))


def test_a_server_that_fails_leaves_every_service_of_a_group() -> None:
    service = group_machine()
    service.handle(Initialise(), 0)
    assert [len(entry.destinations) for entry in service.wanted()] == [2, 2, 2]
    told_of = told(service, down(0))
    assert told_of[0] == f"Removing service {ONE} from VS [web]:0"
    assert told_of[1:4] == ["- 192.0.2.1"] * 3
    assert [len(entry.destinations) for entry in service.wanted()] == [1, 1, 1]


def test_a_server_that_the_kernel_refuses_in_one_service_of_a_group_serves_in_the_others() -> None:
    service = group_machine()
    service.handle(Initialise(), 0)
    key = service.wanted()[0].destinations[0].key
    told(service, down(0))
    told(service, up(0))
    refusal = DestinationRefused(destination=key)
    assert told(service, refusal) == []
    assert told(service, refusal) == []
    assert service.alive() == (True, True)
    assert told(service, refusal) == ["revert checker 0 of server 0 to False", f"notify RS {ONE} [web]:0 DOWN"]
    assert service.alive() == (False, True)
    assert [len(entry.destinations) for entry in service.wanted()] == [1, 1, 1]
