"""Up to eight routers with everything that can happen to them at once, as Hypothesis thinks of it.

Networks differ in size, version, interval, unicast or multicast, groups over one to three segments, preemption, scripts,
interfaces, files and processes that are tracked with and without weights, and delays. Then processes crash, stop, stall and return,
cables and whole interfaces are pulled, scripts fail, files change, tracked processes come and go, somebody removes addresses,
configurations are reloaded with members, priorities and groups changed, the network loses, delays, doubles and splits. The LAN
itself checks after every event that addresses are exactly on masters and that the members of a group agree. When all has healed,
the bounds of ``bounds.py`` hold and the best router is master.

The long run: ``SIMULATION_RUNS=100000 pytest tests/simulation/test_everything.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.config.ast import (
    Command,
    Configuration,
    InterfaceDelays,
    SyncGroup,
    Tracked,
    TrackedInterface,
    TrackedScript,
    TrackFile,
    TrackProcess,
    UnicastPeer,
    VrrpInstance,
    VrrpScript,
)
from keepalived_py.vrrp.events import Counting, FileRead, InterfaceChanged, ProcessesCounted, Reconfigure
from tests.simulation import bounds
from tests.simulation.lan import MILLISECOND, SECOND, Lan, Weather, instance
from tests.simulation.test_lan import BAD, GOOD, LONGEST_DELAY, simulated

if TYPE_CHECKING:
    from tests.simulation.lan import Node

NAMES = "abcdefgh"
SEGMENTS = ("eth0", "eth1", "eth2")
#: An interface that no advert crosses, for those that track one.
UPLINK = "uplink"
LONGEST_STALL = 12 * SECOND


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One network. ``priorities`` has one entry a router; a group over ``segments`` interfaces when there are several."""

    priorities: tuple[int, ...]
    segments: int
    version: int
    interval: int
    unicast: bool
    nopreempt: bool
    preempt_delay: int
    script_weight: int | None
    uplink_weight: int | None
    file_weight: int | None = None
    process_weight: int | None = None
    uplink_delay: int = 0

    def peers(self, index: int, segment: int) -> tuple[UnicastPeer, ...]:
        numbers = (number for number in range(1, len(self.priorities) + 1) if number != index + 1)
        return tuple(UnicastPeer(address=IPv4Address(f"10.{segment}.0.{number}")) for number in numbers)

    def configuration(self, index: int) -> Configuration:
        members = []
        for segment in range(self.segments):
            settings: dict[str, object] = {}
            if self.unicast:
                settings = {
                    "unicast_peers": self.peers(index, segment),
                    "source_address": IPv4Address(f"10.{segment}.0.{index + 1}"),
                }
            members.append(self._instance(index, segment, **settings))
        script = VrrpScript(name="check", command=Command(argv=("/bin/check",)), interval=SECOND, fall=2, rise=2)
        groups = ()
        if self.segments > 1:
            names = tuple(each.name for each in members)
            groups = (SyncGroup(name="G", members=names, sync_group_tracking_weight=True),)
        # A process that must not run: a router is well as long as nothing is reported of it.
        intruder = TrackProcess(
            name="P", process="x", quorum=0, maximum=0, fork_delay=SECOND // 2, terminate_delay=2 * SECOND
        )
        return Configuration(
            vrrp_instances=tuple(members),
            vrrp_sync_groups=groups,
            vrrp_scripts=(script,),
            track_files=(TrackFile(name="F", path="/f"),),
            track_processes=(intruder,),
            interface_delays=(InterfaceDelays(name=UPLINK, down=self.uplink_delay, up=self.uplink_delay // 2),),
        )

    def _instance(self, index: int, segment: int, **settings: object) -> VrrpInstance:
        scripts, interfaces = (), ()
        if self.script_weight is not None:
            scripts = (TrackedScript(name="check", weight=self.script_weight),)
        if self.uplink_weight is not None:
            interfaces = (TrackedInterface(name=UPLINK, weight=self.uplink_weight),)
        if self.file_weight is not None:
            settings["track_files"] = (Tracked(name="F", weight=self.file_weight),)
        if self.process_weight is not None:
            settings["track_processes"] = (Tracked(name="P", weight=self.process_weight),)
        return instance(
            f"V{segment}",
            segment=SEGMENTS[segment],
            router_id=51 + segment,
            priority=self.priorities[index],
            version=self.version,
            advert_int=self.interval,
            unicast=self.unicast,
            nopreempt=self.nopreempt,
            preempt_delay=0 if self.nopreempt else self.preempt_delay,
            track_scripts=scripts,
            track_interfaces=interfaces,
            **settings,
        )

    def build(self, seed: int) -> Lan:
        lan = Lan(seed, GOOD)
        for index in range(len(self.priorities)):
            lan.add(NAMES[index], self.configuration(index), number=index + 1, segments=(*SEGMENTS, UPLINK))
        return lan


_WEIGHTS = st.sampled_from([None, 0, 0, 0, 20, -20, -60, 253])
_VERSIONS = st.sampled_from(
    [(2, SECOND), (2, 2 * SECOND), (3, SECOND), (3, 100 * MILLISECOND), (3, 1500 * MILLISECOND)]
)
_PLANS = st.builds(
    lambda version, **rest: Plan(version=version[0], interval=version[1], **rest),
    version=_VERSIONS,
    priorities=st.lists(st.integers(1, 255), min_size=2, max_size=8).map(tuple),
    segments=st.sampled_from([1, 1, 2, 3]),
    unicast=st.booleans(),
    nopreempt=st.booleans(),
    preempt_delay=st.sampled_from([0, 0, 3 * SECOND]),
    script_weight=_WEIGHTS,
    uplink_weight=_WEIGHTS,
    file_weight=st.sampled_from([None, 0, 1, -3]),
    process_weight=_WEIGHTS,
    uplink_delay=st.sampled_from([0, 0, SECOND, 3 * SECOND]),
).filter(lambda plan: not (255 in plan.priorities and (plan.segments > 1 or plan.priorities.count(255) > 1)))

#: The first routers most of the time: trouble that meets trouble finds more.
_WHO = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7])
_EVENTS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(
                [
                    "crash",
                    "restart",
                    "stop",
                    "stall",
                    "cable",
                    "cable",
                    "cable",
                    "uplink",
                    "uplink",
                    "script",
                    "script",
                    "file",
                    "process",
                    "steal",
                    "pull",
                    "put",
                    "reload",
                ]
            ),
            _WHO,
        ),
        st.tuples(st.just("regroup"), _WHO),
        st.tuples(st.just("split"), st.integers(1, 255)),
        st.tuples(st.just("join"), st.just(0)),
        st.tuples(st.just("weather"), st.integers(0, 9)),
        st.tuples(st.just("wait"), st.integers(1, 60)),
    ),
    min_size=10,  # the fewest that meet each other; fewer are tried in test_lan.py
    max_size=40,
)


class Trouble:
    """What happens to a network, one method a kind of event; all of them may find nothing to do."""

    def __init__(self, plan: Plan, lan: Lan) -> None:
        self._plan = plan
        self._lan = lan

    def happen(self, kind: str, number: int) -> None:
        lan, names = self._lan, list(self._lan.nodes)
        if kind == "split":
            side = [name for index, name in enumerate(names) if number >> index & 1]
            for segment in SEGMENTS[: 1 + number % 3]:
                lan.partition(side, segment=segment)
        elif kind == "join":
            self._join()
        elif kind == "weather":
            lan.weather = Weather(loss=number / 12, duplication=number / 20, delay=BAD.delay)
        elif kind == "wait":
            lan.run(number * SECOND // 2)
        else:
            self._to_a_node(kind, names[number % len(names)])

    def _any_segment(self) -> str:
        return self._lan.random.choice(SEGMENTS[: self._plan.segments])

    def _join(self) -> None:
        for segment in SEGMENTS:
            self._lan.partition(segment=segment)

    def _to_a_node(self, kind: str, name: str) -> None:
        lan = self._lan
        node = lan.nodes[name]
        if kind == "restart" and not node.alive:
            lan.restart(name)
        if kind == "script":
            node.healthy = not node.healthy
        if not node.running:
            return
        match kind:
            case "crash":
                lan.crash(name)
            case "stop":
                lan.stop(name)
            case "stall":
                lan.stall(name, lan.random.randint(1, LONGEST_STALL))
            case "cable" | "uplink":
                interface = UPLINK if kind == "uplink" else self._any_segment()
                if interface not in node.pulled:
                    up = not node.router.watch.interfaces.is_up(interface)
                    lan.feed(node, InterfaceChanged(name=interface, is_up=up))
            case "file":
                lan.feed(node, FileRead(name="F", number=lan.random.choice([0, 1, 5, -20, -254])))
            case "process":
                by = lan.random.choice(list(Counting))
                lan.feed(node, ProcessesCounted(name="P", count=lan.random.randint(0, 1), by=by))
            case "steal":
                lan.steal(name)
            case "pull" if not node.pulled:
                lan.pull_out(name, self._any_segment())
            case "put" if node.pulled:
                lan.put_in(name, next(iter(node.pulled)))
            case "reload":
                self._reload(node, priority=lan.random.randint(1, 254))
            case "regroup":
                self._regroup(node)

    def _reload(self, node: Node, *, priority: int) -> None:
        old = node.router.configuration
        if any(each.priority == 255 for each in old.vrrp_instances):
            return
        instances = tuple(replace(each, priority=priority) for each in old.vrrp_instances)
        self._lan.feed(node, Reconfigure(configuration=replace(old, vrrp_instances=instances)))

    def _regroup(self, node: Node) -> None:
        """Take the group away, or bring it back."""
        old = node.router.configuration
        groups = () if old.vrrp_sync_groups else self._plan.configuration(0).vrrp_sync_groups
        self._lan.feed(node, Reconfigure(configuration=replace(old, vrrp_sync_groups=groups)))

    def heal(self) -> None:
        """End everything that is wrong, and wait until nothing of it is under way."""
        lan = self._lan
        lan.weather = GOOD
        self._join()
        for name, node in list(lan.nodes.items()):
            node.healthy = True
            if not node.alive:
                lan.restart(name)
        lan.run(LONGEST_STALL + 2 * SECOND)  # whoever is stalled wakes
        for name, node in lan.nodes.items():
            for segment in list(node.pulled):
                lan.put_in(name, segment)
            for interface in (*SEGMENTS[: self._plan.segments], UPLINK):
                lan.feed(node, InterfaceChanged(name=interface, is_up=True))
            lan.feed(node, FileRead(name="F", number=0))
            lan.feed(node, ProcessesCounted(name="P", count=0))
            wanted = self._plan.configuration(0).vrrp_sync_groups
            old = node.router.configuration
            if old.vrrp_sync_groups != wanted:
                lan.feed(node, Reconfigure(configuration=replace(old, vrrp_sync_groups=wanted)))
        lan.run(8 * SECOND)  # scripts succeed twice, a preempt delay ends


@simulated
@given(plan=_PLANS, seed=st.integers(0, 2**16), events=_EVENTS)
def test_whatever_happened_a_healed_network_has_its_best_router_as_master(
    plan: Plan, seed: int, events: list[tuple[str, int]]
) -> None:
    lan = plan.build(seed)
    lan.start_all()
    trouble = Trouble(plan, lan)
    for kind, number in events:
        trouble.happen(kind, number)
        lan.run(lan.random.randint(0, 2 * SECOND))
    trouble.heal()
    healed = lan.now
    routers = [node.router.instances["V0"].configuration for node in lan.nodes.values()]
    patience = max(bounds.takeover([each], LONGEST_DELAY) for each in routers)
    lan.run(3 * patience + plan.preempt_delay + 2 * SECOND)
    settled = healed + 2 * patience + plan.preempt_delay
    masters = {name: lan.masters(name) for name in (f"V{segment}" for segment in range(plan.segments))}
    assert len(set(map(tuple, masters.values()))) == 1, masters
    assert all(len(each) == 1 for each in masters.values()), masters
    for overlap in lan.overlaps_since(settled):
        assert overlap.end - max(overlap.begin, settled) <= bounds.overlap(LONGEST_DELAY), overlap
    if not plan.nopreempt:
        (master,) = masters["V0"]
        best = max(node.router.instances["V0"].priority for node in lan.nodes.values())
        assert lan.nodes[master].router.instances["V0"].priority == best
    quiet = len(lan.history)
    lan.run(20 * SECOND)
    assert len(lan.history) == quiet, lan.history[quiet:]
