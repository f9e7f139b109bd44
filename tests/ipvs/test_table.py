"""The wanted table against the kernel's: what is sent, in which order, and what the kernel's refusals lead to."""

from __future__ import annotations

import errno
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.ipvs.dry_run import MemoryTable
from keepalived_py.ipvs.events import (
    Apply,
    ChangesWanted,
    ClearWanted,
    Command,
    CommandsAnswered,
    Log,
    Operation,
    Refused,
    TableWanted,
)
from keepalived_py.ipvs.table import IpvsTable
from keepalived_py.runtime.messages import (
    AddDestination,
    AddService,
    DeleteDestination,
    DeleteService,
    SetDestination,
    SetService,
    WantedService,
)
from keepalived_py.wire.ipvs import METHOD_DR, METHOD_LOCAL, Destination, Service

if TYPE_CHECKING:
    from keepalived_py.ipvs.events import TableEffect
    from keepalived_py.runtime.messages import TableChange

WEB = Service(family=4, protocol=6, address=ip_address("198.51.100.1"), port=80, scheduler="wrr", timeout=50)
MARK = Service(family=4, fwmark=7)
FOREIGN = Service(family=4, protocol=17, address=ip_address("198.51.100.9"), port=53)


def server(number: int, weight: int = 1) -> Destination:
    return Destination(family=4, address=ip_address(f"192.0.2.{number}"), port=80, weight=weight)


def holding(service: Service, *destinations: Destination) -> WantedService:
    return WantedService(service=service, destinations=destinations)


def short(effects: list[TableEffect]) -> list[str]:
    told: list[str] = []
    for effect in effects:
        match effect:
            case Apply(commands=commands):
                told += [_command(command) for command in commands]
            case Log(text=text):
                told.append(text)
            case Refused(change=change, errno=number):
                told.append(f"refused {type(change).__name__} {errno.errorcode[number]}")
    return told


def _command(command: Command) -> str:
    assert command.key is not None or command.operation is Operation.FLUSH
    name = "" if command.key is None else command.key.fwmark or command.key.address
    server_text = "" if command.destination is None else f" {command.destination.address}={command.destination.weight}"
    return f"{command.operation.name} {name}{server_text}".strip()


def commands_of(effects: list[TableEffect]) -> tuple[Command, ...]:
    return tuple(command for effect in effects if isinstance(effect, Apply) for command in effect.commands)


def filled(*entries: WantedService) -> IpvsTable:
    table = IpvsTable()
    table.handle(TableWanted(services=entries, kernel=entries), 0)
    return table


def answer(table: IpvsTable, change: TableChange, *numbers: int) -> list[str]:
    """Make ``change``, answer what is sent with ``numbers`` in turn, and tell everything that follows."""
    effects = table.handle(ChangesWanted(changes=(change,)), 0)
    told: list[str] = []
    for number in numbers:
        commands = commands_of(effects)
        answers = (number, *[0] * (len(commands) - 1))
        effects = table.handle(CommandsAnswered(answers=tuple(zip(commands, answers, strict=True))), 0)
        told += short(effects)
    return told


# --- the whole table --------------------------------------------------------------------------------------------------


def test_an_empty_kernel_gets_each_service_followed_by_its_servers() -> None:
    wanted = (holding(WEB, server(1), server(2)), holding(MARK, server(3)))
    assert short(IpvsTable().handle(TableWanted(services=wanted, kernel=()), 0)) == [
        "ADD 198.51.100.1",
        "ADDDEST 198.51.100.1 192.0.2.1=1",
        "ADDDEST 198.51.100.1 192.0.2.2=1",
        "ADD 7",
        "ADDDEST 7 192.0.2.3=1",
    ]


def test_what_is_there_already_is_adopted_without_a_command() -> None:
    wanted = (holding(WEB, server(1), server(2)),)
    kernel = (holding(WEB, server(2), server(1)), holding(FOREIGN, server(5)))
    assert IpvsTable().handle(TableWanted(services=wanted, kernel=kernel), 0) == []


def test_only_differences_are_sent_changes_before_removals() -> None:
    wanted = (holding(WEB, server(1, weight=5), server(2)),)
    kernel = (holding(replace(WEB, scheduler="rr"), server(1), server(9)),)
    assert short(IpvsTable().handle(TableWanted(services=wanted, kernel=kernel), 0)) == [
        "EDIT 198.51.100.1",
        "EDITDEST 198.51.100.1 192.0.2.1=5",
        "ADDDEST 198.51.100.1 192.0.2.2=1",
        "DELDEST 198.51.100.1 192.0.2.9=1",
    ]


def test_a_service_that_is_no_longer_wanted_goes_and_a_foreign_one_stays() -> None:
    table = filled(holding(WEB, server(1)), holding(MARK, server(2)))
    kernel = (holding(WEB, server(1)), holding(MARK, server(2)), holding(FOREIGN, server(5)))
    assert short(table.handle(TableWanted(services=(holding(WEB, server(1)),), kernel=kernel), 0)) == [
        "DELDEST 7 192.0.2.2=1",
        "DEL 7",
    ]


def test_a_server_on_this_host_is_the_same_although_the_kernel_calls_it_local() -> None:
    wanted = replace(server(1), forwarding_method=METHOD_DR)
    shown = replace(wanted, forwarding_method=METHOD_LOCAL)
    event = TableWanted(services=(holding(WEB, wanted),), kernel=(holding(WEB, shown),))
    assert IpvsTable().handle(event, 0) == []
    heavier = TableWanted(services=(holding(WEB, replace(wanted, weight=9)),), kernel=(holding(WEB, shown),))
    assert short(IpvsTable().handle(heavier, 0)) == ["EDITDEST 198.51.100.1 192.0.2.1=9"]


def test_with_flush_everything_goes_first() -> None:
    kernel = (holding(WEB, server(1)), holding(FOREIGN))
    event = TableWanted(services=(holding(WEB, server(1)),), kernel=kernel, flush=True)
    assert short(IpvsTable().handle(event, 0)) == ["FLUSH", "ADD 198.51.100.1", "ADDDEST 198.51.100.1 192.0.2.1=1"]


# --- single changes and the end ---------------------------------------------------------------------------------------


def test_changes_become_commands_in_their_order_and_move_the_wanted_table() -> None:
    table = filled(holding(WEB, server(1), server(2)))
    changes = (
        AddDestination(service=WEB.key, destination=server(3)),
        DeleteDestination(service=WEB.key, destination=server(1)),
        SetDestination(service=WEB.key, destination=server(2, weight=0)),
        SetService(service=replace(WEB, scheduler="rr")),
        AddService(service=MARK),
        AddDestination(service=MARK.key, destination=server(4)),
    )
    assert short(table.handle(ChangesWanted(changes=changes), 0)) == [
        "ADDDEST 198.51.100.1 192.0.2.3=1",
        "DELDEST 198.51.100.1 192.0.2.1=1",
        "EDITDEST 198.51.100.1 192.0.2.2=0",
        "EDIT 198.51.100.1",
        "ADD 7",
        "ADDDEST 7 192.0.2.4=1",
    ]
    assert table.wanted() == (
        holding(replace(WEB, scheduler="rr"), server(2, weight=0), server(3)),
        holding(MARK, server(4)),
    )


def test_clearing_follows_the_given_order_and_then_takes_what_is_left() -> None:
    table = filled(holding(WEB, server(1), server(2)), holding(MARK, server(3)))
    changes = (DeleteDestination(service=MARK.key, destination=server(3)), DeleteService(service=MARK))
    assert short(table.handle(ClearWanted(changes=changes), 0)) == [
        "DELDEST 7 192.0.2.3=1",
        "DEL 7",
        "DELDEST 198.51.100.1 192.0.2.1=1",
        "DELDEST 198.51.100.1 192.0.2.2=1",
        "DEL 198.51.100.1",
    ]
    assert table.wanted() == ()
    assert table.handle(ClearWanted(), 0) == []


def test_clearing_with_flush_is_one_command() -> None:
    table = filled(holding(WEB, server(1)))
    assert short(table.handle(ClearWanted(flush=True), 0)) == ["FLUSH"]
    assert table.wanted() == ()


# --- refusals ---------------------------------------------------------------------------------------------------------

ADD_ONE = AddDestination(service=WEB.key, destination=server(1, weight=4))
SET_ONE = SetDestination(service=WEB.key, destination=server(1, weight=4))
DELETE_ONE = DeleteDestination(service=WEB.key, destination=server(1))
PAIR = "(198.51.100.1:tcp:80 -> 192.0.2.1:80)"


@pytest.mark.parametrize(
    ("change", "numbers", "told"),
    [
        (ADD_ONE, [0], []),
        (
            ADD_ONE,
            [errno.EEXIST, 0],
            [
                f"IPVS cmd IP_VS_SO_SET_ADDDEST(1159) error: Destination already exists(17) {PAIR}",
                "EDITDEST 198.51.100.1 192.0.2.1=4",
            ],
        ),
        (SET_ONE, [errno.ENOENT, 0], ["ADDDEST 198.51.100.1 192.0.2.1=4"]),
        (
            SET_ONE,
            [errno.ENOENT, errno.EEXIST],
            [
                "ADDDEST 198.51.100.1 192.0.2.1=4",
                f"IPVS cmd IP_VS_SO_SET_ADDDEST(1159) error: Destination already exists(17) {PAIR}",
            ],
        ),
        (
            DELETE_ONE,
            [errno.ENOENT],
            [f"IPVS cmd IP_VS_SO_SET_DELDEST(1160) error: No such destination(2) {PAIR}"],
        ),
        (
            DELETE_ONE,
            [errno.ESRCH],
            [f"IPVS cmd IP_VS_SO_SET_DELDEST(1160) error: No such destination(2) {PAIR}"],
        ),
        (
            ADD_ONE,
            [errno.EINVAL],
            [
                (
                    "IPVS cmd IP_VS_SO_SET_ADDDEST(1159) error: Invalid operation.  Possibly wrong module version,"
                    f" address not unicast, ...(22) {PAIR}"
                ),
                "refused AddDestination EINVAL",
            ],
        ),
        (
            DELETE_ONE,
            [errno.EPERM],
            [
                f"IPVS cmd IP_VS_SO_SET_DELDEST(1160) error: Permission denied (you must be root)(1) {PAIR}",
                "refused DeleteDestination EPERM",
            ],
        ),
        (
            AddService(service=MARK),
            [errno.ENOENT],
            [
                "IPVS cmd IP_VS_SO_SET_ADD(1154) error: Scheduler or persistence engine not found(2) (Fwm 7)",
                "refused AddService ENOENT",
            ],
        ),
        (
            DeleteService(service=WEB),
            [errno.ESRCH],
            ["IPVS cmd IP_VS_SO_SET_DEL(1156) error: No such file or directory(2) (198.51.100.1:tcp:80)"],
        ),
    ],
)
def test_each_refusal_has_the_references_words_and_consequence(
    change: TableChange, numbers: list[int], told: list[str]
) -> None:
    assert answer(filled(holding(WEB, server(2))), change, *numbers) == told


def test_a_service_that_vanished_is_put_back_whole_once() -> None:
    table = filled(holding(WEB, server(1), server(2)))
    changes = (
        SetDestination(service=WEB.key, destination=server(1, weight=4)),
        AddDestination(service=WEB.key, destination=server(3)),
    )
    commands = commands_of(table.handle(ChangesWanted(changes=changes), 0))
    answers = tuple((command, errno.ESRCH) for command in commands)
    effects = table.handle(CommandsAnswered(answers=answers), 0)
    assert short(effects) == [
        "IPVS: service 198.51.100.1:tcp:80 is missing in the kernel, restoring it",
        "ADD 198.51.100.1",
        "ADDDEST 198.51.100.1 192.0.2.1=4",
        "ADDDEST 198.51.100.1 192.0.2.2=1",
        "ADDDEST 198.51.100.1 192.0.2.3=1",
    ]
    again = table.handle(CommandsAnswered(answers=tuple((c, errno.ESRCH) for c in commands_of(effects))), 0)
    assert commands_of(again) == (), "a rescue is tried once, not for ever"
    assert "refused SetDestination ESRCH" in short(again)


def test_servers_of_a_service_that_the_kernel_would_not_take_are_not_rescued() -> None:
    table = IpvsTable()
    effects = table.handle(TableWanted(services=(holding(WEB, server(1)),), kernel=()), 0)
    add, destination = commands_of(effects)
    told = short(table.handle(CommandsAnswered(answers=((add, errno.ENOENT), (destination, errno.ESRCH))), 0))
    assert told == [
        "IPVS cmd IP_VS_SO_SET_ADD(1154) error: Scheduler or persistence engine not found(2) (198.51.100.1:tcp:80)",
        f"IPVS cmd IP_VS_SO_SET_ADDDEST(1159) error: No such file or directory(2) {PAIR}",
    ]


# --- convergence ------------------------------------------------------------------------------------------------------

_SERVERS = st.lists(
    st.builds(server, st.integers(1, 5), st.integers(0, 3)), max_size=5, unique_by=lambda each: each.key
).map(tuple)
_TABLES = st.lists(
    st.builds(
        WantedService,
        service=st.builds(
            lambda port, scheduler: replace(WEB, port=port, scheduler=scheduler),
            st.integers(80, 83),
            st.sampled_from(("rr", "wrr")),
        ),
        destinations=_SERVERS,
    ),
    max_size=4,
    unique_by=lambda entry: entry.service.key,
).map(tuple)


def _drive(table: IpvsTable, kernel: MemoryTable, effects: list[TableEffect]) -> None:
    while commands := commands_of(effects):
        answers = kernel.apply(commands)
        effects = table.handle(CommandsAnswered(answers=tuple(zip(commands, answers, strict=True))), 0)


def _content(entries: tuple[WantedService, ...]) -> dict[Service, set[Destination]]:
    return {entry.service: set(entry.destinations) for entry in entries}


@given(before=_TABLES, tampered=_TABLES, after=_TABLES)
def test_whatever_the_kernel_holds_it_ends_with_what_is_wanted(
    before: tuple[WantedService, ...], tampered: tuple[WantedService, ...], after: tuple[WantedService, ...]
) -> None:
    table, kernel = IpvsTable(), MemoryTable()
    _drive(table, kernel, table.handle(TableWanted(services=before, kernel=kernel.services()), 0))
    assert _content(kernel.services()) == _content(before)
    intruder = IpvsTable()
    _drive(intruder, kernel, intruder.handle(TableWanted(services=tampered, kernel=kernel.services()), 0))
    foreign = _content(kernel.services()).keys() - _content(before).keys()
    _drive(table, kernel, table.handle(TableWanted(services=after, kernel=kernel.services()), 0))
    now = _content(kernel.services())
    wanted = _content(after)
    assert {service: now[service] for service in wanted} == wanted
    keys = {service.key for service in wanted}
    assert all(service in foreign for service in now if service.key not in keys), "of ours nothing else is left"


@given(before=_TABLES, after=_TABLES, vanished=st.booleans())
def test_changes_sent_to_a_kernel_that_lost_everything_still_converge(
    before: tuple[WantedService, ...], after: tuple[WantedService, ...], vanished: bool
) -> None:
    """Each server of the second table is added by a single change, whether or not somebody emptied the table meanwhile."""
    table, kernel = IpvsTable(), MemoryTable()
    _drive(table, kernel, table.handle(TableWanted(services=before, kernel=()), 0))
    if vanished:
        kernel.apply((Command(operation=Operation.FLUSH),))
    ours = {entry.service.key for entry in before}
    touched = [entry for entry in after if entry.service.key in ours and entry.destinations]
    for entry in touched:
        for destination in entry.destinations:
            change = SetDestination(service=entry.service.key, destination=destination)
            _drive(table, kernel, table.handle(ChangesWanted(changes=(change,)), 0))
    wanted, now = _content(table.wanted()), _content(kernel.services())
    for entry in touched:
        service = next(each for each in wanted if each.key == entry.service.key)
        assert now[service] == wanted[service]
