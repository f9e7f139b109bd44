"""Run a program beside a test: its output with the monotonic time of each line, bounded waits, and a certain end.

Owns waiting and killing. Only processes started here (and their descendants) are ever signalled, by their ids.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Found = TypeVar("Found")


class LabTimeoutError(AssertionError):
    """Something did not happen in its time; the text says what, and what was seen instead."""


def wait_until(condition: Callable[[], Found], timeout: float, what: str, *, every: float = 0.01) -> Found:
    """Call condition, every so many seconds, until it gives something true, and return that.

    LabTimeoutError after timeout seconds, saying what was waited for.
    """
    end = time.monotonic() + timeout
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise LabTimeoutError(f"not within {timeout} s: {what}")
        time.sleep(every)


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One line of output and when it was read: time.monotonic() seconds."""

    when: float
    text: str


def children(pid: int) -> list[int]:
    """Return the ids of a process's children, oldest first."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                found += [int(word) for word in (task / "children").read_text().split()]
    return sorted(found)


def descendants(pid: int) -> list[int]:
    """Return the ids of all processes below one, parents before children."""
    found = []
    for child in children(pid):
        found += [child, *descendants(child)]
    return found


def comm(pid: int) -> str:
    """Return a process's name as ps shows it, or an empty text when it has ended."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def is_alive(pid: int) -> bool:
    """Tell whether a process runs (a zombie does not)."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    """Send a signal; a process that has ended is fine."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


class Process:
    """A running program with both outputs read into timed lines."""

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> None:
        self.started = time.monotonic()
        self._lines: list[Line] = []
        self._arrived = threading.Condition()
        self._popen = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            cwd=folder,
            text=True,
            errors="replace",
            bufsize=1,
        )
        output = self._popen.stdout
        if output is None:
            raise AssertionError("no output although a pipe was asked for")
        self._reader = threading.Thread(target=self._read, args=(output,), daemon=True)
        self._reader.start()

    def _read(self, output: IO[str]) -> None:
        with output:  # closed here, so that no collection in another test finds it open
            for text in output:
                with self._arrived:
                    self._lines.append(Line(time.monotonic(), text.rstrip("\n")))
                    self._arrived.notify_all()

    @property
    def pid(self) -> int:
        """The process's id (it stays the same through ip netns exec)."""
        return self._popen.pid

    @property
    def lines(self) -> list[Line]:
        """What was printed up to now."""
        with self._arrived:
            return list(self._lines)

    @property
    def text(self) -> str:
        """What was printed up to now, as one text."""
        return "\n".join(line.text for line in self.lines)

    def find(self, pattern: str, *, after: float = 0.0) -> Line | None:
        """Return the first line read after a moment (monotonic seconds) in which a regular expression is found."""
        return next((line for line in self.lines if line.when >= after and re.search(pattern, line.text)), None)

    def wait_line(self, pattern: str, timeout: float, *, after: float = 0.0) -> Line:
        """Wait for such a line (see find); LabTimeoutError shows the whole output."""
        end = time.monotonic() + timeout
        while True:
            found = self.find(pattern, after=after)
            if found is not None:
                return found
            remaining = end - time.monotonic()
            if remaining <= 0 or not self._reader.is_alive():
                raise LabTimeoutError(f"no line like {pattern!r} within {timeout} s in:\n{self.text}")
            with self._arrived:
                self._arrived.wait(min(remaining, 0.2))

    def wait(self, timeout: float) -> int:
        """Wait for the end and return the exit status (negative: the signal)."""
        try:
            status = self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise LabTimeoutError(f"still running after {timeout} s:\n{self.text}") from None
        self._reader.join(2)
        return status

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        return self._popen.poll()

    def signal(self, number: int) -> float:
        """Send a signal to the process itself; returns when, in monotonic seconds."""
        when = time.monotonic()
        kill(self.pid, number)
        return when

    def kill_tree(self) -> float:
        """Kill the process and everything below it with -9, as nearly at once as can be; returns when."""
        tree = [self.pid, *descendants(self.pid)]
        when = time.monotonic()
        for pid in tree:
            kill(pid, signal.SIGSTOP)
        for pid in tree:
            kill(pid)
        with contextlib.suppress(LabTimeoutError):
            self.wait(5)
        return when

    def close(self) -> None:
        """End it for certain."""
        if self.poll() is None:
            self.kill_tree()
