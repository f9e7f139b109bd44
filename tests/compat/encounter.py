"""keepalived-py and Debian's keepalived on one segment, in one mode, taken through everything that moves an address.

Owns the play, not the verdicts: ``perform`` returns what was seen after each step, and test_matrix.py judges. Nothing here waits
for a fixed time: a step is over when its router advertises, holds the address, and has advertised once more after that.
Times are time.monotonic() seconds.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
import time
from typing import TYPE_CHECKING

from tests.compat.modes import FIRST, INTERFACE, SECOND, Mode
from tests.lab.capture import Capture, Frame
from tests.lab.daemon import Daemon, Program
from tests.lab.netns import Lab, Lan, Namespace
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

#: Seconds in which whatever the protocol asks for has been done on a machine that runs dozens of plays at once.
PATIENCE = 20.0

STEPS = (
    "start",
    "kill -9",
    "a higher priority appears",
    "interface down",
    "interface up",
    "script fails",
    "script succeeds",
    "partition",
    "heal",
    "SIGTERM",
)
#: Who is MASTER after each step.
MASTERS = {
    "start": {FIRST},
    "kill -9": {SECOND},
    "a higher priority appears": {FIRST},
    "interface down": {SECOND},
    "interface up": {FIRST},
    "script fails": {SECOND},
    "script succeeds": {FIRST},
    "partition": {FIRST, SECOND},
    "heal": {FIRST},
    "SIGTERM": {SECOND},
}


class Router:
    """One of the two, of priority 200 (FIRST) or 150 (SECOND)."""

    def __init__(self, number: int, program: Program, mode: Mode, namespace: Namespace, home: Path) -> None:
        self.number = number
        self.program = program
        self.namespace = namespace
        self.home = home
        self.source = mode.source(number)
        self.broken = home / "broken"
        self.daemons: list[Daemon] = []
        self.refused: dict[str, int] = {}
        self._mode = mode
        home.mkdir(parents=True, exist_ok=True)

    def start(self) -> None:
        """Start (again)."""
        configuration = self._mode.configuration(self.number, name=f"router{self.number}", broken=self.broken)
        self.daemons.append(Daemon(self.program, self.namespace, self.home, configuration))

    @property
    def daemon(self) -> Daemon:
        """The one started last."""
        return self.daemons[-1]

    @property
    def holds_the_address(self) -> bool:
        """Whether the virtual address is on an interface of its namespace."""
        return self.namespace.has_address(self._mode.virtual_address)

    def count_refused(self) -> None:
        """Ask the reference, before it ends, what it has refused up to now."""
        if self.program is Program.REFERENCE:
            for section in self.daemon.statistics(PATIENCE).values():
                for label, count in section.rejected.items():
                    self.refused[label] = self.refused.get(label, 0) + count

    def log_between(self, begin: float, end: float) -> list[str]:
        """Return what its daemons logged in a time, without the reference's dates."""
        return [
            re.sub(r"^\w{3} \w{3} +\d+ [\d:]+ \d{4}: ", "", line.text)
            for daemon in self.daemons
            for line in daemon.process.lines
            if begin <= line.when < end
        ]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One step: when it was done, when the wanted master's advert answered, and when all was settled and looked at."""

    step: str
    done: float
    answered: float
    settled: float
    holders: frozenset[int]
    logs: dict[int, list[str]]


@dataclasses.dataclass(kw_only=True)
class Record:
    """What happened in a play."""

    mode: Mode
    first: Program
    scenes: dict[str, Scene] = dataclasses.field(default_factory=dict)
    frames: list[Frame] = dataclasses.field(default_factory=list)
    refused: dict[str, int] = dataclasses.field(default_factory=dict)
    logs: dict[int, str] = dataclasses.field(default_factory=dict)

    @property
    def ours(self) -> int:
        """The number of the router that is keepalived-py."""
        return FIRST if self.first is Program.OURS else SECOND

    def adverts(self, router: int, begin: float, end: float) -> list[Frame]:
        """Return a router's adverts of a time."""
        source = self.mode.source(router)
        return [
            frame for frame in self.frames if frame.is_vrrp and frame.source == source and begin <= frame.when < end
        ]


class Play:
    """The segment, its two routers, and the acts."""

    def __init__(self, record: Record, lan: Lan, capture: Capture, routers: dict[int, Router]) -> None:
        self._record = record
        self._lan = lan
        self._capture = capture
        self._routers = routers
        self.first, self.second = routers[FIRST], routers[SECOND]

    def act(self, step: str, do: Callable[[], object]) -> None:
        """Do something to the first router and wait until the wanted routers are MASTER, and they alone."""
        wanted = MASTERS[step]
        done = time.monotonic()
        do()
        heard = max(wanted)  # of a partitioned segment only the second router's half is on the capture
        answered = self._next_advert(heard, done)
        dead = {FIRST} if step == "kill -9" else set()

        def holders() -> frozenset[int]:
            return frozenset(number for number, router in self._routers.items() if router.holds_the_address)

        wait_until(lambda: holders() - dead == wanted, PATIENCE, f"{step}: the address on {wanted} only", every=0.05)
        settled = time.monotonic()
        self._next_advert(heard, settled)
        self._record.scenes[step] = Scene(
            step=step,
            done=done,
            answered=answered,
            settled=settled,
            holders=holders() - dead,
            logs={number: router.log_between(done, time.monotonic()) for number, router in self._routers.items()},
        )

    def _next_advert(self, router: int, after: float) -> float:
        source = self._routers[router].source
        return self._capture.wait(
            lambda frame: frame.is_vrrp and frame.source == source and frame.priority > 0,
            PATIENCE,
            f"an advert of {source}",
            after=after,
        ).when

    def run(self) -> None:
        """Play all steps."""
        first, second = self.first, self.second

        def start() -> None:
            second.start()
            second.daemon.wait_log("Entering BACKUP STATE", PATIENCE)
            first.start()

        def interface(state: str) -> None:
            first.namespace.ip("link", "set", INTERFACE, state)

        self.act("start", start)
        first.count_refused()
        self.act("kill -9", first.daemon.kill)
        self.act("a higher priority appears", first.start)
        self.act("interface down", lambda: interface("down"))
        self.act("interface up", lambda: interface("up"))
        self.act("script fails", first.broken.touch)
        self.act("script succeeds", first.broken.unlink)
        self.act("partition", lambda: self._lan.part(first.namespace, INTERFACE))
        self.act("heal", lambda: self._lan.heal(first.namespace, INTERFACE))
        first.count_refused()
        self.act("SIGTERM", first.daemon.stop)
        second.count_refused()
        second.daemon.stop()


def perform(mode: Mode, first: Program, folder: Path) -> Record:
    """Play every step in a mode with ``first`` as the router of higher priority."""
    record = Record(mode=mode, first=first)
    other = Program.REFERENCE if first is Program.OURS else Program.OURS
    with _segment(mode) as (lan, namespaces), Capture(lan.switch) as capture:
        routers = {
            number: Router(number, program, mode, namespaces[number], folder / str(number))
            for number, program in ((FIRST, first), (SECOND, other))
        }
        try:
            Play(record, lan, capture, routers).run()
        except (AssertionError, RuntimeError) as error:
            logs = "\n".join(
                f"--- {router.number} ({router.program.value}):\n"
                + "\n".join(
                    f"{line.when:.3f} {line.text}" for daemon in router.daemons for line in daemon.process.lines
                )
                for router in routers.values()
            )
            raise AssertionError(f"{mode}, {first.value} first: {error}\n{logs}") from error
        record.frames = capture.frames
        for number, router in routers.items():
            record.logs[number] = "\n".join(daemon.log for daemon in router.daemons)
            for label, count in router.refused.items():
                record.refused[label] = record.refused.get(label, 0) + count
    return record


@contextlib.contextmanager
def _segment(mode: Mode) -> Iterator[tuple[Lan, dict[int, Namespace]]]:
    with Lab() as lab:
        namespaces = {number: lab.namespace(f"r{number}") for number in (FIRST, SECOND)}
        if mode.family == 6:
            for namespace in namespaces.values():
                # Addresses serve at once, and configured ones survive a link that goes down.
                namespace.sysctl("ipv6", conf__default__accept_dad="0", conf__default__keep_addr_on_down="1")
        lan = lab.lan("lan", dict.fromkeys(namespaces.values(), (INTERFACE, "")))
        for number, namespace in namespaces.items():
            namespace.ip_batch(
                f"link set {INTERFACE} down",
                f"link set {INTERFACE} address 02:00:00:00:00:{number:02x}",
                f"addr add {mode.address(number)}/{mode.prefix_length} dev {INTERFACE}",
                f"link set {INTERFACE} up",
            )
        if mode.unicast:
            # The second's adverts must be seen on the wire while nobody answers it: it knows the first without asking.
            namespaces[SECOND].ip_batch(
                f"neigh replace {mode.address(FIRST)} lladdr 02:00:00:00:00:{FIRST:02x} dev {INTERFACE} nud permanent"
            )
        yield lan, namespaces
