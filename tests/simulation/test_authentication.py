"""Routers that must prove who they are, on a simulated LAN: with wrong clocks, and with somebody who sends again what he has heard.

Run longer with SIMULATION_RUNS, as test_lan.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.config.ast import Authentication, AuthenticationType, HmacAuthentication, HmacKey
from tests.simulation.lan import SECOND, Lan
from tests.simulation.test_lan import BAD, GOOD, SEEDS, assert_heals, crowd, simulated

if TYPE_CHECKING:
    from keepalived_py.vrrp.events import AdvertisementReceived, State

HMAC = HmacAuthentication(keys=(HmacKey(id=7, secret=b"k" * 32),), active_key=7, time_window=5)
WAYS = {
    "AH": {"authentication": Authentication(type=AuthenticationType.AH, password=b"secret")},
    "HMAC": {"hmac": HMAC},
    "HMAC, monotonic": {"hmac": HmacAuthentication(keys=HMAC.keys, active_key=7, anti_replay_time=False)},
}
#: What may be refused among honest routers: a datagram that is sent twice, or overtaken by a younger one.
HONEST = {"AH": {"auth_failure"}, "HMAC": {"auth_ext_replay"}, "HMAC, monotonic": {"auth_ext_replay"}}


def refused(lan: Lan) -> set[str]:
    """The counters of authentication that are not zero on any node."""
    return {
        name
        for node in lan.nodes.values()
        for name in type(node.router.instances["V"].statistics).__slots__
        if name.startswith("auth") and getattr(node.router.instances["V"].statistics, name)
    }


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("unicast", [False, True], ids=["multicast", "unicast"])
@pytest.mark.parametrize("way", WAYS)
def test_a_quiet_network_believes_every_advert(way: str, unicast: bool, seed: int) -> None:
    lan = crowd(3, seed, unicast=unicast, **WAYS[way])
    lan.start_all()
    lan.run(20 * SECOND)
    assert lan.masters("V") == ["a"]
    assert refused(lan) == set()


@simulated
@given(
    seed=st.integers(0, 1 << 32),
    way=st.sampled_from(sorted(WAYS)),
    unicast=st.booleans(),
    clocks=st.lists(st.integers(-2 * SECOND, 2 * SECOND), min_size=3, max_size=3),
    acts=st.lists(
        st.tuples(st.sampled_from(("crash", "restart", "stall", "part", "heal")), st.sampled_from("abc")), max_size=8
    ),
)
def test_whatever_happens_honest_routers_find_one_master(
    seed: int, way: str, unicast: bool, clocks: list[int], acts: list[tuple[str, str]]
) -> None:
    lan = crowd(3, seed, unicast=unicast, **WAYS[way])
    for node, error in zip(lan.nodes.values(), clocks, strict=True):
        node.clock_error = error
    lan.start_all()
    lan.weather = BAD
    for act, name in acts:
        lan.run(lan.random.randint(0, 4 * SECOND))
        node = lan.nodes[name]
        if act == "crash" and node.running and len([each for each in lan.nodes.values() if each.running]) > 1:
            lan.crash(name)
        elif act == "restart" and not node.alive:
            lan.restart(name)
        elif act == "stall" and node.running:
            lan.stall(name, 3 * SECOND)
        elif act == "part":
            lan.partition([name])
        elif act == "heal":
            lan.partition()
    lan.weather = GOOD
    lan.run(4 * SECOND)
    assert refused(lan) <= HONEST[way]
    assert_heals(lan, lan.now)


class Eavesdropper:
    """Hears everything that ``Lan`` delivers and sends it again, to everybody, as often as he likes."""

    def __init__(self, lan: Lan) -> None:
        self.heard: list[AdvertisementReceived] = []
        self._lan = lan
        self._deliver = lan._deliver_later
        lan._deliver_later = self._tapped  # type: ignore[method-assign]

    def _tapped(self, name: str, event: AdvertisementReceived) -> None:
        self.heard.append(event)
        self._deliver(name, event)

    def send_again(self, event: AdvertisementReceived) -> None:
        for name in self._lan.nodes:
            if self._lan.nodes[name].addresses["eth0"] != event.packet.source:
                # Without the network's dice: what honest routers send arrives as it would have without him.
                self._lan.at(self._lan.now, lambda name=name: self._lan._deliver(name, event))  # type: ignore[misc]


def told(way: str, seed: int, replays: list[tuple[int, int]], *, attacked: bool) -> list[tuple[str, str, State]]:
    """Who became what in half a minute with a crash in it; with an attacker he sends (which, when) again."""
    lan = crowd(3, seed, **WAYS[way])
    attacker = Eavesdropper(lan)
    lan.start_all()
    lan.run(6 * SECOND)
    lan.at(15 * SECOND, lambda: lan.crash("a"))
    for which, when in replays if attacked else ():
        lan.at(
            lan.now + when,
            lambda which=which: attacker.send_again(attacker.heard[which % len(attacker.heard)]),  # type: ignore[misc]
        )
    lan.run(24 * SECOND)
    assert refused(lan) <= HONEST[way] | {"auth_ext_stale"}
    return [(node, name, state) for _, node, name, state in lan.history]


@simulated
@given(
    way=st.sampled_from(sorted(WAYS)),
    seed=st.integers(0, 1 << 32),
    replays=st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 20 * SECOND)), min_size=1, max_size=60),
)
def test_whoever_sends_again_what_he_has_heard_changes_nothing(
    way: str, seed: int, replays: list[tuple[int, int]]
) -> None:
    assert told(way, seed, replays, attacked=True) == told(way, seed, replays, attacked=False)
