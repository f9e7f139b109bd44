"""keepalived-py and FRR's vrrpd, which has no code in common with any keepalived, share an address: version 3, both families.

Each play has one of them as the router of higher priority, which becomes MASTER, is killed with -9, comes back, and is stopped.
"""

from __future__ import annotations

import dataclasses
import re
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.capabilities import cannot_run
from tests.lab.capture import Capture, Frame
from tests.lab.daemon import Daemon, Program
from tests.lab.frr import PROGRAM, FrrRouter
from tests.lab.netns import Lab, Namespace
from tests.lab.process import LabTimeoutError, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.netns]

INTERFACE = "eth1"
VIRTUAL_ROUTER_ID = 77
HIGH, LOW = 200, 150
INTERVAL = 0.5
SKEW = (256 - LOW) / 256 * INTERVAL
MASTER_DOWN_INTERVAL = 3 * INTERVAL + SKEW
PATIENCE = 20.0
#: How much later than the protocol says a busy machine may do something, and how much earlier clocks may make it seem.
LATE, EARLY = 0.5, 0.02
ADDRESSES = {4: "10.77.0.100/24", 6: "2001:db8:77::100/64"}

CONFIGURATION = """\
vrrp_instance VI {{
    version 3
    interface {interface}
    virtual_router_id {virtual_router_id}
    priority {priority}
    advert_int {interval}
    virtual_ipaddress {{
        {address}
    }}
}}
"""
CASTS = [(family, we_first) for family in (4, 6) for we_first in (True, False)]


@dataclasses.dataclass(kw_only=True)
class Story:
    """What happened: acts as (when it was done, the former master's last advert before the answer, the answer)."""

    we_first: bool
    acts: dict[str, tuple[float, Frame, Frame]] = dataclasses.field(default_factory=dict)
    holders: dict[str, bool] = dataclasses.field(default_factory=dict)
    farewells: int = 0
    frr_received: int = 0
    frr_states: dict[str, str] = dataclasses.field(default_factory=dict)
    log: str = ""


class Play:
    """The segment with both routers."""

    def __init__(
        self, story: Story, family: int, capture: Capture, hosts: tuple[Namespace, Namespace], home: Path
    ) -> None:
        self._story = story
        self._family = family
        self._capture = capture
        self._host = hosts[0]
        self._home = home
        self._priorities = (HIGH, LOW) if story.we_first else (LOW, HIGH)
        self.daemons: list[Daemon] = []
        self._begin_ours()
        self.daemons[-1].wait_log("Entering BACKUP STATE", PATIENCE)
        self.frr = FrrRouter(
            hosts[1],
            interface=INTERFACE,
            virtual_router_id=VIRTUAL_ROUTER_ID,
            priority=self._priorities[1],
            interval=INTERVAL,
            address=ADDRESSES[family],
        )

    def _begin_ours(self) -> None:
        configuration = CONFIGURATION.format(
            interface=INTERFACE,
            virtual_router_id=VIRTUAL_ROUTER_ID,
            priority=self._priorities[0],
            interval=INTERVAL,
            address=ADDRESSES[self._family],
        )
        self.daemons.append(Daemon(Program.OURS, self._host, self._home, configuration))

    @staticmethod
    def _is_frrs(frame: Frame) -> bool:
        return frame.data[6:10] == b"\0\0\x5e\0"

    def _wait_advert(self, *, ours: bool, after: float) -> Frame:
        return self._capture.wait(
            lambda frame: frame.is_vrrp and self._is_frrs(frame) != ours and frame.priority > 0,
            PATIENCE,
            f"an advert of {'ours' if ours else 'FRR'}",
            after=after,
        )

    def act(self, name: str, do: Callable[[], object], *, ours: bool) -> None:
        """Do something; wait until we (or FRR) are MASTER and FRR knows it."""
        done = time.monotonic()
        do()
        answer = self._wait_advert(ours=ours, after=done)
        others = [f for f in self._capture.advertisements() if self._is_frrs(f) == ours and f.when < answer.when]
        self._story.acts[name] = (done, others[-1] if others else answer, answer)
        dead = name.startswith("the first") and self._story.we_first != ours
        address = ADDRESSES[self._family].partition("/")[0]
        if not (dead and not ours and name.endswith("killed")):
            wait_until(lambda: self._host.has_address(address) == ours, PATIENCE, f"{name}: our address")
        self._wait_advert(ours=ours, after=time.monotonic())
        self._story.holders[name] = self._host.has_address(address)
        if not (dead and ours):
            self._story.frr_states[name] = self._shown()["status"]

    def _shown(self) -> dict[str, str]:
        (router,) = self.frr.shown()
        return dict(router[f"v{self._family}"])

    def run(self) -> None:
        """Play."""
        we = self._story.we_first
        self.act("start", lambda: None, ours=we)
        self.act("the first is killed", self.daemons[-1].kill if we else self.frr.kill, ours=not we)
        self.act("a higher priority appears", self._begin_ours if we else self.frr.start, ours=we)
        if we:
            self._story.frr_received = int(self._shown()["stats"]["adverRx"])  # type: ignore[index]
        before = time.monotonic()
        self.act("the first is stopped", self.daemons[-1].stop if we else self.frr.stop, ours=not we)
        self._story.farewells = len(
            [f for f in self._capture.advertisements(after=before) if f.priority == 0 and self._is_frrs(f) != we]
        )
        if not we:
            self.daemons[-1].stop()


def perform(family: int, we_first: bool, home: Path) -> Story:
    """Play in a segment of its own."""
    story = Story(we_first=we_first)
    with Lab() as lab:
        hosts = lab.namespace("ours"), lab.namespace("frr")
        for host in hosts:
            host.sysctl("ipv6", conf__default__accept_dad="0")
        lan = lab.lan("lan", {hosts[0]: (INTERFACE, "10.77.0.1/24"), hosts[1]: (INTERFACE, "10.77.0.2/24")})
        with Capture(lan.switch) as capture:
            play = Play(story, family, capture, hosts, home)
            try:
                play.run()
            except LabTimeoutError as error:
                logs = "\n".join(daemon.log for daemon in play.daemons)
                raise AssertionError(f"{error}\n--- ours:\n{logs}\n--- FRR:\n{play.frr.log}") from error
            finally:
                play.frr.close()
        story.log = "\n".join(daemon.log for daemon in play.daemons)
    return story


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int, bool], Story]]:
    """Give the story of a cast; a play that broke raises in each test that asks for it."""
    if not Path(PROGRAM).exists():
        cannot_run("not installed: frr")
    with ThreadPoolExecutor(len(CASTS)) as pool:
        running: dict[tuple[int, bool], Future[Story]] = {
            (family, we_first): pool.submit(perform, family, we_first, tmp_path_factory.mktemp("frr"))
            for family, we_first in CASTS
        }
        yield lambda family, we_first: running[family, we_first].result(150)


@pytest.fixture(params=CASTS, ids=[f"ipv{family}-{'we' if we_first else 'FRR'}-first" for family, we_first in CASTS])
def story(request: pytest.FixtureRequest, plays: Callable[[int, bool], Story]) -> Story:
    """Each play in turn."""
    return plays(*request.param)


def lateness_of(answer: Frame, *, ours: bool) -> float:
    """Return how late an answer may be: FRR's first advert over IPv6 fails, as its device has just been switched on."""
    return LATE if ours or not answer.is_ipv6 else LATE + INTERVAL


def test_after_a_kill_the_other_takes_over_after_the_master_down_interval(story: Story) -> None:
    _, last, answer = story.acts["the first is killed"]
    assert -EARLY <= answer.when - last.when - MASTER_DOWN_INTERVAL <= lateness_of(answer, ours=not story.we_first)


def test_a_stop_hands_over_after_the_skew_time(story: Story) -> None:
    _, last, answer = story.acts["the first is stopped"]
    assert story.farewells >= 1
    assert last.priority == 0
    assert -EARLY <= answer.when - last.when - SKEW <= lateness_of(answer, ours=not story.we_first)


def test_our_address_is_there_exactly_while_we_are_master(story: Story) -> None:
    expected = {
        "start": story.we_first,
        "the first is killed": True,  # either we took over, or nobody was left to remove it
        "a higher priority appears": story.we_first,
        "the first is stopped": not story.we_first,
    }
    assert story.holders == expected


def test_frr_is_backup_while_we_are_master_and_master_otherwise(story: Story) -> None:
    for act, state in story.frr_states.items():
        we_are_master = story.we_first != act.startswith("the first")
        assert state == ("Backup" if we_are_master else "Master"), act


def test_we_refuse_none_of_frrs_adverts(story: Story) -> None:
    complaints = "nvalid|not present|expected|mismatch|wrong|nknown|discarded|too (long|short)|Traceback"
    assert not [line for line in story.log.splitlines() if re.search(complaints, line)]


def test_frr_counts_our_adverts(plays: Callable[[int, bool], Story]) -> None:
    for family in (4, 6):
        assert plays(family, True).frr_received > 0
