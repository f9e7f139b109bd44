"""Scripts are run for real: what they are given, how they end, and what happens when they do not."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from keepalived_py.config.ast import Command
from keepalived_py.log import Log, LogSettings
from keepalived_py.notify.script import ScriptResult, ScriptRunner

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")
SECOND = 1_000_000


class Recorder(Log):
    """A log that keeps its lines."""

    def __init__(self) -> None:
        super().__init__("test", LogSettings(syslog=False))
        self.lines: list[str] = []

    def __call__(self, level: int, text: str, *, detail: bool = False) -> None:  # noqa: ARG002 - the log's signature
        self.lines.append(text)


def own(*argv: str, path: str = "") -> Command:
    return Command(argv=argv, path=path or argv[0], uid=os.getuid(), gid=os.getgid())


def script(folder: Path, text: str, *, mode: int = 0o755) -> str:
    file = folder / f"script-{len(list(folder.iterdir()))}"
    file.write_text(text)
    file.chmod(mode)
    return str(file)


def run(action: Callable[[ScriptRunner], Awaitable[T]]) -> tuple[T, list[str]]:
    log = Recorder()

    async def scenario() -> T:
        return await action(ScriptRunner(log))

    return asyncio.run(scenario()), log.lines


def run_one(command: Command, timeout: int = 10 * SECOND) -> tuple[ScriptResult, list[str]]:
    return run(lambda runner: runner.run(command, timeout))


@pytest.mark.parametrize("status", [0, 1, 77])
def test_a_script_ends_with_its_exit_status(status: int) -> None:
    result, log = run_one(own("/bin/sh", "-c", f"exit {status}"))
    assert result == ScriptResult(exit_status=status)
    assert result.succeeded == (status == 0)
    assert log == []


def test_a_script_that_a_signal_ends_says_which() -> None:
    result, _log = run_one(own("/bin/sh", "-c", "kill -9 $$"))
    assert result == ScriptResult(signal=signal.SIGKILL)


def test_the_program_sees_its_configured_name_although_another_path_is_executed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result, _log = run_one(own("pidof", "-c", f"echo $0 >{out}", path="/bin/sh"))
    assert result.succeeded
    assert out.read_text() == "pidof\n"


def test_a_script_gets_a_clean_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD", "")
    monkeypatch.setenv("IFS", "x")
    monkeypatch.setenv("KEPT", "yes")
    leaked = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(leaked, True)
    out = tmp_path / "out"
    # /proc tells what the script was given; ps-like facts need no external program.
    text = f"""exec >{out}
        readlink /proc/$$/fd/0
        ls /proc/$$/fd | tr '\\n' ' '; echo
        cat /proc/self/status | grep -E 'Sig(Blk|Ign)'
        cut -d' ' -f1,5 /proc/$$/stat
        tr '\\0' '\\n' </proc/$$/environ | grep -cE '^(IFS|LD_PRELOAD)='
        echo $KEPT"""
    ignored_before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    result, _log = run_one(own("/bin/sh", "-c", text))
    signal.signal(signal.SIGUSR1, ignored_before)
    os.close(leaked)
    stdin, descriptors, blocked, ignored, ids, forbidden, kept = out.read_text().splitlines()
    assert result.succeeded
    assert stdin == "/dev/null"
    assert str(leaked) not in descriptors.split()
    # Signals 32 and 33 belong to the C library; whoever started this test may have left them ignored, and nobody can undo it.
    of_the_library = 0b11 << 31
    assert int(blocked.split()[1], 16) & ~of_the_library == 0
    assert int(ignored.split()[1], 16) & ~of_the_library == 0
    assert len(set(ids.split())) == 1  # the leader of its own process group
    assert (forbidden, kept) == ("0", "yes")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change its identity")
def test_a_script_runs_as_its_user_and_in_no_further_group(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    out = tmp_path / "out"
    for parent in out.parents:
        if parent.stat().st_uid == os.getuid() and parent.name.startswith(("pytest", "test_")):
            parent.chmod(parent.stat().st_mode | 0o711)
    command = Command(argv=("sh", "-c", f"id -u >{out}; id -G >>{out}"), path="/bin/sh", uid=65534, gid=65534)
    result, _log = run_one(command)
    assert result.succeeded
    assert out.read_text() == "65534\n65534\n"


def test_a_script_without_an_interpreter_line_is_read_by_the_shell(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result, log = run_one(own(script(tmp_path, f'echo "$1" >{out}; exit 3\n'), "two words"))
    assert result == ScriptResult(exit_status=3)
    assert out.read_text() == "two words\n"
    assert log == []


@pytest.mark.parametrize(
    ("text", "mode", "status", "line"),
    [
        ("#!/no/such/interpreter\n", 0o755, 127, "Error exec-ing command '{}', error 2: No such file or directory"),
        ("#!/bin/sh\r\nexit 0\r\n", 0o755, 127, "Error exec-ing command '{}', error 2: No such file or directory"),
        ("#!/bin/sh\n", 0o644, 126, "Error exec-ing command '{}', error 13: Permission denied"),
    ],
)
def test_a_script_that_cannot_be_executed_fails_and_says_why(
    tmp_path: Path, text: str, mode: int, status: int, line: str
) -> None:
    path = script(tmp_path, text, mode=mode)
    result, log = run_one(own(path))
    assert result == ScriptResult(exit_status=status)
    assert log == [line.format(path)]


def test_a_script_that_is_too_slow_is_ended_with_its_whole_group(tmp_path: Path) -> None:
    out = tmp_path / "pid"
    result, _log = run_one(own("/bin/sh", "-c", f"sleep 60 & echo $! >{out}; wait"), timeout=SECOND // 2)
    assert result == ScriptResult(signal=signal.SIGTERM, timed_out=True)
    assert_gone(int(out.read_text()))


def test_a_script_that_ignores_term_is_killed_two_seconds_later() -> None:
    started = time.monotonic()
    result, _log = run_one(own("/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"), timeout=SECOND // 10)
    assert result == ScriptResult(signal=signal.SIGKILL, timed_out=True)
    assert 2.0 < time.monotonic() - started < 4.0


def test_a_script_that_ends_well_after_term_counts_by_its_exit_status() -> None:
    text = "trap 'exit 0' TERM; while :; do sleep 0.05; done"
    assert run_one(own("/bin/sh", "-c", text), timeout=SECOND // 2)[0] == ScriptResult(exit_status=0)


def test_notify_scripts_run_side_by_side_and_are_reaped(tmp_path: Path) -> None:
    out = tmp_path / "out"

    async def action(runner: ScriptRunner) -> float:
        started = time.monotonic()
        for number in range(5):
            runner.start(own("/bin/sh", "-c", f'sleep 0.3; echo "$@" >>{out}', "sh"), ("INSTANCE", "V", str(number)))
        elapsed = time.monotonic() - started
        await asyncio.gather(*(process.ended for process in runner._processes))
        return elapsed

    elapsed, log = run(action)
    assert elapsed < 0.2
    assert sorted(out.read_text().splitlines()) == [f"INSTANCE V {number}" for number in range(5)]
    assert log == []
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_stop_script_has_its_limit_and_the_runner_waits_for_it() -> None:
    async def action(runner: ScriptRunner) -> float:
        started = time.monotonic()
        runner.start(own("/bin/sleep", "60"), limit=SECOND // 5)
        await runner.wait(5 * SECOND)
        return time.monotonic() - started

    elapsed, _log = run(action)
    assert elapsed < 1.0


def test_terminate_ends_track_scripts_but_not_notify_scripts(tmp_path: Path) -> None:
    out = tmp_path / "out"

    async def action(runner: ScriptRunner) -> ScriptResult:
        runner.start(own("/bin/sh", "-c", f"sleep 0.5; echo lived >{out}"))
        task = asyncio.create_task(runner.run(own("/bin/sleep", "60"), 60 * SECOND))
        await asyncio.sleep(0.1)
        runner.terminate()
        result = await task
        await asyncio.gather(*(process.ended for process in runner._processes))
        return result

    result, _log = run(action)
    assert result.signal == signal.SIGTERM
    assert out.read_text() == "lived\n"


def test_a_signal_for_the_script_never_wakes_the_daemon() -> None:
    """The group is signalled at once, while the child may not have executed its program yet."""

    async def action(runner: ScriptRunner) -> int:
        heard = 0

        def count() -> None:
            nonlocal heard
            heard += 1

        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, count)
        for _ in range(20):
            task = asyncio.create_task(runner.run(own("/bin/sleep", "60"), 60 * SECOND))
            await asyncio.sleep(0)
            runner.terminate()
            await task
        return heard

    assert run(action)[0] == 0


def test_a_script_dies_with_the_daemon(tmp_path: Path) -> None:
    out = tmp_path / "pid"
    program = (
        "import asyncio, os, sys\n"
        "from keepalived_py.config.ast import Command\n"
        "from keepalived_py.log import Log, LogSettings\n"
        "from keepalived_py.notify.script import ScriptRunner\n"
        "async def main():\n"
        "    runner = ScriptRunner(Log('test', LogSettings(syslog=False)))\n"
        "    command = Command(argv=('sh', '-c', f'echo $$ >{sys.argv[1]}; exec sleep 60'), path='/bin/sh',"
        " uid=os.getuid(), gid=os.getgid())\n"
        "    runner.start(command)\n"
        "    while not (os.path.exists(sys.argv[1]) and open(sys.argv[1]).read()): await asyncio.sleep(0.01)\n"
        "    os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(out)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert_gone(int(out.read_text()))


def assert_gone(pid: int) -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return
        if state == "Z":
            return
        time.sleep(0.01)
    pytest.fail(f"process {pid} lives on")
