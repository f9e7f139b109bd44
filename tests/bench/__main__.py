"""Figures of keepalived-py beside the reference's, measured in the same run on the same machine: make bench.

Prints one line a figure with medians, their ratio and the goal. It judges nothing: a benchmark on a busy machine is no test.
Parts run alone: ``python -m tests.bench.language``, ``.takeover``, ``.thousand``. BENCH_QUIET_SECONDS is how long a living master
with adverts every 0.01 s is watched (600 for the goal of ten minutes).
"""

from __future__ import annotations

import dataclasses
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import language, takeover, thousand
from tests.lab.capabilities import interop_reason
from tests.lab.daemon import Daemon, Program
from tests.lab.netns import Lab, Namespace
from tests.lab.process import descendants
from tests.lab.samples import EXTERNAL_BALANCER, user_configuration

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = 5
INSTANCES = 250
CPU_SECONDS = 10.0
QUIET_SECONDS = float(os.environ.get("BENCH_QUIET_SECONDS", "60"))
GARBAGE_SECONDS = 30.0
STATE_LINE = r"Entering (BACKUP|MASTER|FAULT) STATE|entering FAULT state"

ONE_INSTANCE = """\
vrrp_instance VI_{number} {{
    interface eth1
    virtual_router_id {number}
    priority 100
    advert_int 1
    virtual_ipaddress {{
        10.88.{number}.1/32
    }}
}}
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """One thing that is measured: for one program, once; its unit and the goal for ours."""

    name: str
    unit: str
    goal: float
    runs: int
    measure: Callable[[Program, Namespace, Path], float]


def start(program: Program, host: Namespace, home: Path) -> float:
    """Seconds from the start to the first line about a state."""
    daemon = Daemon(program, host, home, ONE_INSTANCE.format(number=1))
    try:
        return daemon.wait_log(STATE_LINE, 10).when - daemon.process.started
    finally:
        daemon.stop()


def memory(program: Program, host: Namespace, home: Path) -> float:
    """MiB of the whole tree (proportional set size) with the user's first file, two seconds after the first state."""
    daemon = Daemon(program, host, home, user_configuration(EXTERNAL_BALANCER))
    try:
        daemon.wait_log("Startup complete", 10)
        time.sleep(2)
        tree = [daemon.process.pid, *descendants(daemon.process.pid)]
        total = 0
        for pid in tree:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        return total / 1024
    finally:
        daemon.stop()


def check(program: Program, host: Namespace, home: Path) -> float:
    """Seconds of -t of a file of about a hundred lines."""
    configuration = "".join(ONE_INSTANCE.format(number=number) for number in range(1, 12))
    daemon = Daemon(program, host, home, configuration, options=("-t",))
    daemon.process.wait(10)
    return time.monotonic() - daemon.process.started


def processor(program: Program, host: Namespace, home: Path) -> float:
    """Percent of a core that 250 masters with an advertisement a second use."""
    configuration = "".join(ONE_INSTANCE.format(number=number) for number in range(1, INSTANCES + 1))
    daemon = Daemon(program, host, home, configuration, options=())
    try:
        daemon.wait_log(rf"\(VI_{INSTANCES}\) Entering MASTER STATE", 30)
        time.sleep(7)  # past the second round of gratuitous ARP
        tree = [daemon.process.pid, *descendants(daemon.process.pid)]
        before, began = sum(map(used, tree)), time.monotonic()
        time.sleep(CPU_SECONDS)
        return 100 * (sum(map(used, tree)) - before) / (time.monotonic() - began)
    finally:
        daemon.stop(10)


def garbage(program: Program, host: Namespace, home: Path) -> float:
    """Garbage collections that were not in a gap between deadlines, of 250 masters with scripts that run every second."""
    if program is Program.REFERENCE:
        return 0.0
    script = 'vrrp_script always {\n    script "/bin/true"\n    interval 1\n}\n'
    instances = [ONE_INSTANCE.format(number=number) for number in range(1, INSTANCES + 1)]
    tracking = [each.rstrip("}\n") + "}\n    track_script {\n        always weight 1\n    }\n}\n" for each in instances]
    daemon = Daemon(program, host, home, script + "".join(tracking))
    try:
        daemon.wait_log(rf"\(VI_{INSTANCES}\) Entering MASTER STATE", 30)
        time.sleep(GARBAGE_SECONDS)
    finally:
        daemon.stop(10)
    line = daemon.wait_log("Garbage collected", 1).text
    sys.stdout.write(f"    {line[25:]}\n")
    found = re.search(r"and (\d+) times otherwise", line)
    return float(found[1]) if found is not None else float("nan")


def used(pid: int) -> float:
    """Processor seconds of a process's threads up to now, as the scheduler counts them (clock ticks miss short bursts)."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e9


FIGURES = (
    Figure("start to the first state line", "s", 0.5, RUNS, start),
    Figure("-t of a file of 100 lines", "s", 0.25, RUNS, check),
    Figure("memory of the tree (PSS), the user's first file", "MiB", 45, 1, memory),
    Figure("250 instances with an advert a second", "% of a core", 8, 1, processor),
    Figure("garbage collections in the way of 250 masters", "in 30 s", 0, 1, garbage),
)


def main() -> int:
    """Measure and print."""
    reason = interop_reason()
    if reason is not None:
        sys.stderr.write(f"cannot measure here: {reason}\n")
        return 1
    print(f"{'':50} {'ours':>8} {'goal':>8} {'reference':>10} {'ratio':>7}")
    with tempfile.TemporaryDirectory(prefix="keepalived-py-bench-") as folder, Lab() as lab:
        host = lab.namespace("host")
        lab.lan("lan", {host: ("eth1", "192.168.56.101/24")})
        for figure in FIGURES:
            medians = {}
            for program in Program:
                home = Path(folder) / program.value
                home.mkdir(exist_ok=True)
                medians[program] = statistics.median(figure.measure(program, host, home) for _ in range(figure.runs))
            ours, reference = medians[Program.OURS], medians[Program.REFERENCE]
            print(
                f"{figure.name + ', ' + figure.unit:50} {ours:8.3f} {figure.goal:8.2f} {reference:10.3f}"
                f" {ours / max(reference, 1e-9):7.1f}",
                flush=True,
            )
    language.measure()
    takeover.measure()
    takeover.quiet(QUIET_SECONDS)
    thousand.measure()
    return 0


if __name__ == "__main__":
    sys.exit(main())
