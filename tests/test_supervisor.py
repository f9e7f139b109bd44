"""The parent with workers that only report (tests/lab/workers): forks, names, restarts, pipes, order of the stop."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

PROJECT = Path(__file__).parents[1]
PATIENCE = 10.0


class Supervised:
    """A running parent whose log can be waited for."""

    def __init__(self, directory: Path, *flags: str, wishes: str = "") -> None:
        self.directory = directory
        self._log = (directory / "log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.lab.supervised", str(directory), *flags, "room" * 30],
            cwd=PROJECT,
            stderr=self._log,
            env={**os.environ, "REPORTING_WORKERS": wishes},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._log.close()

    @property
    def log(self) -> str:
        return (self.directory / "log").read_text()

    def wait_for(self, pattern: str, count: int = 1) -> list[str]:
        """Wait until the log has ``count`` matches, and return them."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = re.findall(pattern, self.log)
            if len(found) >= count:
                return found
            time.sleep(0.01)
        pytest.fail(f"no {count} x {pattern!r} in:\n{self.log}")

    def worker_pid(self, name: str, count: int = 1) -> int:
        return int(self.wait_for(rf"<{name}> pid (\d+)", count)[-1])

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    with Supervised(tmp_path) as running:
        running.wait_for("Startup complete")
        yield running


def test_every_process_is_found_by_the_name_keepalived(supervised: Supervised) -> None:
    pids = [supervised.process.pid, *(supervised.worker_pid(name) for name in ("ipvs", "checkers", "vrrp"))]
    titles = []
    for pid in pids:
        assert Path(f"/proc/{pid}/comm").read_text() == "keepalived\n"
        titles.append(Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ").decode())
    assert titles == ["keepalived -n -l", "keepalived ipvs", "keepalived checkers", "keepalived vrrp"]


def test_the_pid_files_name_the_processes_and_go_away(supervised: Supervised) -> None:
    files = {name: int((supervised.directory / f"{name}.pid").read_text()) for name in ("parent", "vrrp", "checkers")}
    assert files == {
        "parent": supervised.process.pid,
        "vrrp": supervised.worker_pid("vrrp"),
        "checkers": supervised.worker_pid("checkers"),
    }
    assert supervised.stop() == 0
    assert not list(supervised.directory.glob("*.pid"))


def test_the_ipvs_worker_is_stopped_after_the_checkers_worker(supervised: Supervised) -> None:
    assert supervised.stop() == 0
    order = re.findall(r"<(checkers|ipvs)> stops", supervised.log)
    assert order == ["checkers", "ipvs"]


def test_a_killed_worker_is_restarted_and_both_ends_hear_each_other_again(supervised: Supervised) -> None:
    for victim, other in (("checkers", "ipvs"), ("ipvs", "checkers")):
        os.kill(supervised.worker_pid(victim), signal.SIGKILL)
        supervised.wait_for(rf"<{other}> lost {victim}")
        supervised.worker_pid(victim, 2)
        supervised.wait_for(rf"<{victim}> heard {other} over the pipe of {other}")
        supervised.wait_for(rf"<{other}> heard {victim} over the pipe of {victim}")
    assert supervised.stop() == 0


def test_restarts_are_told_in_keepalived_s_words_and_held_back_when_they_repeat(supervised: Supervised) -> None:
    first = supervised.worker_pid("vrrp")
    os.kill(first, signal.SIGKILL)
    second = supervised.worker_pid("vrrp", 2)
    os.kill(second, signal.SIGKILL)
    supervised.wait_for("Restart of VRRP process delayed 1 seconds to limit respawn rate")
    assert f"VRRP child process({first}) died: Respawning" in supervised.log
    assert "Keepalived_vrrp exited due to signal 9 (Killed) - has rlimit_rttime been exceeded?" in supervised.log
    assert supervised.stop() == 0


@pytest.mark.parametrize(("status", "name"), [(1, "FATAL"), (2, "CONFIG"), (4, "missing permission")])
def test_a_worker_that_cannot_run_ends_the_daemon_with_its_status(tmp_path: Path, status: int, name: str) -> None:
    with Supervised(tmp_path, wishes=f"vrrp={status}") as running:
        assert running.process.wait(PATIENCE) == status
        assert f"Keepalived_vrrp exited with permanent error {name}. Terminating" in running.log
        assert "<checkers> stops" in running.log


def test_without_respawn_a_dead_worker_ends_the_daemon(tmp_path: Path) -> None:
    with Supervised(tmp_path, "dont-respawn") as running:
        pid = running.worker_pid("vrrp")
        running.wait_for("Startup complete")
        os.kill(pid, signal.SIGKILL)
        assert running.process.wait(PATIENCE) == 1
        assert f"VRRP child process({pid}) died: Exiting" in running.log


def test_the_workers_end_when_the_parent_is_killed(supervised: Supervised) -> None:
    for name in ("ipvs", "checkers", "vrrp"):
        supervised.worker_pid(name)
    supervised.process.kill()
    supervised.process.wait()
    supervised.wait_for(r"<\w+> stops", 3)


def test_a_reload_hands_the_new_configuration_to_every_worker(supervised: Supervised) -> None:
    supervised.process.send_signal(signal.SIGHUP)
    supervised.wait_for(r"<\w+> has 2 instances", 3)
    supervised.wait_for("Reload complete")
    assert supervised.stop() == 0


def test_signals_of_monitoring_tools_end_no_process(supervised: Supervised) -> None:
    pids = [supervised.process.pid, *(supervised.worker_pid(name) for name in ("ipvs", "checkers", "vrrp"))]
    for pid in pids:
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGRTMIN + 2, signal.SIGRTMAX - 1, signal.SIGPIPE):
            os.kill(pid, number)
    supervised.wait_for("dumps are not written", 4)
    assert supervised.stop() == 0
    assert "died" not in supervised.log


def test_with_d_each_process_logs_its_part_of_the_configuration(tmp_path: Path) -> None:
    with Supervised(tmp_path, "dump-conf") as supervised:
        supervised.wait_for("Startup complete")
        assert len(supervised.wait_for(r"------< Global definitions >------", 2)) == 2
        assert len(supervised.wait_for(r" VRRP Instance = V\n")) == 1
        assert supervised.stop() == 0


def program(directory: Path, name: str, text: str) -> None:
    file = directory / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


def order_of(log: str, *texts: str) -> list[str]:
    return sorted((text for text in texts if text in log), key=log.index)


def test_workers_start_after_the_startup_script_and_the_shutdown_script_runs_after_them(tmp_path: Path) -> None:
    program(
        tmp_path,
        "startup",
        f"sleep 0.3; ls {tmp_path} >{tmp_path}/at-startup; cp {tmp_path}/log {tmp_path}/log-at-startup",
    )
    program(tmp_path, "shutdown", f"ls {tmp_path} >{tmp_path}/at-shutdown; exit 3")
    with Supervised(tmp_path) as running:
        running.wait_for("Startup complete")
        assert running.stop() == 0
        log = running.log
    at_startup, at_shutdown = ((tmp_path / name).read_text().split() for name in ("at-startup", "at-shutdown"))
    # The parent's PID file is there from before the first to after the last.
    assert "parent.pid" in at_startup
    assert "parent.pid" in at_shutdown
    assert "Starting VRRP child process" not in (tmp_path / "log-at-startup").read_text()
    failed = "shutdown script script failed, status 3"
    expected = ["Starting VRRP child process", "Stopping", "<vrrp> stops", failed]
    assert order_of(log, *expected) == expected


def test_a_startup_script_that_does_not_end_is_ended_and_the_workers_start_all_the_same(tmp_path: Path) -> None:
    program(tmp_path, "startup", "sleep 60")
    with Supervised(tmp_path) as running:
        running.wait_for("startup script timed out after 1 seconds")
        running.wait_for("Startup complete")
        assert running.stop() == 0


def test_who_is_stopped_during_the_startup_script_starts_nothing(tmp_path: Path) -> None:
    program(tmp_path, "startup", f"touch {tmp_path}/began; sleep 60")
    with Supervised(tmp_path) as running:
        while not (tmp_path / "began").exists():
            time.sleep(0.01)
        assert running.stop() == 0
        assert "child process" not in running.log


def test_a_reload_during_the_startup_script_follows_the_start(tmp_path: Path) -> None:
    program(tmp_path, "startup", f"touch {tmp_path}/began; sleep 0.5")
    with Supervised(tmp_path) as running:
        while not (tmp_path / "began").exists():
            time.sleep(0.01)
        running.process.send_signal(signal.SIGHUP)
        running.wait_for("Reload complete|Startup complete")
        running.wait_for("Reloading ...")
        expected = ["Starting VRRP child process", "Reloading ..."]
        assert order_of(running.log, *expected) == expected
        assert running.log.count("Starting VRRP child process") == 1
        assert running.stop() == 0
