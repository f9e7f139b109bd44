"""A thousand instances on four interfaces, ours beside the reference: ``python -m tests.bench.thousand``.

Both programs run on the same segments, each in its own namespace, and are measured in the same seconds wherever that can be: as
BACKUP behind the same master, and as the master of the same BACKUP. The kernel's time stamps of packets are compared.
"""

from __future__ import annotations

import contextlib
import itertools
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.takeover import line
from tests.lab.capture import Capture
from tests.lab.daemon import Daemon, Program
from tests.lab.netns import Lab
from tests.lab.process import descendants, wait_until

if TYPE_CHECKING:
    from tests.lab.netns import Namespace

INTERFACES = 4
ON_EACH = 250
INSTANCES = INTERFACES * ON_EACH
SECONDS = 10.0
PATIENCE = 90.0

INSTANCE = """\
vrrp_instance V{interface}_{number} {{
    interface eth{interface}
    virtual_router_id {number}
    priority {priority}
    advert_int 1
    virtual_ipaddress {{
        10.{network}.{number}.1/32
    }}
}}
"""


def configuration(priority: int, *, interfaces: int = INTERFACES, on_each: int = ON_EACH) -> str:
    """Return the file."""
    return "".join(
        INSTANCE.format(interface=interface, number=number, priority=priority, network=100 + interface)
        for interface in range(interfaces)
        for number in range(1, on_each + 1)
    )


class Machine:
    """One namespace with its daemon, if one runs."""

    def __init__(self, host: Namespace, number: int, home: Path) -> None:
        self.host = host
        self.number = number
        self.home = home
        self.daemon: Daemon

    def start(self, program: Program, text: str) -> float:
        """Start; return the seconds until every instance has said that it is BACKUP."""
        self.daemon = Daemon(program, self.host, self.home, text, options=())
        return self.wait("BACKUP", text.count("vrrp_instance"))

    def wait(self, state: str, count: int = INSTANCES) -> float:
        """Wait until so many instances have entered a state; return the seconds since the start of the process."""
        said = f"Entering {state} STATE"

        def lines() -> list[float]:
            return [one.when for one in self.daemon.process.lines if said in one.text]

        wait_until(lambda: len(lines()) >= count, PATIENCE, f"{count} lines {said}", every=0.1)
        return lines()[-1] - self.daemon.process.started

    @property
    def worker(self) -> int:
        """The process that does the work."""
        return descendants(self.daemon.process.pid)[0]

    def processor(self) -> float:
        """Seconds that the worker has used."""
        return int(Path(f"/proc/{self.worker}/schedstat").read_text().split()[0]) / 1e9

    def memory(self) -> float:
        """KiB of the worker alone, shared pages counted in part (PSS) with those it was forked with."""
        rollup = Path(f"/proc/{self.worker}/smaps_rollup").read_text()
        return float(next(words.split()[1] for words in rollup.splitlines() if words.startswith("Pss:")))


def used(machines: list[Machine]) -> list[float]:
    """Percent of a core that each uses, over the same seconds."""
    before, began = [one.processor() for one in machines], time.monotonic()
    time.sleep(SECONDS)
    seconds = time.monotonic() - began
    return [100 * (one.processor() - earlier) / seconds for one, earlier in zip(machines, before, strict=True)]


def lateness(captures: list[Capture], number: int, since: float) -> list[float]:
    """Milliseconds by which each advert of a machine came more than an interval after the one before, sorted."""
    late = []
    for interface, capture in enumerate(captures):
        by_instance: dict[int, list[float]] = {}
        for frame in capture.advertisements(f"192.168.{interface}.{number}", after=since):
            by_instance.setdefault(frame.virtual_router_id, []).append(frame.when)
        late += [
            max(0.0, later - earlier - 1.0) * 1000
            for times in by_instance.values()
            for earlier, later in itertools.pairwise(times)
        ]
    return sorted(late)


def announced(captures: list[Capture], since: float) -> float:
    """Seconds between the first gratuitous ARP for the first and for the last address."""
    first: dict[bytes, float] = {}
    for capture in captures:
        for frame in capture.frames:
            if frame.is_arp and frame.when > since:
                first.setdefault(frame.data[28:32], frame.when)
    return max(first.values()) - min(first.values())


def run(program: Program, folder: Path) -> dict[str, float]:
    """Measure one program in every role; the other end is always the reference, and the dead master always ours."""
    found: dict[str, float] = {}
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(Lab())
        hosts = [lab.namespace(name) for name in ("one", "two")]
        lans = [
            lab.lan(
                f"lan{interface}",
                {host: (f"eth{interface}", f"192.168.{interface}.{number}/24") for number, host in enumerate(hosts, 1)},
            )
            for interface in range(INTERFACES)
        ]
        captures = [stack.enter_context(Capture(lan.switch)) for lan in lans]
        one, two = (Machine(host, number, folder / str(number)) for number, host in enumerate(hosts, 1))

        one.start(program, configuration(200, interfaces=1, on_each=1))
        time.sleep(1)
        alone = one.memory()
        one.daemon.stop()
        found["start"] = one.start(program, configuration(200))
        time.sleep(1)
        found["memory"] = (one.memory() - alone) / (INSTANCES - 1)
        one.wait("MASTER")
        time.sleep(7)  # past the second round of gratuitous ARP
        since = time.monotonic()
        (found["master"],) = used([one])
        late = lateness(captures, 1, since)
        found["median"], found["p99"] = statistics.median(late), late[int(len(late) * 0.99)]
        one.daemon.stop(PATIENCE)

        one.start(Program.OURS, configuration(200))
        one.wait("MASTER")
        two.start(program, configuration(100))
        time.sleep(7)
        (found["backup"],) = used([two])
        killed = one.daemon.kill()
        two.wait("MASTER")
        time.sleep(1)
        found["spread"] = announced(captures, killed)
        two.daemon.stop(PATIENCE)
    return found


FIGURES = (
    ("start", "start of 1,000 instances, s", None),
    ("memory", "memory an instance, KiB", 3.0),
    ("master", "1,000 MASTER, % of a core", 3.0),
    ("backup", "1,000 BACKUP, % of a core", 3.0),
    ("median", "lateness of adverts, median, ms", None),
    ("p99", "lateness of adverts, p99, ms", 10.0),
    ("spread", "first to last of 1,000 addresses taken over, s", 0.3),
)


def measure() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="keepalived-py-bench-") as folder:
        found = {program: run(program, Path(folder) / program.value) for program in Program}
    for key, name, goal in FIGURES:
        ours, theirs = found[Program.OURS][key], found[Program.REFERENCE][key]
        line(name, ours, theirs if goal is None else goal, theirs)


if __name__ == "__main__":
    measure()
