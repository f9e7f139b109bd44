"""Runs the programs that a configuration names: notify scripts (not waited for), track scripts (their result counts).

Owns starting, time limits and reaping. It must not judge what may be run: paths, users and permissions were verified
when the configuration was read. Source: reference/cli-and-process.md §9, reference/vrrp-behaviour.md §7.

Why fork and not posix_spawn: a script must die with us (PR_SET_PDEATHSIG), and only code that runs in the child can ask
for that. setpriv(1) could, but it cannot keep argv[0] apart from the path, and programs of many names (pidof) need that.
Measured in a process of 41 MiB: this fork holds the loop up for 0.3 ms, posix_spawn of setpriv 0.1 ms, subprocess with
``preexec_fn`` 1.6 ms, because it waits for the exec; here a failed exec is learnt when the child has ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import errno
import itertools
import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from keepalived_py.log import Level
from keepalived_py.runtime.scheduling import give_back

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from keepalived_py.config.ast import Command, Microseconds
    from keepalived_py.log import Log

_PR_SET_PDEATHSIG = 1
_NOT_FOR_SCRIPTS = ("IFS", "LD_PRELOAD", "LD_LIBRARY_PATH")
_SHELL = "/bin/sh"
_TERM_GRACE = 2.0  # seconds between TERM and KILL, and to the first look after KILL
_KILL_REPEAT = 10.0
_LAST_LINES = 0.3  # seconds in which a reader that sees the end of its FIFO may end by itself
_CANNOT_EXECUTE = 126  # the shell's exit statuses for a command that could not be started
_NOT_FOUND = 127
_MAX_REPORT = 4096

_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptResult:
    """How a track script ended: by ``exit_status`` or by ``signal``; ``timed_out`` when that signal was our own.

    All empty when it could not even be forked, so that nothing is known about what it checks.
    """

    exit_status: int | None = None
    signal: int | None = None
    timed_out: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether the script says that all is well."""
        return self.exit_status == 0


class _Process:
    """A running child: its pid is its process group; ``ended`` becomes the wait status."""

    def __init__(self, pid: int, name: str, ended: asyncio.Future[int]) -> None:
        self.pid = pid
        self.name = name
        self.ended = ended
        self.sent: int | None = None
        self.awaited = False
        self.is_service = False
        self.unwanted = False

    def kill(self, number: int) -> None:
        """Send a signal to the whole group; one that is gone is no error."""
        self.sent = number
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


class Service:
    """A program that runs as long as it is wanted: the reader of a FIFO."""

    def __init__(self, process: _Process | None) -> None:
        self._process = process

    def stop(self) -> None:
        """Ask it to end; whoever has just closed what it reads gives it a moment for the last lines."""
        process = self._process
        if process is None or process.ended.done():
            return
        process.unwanted = True
        timer = asyncio.get_running_loop().call_later(_LAST_LINES, process.kill, signal.SIGTERM)
        process.ended.add_done_callback(lambda _ended: timer.cancel())


class ScriptRunner:
    """Starts scripts from a running event loop and reaps them; must be used from the loop's thread only."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._environment = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_SCRIPTS}
        self._processes: set[_Process] = set()

    def start(
        self, command: Command, extra_arguments: Sequence[str] = (), *, limit: Microseconds | None = None
    ) -> asyncio.Future[int] | None:
        """Start a notify script; return the future of its wait status, None when it could not even be forked.

        With ``limit`` (STOP scripts) its group is killed after that time.
        """
        process = self._spawn(command, extra_arguments, name=command.argv[0])
        if process is not None and limit is not None:
            process.awaited = True
            timer = asyncio.get_running_loop().call_later(limit / 1_000_000, process.kill, signal.SIGKILL)
            process.ended.add_done_callback(lambda _ended: timer.cancel())
        return None if process is None else process.ended

    async def run(self, command: Command, timeout: Microseconds, *, name: str = "") -> ScriptResult:  # noqa: ASYNC109 - the script's limit, not the call's
        """Run a track script to its end; ``name`` is the script's name for the log.

        After ``timeout`` its process group gets TERM, 2 s later KILL, and KILL again for as long as it lives.
        """
        process = self._spawn(command, (), name=name or command.argv[0])
        if process is None:
            return ScriptResult()
        process.awaited = True
        try:
            status = await self._limited(process, timeout / 1_000_000)
        except asyncio.CancelledError:
            process.kill(signal.SIGTERM)
            raise
        if os.WIFEXITED(status):
            return ScriptResult(exit_status=os.WEXITSTATUS(status))
        number = os.WTERMSIG(status)
        if process.sent == signal.SIGTERM and number == signal.SIGTERM:
            process.kill(signal.SIGKILL)  # what it left behind in its group
            return ScriptResult(signal=number, timed_out=True)
        ours = process.sent == signal.SIGKILL and number in {signal.SIGTERM, signal.SIGKILL}
        return ScriptResult(signal=number, timed_out=ours)

    def serve(self, command: Command, *, name: str) -> Service:
        """Start a program that is to run as long as it is wanted. That it has ended by itself is logged."""
        process = self._spawn(command, (), name=name)
        if process is not None:
            process.awaited = process.is_service = True
            process.ended.add_done_callback(lambda ended: self._service_ended(process, ended.result()))
        return Service(process)

    def _service_ended(self, process: _Process, status: int) -> None:
        if not process.unwanted and status:
            code = os.waitstatus_to_exitcode(status)
            how = f"exited with status {code}" if code >= 0 else f"was ended by signal {-code}"
            self._log(Level.INFO, f"{process.name} (PID {process.pid}) {how}")

    def terminate(self) -> None:
        """Ask every script whose end matters to end: the first step of a stop. Readers of FIFOs still get the last lines."""
        for process in self._processes:
            if process.awaited and not process.is_service:
                process.kill(signal.SIGTERM)

    async def wait(self, patience: Microseconds) -> None:
        """Wait for the scripts whose end matters (track and STOP scripts); kill what is left after ``patience``."""
        pending = [process.ended for process in self._processes if process.awaited]
        if pending:
            await asyncio.wait(pending, timeout=patience / 1_000_000)
        for process in self._processes:
            if process.awaited:
                process.kill(signal.SIGKILL)

    async def _limited(self, process: _Process, seconds: float) -> int:
        escalation = itertools.chain(
            ((seconds, signal.SIGTERM), (_TERM_GRACE, signal.SIGKILL), (_TERM_GRACE, signal.SIGKILL)),
            itertools.repeat((_KILL_REPEAT, signal.SIGKILL)),
        )
        for patience, number in escalation:
            await asyncio.wait((process.ended,), timeout=patience)
            if process.ended.done():
                break
            if process.sent == signal.SIGKILL:
                self._log(Level.INFO, f"Script {process.name} child (PID {process.pid}) failed to terminate after kill")
            process.kill(number)
        return process.ended.result()

    def _spawn(self, command: Command, extra_arguments: Sequence[str], *, name: str) -> _Process | None:
        loop = asyncio.get_running_loop()
        path, arguments = command.path or command.argv[0], [*command.argv, *extra_arguments]
        parent = os.getpid()
        descriptors: list[int] = []
        pid = 0
        # No signal may reach Python's handlers in the child: they would write into the wake-up pipe that it shares with
        # us, and we would take a signal meant for the script as meant for the daemon.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            descriptors += os.pipe()
            pid = os.fork()
            if pid == 0:
                _become(path, arguments, self._environment, command, parent, report=descriptors[1])
            with contextlib.suppress(OSError):
                os.setpgid(pid, pid)  # so that the group exists before anybody signals it
            descriptors.append(os.pidfd_open(pid))
        except OSError:
            self._log(Level.INFO, "Failed fork process")
            for descriptor in descriptors:
                os.close(descriptor)
            if pid:  # it runs, but could not be watched
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            return None
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        report, writer, pidfd = descriptors
        os.close(writer)
        process = _Process(pid, name, loop.create_future())
        self._processes.add(process)
        loop.add_reader(pidfd, self._reap, loop, process, pidfd, report)
        return process

    def _reap(self, loop: asyncio.AbstractEventLoop, process: _Process, pidfd: int, report: int) -> None:
        loop.remove_reader(pidfd)
        os.close(pidfd)
        try:
            _, status = os.waitpid(process.pid, 0)  # readable means ended: this does not block
        except ChildProcessError:
            self._log(Level.INFO, f"Script {process.name} child (PID {process.pid}) lost")
            status = _CANNOT_EXECUTE << 8
        # Empty unless the exec failed: that closed the child's end, and nobody else has it.
        text = os.read(report, _MAX_REPORT)
        os.close(report)
        if text:
            self._log(Level.ALERT, text.decode(errors="surrogateescape"))
        self._processes.discard(process)
        if not process.ended.done():
            process.ended.set_result(status)


def _become(
    path: str, arguments: list[str], environment: Mapping[str, str], command: Command, parent: int, *, report: int
) -> NoReturn:
    """Turn the forked child into the script. Never returns, not even by an exception: that would be a second daemon."""
    status = _CANNOT_EXECUTE
    text = "Script could not be started"
    try:
        status, text = _prepare_and_execute(path, arguments, environment, command, parent, report=report)
    finally:
        with contextlib.suppress(BaseException):
            os.write(report, text.encode(errors="surrogateescape"))
        os._exit(status)


def _prepare_and_execute(
    path: str, arguments: list[str], environment: Mapping[str, str], command: Command, parent: int, *, report: int
) -> tuple[int, str]:
    os.setpgid(0, 0)
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if signal.getsignal(number) not in {signal.SIG_DFL, None}:
            signal.signal(number, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null, descriptor)
    os.closerange(3, report)
    os.closerange(report + 1, os.sysconf("SC_OPEN_MAX"))
    give_back()
    if (text := _take_identity(command.uid, command.gid)) is not None:
        return _CANNOT_EXECUTE, text
    # After the identity, because changing that resets it; and the parent may have died before this took effect.
    _LIBC.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != parent:
        return _CANNOT_EXECUTE, ""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    try:
        os.execve(path, arguments, environment)  # noqa: S606 - the configuration's own program, verified when read
    except OSError as error:
        if error.errno == errno.ENOEXEC:  # no #! line: the shell reads it
            os.execve(_SHELL, ["sh", path, *arguments[1:]], environment)  # noqa: S606 - as above
        status = _NOT_FOUND if error.errno == errno.ENOENT else _CANNOT_EXECUTE
        return status, f"Error exec-ing command '{path}', error {error.errno}: {os.strerror(error.errno or 0)}"


def _take_identity(uid: int, gid: int) -> str | None:
    """Become ``uid`` and ``gid`` without further groups; return what failed."""
    steps: list[tuple[str, Callable[[], None]]] = []
    changes = uid != os.getuid() or gid != os.getgid()
    if gid != os.getgid():
        steps.append((f"Couldn't setgid: {gid}", lambda: os.setgid(gid)))
    steps.append((f"Couldn't setgroups for {uid}", lambda: os.setgroups(())))
    if uid != os.getuid():
        steps.append((f"Couldn't setuid: {uid}", lambda: os.setuid(uid)))
    for text, step in steps:
        try:
            step()
        except OSError as error:
            # Without a change of identity the script gains nothing from groups that we may not drop (no privileges, or
            # a user namespace).
            if changes:
                return f"{text} ({os.strerror(error.errno or 0)})"
    return None
