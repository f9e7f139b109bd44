from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from keepalived_py.checkers.destinations import services_of
from keepalived_py.checkers.entries import TableEntries
from keepalived_py.config.ast import (
    ForwardingMethod,
    GroupMark,
    GroupRange,
    RealServer,
    SorryServer,
    Tunnel,
    VirtualServerGroup,
)
from keepalived_py.ipvs.events import Operation
from keepalived_py.ipvs.names import key_text
from keepalived_py.runtime.messages import AddDestination, AddService, DeleteDestination, DeleteService, SetDestination
from tests.lab.checks import real_server, virtual_server

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.runtime.messages import TableChange

GROUP = VirtualServerGroup(
    name="web",
    ranges=(
        GroupRange(first=ip_address("198.51.100.1"), last=ip_address("198.51.100.2"), port=80),
        GroupRange(first=ip_address("198.51.100.9"), last=ip_address("198.51.100.9"), port=443),
    ),
    marks=(GroupMark(mark=7),),
)
NAT = real_server("192.0.2.1", port=8080)
ROUTED = real_server("192.0.2.2", port=8080, lvs_method=ForwardingMethod.DR)
_VERBS = {
    AddService: "+",
    DeleteService: "-",
    AddDestination: Operation.ADDDEST.name,
    SetDestination: Operation.EDITDEST.name,
    DeleteDestination: Operation.DELDEST.name,
}


def entries(group: VirtualServerGroup | None = GROUP) -> TableEntries:
    return TableEntries(services_of(virtual_server(NAT, ROUTED, group=None if group is None else group.name), group))


def short(changes: Iterable[TableChange]) -> list[str]:
    told = []
    for change in changes:
        verb = _VERBS[type(change)]
        if isinstance(change, AddService | DeleteService):
            told.append(f"{verb} {key_text(change.service.key)}")
        elif isinstance(change, AddDestination | SetDestination | DeleteDestination):
            server = change.destination
            weight = "" if isinstance(change, DeleteDestination) else f" {server.weight}"
            told.append(f"{verb} {key_text(change.service)} {server.address}:{server.port}{weight}")
    return told


def test_every_address_and_mark_of_a_group_is_a_service_which_begins_and_ends() -> None:
    table = entries()
    names = ["198.51.100.1:tcp:80", "198.51.100.2:tcp:80", "198.51.100.9:tcp:443", "Fwm 7"]
    assert short(table.begin()) == [f"+ {name}" for name in names]
    assert short(table.end()) == [f"- {name}" for name in names]


def test_a_server_of_a_group_is_in_every_service_and_only_with_nat_has_it_its_own_port_there() -> None:
    table = entries()
    assert short(table.add(NAT, 3)) == [
        "ADDDEST 198.51.100.1:tcp:80 192.0.2.1:8080 3",
        "ADDDEST 198.51.100.2:tcp:80 192.0.2.1:8080 3",
        "ADDDEST 198.51.100.9:tcp:443 192.0.2.1:8080 3",
        "ADDDEST Fwm 7 192.0.2.1:8080 3",
    ]
    assert short(table.add(ROUTED, 1)) == [
        "ADDDEST 198.51.100.1:tcp:80 192.0.2.2:80 1",
        "ADDDEST 198.51.100.2:tcp:80 192.0.2.2:80 1",
        "ADDDEST 198.51.100.9:tcp:443 192.0.2.2:443 1",
        "ADDDEST Fwm 7 192.0.2.2:0 1",
    ]
    assert [[str(each.address) for each in entry.destinations] for entry in table.wanted((ROUTED, NAT))] == [
        ["192.0.2.2", "192.0.2.1"]
    ] * 4
    assert short(table.remove(NAT)) == [
        "DELDEST 198.51.100.1:tcp:80 192.0.2.1:8080",
        "DELDEST 198.51.100.2:tcp:80 192.0.2.1:8080",
        "DELDEST 198.51.100.9:tcp:443 192.0.2.1:8080",
        "DELDEST Fwm 7 192.0.2.1:8080",
    ]
    assert table.remove(NAT) == ()


def test_a_server_with_the_entry_of_another_changes_it_and_is_gone_with_it() -> None:
    table = entries(group=None)
    sorry = SorryServer(address=ip_address("192.0.2.1"), port=8080)
    table.add(NAT, 5)
    assert table.share_entries(NAT, sorry)
    assert not table.share_entries(ROUTED, sorry)
    assert short(table.add(sorry, 1)) == ["EDITDEST 198.51.100.1:tcp:80 192.0.2.1:8080 1"]
    assert short(table.remove(sorry)) == ["DELDEST 198.51.100.1:tcp:80 192.0.2.1:8080"]


def test_servers_that_meet_in_one_service_of_a_group_only_do_not_share_their_entries() -> None:
    """One has port 80 by NAT, the other takes over the service's port: the same to the kernel where that is 80."""
    by_nat = real_server("192.0.2.5", port=80)
    routed = real_server("192.0.2.5", port=80, lvs_method=ForwardingMethod.DR)
    table = entries()
    assert not table.share_entries(by_nat, routed)
    table.add(by_nat, 5)
    assert [line.split()[0] for line in short(table.add(routed, 1))] == ["EDITDEST", "EDITDEST", "ADDDEST", "ADDDEST"]
    assert len(table.remove(by_nat)) == 4
    assert len(table.remove(routed)) == 2


def test_what_is_held_or_forgotten_is_not_sent() -> None:
    table = entries(group=None)
    table.hold(NAT, 4)
    assert [destination.weight for destination in table.wanted((NAT,))[0].destinations] == [4]
    assert table.is_entry_of(table.wanted((NAT,))[0].destinations[0].key, NAT)
    assert not table.is_entry_of(table.wanted((NAT,))[0].destinations[0].key, ROUTED)
    table.forget(NAT)
    assert table.wanted((NAT,))[0].destinations == ()
    table.hold(NAT, 4)
    table.clear()
    assert table.wanted((NAT,))[0].destinations == ()


def test_a_changed_weight_goes_to_every_service() -> None:
    table = entries()
    table.add(NAT, 1)
    assert {line.split()[0] for line in short(table.change(NAT, 9))} == {"EDITDEST"}
    assert {each.weight for entry in table.wanted((NAT,)) for each in entry.destinations} == {9}


def test_thousands_of_addresses_hold_one_set_of_servers() -> None:
    wide = VirtualServerGroup(
        name="wide",
        ranges=(GroupRange(first=ip_address("10.0.0.0"), last=ip_address("10.0.15.255"), port=80),),
    )
    table = entries(wide)
    assert len(table.add(NAT, 1)) == 4096
    wanted = table.wanted((NAT,))
    assert all(entry.destinations is wanted[0].destinations for entry in wanted)


def test_tunnelled_servers_of_both_families_are_in_a_mixed_group() -> None:
    tunnel = Tunnel(type="gue", port=6080, checksum="remcsum")
    server: RealServer = real_server("2001:db8::5", lvs_method=ForwardingMethod.TUN, tunnel=tunnel)
    mixed = VirtualServerGroup(
        name="mixed",
        ranges=(
            GroupRange(first=ip_address("198.51.100.1"), last=ip_address("198.51.100.1"), port=80),
            GroupRange(first=ip_address("2001:db8::1"), last=ip_address("2001:db8::1"), port=80),
        ),
    )
    table = TableEntries(services_of(virtual_server(server, group="mixed"), mixed))
    table.add(server, 1)
    [four, six] = table.wanted((server,))
    assert (four.service.family, six.service.family) == (4, 6)
    assert four.destinations == six.destinations
    [destination] = four.destinations
    assert (destination.family, destination.tunnel_type, destination.tunnel_port, destination.tunnel_flags) == (
        6,
        1,
        6080,
        2,
    )
