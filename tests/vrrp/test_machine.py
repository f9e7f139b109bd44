"""Each rule of the machine as (now, event) and the effects that must follow. Source: reference/vrrp-behaviour.md §5, §6."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest

from keepalived_py.config.ast import (
    Authentication,
    AuthenticationType,
    GratuitousArpTiming,
    HmacAuthentication,
    HmacKey,
    UnicastPeer,
    VirtualAddress,
)
from keepalived_py.vrrp.adverts import AdvertBuilder
from keepalived_py.vrrp.events import (
    AddressLost,
    DeadlineReached,
    FaultCause,
    FaultCleared,
    FaultKind,
    FaultRaised,
    GroupMoved,
    PriorityChanged,
    ScriptReported,
    SourceChanged,
    Start,
    State,
    Stop,
)
from keepalived_py.vrrp.timing import master_down, skew
from tests.vrrp.notation import (
    HIGHER,
    LOWER,
    OWN,
    SECOND,
    advert,
    expire,
    heard,
    lines,
    machine,
    master,
    on_the_wire,
    started,
    wanted,
)

CABLE = FaultCause(kind=FaultKind.INTERFACE_DOWN, name="eth0")
OTHER_CABLE = FaultCause(kind=FaultKind.INTERFACE_DOWN, name="eth1")
DOWN_100 = master_down(2, 100, SECOND, 3)


# --- start ------------------------------------------------------------------------------------------------------------


def test_it_starts_as_backup_for_a_full_master_down_interval() -> None:
    instance = machine()
    assert lines(instance.handle(Start(), 0)) == [
        "detail (V) removing VIPs.",
        "remove 10.9.0.51/24 dev eth0",
        "log (V) Entering BACKUP STATE (init)",
        "state V BACKUP",
        "notify INSTANCE V BACKUP 100",
    ]
    assert instance.deadline == 3_609_375


def test_state_master_makes_no_difference_to_the_start() -> None:
    assert started(state_master=True).deadline == 3_609_375


def test_the_address_owner_becomes_master_at_once_without_a_word_about_backup() -> None:
    instance = machine(priority=255)
    assert lines(instance.handle(Start(), 0)) == ["state V BACKUP"]
    when, effects = expire(instance)
    assert when == 1
    assert lines(effects, "detail", "arp") == [
        "send V 255",
        "log (V) Entering MASTER STATE",
        "install 10.9.0.51/24 dev eth0",
        "state V MASTER",
        "notify INSTANCE V MASTER 255",
    ]


def test_silence_leads_to_master_in_the_order_of_the_reference() -> None:
    instance = started(garp=GratuitousArpTiming(repeat=2))
    when, effects = expire(instance)
    assert when == 3_609_375
    assert lines(effects) == [
        "detail (V) Receive advertisement timeout",
        "send V 100",
        "log (V) Entering MASTER STATE",
        "detail (V) setting VIPs.",
        "install 10.9.0.51/24 dev eth0",
        "detail (V) Sending/queueing gratuitous ARPs on eth0 for 10.9.0.51",
        "arp eth0 10.9.0.51",
        "arp eth0 10.9.0.51",
        "state V MASTER",
        "notify INSTANCE V MASTER 100",
    ]
    assert instance.deadline == when + SECOND


def test_excluded_addresses_are_set_after_and_announced_with_the_others() -> None:
    extra = VirtualAddress(address=IPv4Address("10.9.0.99"), prefix_length=32, interface="eth1")
    instance = started(excluded_addresses=(extra,), garp=GratuitousArpTiming(repeat=2))
    _, effects = expire(instance)
    assert lines(effects, "log", "detail", "notify", "state", "send") == [
        "install 10.9.0.51/24 dev eth0",
        "install 10.9.0.99/32 dev eth1",
        "arp eth0 10.9.0.51",
        "arp eth1 10.9.0.99",
        "arp eth0 10.9.0.51",
        "arp eth1 10.9.0.99",
    ]


# --- backup -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("priority", "settings", "restarts"),
    [
        (150, {}, True),
        (100, {}, True),
        (99, {}, False),
        (99, {"nopreempt": True}, True),
        (99, {"preempt_delay": 60 * SECOND}, True),
        (1, {}, False),
        (255, {}, True),
    ],
)
def test_an_advert_restarts_the_down_timer_or_not(priority: int, settings: dict[str, object], restarts: bool) -> None:
    instance = started(**settings)
    heard(instance, advert(priority), 2 * SECOND)
    assert instance.deadline == (2 * SECOND if restarts else 0) + DOWN_100
    assert instance.state is State.BACKUP


def test_the_first_advert_names_the_master_and_another_one_says_so() -> None:
    instance = started()
    assert lines(heard(instance, advert(150), 1)) == ["detail (V) master set to 10.0.0.6"]
    assert lines(heard(instance, advert(150), 2)) == []
    assert lines(heard(instance, advert(150, LOWER), 3)) == ["detail (V) master changed from 10.0.0.6 to 10.0.0.4"]


def test_a_lower_advert_is_discarded_with_a_line_each_time() -> None:
    instance = started()
    for now in (1, 2):
        effects = heard(instance, advert(50), now)
        assert lines(effects, "detail") == ["log (V) received lower priority (50) advert from 10.0.0.6 - discarding"]


def test_priority_zero_shortens_the_wait_to_the_skew() -> None:
    instance = started()
    heard(instance, advert(150), SECOND)
    effects = heard(instance, advert(0), 2 * SECOND)
    assert lines(effects) == ["detail (V) Backup received priority 0 advertisement"]
    assert instance.deadline == 2 * SECOND + skew(2, 100, SECOND) == 2_609_375


def test_priority_zero_and_silence_end_nopreempt() -> None:
    instance = started(nopreempt=True)
    heard(instance, advert(50), SECOND)
    heard(instance, advert(0), 2 * SECOND)
    assert expire(instance)[0] == 2_609_375
    assert instance.state is State.MASTER


def test_the_preempt_delay_begins_with_the_first_lower_advert_and_ends_with_a_higher_one() -> None:
    instance = started(preempt_delay=5 * SECOND + 250_000)
    assert lines(heard(instance, advert(50), SECOND)) == [
        "detail (V) master set to 10.0.0.6",
        "detail (V) start preempt delay (5.250000)",
    ]
    assert lines(heard(instance, advert(50), 2 * SECOND)) == []
    assert lines(heard(instance, advert(100), 3 * SECOND)) == ["detail (V) stop preempt delay"]
    assert lines(heard(instance, advert(50), 4 * SECOND)) == ["detail (V) start preempt delay (5.250000)"]


def test_after_the_preempt_delay_a_lower_master_is_no_longer_listened_to() -> None:
    instance = started(preempt_delay=5 * SECOND)
    for second in range(1, 6):
        heard(instance, advert(50), second * SECOND)
        assert instance.deadline == second * SECOND + DOWN_100
    effects = heard(instance, advert(50), 6 * SECOND)
    assert lines(effects) == ["log (V) received lower priority (50) advert from 10.0.0.6 - discarding"]
    assert instance.deadline == 5 * SECOND + DOWN_100


def test_version_3_learns_the_interval_of_the_master_and_forgets_it_as_master() -> None:
    other = wanted(version=3, advert_int=500_000)
    instance = started(version=3)
    effects = heard(instance, advert(150, of=other), SECOND)
    assert "detail (V) advertisement interval updated from 1000ms to 500ms by master" in lines(effects)
    assert instance.deadline == SECOND + master_down(3, 100, 500_000, 3) == 2_804_687
    _, effects = expire(instance)
    assert "detail (V) changing advert interval from 500ms to locally configured 1000ms" in lines(effects)
    assert instance.deadline == 2_804_687 + SECOND


def test_an_interval_of_nothing_is_not_learnt() -> None:
    instance = started(version=3)
    heard(instance, advert(150, of=instance.configuration, interval=0), SECOND)
    assert instance.deadline == SECOND + master_down(3, 100, SECOND, 3)


def test_a_rejected_packet_leaves_the_timer_alone_in_backup_and_in_master() -> None:
    wrong = replace(advert(150), ttl=64)
    instance = started()
    heard(instance, wrong, SECOND)
    assert instance.deadline == DOWN_100
    instance, when = master()
    heard(instance, wrong, when + SECOND // 2)
    assert instance.deadline == when + SECOND
    assert instance.state is State.MASTER


def test_a_priority_change_moves_the_pending_deadline_by_the_difference() -> None:
    instance = started()
    effects = instance.handle(PriorityChanged(total=150), SECOND)
    assert lines(effects) == ["log (V) Changing effective priority from 100 to 150"]
    assert instance.deadline == master_down(2, 150, SECOND, 3)
    heard(instance, advert(200), 2 * SECOND)
    heard(instance, advert(0), 3 * SECOND)
    instance.handle(PriorityChanged(total=100), 3 * SECOND)
    assert instance.deadline == 3 * SECOND + skew(2, 100, SECOND)


@pytest.mark.parametrize(("total", "effective"), [(-20, 1), (0, 1), (1, 1), (254, 254), (255, 254), (400, 254)])
def test_the_effective_priority_stays_between_1_and_254(total: int, effective: int) -> None:
    instance = started()
    instance.handle(PriorityChanged(total=total), 0)
    assert instance.priority == effective


def test_a_weight_never_alters_the_address_owner() -> None:
    instance = started(priority=255)
    assert instance.handle(PriorityChanged(total=200), 0) == []
    assert instance.priority == 255


# --- master -----------------------------------------------------------------------------------------------------------


def test_a_master_advertises_every_interval() -> None:
    instance, when = master(advert_int=2 * SECOND)
    for number in range(1, 4):
        due, effects = expire(instance)
        if lines(effects, "arp", "detail"):
            assert lines(effects, "arp", "detail") == ["send V 100"]
            assert due == when + 2 * number * SECOND


def test_a_priority_change_is_told_by_the_next_advert_only() -> None:
    instance, when = master()
    effects = instance.handle(PriorityChanged(total=90), when + 1)
    assert lines(effects) == ["log (V) Changing effective priority from 100 to 90"]
    due, effects = expire(instance)
    assert (due, lines(effects)) == (when + SECOND, ["send V 90"])


@pytest.mark.parametrize(
    ("priority", "source", "line"),
    [
        (101, LOWER, "Master received advert from 10.0.0.4 with higher priority 101, ours 100"),
        (100, HIGHER, "Master received advert from 10.0.0.6 with same priority 100 but higher IP address than ours"),
        (255, HIGHER, "Master received advert from 10.0.0.6 with higher priority 255, ours 100"),
    ],
)
def test_a_master_yields_without_a_farewell(priority: int, source: IPv4Address, line: str) -> None:
    instance, when = master()
    now = when + SECOND // 2
    assert lines(heard(instance, advert(priority, source), now)) == [
        f"log (V) {line}",
        "log (V) Entering BACKUP STATE",
        "detail (V) removing VIPs.",
        "remove 10.9.0.51/24 dev eth0",
        "state V BACKUP",
        "notify INSTANCE V BACKUP 100",
    ]
    assert instance.deadline == now + DOWN_100


def test_with_higher_prio_send_advert_a_master_has_the_last_word() -> None:
    instance, when = master(higher_prio_send_advert=True)
    assert lines(heard(instance, advert(101), when))[0] == "send V 100"
    assert instance.state is State.BACKUP


@pytest.mark.parametrize(("priority", "source"), [(99, HIGHER), (100, LOWER), (1, HIGHER)])
def test_a_master_answers_a_lower_one_at_once(priority: int, source: IPv4Address) -> None:
    instance, when = master(garp=GratuitousArpTiming(lower_priority_repeat=1))
    now = when + SECOND // 2
    line = f"Received advert from {source} with lower priority {priority}, ours 100, forcing new election"
    assert lines(heard(instance, advert(priority, source), now), "detail") == [
        f"log (V) {line}",
        "send V 100",
        "arp eth0 10.9.0.51",
        "notify INSTANCE V MASTER_RX_LOWER_PRI 100",
    ]
    assert instance.deadline == now + SECOND


def test_with_lower_prio_no_advert_the_answer_is_only_gratuitous_arp() -> None:
    instance, when = master(lower_prio_no_advert=True, garp=GratuitousArpTiming(lower_priority_repeat=0))
    effects = heard(instance, advert(99), when + 1)
    assert lines(effects) == [
        "log (V) Received advert from 10.0.0.6 with lower priority 99, ours 100",
        "notify INSTANCE V MASTER_RX_LOWER_PRI 100",
    ]
    assert instance.deadline == when + SECOND


def test_a_master_answers_priority_zero_with_an_advert() -> None:
    instance, when = master()
    effects = heard(instance, advert(0), when + 1)
    assert lines(effects) == ["send V 100", "detail (V) Master received priority 0 message"]
    assert instance.deadline == when + 1 + SECOND


def test_an_equal_advert_from_our_own_address_is_only_remarked_on() -> None:
    instance, when = master()
    effects = heard(instance, advert(100, OWN), when + 1)
    assert lines(effects) == ["log (V) WARNING - equal priority advert received from remote host with our IP address."]
    assert instance.deadline == when + SECOND


# --- two address owners -----------------------------------------------------------------------------------------------


def test_of_two_owners_the_lower_address_yields_at_once() -> None:
    instance, when = master(priority=255)
    effects = heard(instance, advert(255, HIGHER), when + 1)
    assert lines(effects)[:2] == [
        "log (V) CONFIGURATION ERROR: local instance and 10.0.0.6 are both configured as address owner, please resolve",
        "log (V) Master received advert from 10.0.0.6 with same priority 255 but higher IP address than ours",
    ]
    assert instance.state is State.BACKUP


def test_of_two_owners_the_higher_address_gives_way_if_the_other_does_not() -> None:
    instance, now = master(priority=255, garp=GratuitousArpTiming(delay=0, lower_priority_repeat=0))
    assert "CONFIGURATION ERROR" in lines(heard(instance, advert(255, LOWER), now))[0]
    now, _ = expire(instance)
    now, _ = expire(instance)
    effects = heard(instance, advert(255, LOWER), now + 1)
    assert lines(effects, "detail")[0] == (
        "log (V) 10.0.0.4 is still advertising as address owner, please resolve - reducing our priority"
    )
    assert instance.state is State.BACKUP
    assert instance.priority == 254
    _, effects = expire(instance)
    assert lines(effects, "detail")[:2] == [
        "log (V) Restoring our priority to 255 since other address owner has disappeared",
        "send V 255",
    ]


def test_of_two_owners_the_higher_address_stays_if_the_other_falls_silent() -> None:
    instance, now = master(priority=255, garp=GratuitousArpTiming(delay=0, lower_priority_repeat=0))
    heard(instance, advert(255, LOWER), now)
    expire(instance)
    second, _ = expire(instance)
    expire(instance)
    when, effects = expire(instance)
    assert when == second + 1_200_000
    assert lines(effects) == ["log (V): rogue address owner appears to have stopped advertising"]
    assert instance.priority == 255


# --- faults -----------------------------------------------------------------------------------------------------------


def test_a_master_with_a_fault_says_goodbye_twice() -> None:
    instance, when = master()
    assert lines(instance.handle(FaultRaised(cause=CABLE), when)) == [
        "log (V) Entering FAULT STATE",
        "send V 0",
        "send V 0",
        "detail (V) sent 0 priority",
        "detail (V) removing VIPs.",
        "remove 10.9.0.51/24 dev eth0",
        "state V FAULT",
        "notify INSTANCE V FAULT 100",
    ]
    assert instance.deadline is None
    assert instance.statistics.pri_zero_sent == 1


def test_a_backup_with_a_fault_says_nothing_on_the_wire() -> None:
    instance = started()
    assert lines(instance.handle(FaultRaised(cause=CABLE), SECOND)) == [
        "log (V) Entering FAULT STATE",
        "state V FAULT",
        "notify INSTANCE V FAULT 100",
    ]
    assert heard(instance, advert(150), SECOND) == []


def test_every_cause_must_go_before_the_fault_ends() -> None:
    instance = started()
    instance.handle(FaultRaised(cause=CABLE), 0)
    assert instance.handle(FaultRaised(cause=OTHER_CABLE), 0) == []
    assert instance.handle(FaultRaised(cause=CABLE), 0) == []
    assert instance.handle(FaultCleared(cause=CABLE), SECOND) == []
    assert instance.state is State.FAULT
    assert lines(instance.handle(FaultCleared(cause=OTHER_CABLE), 2 * SECOND)) == [
        "log (V) Entering BACKUP STATE",
        "state V BACKUP",
        "notify INSTANCE V BACKUP 100",
    ]
    assert instance.deadline == 2 * SECOND + DOWN_100


def test_an_owner_returns_from_a_fault_as_backup() -> None:
    instance, when = master(priority=255)
    instance.handle(FaultRaised(cause=CABLE), when)
    instance.handle(FaultCleared(cause=CABLE), when + SECOND)
    assert instance.state is State.BACKUP
    assert instance.deadline == when + SECOND + 3_003_906


def test_a_unicast_instance_refreshes_the_arp_entry_of_its_source_after_a_fault() -> None:
    instance = started(unicast=True, unicast_peers=(UnicastPeer(address=HIGHER),))
    instance.handle(FaultRaised(cause=CABLE), 0)
    assert lines(instance.handle(FaultCleared(cause=CABLE), 0))[-2:] == [
        "detail V: sending gratuitous ARP for 10.0.0.5",
        "arp eth0 10.0.0.5",
    ]


def test_waiting_for_a_script_is_silent_until_its_first_result() -> None:
    instance = machine()
    instance.waiting_for.add("check")
    assert lines(instance.handle(Start(), 0), "detail") == ["remove 10.9.0.51/24 dev eth0", "state V FAULT"]
    assert lines(instance.handle(ScriptReported(name="check"), SECOND)) == [
        "log (V) Entering BACKUP STATE",
        "state V BACKUP",
        "notify INSTANCE V BACKUP 100",
    ]


def test_a_first_result_that_is_bad_is_notified_without_a_line_of_the_instance() -> None:
    instance = machine()
    instance.waiting_for.add("check")
    instance.handle(Start(), 0)
    failed = FaultCause(kind=FaultKind.SCRIPT_FAILED, name="check")
    assert lines(instance.handle(FaultRaised(cause=failed), SECOND)) == ["notify INSTANCE V FAULT 100"]
    assert instance.handle(ScriptReported(name="check"), SECOND) == []
    assert instance.state is State.FAULT


def test_an_owner_that_only_waited_for_a_script_becomes_master_at_once() -> None:
    instance = machine(priority=255)
    instance.waiting_for.add("check")
    instance.handle(Start(), 0)
    effects = instance.handle(ScriptReported(name="check"), SECOND)
    assert lines(effects, "detail", "arp")[0] == "send V 255"
    assert instance.state is State.MASTER


def test_a_lost_address_sends_a_master_to_backup_for_the_length_of_the_skew() -> None:
    instance, when = master()
    assert lines(instance.handle(AddressLost(), when)) == [
        "log (V) Entering BACKUP STATE",
        "send V 0",
        "detail (V) sent 0 priority",
        "detail (V) removing VIPs.",
        "remove 10.9.0.51/24 dev eth0",
        "state V BACKUP",
        "notify INSTANCE V BACKUP 100",
    ]
    assert instance.deadline == when + skew(2, 100, SECOND)
    assert instance.handle(AddressLost(), when) == []


def test_a_group_that_moves_to_fault_takes_a_master_along_with_one_farewell() -> None:
    instance, when = master()
    assert lines(instance.handle(GroupMoved(state=State.FAULT), when), "detail")[:2] == [
        "log (V) Entering FAULT STATE",
        "send V 0",
    ]
    assert instance.statistics.pri_zero_sent == 0


def test_adverts_leave_from_the_new_source_after_it_changed() -> None:
    instance, _when = master()
    instance.handle(SourceChanged(source=LOWER), 0)
    _, effects = expire(instance)
    assert effects[0].source == LOWER  # type: ignore[union-attr]


# --- gratuitous ARP ---------------------------------------------------------------------------------------------------


def test_gratuitous_arp_is_repeated_after_the_delay_and_at_every_refresh() -> None:
    timing = GratuitousArpTiming(delay=5 * SECOND, repeat=3, refresh=10 * SECOND, refresh_repeat=2)
    instance, when = master(garp=timing)
    sent: list[tuple[float, int]] = []
    while True:
        now, effects = expire(instance)
        if now > when + 40 * SECOND:
            break
        count = len(lines(effects, "send", "detail"))
        if count:
            sent.append(((now - when) / SECOND, count))
    assert sent == [(5.0, 3), (15.0, 2), (25.0, 2), (35.0, 2)]


def test_each_answer_to_a_lower_priority_is_repeated_after_its_own_delay() -> None:
    timing = GratuitousArpTiming(delay=0, lower_priority_delay=5 * SECOND, lower_priority_repeat=2)
    instance, when = master(garp=timing)
    heard(instance, advert(50), when + 100_000)
    heard(instance, advert(50), when + 200_000)
    times = []
    for _ in range(12):
        now, effects = expire(instance)
        times += [now - when] * len(lines(effects, "send", "detail"))
    assert times == [5_100_000] * 2 + [5_200_000] * 2


def test_nothing_is_announced_after_leaving_master() -> None:
    instance, when = master(garp=GratuitousArpTiming(refresh=SECOND))
    heard(instance, advert(200), when)
    heard(instance, advert(200), when + 3 * SECOND)
    assert lines(instance.handle(DeadlineReached(), when + 6 * SECOND)) == []


# --- stop -------------------------------------------------------------------------------------------------------------


def test_a_master_stops_with_a_farewell_and_without_its_addresses() -> None:
    instance, when = master()
    assert lines(instance.handle(Stop(), when)) == [
        "send V 0",
        "detail (V) sent 0 priority",
        "detail (V) removing VIPs.",
        "remove 10.9.0.51/24 dev eth0",
        "state V STOP",
    ]
    assert lines(instance.announce_stop()) == ["notify INSTANCE V STOP 100"]
    assert instance.deadline is None


def test_a_backup_stops_without_a_word() -> None:
    assert lines(started().handle(Stop(), 0)) == ["state V STOP"]


def test_with_dont_release_vrrp_a_master_keeps_its_addresses_and_is_silent() -> None:
    instance, when = master()
    assert lines(instance.handle(Stop(release=False), when)) == ["state V STOP"]


# --- statistics -------------------------------------------------------------------------------------------------------


def test_one_advert_counts_once_and_every_move_is_counted() -> None:
    password = Authentication(type=AuthenticationType.PASS, password=b"secret")
    instance, when = master(authentication=password)
    expire(instance)
    heard(instance, advert(200, of=instance.configuration), when + 2 * SECOND)
    statistics = instance.statistics
    assert (statistics.advert_sent, statistics.advert_rcvd) == (2, 1)
    assert (statistics.become_master, statistics.release_master) == (1, 1)


# --- authentication headers, trailers, IPv6 ---------------------------------------------------------------------------

HEADER = Authentication(type=AuthenticationType.AH, password=b"secret")
NO_ARP = GratuitousArpTiming(lower_priority_repeat=0)


def test_a_master_that_answers_a_lower_priority_numbers_its_advert_above_that_sender() -> None:
    instance, when = master(authentication=HEADER, garp=NO_ARP)
    packet = on_the_wire(AdvertBuilder(instance.configuration), priority=50, sequence=900)
    assert lines(heard(instance, packet, when + 1), "notify") == [
        "log (V) Received advert from 10.0.0.6 with lower priority 50, ours 100, forcing new election",
        "log (V) IPSEC-AH : Syncing seq_num - Increment seq",
        "send V 100 number 902",
    ]


def test_a_new_master_goes_on_with_the_numbers_of_the_old_one() -> None:
    instance = started(authentication=HEADER)
    heard(instance, on_the_wire(AdvertBuilder(instance.configuration), sequence=41), 1)
    _, effects = expire(instance)
    assert lines(effects, "detail")[0] == "send V 100 number 42"


def test_a_replayed_advert_does_not_keep_a_backup_waiting() -> None:
    keys = HmacAuthentication(keys=(HmacKey(id=1, secret=b"k" * 32),), active_key=1)
    instance = started(hmac=keys)
    packet = on_the_wire(AdvertBuilder(instance.configuration))
    heard(instance, packet, SECOND)
    deadline = instance.deadline
    assert lines(heard(instance, packet, 2 * SECOND)) == ["log (V) replayed authentication trailer from 10.0.0.6"]
    assert instance.deadline == deadline


def test_over_ipv6_equal_priorities_are_decided_by_the_addresses_too() -> None:
    address = VirtualAddress(address=IPv6Address("fe80::51"), prefix_length=64, interface="eth0")
    settings = {"version": 3, "family": 6, "multicast_group": None, "virtual_addresses": (address,)}
    instance, when = master(**settings)
    instance.handle(SourceChanged(source=IPv6Address("fe80::5")), when)
    builder = AdvertBuilder(instance.configuration)
    assert instance.local == IPv6Address("ff02::12")
    assert (
        "forcing new election"
        in lines(heard(instance, on_the_wire(builder, IPv6Address("fe80::4"), priority=100), when))[0]
    )
    heard(instance, on_the_wire(builder, IPv6Address("fe80::6"), priority=100), when)
    assert instance.state is State.BACKUP
