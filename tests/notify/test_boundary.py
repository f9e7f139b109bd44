"""The lines about the scripts of start and stop, with real ones. Source: reference/cli-and-process.md §5."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from keepalived_py.notify.boundary import run_boundary_script
from tests.notify.test_script import Recorder, own, run, script

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#!/bin/sh\nexit 0\n", "shutdown script script succeeded"),
        ("#!/bin/sh\nexit 7\n", "shutdown script script failed, status 7"),
        ("#!/bin/sh\nkill -9 $$\n", "shutdown script script was ended by signal 9"),
        ("#!/bin/sh\nsleep 60\n", "shutdown script timed out after 1 seconds"),
    ],
)
def test_how_a_script_ends_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    log = Recorder()
    path = script(tmp_path, text)
    run(lambda runner: run_boundary_script(runner, log, kind="shutdown", command=own(path), seconds=1))
    assert log.lines == [f"Running shutdown script {path}", said]
