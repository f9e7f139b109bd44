"""A director as a machine of its own: network, mounts and processes, a balancer if it has one, and its keepalived.

Owns what runs on it and what can be read from there: its log, its addresses, its table of real servers.
"""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress
import re
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.demo.timeline import Entry
from tests.lab.daemon import Program
from tests.lab.process import LabTimeoutError, Process, children, comm, kill, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.netns import Namespace

#: Lines of the daemon's log that are worth telling: pattern, what is shown, how it looks.
_TOLD = (
    (r"\((\S+)\) Entering MASTER STATE", r"\1 MASTER", "master"),
    (r"\((\S+)\) Entering BACKUP STATE", r"\1 BACKUP", "backup"),
    (r"\((\S+)\) Entering FAULT STATE", r"\1 FAULT", "fault"),
    (r"VRRP_Script\((\S+)\) succeeded", r"script \1 succeeded", "good"),
    (r"VRRP_Script\((\S+)\) (failed.*|timed_out)", r"script \1 \2", "bad"),
    (r"VRRP_Group\((\S+)\) Syncing instances to (\S+) state", r"group \1: all instances to \2", ""),
    (r"\((\S+)\) Backup received priority 0", r"\1 heard that the MASTER stops", ""),
    (r"MD5 digest error to (.*)", r"wrong page from \1", "bad"),
    (
        r"(?:Error connecting|Connection failed|Timeout connecting) (?:to )?(?:server )?(\[\S+)",
        r"no answer from \1",
        "bad",
    ),
    (r"Removing service (\S+) (?:from|to) VS", r"takes out \1", "bad"),
    (r"Adding service (\S+) to VS", r"takes in \1", "good"),
    (r"Gained quorum", r"quorum gained", "good"),
    (r"Lost quorum", r"quorum lost", "bad"),
    (r"died: Respawning", r"\g<0>", "bad"),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A real server in a table of virtual servers, as ``ipvsadm -Ln`` shows it."""

    service: str
    server: str
    method: str
    weight: str


class Director:
    """One of the two machines that share the virtual addresses."""

    def __init__(
        self, name: str, namespace: Namespace, home: Path, sample: Path, *, program: Program, dry_run: bool, owned: bool
    ) -> None:
        """``owned``: files of the system belong to root here (not so in a user namespace)."""
        self.name = name
        self.namespace = namespace
        self.home = home
        self.daemon: Process | None = None
        self._balancer: Process | None = None
        self._program = program
        self._table_file = home / "ipvs-table" if dry_run else None
        self._lines_read = 0
        self.crashed = False  # whether a traceback was logged
        home.mkdir(parents=True)
        text = sample.read_text()
        if not owned:
            # There root is not the owner of /usr/bin, and keepalived would rightly refuse to run its programs.
            text = re.sub(r"^\s*enable_script_security\n", "", text, flags=re.MULTILINE)
        if program is Program.REFERENCE:
            # 2.2.7 executes the file that pidof links to under that file's name, killall5, which then does nothing.
            text = text.replace("/usr/bin/pidof nginx", "/bin/sh -c 'pidof nginx'")
        (home / "keepalived.conf").write_text(text)
        self._machine = namespace.start(
            "unshare", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc", "sleep", "infinity"
        )
        self._first = wait_until(self._first_process, 5, f"the first process of {name}")

    def _first_process(self) -> int:
        return next((pid for pid in children(self._machine.pid) if comm(pid) == "sleep"), 0)

    def _start(self, *command: str) -> Process:
        return Process(
            ["nsenter", "--target", str(self._first), "--net", "--mount", "--pid", *command],
            environment={"TMPDIR": str(self.home), "PYTHONUNBUFFERED": "1"},
        )

    def start_balancer(self, *servers: str) -> None:
        """Start what stands in for nginx, under that name."""
        link = self.home / "nginx"
        if not link.is_symlink():
            link.symlink_to(Path(sys.executable).resolve())
        program = Path(__file__).with_name("balancer.py")
        self._balancer = self._start(str(link), "-IS", str(program), "80", *servers)

    def stop_balancer(self) -> None:
        """End the balancer as a crash would."""
        if self._balancer is not None:
            self._balancer.kill_tree()
            self._balancer = None

    def start(self) -> None:
        """Start keepalived."""
        options = ["-n", "-l", "-D", "-G", "-f", str(self.home / "keepalived.conf")]
        for letter, name in (("p", "parent"), ("r", "vrrp"), ("c", "checkers")):
            options += [f"-{letter}", str(self.home / f"{name}.pid")]
        if self._table_file is not None and self._program is Program.OURS:
            options.append(f"--ipvs=dry-run={self._table_file}")
        self._lines_read = 0
        self.daemon = self._start(*self._program.command, *options)

    def kill(self) -> float:
        """Kill every process of keepalived with -9; returns when."""
        if self.daemon is None:
            return time.monotonic()
        return self.daemon.kill_tree()

    def stop(self) -> tuple[float, float, int]:
        """Stop keepalived with SIGTERM; returns when it was asked, the seconds it took, and its exit status."""
        if self.daemon is None:
            raise LabTimeoutError(f"{self.name} does not run")
        when = time.monotonic()
        for pid in children(self.daemon.pid):
            kill(pid, signal.SIGTERM)
        status = self.daemon.wait(10)
        return when, time.monotonic() - when, status

    def close(self) -> None:
        """End everything on this machine."""
        self.stop_balancer()
        if self.daemon is not None:
            self.daemon.close()
        self._machine.close()

    @property
    def log(self) -> str:
        """What the daemon has logged."""
        return "" if self.daemon is None else self.daemon.text

    def news(self, *, everything: bool = False) -> Iterator[Entry]:
        """Return what the log has said since the last call, in short words or (``everything``) as it is."""
        if self.daemon is None:
            return
        lines = self.daemon.lines
        for line in lines[self._lines_read :]:
            text = re.sub(r"^\w{3} \w{3} [\d ]\d \d\d:\d\d:\d\d \d{4}: ", "", line.text)
            self.crashed |= "Traceback (most recent call last)" in text
            if everything:
                yield Entry(line.when, self.name, text, "quiet")
            for pattern, shown, style in _TOLD:
                if match := re.search(pattern, text):
                    yield Entry(line.when, self.name, match.expand(shown), style)
                    break
        self._lines_read = len(lines)

    def table(self) -> tuple[Row, ...]:
        """Return the real servers in the table: the kernel's, or what would be programmed into it."""
        if self._table_file is not None:
            with contextlib.suppress(OSError):
                return tuple(_listed(self._table_file.read_text()))
            return ()
        with contextlib.suppress(OSError):
            return tuple(_kernel_table(Path(f"/proc/{self._first}/net/ip_vs").read_text()))
        return ()


def _listed(text: str) -> Iterator[Row]:
    """Read the format of ``ipvsadm -Ln``."""
    service = ""
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] in {"TCP", "UDP", "SCTP", "FWM"}:
            service = " ".join(words)
        elif len(words) >= 4 and words[0] == "->" and words[1] != "RemoteAddress:Port":
            yield Row(service, words[1], words[2], words[3])


def _kernel_table(text: str) -> Iterator[Row]:
    """Read /proc/net/ip_vs: that format with hexadecimal addresses, and a persistence time in the kernel's ticks."""
    for row in _listed(text):
        kind, address, *rest = row.service.split()
        if "persistent" in rest:
            rest = rest[: rest.index("persistent") + 1]
        yield dataclasses.replace(row, service=" ".join((kind, _decimal(address), *rest)), server=_decimal(row.server))


def _decimal(text: str) -> str:
    address, _, port = text.partition(":")
    if not re.fullmatch(r"[0-9A-F]{8}", address):
        return text
    return f"{ipaddress.ip_address(int(address, 16))}:{int(port, 16)}"
