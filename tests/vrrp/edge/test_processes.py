"""vrrp/edge/processes.py: real processes, told by the kernel or looked for."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.ast import SocketBuffer, TrackProcess
from keepalived_py.kernel.proc_connector import ProcessEvents
from keepalived_py.vrrp.edge import processes
from keepalived_py.vrrp.edge.processes import TrackedProcesses
from keepalived_py.vrrp.events import Counting, ProcessesCounted
from tests.lab.capabilities import cannot_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from keepalived_py.log import Level

pytestmark = pytest.mark.netns

NAME = "kp-tracked"
BUFFER = SocketBuffer()


class Log:
    """A log that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, _level: Level, text: str, *, detail: bool = False) -> None:
        assert not detail
        self.lines.append(text)

    def detail(self, text: str) -> None:
        self.lines.append(text)


class Edge:
    """The module under test, and what it says."""

    def __init__(self) -> None:
        self.fed: list[ProcessesCounted] = []
        self.log = Log()
        self.processes = TrackedProcesses(asyncio.get_running_loop(), self.log, feed=self.fed.append)  # type: ignore[arg-type]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that the kernel is about to tell."""
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110 - what is waited for comes from the kernel
                await asyncio.sleep(0.01)


@pytest.fixture
def program(tmp_path: Path) -> str:
    """A program with a name that nobody else has: it sleeps."""
    path = tmp_path / NAME
    shutil.copy(shutil.which("sleep") or "/bin/sleep", path)
    return str(path)


def sleeping(program: str, seconds: str = "60") -> subprocess.Popen[bytes]:
    return subprocess.Popen([program, seconds])


def counted(count: int, by: Counting) -> ProcessesCounted:
    return ProcessesCounted(name="P", count=count, by=by)


def test_processes_are_counted_at_the_start_and_followed_as_they_come_and_go(program: str) -> None:
    try:
        ProcessEvents.open().close()
    except OSError as error:
        cannot_run(f"this kernel reports no process events: {error.strerror}")

    async def work() -> None:
        edge = Edge()
        first = sleeping(program)
        try:
            wanted = TrackProcess(name="P", process=NAME)
            assert edge.processes.prepare([wanted], BUFFER) == (ProcessesCounted(name="P", count=1),)
            second = sleeping(program, "61")
            await edge.until(lambda: counted(2, Counting.OTHER) in edge.fed)
            second.kill()
            second.wait()
            await edge.until(lambda: counted(1, Counting.EXIT) in edge.fed)
            assert len(edge.fed) == 2
            by_arguments = TrackProcess(name="P", process=program, parameters=("60",), match="exact", full_command=True)
            assert edge.processes.prepare([by_arguments], BUFFER) == (ProcessesCounted(name="P", count=1),)
            assert edge.processes.prepare([], BUFFER) == ()
        finally:
            first.kill()
            first.wait()
        assert edge.log.lines == ["proc_events has confirmed it is configured"]

    asyncio.run(work())


def test_a_burst_that_is_too_much_is_followed_by_a_count_of_all(program: str) -> None:
    try:
        ProcessEvents.open().close()
    except OSError as error:
        cannot_run(f"this kernel reports no process events: {error.strerror}")

    async def work() -> None:
        edge = Edge()
        edge.processes.prepare([TrackProcess(name="P", process=NAME)], SocketBuffer(size=1))
        children = [sleeping(program) for _ in range(20)]
        try:
            await edge.until(lambda: bool(edge.fed) and edge.fed[-1].count == 20)
        finally:
            for child in children:
                child.kill()
                child.wait()
        assert any("process_monitor_rcv_bufs to" in line for line in edge.log.lines)
        edge.processes.close()

    asyncio.run(work())


def test_where_the_kernel_reports_nothing_they_are_looked_for_every_second(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing() -> ProcessEvents:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(ProcessEvents, "open", nothing)
    monkeypatch.setattr(processes, "_AT_ONCE", 3)  # so that there are pauses

    async def work() -> None:
        edge = Edge()
        edge.processes.prepare([TrackProcess(name="P", process=NAME)], BUFFER)
        child = sleeping(program)
        try:
            await edge.until(lambda: counted(1, Counting.LISTED) in edge.fed)
        finally:
            child.kill()
            child.wait()
        await edge.until(lambda: edge.fed[-1] == counted(0, Counting.LISTED))
        edge.processes.close()
        (line,) = edge.log.lines
        assert line == (
            "The kernel reports no process events here (Operation not permitted)"
            " - looking for tracked processes every second"
        )

    asyncio.run(work())
