"""Routers on a simulated LAN: never two masters longer than the protocol allows, never none, addresses only on masters.

Run longer with SIMULATION_RUNS, the number of seeds and of Hypothesis's examples for every test:
``SIMULATION_RUNS=2000 pytest tests/simulation``. The default is meant for every commit.
"""

from __future__ import annotations

import os
from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepalived_py.config.ast import Authentication, AuthenticationType, UnicastPeer
from keepalived_py.vrrp.events import InterfaceChanged, Reconfigure, State
from tests.simulation import bounds
from tests.simulation.lan import MILLISECOND, SECOND, Lan, Weather, configuration, instance

if TYPE_CHECKING:
    from keepalived_py.config.ast import Microseconds, VrrpInstance

RUNS = int(os.environ.get("SIMULATION_RUNS", "0"))
SEEDS = range(RUNS or 15)
LONGEST_DELAY = 5 * MILLISECOND
GOOD = Weather(delay=(20, LONGEST_DELAY))
BAD = Weather(loss=0.3, duplication=0.2, delay=(20, 400 * MILLISECOND))
CROWDS = {2: (150, 100), 3: (150, 100, 100), 5: (200, 150, 150, 100, 50)}
NAMES = "abcdefgh"

simulated = settings(
    max_examples=RUNS or 150,
    deadline=None,
    derandomize=not RUNS,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def crowd(count: int, seed: int, *, version: int = 2, unicast: bool = False, **extra: object) -> Lan:
    """``count`` routers that share one virtual router, started in good weather but not yet run."""
    lan = Lan(seed, GOOD)
    for index in range(count):
        priority = CROWDS[count][index]
        peers = tuple(UnicastPeer(address=each) for each in addresses(count) if each != addresses(count)[index])
        wanted = instance(
            priority=priority,
            version=version,
            unicast=unicast,
            unicast_peers=peers if unicast else (),
            **({"source_address": addresses(count)[index]} if unicast else {}),
            **extra,
        )
        lan.add(NAMES[index], configuration(wanted), number=index + 1)
    return lan


def addresses(count: int) -> list[IPv4Address]:
    return [IPv4Address(f"10.0.0.{number}") for number in range(1, count + 1)]


def wanted_of(lan: Lan, name: str) -> VrrpInstance:
    return lan.nodes[name].router.instances["V"].configuration


def alive(lan: Lan) -> list[VrrpInstance]:
    return [wanted_of(lan, name) for name, node in lan.nodes.items() if node.running]


def assert_heals(lan: Lan, healed: Microseconds) -> None:
    """Let the network run on, healed, and hold it to the bounds; afterwards one master, the best."""
    lan.weather = GOOD
    lan.partition()
    everybody = alive(lan)
    lan.run(2 * max(bounds.takeover([each], LONGEST_DELAY) for each in everybody) + 2 * SECOND)
    limit = healed + bounds.settled(everybody[0], LONGEST_DELAY)
    for overlap in lan.overlaps_since(limit):
        begin = max(overlap.begin, limit)
        assert overlap.end - begin <= bounds.overlap(LONGEST_DELAY), overlap
    assert len(lan.masters("V")) == 1, lan.masters("V")
    if not any(each.nopreempt for each in everybody):
        best = max(
            (node for node in lan.nodes.values() if node.running),
            key=lambda node: (node.router.instances["V"].priority, node.addresses["eth0"]),
        )
        (master,) = lan.masters("V")
        assert lan.nodes[master].router.instances["V"].priority == best.router.instances["V"].priority


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("unicast", [False, True], ids=["multicast", "unicast"])
@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("count", CROWDS)
def test_a_quiet_network_has_one_master_and_keeps_it(count: int, version: int, unicast: bool, seed: int) -> None:
    lan = crowd(count, seed, version=version, unicast=unicast)
    lan.start_all()
    lan.run(10 * SECOND)
    assert lan.masters("V") == ["a"]
    changes = len(lan.history)
    lan.run(60 * SECOND)
    assert len(lan.history) == changes
    assert not [overlap for overlap in lan.overlaps if overlap.end - overlap.begin > LONGEST_DELAY]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("count", CROWDS)
def test_a_crashed_master_is_replaced_in_time_and_returns(count: int, version: int, seed: int) -> None:
    lan = crowd(count, seed, version=version)
    lan.start_all()
    lan.run(10 * SECOND + lan.random.randint(0, SECOND))
    crashed = lan.now
    lan.crash("a")
    limit = bounds.takeover(alive(lan), LONGEST_DELAY)
    lan.run(limit)
    took_over = lan.became_master("V", crashed)
    assert took_over, "nobody took over"
    assert lan.masters("V")
    lan.run(2 * SECOND)
    assert len(lan.masters("V")) == 1
    lan.restart("a")
    lan.run(10 * SECOND)
    assert lan.masters("V") == ["a"]
    assert not [overlap for overlap in lan.overlaps if overlap.end - overlap.begin > bounds.overlap(LONGEST_DELAY)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("count", CROWDS)
def test_a_farewell_hands_over_within_the_skew(count: int, version: int, seed: int) -> None:
    lan = crowd(count, seed, version=version)
    lan.start_all()
    lan.run(10 * SECOND + lan.random.randint(0, SECOND))
    # A regular advert still under way when the farewell is sent would arrive after it: keep the order.
    lan.weather = Weather(delay=(LONGEST_DELAY, LONGEST_DELAY))
    lan.run(2 * LONGEST_DELAY)
    stopped = lan.now
    lan.stop("a")
    lan.run(bounds.handover(alive(lan), LONGEST_DELAY))
    assert lan.became_master("V", stopped), "nobody took over"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("count", CROWDS)
def test_a_partition_has_a_master_on_each_side_and_heals(count: int, seed: int) -> None:
    lan = crowd(count, seed)
    lan.start_all()
    lan.run(10 * SECOND)
    lan.partition(["a"], [name for name in lan.nodes if name != "a"])
    lan.run(10 * SECOND)
    assert len(lan.masters("V")) == 2
    assert_heals(lan, lan.now)
    assert lan.masters("V") == ["a"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("count", CROWDS)
def test_loss_delay_and_duplication_end_with_the_bad_weather(count: int, seed: int) -> None:
    lan = crowd(count, seed, authentication=Authentication(type=AuthenticationType.PASS, password=b"secret"))
    lan.start_all()
    lan.weather = BAD
    lan.run(60 * SECOND)
    # What is still under way was sent in bad weather; the network is healed when it has arrived.
    lan.weather = GOOD
    lan.run(BAD.delay[1])
    assert_heals(lan, lan.now)


@pytest.mark.parametrize("seed", SEEDS)
def test_with_nopreempt_a_returning_router_leaves_the_master_alone(seed: int) -> None:
    lan = crowd(3, seed, nopreempt=True)
    lan.start_all()
    lan.run(10 * SECOND)
    lan.crash("a")
    lan.run(10 * SECOND)
    (master,) = lan.masters("V")
    lan.restart("a")
    lan.run(20 * SECOND)
    assert lan.masters("V") == [master]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_stalled_backup_reads_its_packets_before_it_takes_over(seed: int) -> None:
    lan = crowd(3, seed)
    lan.start_all()
    lan.run(10 * SECOND)
    changes = len(lan.history)
    lan.stall("b", 20 * SECOND)
    lan.run(30 * SECOND)
    assert len(lan.history) == changes


# --- groups -----------------------------------------------------------------------------------------------------------


def grouped(count: int, seed: int) -> Lan:
    """Routers with two instances on two segments in one group; the better router of one is the better one of the other."""
    lan = Lan(seed, GOOD)
    for index in range(count):
        priority = CROWDS[count][index]
        front = instance("FRONT", segment="eth0", router_id=51, priority=priority)
        back = instance("BACK", segment="eth1", router_id=52, priority=max(priority - 10, 1))
        lan.add(NAMES[index], configuration(front, back, group=True), number=index + 1, segments=("eth0", "eth1"))
    return lan


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("count", [2, 3])
def test_a_group_moves_as_one_when_one_cable_is_pulled(count: int, seed: int) -> None:
    lan = grouped(count, seed)
    lan.start_all()
    lan.run(12 * SECOND)
    assert lan.masters("FRONT") == lan.masters("BACK") == ["a"]
    lan.feed(lan.nodes["a"], InterfaceChanged(name="eth1", is_up=False))
    assert lan.nodes["a"].router.instances["FRONT"].state is State.FAULT
    lan.run(10 * SECOND)
    assert lan.masters("FRONT") == lan.masters("BACK")
    assert lan.masters("FRONT") in (["b"], ["c"])  # equal priorities where there are three
    lan.feed(lan.nodes["a"], InterfaceChanged(name="eth1", is_up=True))
    lan.run(12 * SECOND)
    assert lan.masters("FRONT") == lan.masters("BACK") == ["a"]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_group_does_not_take_over_for_one_deaf_segment(seed: int) -> None:
    lan = grouped(2, seed)
    lan.start_all()
    lan.run(12 * SECOND)
    deaf = lan.now
    lan.partition(["a"], ["b"], segment="eth1")
    lan.run(30 * SECOND)
    assert lan.masters("FRONT") == lan.masters("BACK") == ["a"]
    assert not lan.became_master("FRONT", deaf)


# --- whatever Hypothesis thinks of ------------------------------------------------------------------------------------

_MISFORTUNES = st.lists(
    st.one_of(
        st.tuples(st.just("crash"), st.integers(0, 4)),
        st.tuples(st.just("restart"), st.integers(0, 4)),
        st.tuples(st.just("stop"), st.integers(0, 4)),
        st.tuples(st.just("stall"), st.integers(0, 4)),
        st.tuples(st.just("cable"), st.integers(0, 4)),
        st.tuples(st.just("reload"), st.integers(0, 250)),
        st.tuples(st.just("split"), st.integers(1, 31)),
        st.tuples(st.just("join"), st.just(0)),
        st.tuples(st.just("weather"), st.integers(0, 9)),
        st.tuples(st.just("wait"), st.integers(1, 60)),
    ),
    max_size=25,
)


def suffer(lan: Lan, misfortunes: list[tuple[str, int]]) -> None:
    """Let one thing after the other go wrong, a random time apart."""
    names = list(lan.nodes)
    for kind, number in misfortunes:
        name = names[number % len(names)]
        node = lan.nodes[name]
        if kind == "crash" and node.running:
            lan.crash(name)
        elif kind == "restart" and not node.alive:
            lan.restart(name)
        elif kind == "stop" and node.running:
            lan.stop(name)
        elif kind == "stall" and node.running:
            lan.stall(name, lan.random.randint(1, 12 * SECOND))
        elif kind == "cable" and node.running:
            up = not node.router.watch.interfaces.is_up("eth0")
            lan.feed(node, InterfaceChanged(name="eth0", is_up=up))
        elif kind == "reload" and node.running:
            old = node.router.configuration
            priority = number + 1  # another one, or by chance the same
            instances = tuple(replace(each, priority=priority) for each in old.vrrp_instances)
            lan.feed(node, Reconfigure(configuration=replace(old, vrrp_instances=instances)))
        elif kind == "split":
            lan.partition([each for index, each in enumerate(names) if number >> index & 1])
        elif kind == "join":
            lan.partition()
        elif kind == "weather":
            lan.weather = Weather(loss=number / 12, duplication=number / 20, delay=BAD.delay)
        elif kind == "wait":
            lan.run(number * SECOND // 2)
        lan.run(lan.random.randint(0, 2 * SECOND))


@simulated
@given(
    count=st.sampled_from(sorted(CROWDS)),
    seed=st.integers(0, 2**16),
    version=st.sampled_from([2, 3]),
    unicast=st.booleans(),
    nopreempt=st.booleans(),
    preempt_delay=st.sampled_from([0, 0, 3 * SECOND]),
    misfortunes=_MISFORTUNES,
)
def test_whatever_happened_a_healed_network_has_one_master(
    *,
    count: int,
    seed: int,
    version: int,
    unicast: bool,
    nopreempt: bool,
    preempt_delay: int,
    misfortunes: list[tuple[str, int]],
) -> None:
    lan = crowd(
        count,
        seed,
        version=version,
        unicast=unicast,
        nopreempt=nopreempt,
        preempt_delay=0 if nopreempt else preempt_delay,
    )
    lan.start_all()
    suffer(lan, misfortunes)
    lan.weather = GOOD
    lan.partition()
    for name, node in list(lan.nodes.items()):
        if not node.alive:
            lan.restart(name)
        elif node.running:
            lan.feed(node, InterfaceChanged(name="eth0", is_up=True))
    lan.run(14 * SECOND)  # whoever is stalled wakes, and what was under way has arrived
    for node in lan.nodes.values():
        lan.feed(node, InterfaceChanged(name="eth0", is_up=True))
    lan.run(10 * MILLISECOND)
    assert_heals(lan, lan.now)


@simulated
@given(seed=st.integers(0, 2**16), count=st.sampled_from([2, 3]), misfortunes=_MISFORTUNES)
def test_whatever_happens_the_members_of_a_group_agree(
    seed: int, count: int, misfortunes: list[tuple[str, int]]
) -> None:
    lan = grouped(count, seed)
    lan.start_all()
    suffer(lan, misfortunes)  # the LAN checks the groups after every event
    lan.weather = GOOD
    lan.partition()
    for name, node in list(lan.nodes.items()):
        if not node.alive:
            lan.restart(name)
    lan.run(14 * SECOND)
    for node in lan.nodes.values():
        lan.feed(node, InterfaceChanged(name="eth0", is_up=True))
    lan.run(16 * SECOND)
    assert lan.masters("FRONT") == lan.masters("BACK")
    assert len(lan.masters("FRONT")) == 1
