"""How soon the surviving router takes over after kill -9, ours beside the reference: ``python -m tests.bench.takeover``.

The master that dies is always the reference, so only the survivor differs. The kernel's time stamps of packets are compared. A
batch of segments starts, settles, and only then loses its masters, so that no start is in the way of a measurement.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.lab.capture import Capture
from tests.lab.daemon import Daemon, Program
from tests.lab.netns import Lab

RUNS = 50
AT_ONCE = 10
PATIENCE = 30.0
MASTER, SURVIVOR = "10.77.0.1", "10.77.0.2"
PRIORITY = 100

CONFIGURATION = """\
vrrp_instance VI {{
    version 3
    interface eth1
    virtual_router_id 51
    priority {priority}
    advert_int {interval:g}
    virtual_ipaddress {{
        10.77.0.100/24
    }}
}}
"""


class TakeOver(NamedTuple):
    """Seconds to the survivor's first advert: after the master's last one, and after the kill."""

    since_last_advert: float
    outage: float


class Segment:
    """A reference that is MASTER, and a router that waits for its death."""

    def __init__(self, survivor: Program, interval: float, home: Path) -> None:
        self._stack = contextlib.ExitStack()
        lab = self._stack.enter_context(Lab())
        one, two = lab.namespace("master"), lab.namespace("survivor")
        lan = lab.lan("lan", {one: ("eth1", f"{MASTER}/24"), two: ("eth1", f"{SURVIVOR}/24")})
        self.capture = self._stack.enter_context(Capture(lan.switch))
        self._survivor = Daemon(
            survivor, two, home / "survivor", CONFIGURATION.format(priority=PRIORITY, interval=interval), options=()
        )
        self._survivor.wait_log("Entering BACKUP STATE", PATIENCE)
        self._master = Daemon(
            Program.REFERENCE, one, home / "master", CONFIGURATION.format(priority=254, interval=interval), options=()
        )

    def settle(self) -> None:
        """Wait until the master is master and has been for some adverts."""
        self._master.wait_log("Entering MASTER STATE", PATIENCE)
        settled = time.monotonic()
        for _ in range(3):
            settled = self.capture.wait_advertisement(MASTER, PATIENCE, after=settled).when + 1e-6

    def kill(self) -> TakeOver:
        """Kill the master now."""
        killed = self._master.kill()
        first = self.capture.wait_advertisement(SURVIVOR, PATIENCE, after=killed).when
        last = self.capture.advertisements(MASTER)[-1].when
        return TakeOver(first - last, first - killed)

    def watch(self, seconds: float, master_down_interval: float) -> tuple[int, int]:
        """Watch a living master: return the survivor's adverts, and how many of them came before its patience could have ended.

        The others answer a master that was itself silent for so long, as the wire shows: on a busy machine that happens.
        """
        begun = time.monotonic()
        time.sleep(seconds)
        last, all_of_them, wrong = begun, 0, 0
        for frame in self.capture.advertisements(after=begun):
            if frame.source == MASTER:
                last = frame.when
            else:
                all_of_them += 1
                wrong += frame.when - last < master_down_interval - 0.001
        return all_of_them, wrong

    def close(self) -> None:
        """End everything."""
        self._stack.close()


def take_overs(survivor: Program, interval: float, runs: int) -> list[TakeOver]:
    """Measure so many."""
    found: list[TakeOver] = []
    while len(found) < runs:
        count = min(AT_ONCE, runs - len(found))
        with tempfile.TemporaryDirectory(prefix="keepalived-py-bench-") as folder, ThreadPoolExecutor(count) as pool:
            homes = [Path(folder) / str(number) for number in range(count)]
            segments = list(pool.map(lambda home: Segment(survivor, interval, home), homes))
            try:
                list(pool.map(Segment.settle, segments))
                found += pool.map(Segment.kill, segments)
            finally:
                list(pool.map(Segment.close, segments))
    return found


def measure(runs: int = RUNS) -> None:
    """Measure and print; goals: within 5 ms of the reference at 1 s and 0.1 s, an outage of 60 ms at 0.01 s."""
    for interval in (1.0, 0.1, 0.01):
        medians: dict[Program, TakeOver] = {}
        for program in Program:
            found = take_overs(program, interval, runs)
            medians[program] = TakeOver(
                statistics.median(one.since_last_advert for one in found),
                statistics.median(one.outage for one in found),
            )
        ours, theirs = medians[Program.OURS], medians[Program.REFERENCE]
        name = f"take-over at {interval:g} s adverts: after the last advert, ms"
        goal = (theirs.since_last_advert + 0.005) * 1000
        line(name, ours.since_last_advert * 1000, goal, theirs.since_last_advert * 1000)
        if interval == 0.01:
            line("  after the kill, ms", ours.outage * 1000, 60, theirs.outage * 1000)


def quiet(seconds: float, interval: float = 0.01) -> None:
    """Watch living masters with such adverts, ours and the reference as survivor at the same time; ours must stay silent."""
    with tempfile.TemporaryDirectory(prefix="keepalived-py-bench-") as folder, ThreadPoolExecutor(len(Program)) as pool:

        def watched(program: Program) -> tuple[int, int]:
            segment = Segment(program, interval, Path(folder) / program.value)
            try:
                segment.settle()
                return segment.watch(seconds, interval * (3 + (256 - PRIORITY) / 256))
            finally:
                segment.close()

        ours, theirs = pool.map(watched, (Program.OURS, Program.REFERENCE))
    line(f"{seconds:.0f} s at {interval:g} s adverts: take-overs of a living master", ours[0], 0, theirs[0])
    line("  of them before the master was silent long enough", ours[1], 0, theirs[1])


def line(name: str, ours: float, goal: float, reference: float) -> None:
    """Print a figure as the others are printed."""
    print(f"{name:60} {ours:9.2f} {goal:9.2f} {reference:10.2f} {ours / max(reference, 1e-9):7.2f}", flush=True)


if __name__ == "__main__":
    measure()
    quiet(60)
