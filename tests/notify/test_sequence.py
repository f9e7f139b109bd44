"""Notify scripts in the order of what they tell: real ones, slow and fast."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

from keepalived_py.config.ast import Command
from keepalived_py.notify import sequence
from keepalived_py.notify.script import ScriptRunner
from keepalived_py.notify.sequence import ScriptSequence
from tests.notify.test_script import Recorder, script

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

SECOND = 1_000_000


class Stage:
    """Scripts that note their begin and end: ``tell NAME SECONDS``."""

    def __init__(self, folder: Path) -> None:
        self.notes = folder / "notes"
        text = f'#!/bin/sh\necho "$1 begins" >>{self.notes}\nsleep "$2"\necho "$1 ends" >>{self.notes}\n'
        self.program = script(folder, text)
        self.runner = ScriptRunner(Recorder())
        self.sequence = ScriptSequence(self.runner)

    def batch(self, name: str, seconds: float = 0.0) -> list[tuple[Command, tuple[str, ...]]]:
        command = Command(argv=(self.program,), path=self.program, uid=os.getuid(), gid=os.getgid())
        return [(command, (name, str(seconds)))]

    def lines(self) -> list[str]:
        return self.notes.read_text().splitlines() if self.notes.exists() else []

    async def wait_for(self, *wanted: str) -> list[str]:
        deadline = time.monotonic() + 20
        while not set(wanted) <= set(self.lines()):
            assert time.monotonic() < deadline, self.lines()
            await asyncio.sleep(0.01)
        return self.lines()


def perform(folder: Path, act: Callable[[Stage], Awaitable[list[str]]]) -> list[str]:
    async def work() -> list[str]:
        return await act(Stage(folder))

    return asyncio.run(work())


def test_the_scripts_of_a_change_wait_for_those_of_the_change_before(tmp_path: Path) -> None:
    async def act(stage: Stage) -> list[str]:
        stage.sequence.start("V", stage.batch("MASTER", 0.3))
        stage.sequence.start("V", stage.batch("BACKUP"))
        stage.sequence.start("V", stage.batch("FAULT"))
        return await stage.wait_for("FAULT ends")

    assert perform(tmp_path, act) == [
        f"{state} {what}" for state in ("MASTER", "BACKUP", "FAULT") for what in ("begins", "ends")
    ]


def test_other_objects_do_not_wait(tmp_path: Path) -> None:
    async def act(stage: Stage) -> list[str]:
        stage.sequence.start("V", stage.batch("V", 1.0))
        stage.sequence.start("W", stage.batch("W"))
        return await stage.wait_for("W ends", "V ends")

    assert perform(tmp_path, act)[-1] == "V ends"


def test_the_specific_and_the_generic_script_of_a_change_run_side_by_side_and_both_are_waited_for(
    tmp_path: Path,
) -> None:
    async def act(stage: Stage) -> list[str]:
        stage.sequence.start("V", [*stage.batch("specific", 0.5), *stage.batch("generic", 0.3)])
        stage.sequence.start("V", stage.batch("next"))
        return await stage.wait_for("next ends")

    found = perform(tmp_path, act)
    assert set(found[:2]) == {"specific begins", "generic begins"}
    assert found[2:] == ["generic ends", "specific ends", "next begins", "next ends"]


def test_a_script_that_takes_too_long_is_no_longer_waited_for(tmp_path: Path) -> None:
    async def act(stage: Stage) -> list[str]:
        began = time.monotonic()
        stage.sequence.start("V", stage.batch("MASTER", 30.0))
        stage.sequence.start("V", stage.batch("BACKUP"))
        found = await stage.wait_for("BACKUP ends")
        assert sequence._PATIENCE <= time.monotonic() - began < 15
        # What runs beside it counts for the next one, not it.
        stage.sequence.start("V", stage.batch("FAULT"))
        await stage.wait_for("FAULT ends")
        assert time.monotonic() - began < 15
        for process in list(stage.runner._processes):
            process.kill(9)
        return found

    assert perform(tmp_path, act) == ["MASTER begins", "BACKUP begins", "BACKUP ends"]


def test_at_the_end_nothing_waits_and_the_order_is_kept(tmp_path: Path) -> None:
    async def act(stage: Stage) -> list[str]:
        stage.sequence.start("V", stage.batch("MASTER", 2.0))
        await stage.wait_for("MASTER begins")
        stage.sequence.start("V", stage.batch("BACKUP", 0.5))
        stage.sequence.start_last("V", stage.batch("STOP", 0.5), limit=SECOND)
        return await stage.wait_for("STOP ends")

    found = perform(tmp_path, act)
    assert found[0] == "MASTER begins"
    assert "MASTER ends" not in found


def test_what_waits_when_everything_ends_is_started(tmp_path: Path) -> None:
    async def act(stage: Stage) -> list[str]:
        stage.sequence.start("V", stage.batch("MASTER", 2.0))
        await stage.wait_for("MASTER begins")
        stage.sequence.start("V", stage.batch("BACKUP"))
        stage.sequence.flush()
        return await stage.wait_for("BACKUP ends")

    assert "MASTER ends" not in perform(tmp_path, act)


def test_no_more_than_a_few_changes_wait(tmp_path: Path) -> None:
    async def act(stage: Stage) -> list[str]:
        stage.sequence.start("V", stage.batch("hanging", 2.0))
        for number in range(sequence._MOST_WAITING + 1):
            stage.sequence.start("V", stage.batch(f"change-{number}"))
        return await stage.wait_for("change-0 ends")

    assert "hanging ends" not in perform(tmp_path, act)
