"""How soon the surviving router takes over, ours beside the reference at equal phases, and by phase and priority.

The dying master is always the reference, so that only the survivor differs. Each case runs in a segment of its own, all
at the same time; the kernel's time stamps of the packets are compared, medians of several runs.
"""

from __future__ import annotations

import statistics
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.compat.duel import FIRST, SECOND, STARTED, kill_at_phase, segment
from tests.lab.daemon import Program

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.netns, pytest.mark.interop]

RUNS = 3
PHASE = 0.3


def take_over(folder: Path, survivor: Program, priority: int, phase: float) -> tuple[float, float]:
    """Return seconds to the survivor's first advertisement: since the kill, since the master's last advertisement."""
    with segment(Program.REFERENCE, survivor, folder, first_priority=254, second_priority=priority) as on:
        on.second.start(unicast=False)
        on.second.daemon.wait_log("Entering BACKUP STATE", STARTED)
        on.first.start(unicast=False)
        on.capture.wait_advertisement(FIRST, STARTED)
        on.capture.wait_advertisement(FIRST, 3, after=on.capture.frames[-1].when)
        last, killed = kill_at_phase(on, phase)
        first = on.capture.wait_advertisement(SECOND, 6, after=killed).when
        return first - killed, first - last


def test_at_equal_phases_the_take_over_comes_within_20_ms_of_the_references(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2 * RUNS) as pool:
        running = {
            program: [
                pool.submit(take_over, tmp_path / f"{program.value}{n}", program, 100, PHASE) for n in range(RUNS)
            ]
            for program in (Program.OURS, Program.REFERENCE)
        }
        medians = {
            program: statistics.median(future.result(60)[1] for future in futures)
            for program, futures in running.items()
        }
    print({program.value: round(median, 4) for program, median in medians.items()})
    assert medians[Program.OURS] == pytest.approx(medians[Program.REFERENCE], abs=0.020)


def test_the_outage_after_kill_9_follows_phase_and_priority(tmp_path: Path) -> None:
    cases = [(priority, phase) for priority in (50, 100, 200) for phase in (0.1, 0.9)]
    with ThreadPoolExecutor(len(cases)) as pool:
        running = [
            pool.submit(take_over, tmp_path / f"{priority}-{phase}", Program.OURS, priority, phase)
            for priority, phase in cases
        ]
        outages = {case: future.result(60) for case, future in zip(cases, running, strict=True)}
    for (priority, phase), (outage, since_last) in outages.items():
        master_down_interval = 3 + (256 - priority) / 256
        assert since_last == pytest.approx(master_down_interval, abs=0.05), (priority, phase)
        assert outage == pytest.approx(master_down_interval - phase, abs=0.1), (priority, phase)
