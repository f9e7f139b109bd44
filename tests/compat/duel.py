"""Two routers on one segment, one of them possibly the real keepalived, taken through a router's whole life.

Owns the play, not the verdicts: `play` returns what was logged, captured and counted with the time of every act, and the
tests beside it judge. Times are time.monotonic() seconds.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import time
from typing import TYPE_CHECKING

from tests.lab.capture import Capture, Frame
from tests.lab.daemon import Daemon, Program, Statistics
from tests.lab.netns import Lab, Lan, Namespace
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INTERFACE = "eth1"
FIRST, SECOND = "10.77.0.1", "10.77.0.2"
FIRST_PRIORITY, SECOND_PRIORITY = 150, 100
VIRTUAL_ROUTER_ID = 51
VIRTUAL_ADDRESS = "10.77.0.100"
PASSWORD = "secret"
STARTED = 12.0  # seconds in which a daemon on a busy machine has started and its first master_down_interval passed

CONFIGURATION = """\
global_defs {{
    router_id {name}
    script_user root
    enable_script_security
}}
vrrp_script healthy {{
    script "/usr/bin/test ! -e {broken}"
    interval 1
    fall 1
    rise 1
}}
vrrp_instance VI {{
    state BACKUP
    interface {interface}
    virtual_router_id {virtual_router_id}
    priority {priority}
    advert_int 1
    {peers}
    authentication {{
        auth_type PASS
        auth_pass {password}
    }}
    track_script {{
        healthy
    }}
    virtual_ipaddress {{
        {virtual_address}/24
    }}
}}
"""


class Router:
    """One of the two: where it lives, what it runs, and its configuration."""

    def __init__(
        self, program: Program, namespace: Namespace, home: Path, *, own: str, peer: str, priority: int
    ) -> None:
        self.program = program
        self.namespace = namespace
        self.home = home
        self.address = own
        self.priority = priority
        self._peer = peer
        self.broken = home / "broken"
        self.daemons: list[Daemon] = []

    def start(self, *, unicast: bool) -> Daemon:
        """Start (again)."""
        peers = f"unicast_src_ip {self.address}\n    unicast_peer {{\n        {self._peer}\n    }}" if unicast else ""
        configuration = CONFIGURATION.format(
            name=self.home.name,
            broken=self.broken,
            interface=INTERFACE,
            virtual_router_id=VIRTUAL_ROUTER_ID,
            priority=self.priority,
            peers=peers,
            password=PASSWORD,
            virtual_address=VIRTUAL_ADDRESS,
        )
        daemon = Daemon(self.program, self.namespace, self.home, configuration)
        self.daemons.append(daemon)
        return daemon

    @property
    def daemon(self) -> Daemon:
        """The one started last."""
        return self.daemons[-1]

    @property
    def log(self) -> str:
        """The logs of all its lives."""
        return "\n".join(daemon.log for daemon in self.daemons)

    @property
    def holds_the_address(self) -> bool:
        """Whether the virtual address is on its interface."""
        return f"{VIRTUAL_ADDRESS}/24" in self.namespace.addresses(INTERFACE)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """The two routers and the reader of everything that passes between them."""

    first: Router
    second: Router
    lan: Lan
    capture: Capture


@contextlib.contextmanager
def segment(
    first: Program,
    second: Program,
    folder: Path,
    *,
    first_priority: int = FIRST_PRIORITY,
    second_priority: int = SECOND_PRIORITY,
) -> Iterator[Segment]:
    """Make the segment; nothing is started yet."""
    with Lab() as lab:
        one, two = lab.namespace("first"), lab.namespace("second")
        lan = lab.lan("lan", {one: (INTERFACE, f"{FIRST}/24"), two: (INTERFACE, f"{SECOND}/24")})
        homes = [folder / "first", folder / "second"]
        for home in homes:
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
        with Capture(lan.switch) as capture:
            yield Segment(
                first=Router(first, one, homes[0], own=FIRST, peer=SECOND, priority=first_priority),
                second=Router(second, two, homes[1], own=SECOND, peer=FIRST, priority=second_priority),
                lan=lan,
                capture=capture,
            )


@dataclasses.dataclass(kw_only=True)
class Story:
    """What happened, act by act. An act is (when it was done, when the other router's first advertisement answered)."""

    first: Program
    second: Program
    unicast: bool
    acts: dict[str, tuple[float, float]] = dataclasses.field(default_factory=dict)
    last_advertisement: dict[str, float] = dataclasses.field(default_factory=dict)
    facts: dict[str, bool] = dataclasses.field(default_factory=dict)
    frames: list[Frame] = dataclasses.field(default_factory=list)
    first_log: str = ""
    second_log: str = ""
    statistics: dict[str, dict[str, Statistics]] = dataclasses.field(default_factory=dict)
    stop_status: int | None = None
    stop_seconds: float = 0.0

    def outage(self, act: str) -> float:
        """Seconds from an act to the first advertisement of the router that took over."""
        done, answered = self.acts[act]
        return answered - done

    def since_last_advertisement(self, act: str) -> float:
        """Seconds from the former master's last advertisement to the first of the router that took over."""
        return self.acts[act][1] - self.last_advertisement[act]


def kill_at_phase(segment: Segment, phase: float) -> tuple[float, float]:
    """Kill the first router's tree with -9, phase seconds after one of its advertisements: returns (that, when)."""
    last = segment.capture.wait_advertisement(FIRST, 3, after=time.monotonic())
    time.sleep(max(0.0, last.when + phase - time.monotonic()))
    when = segment.first.daemon.kill()
    return last.when, when


def play(first: Program, second: Program, folder: Path, *, unicast: bool) -> Story:
    """Start both; kill -9 the first; start it again; break and mend its script; stop it; stop the second."""
    story = Story(first=first, second=second, unicast=unicast)
    with segment(first, second, folder) as on:
        one, two, capture = on.first, on.second, on.capture
        try:
            two.start(unicast=unicast)
            one.start(unicast=unicast)
            started = time.monotonic()
            capture.wait_advertisement(FIRST, STARTED, after=started, priority=FIRST_PRIORITY)
            # The second may have been master in between when it started much quicker; from here on all is settled.
            capture.wait_advertisement(FIRST, 3, after=time.monotonic())
            wait_until(lambda: one.holds_the_address and not two.holds_the_address, 3, "the address on the first only")

            last, killed = kill_at_phase(on, 0.3)
            story.last_advertisement["kill"] = last
            story.acts["kill"] = (killed, capture.wait_advertisement(SECOND, 6, after=killed).when)
            wait_until(lambda: two.holds_the_address, 2, "the address on the second after kill -9")

            again = time.monotonic()
            one.start(unicast=unicast)
            story.acts["preempt"] = (again, capture.wait_advertisement(FIRST, STARTED, after=again).when)
            story.facts["second gave the address up to the preempting first"] = bool(
                wait_until(lambda: one.holds_the_address and not two.holds_the_address, 2, "address back on the first")
            )
            story.facts["second fell silent"] = not capture.advertisements(SECOND, after=story.acts["preempt"][1] + 0.2)

            time.sleep(0.4)
            broken = time.monotonic()
            one.broken.touch()
            zero = capture.wait_advertisement(FIRST, 4, after=broken, priority=0)
            story.acts["script fails"] = (broken, zero.when)
            story.acts["priority 0 of the failing"] = (
                zero.when,
                capture.wait_advertisement(SECOND, 3, after=zero.when).when,
            )
            wait_until(lambda: two.holds_the_address and not one.holds_the_address, 2, "address off the faulty first")

            mended = time.monotonic()
            one.broken.unlink()
            story.acts["script succeeds"] = (mended, capture.wait_advertisement(FIRST, 8, after=mended).when)
            wait_until(lambda: one.holds_the_address and not two.holds_the_address, 2, "the address back once mended")

            for router in (one, two):
                if router.program is Program.REFERENCE:
                    story.statistics[router.address] = router.daemon.statistics()

            capture.wait_advertisement(FIRST, 3, after=time.monotonic())
            time.sleep(0.3)
            story.stop_status, story.stop_seconds = one.daemon.stop()
            stopped = time.monotonic() - story.stop_seconds
            story.acts["stop"] = (stopped, capture.wait_advertisement(SECOND, 3, after=stopped).when)
            story.facts["address gone after the clean stop"] = not one.holds_the_address
            wait_until(lambda: two.holds_the_address, 2, "the address on the second after a clean stop")
            two.daemon.stop()
            story.facts["address gone after both stopped"] = not two.holds_the_address
        except AssertionError as error:
            raise AssertionError(
                f"{error}\n--- first ({first.value}):\n{one.log}\n--- second ({second.value}):\n{two.log}"
            ) from error
        story.frames = capture.frames
        story.first_log, story.second_log = one.log, two.log
    return story
