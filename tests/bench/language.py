"""Reading configurations, small and huge, beside the reference: ``python -m tests.bench.language``.

Ours and the reference's ``-t`` as whole processes, median of some runs, and a reload inside one process with one line changed.
The reference runs in a network namespace of its own, so that nothing it might touch is this machine's.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from keepalived_py.config.cache import Memory
from keepalived_py.config.host import LiveHost
from keepalived_py.config.load import load

RUNS = 5
SERVERS = 1_000
REAL_SERVERS = 10
REFERENCE = "/usr/sbin/keepalived"

_SERVER = """\
virtual_server 10.{high}.{low}.1 80 {{
    delay_loop 6
    lb_algo rr
    lb_kind NAT
    protocol TCP
    persistence_timeout 50
"""
_REAL_SERVER = """\
    real_server 192.168.{low}.{number} 80 {{
        weight 1
        HTTP_GET {{
            url {{
                path /
                status_code 200
            }}
            connect_timeout 3
            retry 3
            delay_before_retry 3
        }}
    }}
"""


class Run(NamedTuple):
    """A process's seconds and its largest memory in MiB."""

    seconds: float
    memory: float


def configuration(servers: int) -> str:
    """Make a file of 127 lines a server: ten real servers, each with an HTTP_GET."""
    blocks = ["global_defs {\n    router_id BENCH\n}\n"]
    for server in range(servers):
        high, low = divmod(server, 256)
        blocks.append(_SERVER.format(high=high, low=low))
        blocks += [_REAL_SERVER.format(low=low, number=number) for number in range(1, REAL_SERVERS + 1)]
        blocks.append("}\n")
    return "".join(blocks)


def run(command: list[str]) -> Run:
    """Run a process to its end; raises RuntimeError if it finds anything wrong with the file."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return Run(seconds, usage.ru_maxrss / 1024)


def test_of(path: Path, ours: bool) -> Run:
    """Run ``-t`` a few times; the medians."""
    command = [sys.executable, "-m", "keepalived_py.cli"] if ours else ["unshare", "-n", REFERENCE]
    found = [run([*command, "-t", "-f", str(path)]) for _ in range(RUNS)]
    return Run(statistics.median(one.seconds for one in found), max(one.memory for one in found))


def reload(path: Path) -> float:
    """Seconds to read a file again of which one line changed, and to compare it with what was there."""
    memory = Memory()
    text = path.read_text()
    found = []
    before = load(str(path), host=LiveHost(), config_id="bench", memory=memory).configuration
    for weight in range(2, 2 + RUNS):
        path.write_text(text.replace("weight 1\n", f"weight {weight}\n", 1))
        began = time.perf_counter()
        after = load(str(path), host=LiveHost(), config_id="bench", memory=memory).configuration
        differs = before != after
        found.append(time.perf_counter() - began)
        if not differs:
            raise RuntimeError("the changed line was not noticed")
        before = after
    path.write_text(text)
    return statistics.median(found)


def line(name: str, ours: float, goal: float, reference: float | None) -> None:
    """Print a figure."""
    beside = "" if reference is None else f" {reference:10.3f} {ours / max(reference, 1e-9):7.1f}"
    print(f"{name:50} {ours:8.3f} {goal:8.2f}{beside}", flush=True)


def measure() -> None:
    """Measure and print. (A child's memory counts from what this process has, so only ours at large files says something.)"""
    there = shutil.which("unshare") is not None and Path(REFERENCE).exists()
    with tempfile.TemporaryDirectory(prefix="keepalived-py-bench-") as folder:
        path = Path(folder) / "keepalived.conf"
        ours: dict[int, Run] = {}
        for servers, seconds in ((1, 0.2), (SERVERS, 1.5), (5 * SERVERS, 8.25)):
            path.write_text(configuration(servers))
            ours[servers] = test_of(path, ours=True)
            reference = test_of(path, ours=False).seconds if there else None
            line(f"-t of {path.read_text().count(chr(10)):,} lines, s", ours[servers].seconds, seconds, reference)
        line("five times the lines, times the time", ours[5 * SERVERS].seconds / ours[SERVERS].seconds, 5.5, None)
        line("memory of the second, MiB", ours[SERVERS].memory, 200, None)
        path.write_text(configuration(SERVERS))
        line("a reload of it with one line changed, s", reload(path), 0.4, None)


if __name__ == "__main__":
    measure()
