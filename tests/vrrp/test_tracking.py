"""What a status means, and what a group adds. Source: reference/vrrp-behaviour.md §7, §8."""

from __future__ import annotations

import pytest

from keepalived_py.config.ast import SyncGroup, TrackedInterface, TrackedScript, VirtualAddress
from keepalived_py.config.ast import Tracked as Listed
from keepalived_py.vrrp.tracking import Standing, Tracked, TrackerKind, standing, tracking_of
from tests.lab.routing import routes, rules
from tests.vrrp.notation import VIP, wanted


def script(name: str, weight: int = 0) -> Tracked:
    return Tracked(kind=TrackerKind.SCRIPT, name=name, weight=weight)


def interface(name: str) -> Tracked:
    return Tracked(kind=TrackerKind.INTERFACE, name=name)


@pytest.mark.parametrize("kind", [kind for kind in TrackerKind if kind is not TrackerKind.FILE])
@pytest.mark.parametrize(
    ("weight", "reverse", "up", "expected"),
    [
        (10, False, True, 10),
        (10, False, False, 0),
        (10, True, True, -10),
        (10, True, False, 0),
        (-10, False, True, 0),
        (-10, False, False, -10),
        (-10, True, False, 10),
        (10, False, None, 0),
        (-10, False, None, 0),
    ],
)
def test_a_positive_weight_counts_when_up_and_a_negative_one_when_down(
    kind: TrackerKind, weight: int, reverse: bool, up: bool | None, expected: int
) -> None:
    tracked = Tracked(kind=kind, name="x", weight=weight, reverse=reverse)
    assert standing(tracked, up) == Standing(fault=False, contribution=expected)


@pytest.mark.parametrize("kind", [kind for kind in TrackerKind if kind is not TrackerKind.FILE])
@pytest.mark.parametrize(
    ("up", "reverse", "fault"),
    [(False, False, True), (True, False, False), (True, True, True), (False, True, False), (None, False, False)],
)
def test_weight_0_faults_when_down_or_reversed_when_up(
    kind: TrackerKind, up: bool | None, reverse: bool, fault: bool
) -> None:
    assert standing(Tracked(kind=kind, name="x", reverse=reverse), up) == Standing(fault=fault)


@pytest.mark.parametrize(
    ("weight", "reverse", "number", "expected"),
    [
        (1, False, 7, Standing(contribution=7)),
        (-2, False, 7, Standing(contribution=-14)),
        (2, True, 7, Standing(contribution=-14)),
        (3, False, 1000, Standing(contribution=253)),
        (1, False, -253, Standing(contribution=-253)),
        (1, False, -254, Standing(fault=True)),
        (-2, False, 2**31, Standing(fault=True)),
        (1, False, 0, Standing()),
        (0, False, 0, Standing()),
        (0, False, 3, Standing(fault=True)),
        (0, True, 0, Standing(fault=True)),
        (0, True, -3, Standing()),
    ],
)
def test_a_file_adds_its_number_times_the_weight_and_minus_254_is_a_fault(
    weight: int, reverse: bool, number: int, expected: Standing
) -> None:
    tracked = Tracked(kind=TrackerKind.FILE, name="f", weight=weight, reverse=reverse)
    assert standing(tracked, number) == expected


def test_an_instance_watches_its_own_interface_and_those_of_its_addresses() -> None:
    other = VirtualAddress(address=VIP, prefix_length=24, interface="eth1")
    free = VirtualAddress(address=VIP, prefix_length=24, interface="eth2", no_track=True)
    tracking = tracking_of(wanted(excluded_addresses=(other, free)), None)
    assert tracking.trackers == (interface("eth0"), interface("eth1"))
    assert tracking_of(wanted(dont_track_primary=True), None).trackers == ()


def test_an_instance_watches_the_interfaces_of_its_routes_and_rules_and_of_static_entries() -> None:
    virtual_routes = routes("10.1.0.0/16 dev eth1", "10.2.0.0/16 dev eth7 no_track", "10.3.0.0/16 via 10.1.0.1")
    virtual_rules = rules("iif eth2 oif eth3 table 9 preference 7", "iif eth8 table 9 preference 8 no_track")
    tracking = tracking_of(wanted(virtual_routes=virtual_routes, virtual_rules=virtual_rules), None, ["eth4", "eth1"])
    assert [(each.name, each.weight) for each in tracking.trackers] == [(f"eth{number}", 0) for number in range(5)]


def test_a_weight_on_the_own_interface_does_not_replace_its_fault() -> None:
    tracking = tracking_of(wanted(track_interfaces=(TrackedInterface(name="eth0", weight=-20),)), None)
    assert tracking.trackers == (interface("eth0"),)


def test_weights_of_group_members_do_not_count_unless_the_group_says_so() -> None:
    member = wanted(
        track_scripts=(TrackedScript(name="a", weight=5), TrackedScript(name="b")),
        track_interfaces=(TrackedInterface(name="eth1", weight=5),),
    )
    group = SyncGroup(name="G", members=("V",))
    tracking = tracking_of(member, group)
    assert tracking.trackers == (interface("eth0"), interface("eth1"), script("b"))
    weighted = SyncGroup(name="G", members=("V",), sync_group_tracking_weight=True)
    assert tracking_of(member, weighted).of(TrackerKind.SCRIPT) == [script("a", 5), script("b")]


def test_the_group_s_weight_wins_unless_the_member_s_is_0() -> None:
    member = wanted(track_scripts=(TrackedScript(name="a", weight=5), TrackedScript(name="b")))
    group = SyncGroup(
        name="G",
        members=("V",),
        sync_group_tracking_weight=True,
        track_scripts=(TrackedScript(name="a", weight=7), TrackedScript(name="b", weight=7)),
    )
    tracking = tracking_of(member, group)
    assert tracking.of(TrackerKind.SCRIPT) == [script("a", 7), script("b")]
    assert tracking.remarks[0] == (
        "(V) track_script a is configured on VRRP instance and sync group. Remove vrrp instance config"
    )


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (TrackerKind.FILE, "track_files"),
        (TrackerKind.PROCESS, "track_processes"),
        (TrackerKind.BFD, "track_bfds"),
    ],
)
def test_every_kind_is_merged_by_the_same_rule_and_remarked_on_by_its_name(kind: TrackerKind, field: str) -> None:
    member = wanted(**{field: (Listed(name="x", weight=5), Listed(name="own", weight=-3, reverse=True))})
    theirs = {field: (Listed(name="x", weight=7, reverse=True), Listed(name="theirs"))}
    group = SyncGroup(name="G", members=("V",), sync_group_tracking_weight=True, **theirs)  # type: ignore[arg-type]
    tracking = tracking_of(member, group)
    assert tracking.of(kind) == [
        Tracked(kind=kind, name="x", weight=7, reverse=True),
        Tracked(kind=kind, name="own", weight=-3, reverse=True),
        Tracked(kind=kind, name="theirs"),
    ]
    assert tracking.remarks == (
        f"(V) track_{kind.value} x is configured on VRRP instance and sync group. Remove vrrp instance config",
    )
