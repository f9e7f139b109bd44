"""Start keepalived in a namespace: Debian's (the reference) or keepalived-py, with the same options and folder.

Owns the daemon's surroundings: a home folder with its configuration, pid files, dumps (TMPDIR) and whatever its scripts
look at. What it prints is a log whose lines carry the time they came.
"""

from __future__ import annotations

import dataclasses
import enum
import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.process import Line, Process, children, comm, is_alive, kill, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.lab.netns import Namespace


# Names another program to stand in for keepalived-py: with the reference here the laboratory itself is put to the test.
STAND_IN_VARIABLE = "KEEPALIVED_LAB_STAND_IN"


class Program(enum.Enum):
    """Which keepalived: the values are what test names and logs say."""

    OURS = "ours"
    REFERENCE = "reference"

    @property
    def command(self) -> tuple[str, ...]:
        """The command line without options."""
        if self is Program.REFERENCE:
            return ("/usr/sbin/keepalived",)
        return (os.environ.get(STAND_IN_VARIABLE) or str(Path(sys.prefix) / "bin" / "keepalived-py"),)


@dataclasses.dataclass(frozen=True, slots=True)
class Statistics:
    """One instance's section of the statistics dump: counters by label, the section's head before a slash."""

    counters: dict[str, int]

    @property
    def rejected(self) -> dict[str, int]:
        """The counters of refused advertisements that are not zero."""
        heads = ("Packet Errors/", "Authentication Errors/")
        return {label: count for label, count in self.counters.items() if label.startswith(heads) and count}


class Daemon:
    """A keepalived with its home folder, started on construction."""

    def __init__(
        self,
        program: Program,
        namespace: Namespace,
        home: Path,
        configuration: str | Path,
        *,
        options: Sequence[str] = ("-D",),
        unshare: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start it: configuration is the text of a file to make in home, or a file to use where it lies."""
        self.program = program
        self.namespace = namespace
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        if isinstance(configuration, str):
            self.configuration = home / "keepalived.conf"
            self.configuration.write_text(configuration)
        else:
            self.configuration = configuration
        self.process: Process = namespace.start(
            *unshare,
            *program.command,
            "--dont-fork",
            "--log-console",
            f"--use-file={self.configuration}",
            f"--pid={home / 'parent.pid'}",
            f"--vrrp_pid={home / 'vrrp.pid'}",
            f"--checkers_pid={home / 'checkers.pid'}",
            *options,
            environment={"TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "", **(environment or {})},
        )

    @property
    def log(self) -> str:
        """Everything logged up to now."""
        return self.process.text

    def wait_log(self, pattern: str, timeout: float, *, after: float = 0.0) -> Line:
        """Wait for a log line."""
        return self.process.wait_line(pattern, timeout, after=after)

    def workers(self) -> dict[str, int]:
        """Return the worker processes that run now: the kind named by its pid file (vrrp, checkers) or comm -> pid."""
        found: dict[str, int] = {}
        for pid in children(self.process.pid):
            if is_alive(pid):
                found[self._kind(pid)] = pid
        return found

    def _kind(self, pid: int) -> str:
        for kind in ("vrrp", "checkers"):
            try:
                if int((self.home / f"{kind}.pid").read_text()) == pid:
                    return kind
            except (OSError, ValueError):
                continue
        return f"{comm(pid)}-{pid}"

    def kill_worker(self, kind: str) -> tuple[int, float]:
        """Kill one worker with -9; returns its former id and when."""
        pid = wait_until(lambda: self.workers().get(kind, 0), 5, f"a worker {kind}")
        when = time.monotonic()
        kill(pid)
        return pid, when

    def kill(self) -> float:
        """Kill the whole tree with -9; returns when."""
        return self.process.kill_tree()

    def stop(self, timeout: float = 5) -> tuple[int, float]:
        """Ask it to stop (SIGTERM) and wait; returns the exit status and the seconds it took."""
        when = self.process.signal(signal.SIGTERM)
        status = self.process.wait(timeout)
        return status, time.monotonic() - when

    def statistics(self, timeout: float = 3) -> dict[str, Statistics]:
        """Have the statistics dumped (SIGUSR2) and return them by instance name."""
        dump = self.home / "keepalived.stats"
        dump.unlink(missing_ok=True)
        self.process.signal(signal.SIGUSR2)
        wait_until(lambda: dump.exists() and dump.read_text().endswith("\n"), timeout, f"{dump.name} after SIGUSR2")
        time.sleep(0.05)  # the reference writes it in pieces under its final name
        return parse_statistics(dump.read_text())


def parse_statistics(text: str) -> dict[str, Statistics]:
    """Read a statistics dump (reference/cli-and-process.md section 14)."""
    instances: dict[str, dict[str, int]] = {}
    current: dict[str, int] = {}
    head = ""
    for line in text.splitlines():
        if match := re.match(r"VRRP Instance: (.*)", line):
            current = instances.setdefault(match[1], {})
        elif match := re.match(r"  (\S.*):$", line):
            head = match[1]
        elif match := re.match(r"  (\S.*): (\d+)", line):
            current[match[1]] = int(match[2])
        elif match := re.match(r"    (\S.*): (\d+)", line):
            current[f"{head}/{match[1]}"] = int(match[2])
    return {name: Statistics(counters) for name, counters in instances.items()}
